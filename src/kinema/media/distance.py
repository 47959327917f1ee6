"""How far apart the pictures of two clips are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Final

import numpy as np

from kinema.media.decode import read_frames

AGREES: Final = 45.0
"""PSNR [dB] from which on pictures count as the same."""


@dataclass(frozen=True, kw_only=True)
class Distance:
    """Between the frames of two clips, code values of 8 bits."""

    frames: int
    """Compared; none if the clips are not of one size and length."""
    psnr: float
    """Of all frames together [dB]; infinite if they are equal to the bit."""
    greatest: int
    """Difference of any value of any pixel."""

    @property
    def agrees(self) -> bool:
        """Whether they show the same."""
        return self.frames > 0 and self.psnr >= AGREES

    @property
    def words(self) -> str:
        """For a person."""
        if not self.frames:
            return "cannot be compared: the clips have not the same size and number of frames"
        if not self.greatest:
            return f"equal to the bit in {self.frames} frames"
        said = "agree" if self.agrees else "differ"
        return f"{said}: PSNR {self.psnr:.1f} dB over {self.frames} frames, at most {self.greatest} code values apart"


def between(one: Path, two: Path) -> Distance:
    """The distance of two clips, a frame at a time. Raises `MediaError`."""
    count, squares, values, greatest = 0, 0.0, 0, 0
    for a, b in zip_longest(read_frames(one), read_frames(two)):
        if a is None or b is None or a.shape != b.shape:
            return Distance(frames=0, psnr=0.0, greatest=255)
        apart = np.abs(a.astype(np.int16) - b)
        count, values = count + 1, values + apart.size
        squares += float(np.sum(apart.astype(np.float64) ** 2))
        greatest = max(greatest, int(apart.max()))
    psnr = 10 * math.log10(255**2 * values / squares) if squares else math.inf
    return Distance(frames=count, psnr=psnr, greatest=greatest)
