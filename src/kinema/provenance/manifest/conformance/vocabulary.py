"""The words that C2PA knows, from `vocabulary.yaml` beside this file."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import yaml


def words(name: str) -> frozenset[str]:
    """One list of the vocabulary."""
    return _lists()[name]


@cache
def _lists() -> dict[str, frozenset[str]]:
    text = files("kinema.provenance.manifest.conformance").joinpath("vocabulary.yaml").read_text("utf-8")
    return {name: frozenset(listed) for name, listed in yaml.safe_load(text).items()}
