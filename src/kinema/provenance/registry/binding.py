"""Soft bindings that the registry can resolve: an algorithm's name, and how its values and its media lead to clips."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from kinema.errors import ProvenanceError
from kinema.provenance.fingerprint.fingerprint import Fingerprint
from kinema.provenance.registry.registry import Registry
from kinema.provenance.registry.search import Match

FINGERPRINT: Final = "io.kinema.pdq.1"
"""Name of our fingerprint. Not in C2PA's list of soft bindings; its value is `Fingerprint.to_bytes()`."""

MOST_ASKED: Final = 20_000
"""Hashes that a stranger's value may ask for: a second or two of work."""


@dataclass(frozen=True)
class Candidate:
    """A clip that a binding leads to."""

    id: int
    score: float
    """0 to 1."""


@dataclass(frozen=True)
class Binding:
    """One algorithm."""

    alg: str
    """Reverse DNS."""
    kind: Literal["watermark", "fingerprint"]
    resolve: Callable[[bytes], Sequence[Candidate]]
    """Clips by a value of this algorithm. Raises `ProvenanceError` for what is no value of it."""
    recognise: Callable[[Path], Sequence[Candidate]]
    """Clips by a media file. Raises `MediaError` for what is none."""


def fingerprint_binding(registry: Registry) -> Binding:
    """Our fingerprint."""

    def candidates(matches: Sequence[Match]) -> list[Candidate]:
        return [Candidate(match.id, match.score) for match in matches]

    def resolve(value: bytes) -> list[Candidate]:
        fingerprint = Fingerprint.from_bytes(value)
        if len(fingerprint) > MOST_ASKED:
            raise ProvenanceError(
                "fingerprint",
                f"must have at most {MOST_ASKED} hashes",
                got=len(fingerprint),
                next_step="Send a part.",
            )
        return candidates(registry.by_fingerprint(fingerprint))

    return Binding(
        alg=FINGERPRINT,
        kind="fingerprint",
        resolve=resolve,
        recognise=lambda path: candidates(registry.by_clip(path)),
    )


def watermark_binding(registry: Registry, alg: str, detect: Callable[[Path], Sequence[Candidate]]) -> Binding:
    """A watermark that carries our ids; its value is eight bytes, big-endian. `detect` finds them in a file."""

    def resolve(value: bytes) -> list[Candidate]:
        if len(value) != 8:
            raise ProvenanceError(
                "watermark value",
                "must be eight bytes",
                got=len(value),
                next_step="It is the id, big-endian.",
            )
        id_ = int.from_bytes(value, "big")
        return [Candidate(id_, 1.0)] if id_ and registry.by_id(id_) else []

    def recognise(path: Path) -> list[Candidate]:
        return [found for found in detect(path) if registry.by_id(found.id)]

    return Binding(alg=alg, kind="watermark", resolve=resolve, recognise=recognise)
