"""A keyring, a take's facts, and a clip sealed with both."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kinema.physics.tape import file_hash
from kinema.provenance.keys import Keyring, open_keyring
from kinema.provenance.manifest.facts import Model, Permission, SoftBinding, TakeFacts, Verdict
from kinema.provenance.manifest.seal import Sealed, seal_take


@pytest.fixture(scope="session")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    """Development keys. Tests that change keys make their own."""
    return open_keyring(tmp_path_factory.mktemp("ring") / "keys").keyring


@pytest.fixture(scope="session")
def facts_of() -> Callable[..., TakeFacts]:
    """Facts of a take with this clip; keywords change them."""
    return _facts_of


@pytest.fixture(scope="session")
def weights() -> Model:
    """Open weights in a folder of somebody's."""
    return Model(
        name="/home/someone/weights/wan", licence="Apache-2.0", sha256="d" * 64, pipeline="WanPipeline"
    )


def _facts_of(clip: Path, **changes: Any) -> TakeFacts:
    """A path-traced take with all ids that a take can have."""
    stated: dict[str, Any] = {
        "id": "0123456789abcdef",
        "drawn_by": "path tracer",
        "renderer": "mitsuba 3.9.1 llvm_ad_spectral, pyoidn 2.5.1",
        "engine": "rapier 0.36.1",
        "shot": "a" * 64,
        "tape": "b" * 64,
        "clip": file_hash(clip),
        "seeds": {"shot": 2**63 - 1, "tape": 0},
        "versions": {"kinema": "0.1.0", "pyoidn": "2.5.1"},
        "verdict": Verdict(passed=False, checks=9, failed=("energy",)),
        "cost": {"cpu_seconds": 12.5},
        "binding": SoftBinding(value="ASNFZ4mrze8="),
        "consents": ("receipt-1",),
        "permission": Permission(decision="allow", rules=("tenant-may-shoot",)),
    }
    return TakeFacts(**(stated | changes))


@dataclass(frozen=True)
class SealedTake:
    """A sealed clip and the one that it was made of."""

    raw: Path
    facts: TakeFacts
    sealed: Sealed


@pytest.fixture(scope="session")
def seal(
    draw_clip: Callable[[Path], Path], keyring: Keyring, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., SealedTake]:
    """Draw and seal a take; keywords change its facts."""

    def make(name: str = "clip.mp4", **changes: Any) -> SealedTake:
        folder = tmp_path_factory.mktemp("take")
        raw = draw_clip(folder / f"raw-{name}")
        clip = Path(shutil.copyfile(raw, folder / name))
        facts = _facts_of(clip, **changes)
        return SealedTake(raw, facts, seal_take(clip, facts, keyring))

    return make


@pytest.fixture(scope="session")
def take(seal: Callable[..., SealedTake]) -> SealedTake:
    """One that tests look at and copy, and do not change."""
    return seal()
