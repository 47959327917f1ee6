"""The watermark's layer: which of our keys marked the picture, with which id, how surely, and what was done to it.

Every generation of the key is asked, since old clips carry old ones: first for any id, and where none is found for the
ids of the registry, which needs thirteen decades less evidence. Each question more is one more chance of an accident,
so each key's p-value is multiplied by their number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log10
from pathlib import Path
from typing import Any, Final

import numpy as np

from kinema.media.decode import read_frames
from kinema.provenance.keys.keyring import Keyring
from kinema.provenance.registry.binding import Candidate
from kinema.provenance.watermark import SMALLEST, Detection, Detector, Geometry, Known
from kinema.provenance.watermark.analysis import reduction
from kinema.provenance.watermark.detector import THRESHOLD
from kinema.provenance.watermark.lattice import CANONICAL

PASSES: Final = 2
"""Any id, then known ids."""
_SAME: Final = 0.03
"""Of scale: what is less is rounding of the search, or of an even number of lines."""
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
    """Read the file once for all `keys`, newest first; None of a picture too small to hold a mark. `ids` are asked for
    only where no id is found blind. Raises `MediaError`."""
    detectors = [Detector(key) for key in keys]
    height, width = 0, 0
    for frame in read_frames(path):
        height, width = frame.shape[:2]
        if min(height, width) < SMALLEST:
            return None
        for detector in detectors:
            detector.add(frame)
    if not height:
        return None
    lines = min(height, width) / reduction(height, width)

    def told(detection: Detection, generation: int, *, known: bool) -> Mark:
        return Mark(
            id=f"{detection.id:016x}",
            log10_p=min(0.0, detection.log10_p + log10(PASSES * len(keys))),
            generation=generation,
            known=known,
            frames=detection.frames,
            geometry=detection.geometry,
            lines=lines / detection.geometry.scale,
        )

    best = min(
        (told(one.result(), n, known=False) for n, one in enumerate(detectors)), key=lambda m: m.log10_p
    )
    if best.found or not (given := ids()):
        return best
    identities = Known(given)
    again = [told(one.result(identities), n, known=True) for n, one in enumerate(detectors)]
    return min([best, *again], key=lambda m: m.log10_p)


def marked_by(keyring: Keyring, ids: Callable[[], Sequence[int]]) -> Callable[[Path], list[Candidate]]:
    """How the registry's service finds marks in a file: its id with the odds that it is no accident, or nothing."""

    def find(path: Path) -> list[Candidate]:
        mark = look(path, keyring.watermarks(), ids)
        return [Candidate(int(mark.id, 16), 1 - 10**mark.log10_p)] if mark is not None and mark.found else []

    return find
