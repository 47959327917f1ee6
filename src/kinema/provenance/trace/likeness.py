"""The fingerprint's layer: which registered clips the file looks like, and how near its pictures are to one of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from kinema.provenance.fingerprint.fingerprint import Fingerprint, asked, kept
from kinema.provenance.fingerprint.pdq import distance
from kinema.provenance.registry import Registry
from kinema.provenance.registry.search import Match

_LATE: Final = 0.3
"""[s] Less is the pace at which moments are kept."""


@dataclass(frozen=True)
class Likeness:
    """What the file looks like."""

    hashes: int
    """Of it that were asked; none of a picture too flat to tell from others."""
    matches: tuple[Match, ...]
    """Registered clips, likest first."""

    def of(self, id_: str) -> Match | None:
        """The match with this clip."""
        return next((match for match in self.matches if f"{match.id:016x}" == id_), None)

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "hashes": self.hashes,
            "matches": [
                {
                    "id": f"{m.id:016x}",
                    "score": round(m.score, 4),
                    "quarter_seconds": m.quarters,
                    "begins_at": round(m.shift, 3),
                    "change": m.change,
                }
                for m in self.matches
            ],
        }


@dataclass(frozen=True)
class Nearness:
    """The file's own fingerprint against the one of the signed clip, view by view and moment by moment."""

    hashes: int
    """Compared."""
    bits: float
    """That differ, of 256, on average."""
    whole: bool
    """Whether both have the same views of the same moments."""

    @property
    def same(self) -> bool:
        """To the last bit of every hash: its pictures were copied, and not encoded again."""
        return self.whole and self.bits == 0


def likeness(path: str | Path, registry: Registry) -> Likeness:
    """Ask the registry. Raises `MediaError`."""
    return Likeness(len(asked(path)), tuple(registry.by_clip(path)))


def begins(match: Match) -> str:
    """In words, where in the signed clip the file begins; empty if at its beginning."""
    return f"begins {match.shift:.2f} s into it" if match.shift > _LATE else ""


def nearness(path: str | Path, signed: bytes) -> Nearness | None:
    """Against the fingerprint that was registered; None where no view is of the same moment. Raises `MediaError`."""
    mine, theirs = _rows(kept(path)), _rows(Fingerprint.from_bytes(signed))
    both = sorted(mine.keys() & theirs.keys())
    if not both:
        return None
    bits = [int(distance(mine[key][None], theirs[key])[0]) for key in both]
    return Nearness(len(both), float(np.mean(bits)), mine.keys() == theirs.keys())


def _rows(print_: Fingerprint) -> dict[tuple[int, int], np.ndarray]:
    return {(int(t), int(v)): h for t, v, h in zip(print_.time, print_.view, print_.hash, strict=True)}
