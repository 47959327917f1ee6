"""Rules alone: no house, no classifier, and a consent folder that starts empty."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from kinema.config import Config, read_config
from kinema.policy.consent.grant import grant
from kinema.policy.consent.receipt import Grantor, Receipt, Scope, Subject
from kinema.policy.consent.store import ConsentStore

DAY = date(2026, 11, 26)
EVIDENCE = "ab" * 32


@pytest.fixture
def config(tmp_path: Path) -> Config:
    places = {
        "consent": tmp_path / "consent",
        "keys": tmp_path / "keys",
        "registry_anchor": tmp_path / "anchor",
    }
    registry = str(tmp_path / "registry.sqlite")
    return replace(read_config(), policy=None, moderation_url=None, registry=registry, **places)


@pytest.fixture
def house(tmp_path: Path, config: Config) -> Callable[..., Config]:
    """A house's policy folder with these files; `_` in a name stands for the dot."""

    def make(**files: str) -> Config:
        folder = tmp_path / "house"
        folder.mkdir(exist_ok=True)
        for name, text in files.items():
            (folder / name.replace("_", ".")).write_text(text, "utf-8")
        return replace(config, policy=folder)

    return make


@pytest.fixture
def store(config: Config) -> ConsentStore:
    return ConsentStore(config.consent, config.keys)


@pytest.fixture
def granted(store: ConsentStore) -> Callable[..., tuple[Receipt, str]]:
    """A receipt of Jane Roe for film everywhere, five years; anything of it can be said otherwise."""

    def make(name: str = "Jane Roe", **changes: Any) -> tuple[Receipt, str]:
        terms: dict[str, Any] = {
            "subject": Subject(name=name, verified="in_person", verified_on=DAY),
            "grantor": Grantor(name=name),
            "scope": Scope(uses=("film",), modalities=("likeness",), territories=("*",)),
            "valid_from": DAY,
            "valid_until": date(2031, 11, 26),
            "evidence": EVIDENCE,
        }
        return grant(store, **{**terms, **changes})

    return make
