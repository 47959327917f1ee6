"""The watermark's layer: which of our keys marked the picture, with which id, how surely, and what was done to it.

Every generation of the key is asked, since old clips carry old ones: first for any id, and where none is found for the
ids of the registry, which needs thirteen decades less evidence. Each question more is one more chance of an accident,
so each key's p-value is multiplied by their number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from math import log10
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import UInt8

from kinema.errors import MediaError
from kinema.media.decode import read_frames
from kinema.provenance.keys.keyring import Keyring
from kinema.provenance.registry.binding import Candidate
from kinema.provenance.watermark import SMALLEST, Detector, Geometry, Known
from kinema.provenance.watermark.analysis import reduction
from kinema.provenance.watermark.detector import THRESHOLD
from kinema.provenance.watermark.lattice import CANONICAL

PASSES: Final = 2
"""Any id, then known ids."""
_SAME: Final = 0.03
"""Of scale: what is less is rounding of the search, or of an even number of lines."""
_MOST_SIZES: Final = 4
"""Sizes of frames in one file that are looked at: each costs a whole search."""
_STRAIGHT: Final = 1.0
"""[degrees]"""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """The likeliest explanation by a watermark of ours; nothing unless `found`."""

    id: str
    """Sixteen hex digits."""
    log10_p: float
    """Upper bound on the probability that a clip without our mark scores as high, over all questions asked."""
    generation: int
    """Which key marked it: 0 = the one in use, 1 = the one before."""
    known: bool
    """Whether it was read against the registry's ids alone."""
    frames: int
    geometry: Geometry
    side: int
    """The short side of the picture [px]."""
    lines: float
    """Of the marked picture's 480, how many the short side shows."""

    @property
    def found(self) -> bool:
        """At the threshold of one false alarm in a million clips."""
        return self.log10_p <= THRESHOLD

    @cached_property
    def share(self) -> float:
        """Side of what is shown over that of what was marked: below 1 a crop, above 1 a frame around it."""
        return self.lines / CANONICAL

    @cached_property
    def stretch(self) -> float:
        """The longer over the shorter scale of both directions: 1 = the shape was kept."""
        long, short = np.linalg.svd(np.array(self.geometry.matrix), compute_uv=False)
        return float(long / short)

    @cached_property
    def turned(self) -> float:
        """[degrees] From upright or lying, -45 to 45."""
        return (self.geometry.rotation + 45) % 90 - 45

    @property
    def changes(self) -> tuple[str, ...]:
        """What was done to the shape of the picture, in words; empty if nothing was."""
        quarter = round((self.geometry.rotation - self.turned) / 90) % 4
        said = (
            (self.geometry.mirrored, "mirrored"),
            (quarter, f"turned by {90 * quarter if quarter < 3 else -90}°"),
            (abs(self.turned) >= _STRAIGHT, f"rotated by {self.turned:.1f}°"),
            (self.stretch >= 1 + _SAME, f"stretched by {100 * (self.stretch - 1):.0f} %"),
            (self.share < 1 - _SAME, f"cropped to {100 * self.share:.0f} % of its side"),
            (self.share > 1 + _SAME, f"set in a frame {100 * (self.share - 1):.0f} % larger"),
        )
        return tuple(words for holds, words in said if holds)

    def scaled(self, side: int) -> str:
        """How its pixels were scaled, in words, if the short side of the marked picture had `side` px; or nothing."""
        factor = self.side / (self.share * side)
        return f"scaled to {100 * factor:.0f} %" if abs(factor - 1) > _SAME else ""

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "found": self.found,
            "id": self.id if self.found else None,
            "log10_p": round(self.log10_p, 2),
            "key_generation": self.generation,
            "asked": "ids of the registry" if self.known else "any id",
            "frames": self.frames,
            "share_of_side": round(self.share, 4),
            "rotation": round(self.geometry.rotation, 2),
            "mirrored": self.geometry.mirrored,
            "stretch": round(self.stretch, 4),
            "changes": list(self.changes) if self.found else [],
        }


def look(path: str | Path, keys: Sequence[bytes], ids: Callable[[], Sequence[int]]) -> Mark | None:
    """Read the file once for all `keys`, newest first; None of pictures too small to hold a mark. `ids` are asked for
    only where no id is found blind. Raises `MediaError`."""
    looks = _Looks(keys)
    for frame in read_frames(path):
        looks.add(frame)
    if not looks.sizes:
        return None
    best = looks.likeliest(None)
    if best.found or not (given := ids()):
        return best
    return min(best, looks.likeliest(Known(given)), key=lambda mark: mark.log10_p)


class _Looks:
    """Every key looked for in the frames of every size: a clip may change its size on the way."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = keys
        self.sizes: dict[tuple[int, int], list[Detector]] = {}

    def add(self, frame: UInt8[np.ndarray, "row column 3"]) -> None:
        """One frame; those too small, or of yet another size than `_MOST_SIZES`, are passed over."""
        height, width, _ = frame.shape
        new = (height, width) not in self.sizes
        if min(height, width) < SMALLEST or (new and len(self.sizes) == _MOST_SIZES):
            return
        if new:
            self.sizes[height, width] = [Detector(key) for key in self._keys]
        for detector in self.sizes[height, width]:
            detector.add(frame)

    def likeliest(self, identities: Known | None) -> Mark:
        """Of all sizes and keys."""
        questions = log10(PASSES * len(self._keys) * len(self.sizes))
        marks = []
        for (height, width), detectors in self.sizes.items():
            for generation, one in enumerate(detectors):
                found = one.result() if identities is None else one.result(identities)
                marks.append(
                    Mark(
                        id=f"{found.id:016x}",
                        log10_p=min(0.0, found.log10_p + questions),
                        generation=generation,
                        known=identities is not None,
                        frames=found.frames,
                        geometry=found.geometry,
                        side=min(height, width),
                        lines=min(height, width) / reduction(height, width) / found.geometry.scale,
                    )
                )
        return min(marks, key=lambda mark: mark.log10_p)


def marked_by(keyring: Keyring, ids: Callable[[], Sequence[int]]) -> Callable[[Path], list[Candidate]]:
    """How the registry's service finds marks in a file: its id with the odds that it is no accident, or nothing."""

    def find(path: Path) -> list[Candidate]:
        mark = look(path, keyring.watermarks(), ids)
        return [Candidate(int(mark.id, 16), 1 - 10**mark.log10_p)] if mark is not None and mark.found else []

    return find


def marks_in(paths: Iterable[Path], keyring: Keyring) -> dict[Path, dict[str, Any]]:
    """Which of these files carry a mark of ours, with `id` and `log10_p`; any id is looked for. What holds no pictures,
    or none of a size, carries none."""
    found: dict[Path, dict[str, Any]] = {}
    for path in dict.fromkeys(paths):
        with suppress(MediaError):
            mark = look(path, keyring.watermarks(), lambda: ())
            if mark is not None and mark.found:
                found[path] = {"id": mark.id, "log10_p": round(mark.log10_p, 2)}
    return found
