"""Checks of what validation found: first whether the manifest is well formed, then whether it is of this file."""

from __future__ import annotations

from typing import Final

from kinema.provenance.manifest.conformance.active import Active
from kinema.provenance.manifest.conformance.vocabulary import words

_NONE: Final = "no validation results"


def well_formed_data_present(active: Active) -> list[str]:
    """There is something to judge the form by."""
    return [] if active.results else [_NONE]


def well_formed_success(active: Active) -> list[str]:
    """Nothing is malformed."""
    return sorted(active.failed & words("malformed")) if active.results else [_NONE]


def valid_data_present(active: Active) -> list[str]:
    """There is something to judge the content by."""
    return [] if active.results else [_NONE]


def valid_success(active: Active) -> list[str]:
    """Nothing is other than it was signed."""
    return sorted(active.failed & words("mismatched")) if active.results else [_NONE]
