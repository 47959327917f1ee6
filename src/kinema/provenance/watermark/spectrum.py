"""The spectrum of the pooled picture, its noise made white, read at any frequency."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from jaxtyping import Complex, Float

_PAD: Final = 2.0
"""Times the picture: at half a bin from a sample, linear interpolation of a transform so padded loses 5 %."""
_HIGHEST: Final = 0.36
"""[cycles per analysed px] Nothing is looked for above."""
_NEIGHBOURHOOD: Final = 0.03
"""[cycles per analysed px] Width of the square over which noise is averaged: several points of the lattice wide."""
_LOUDEST: Final = 1.8
"""[deviations] A line in the spectrum louder than this is a fence or a window, not a mark."""
_MARGIN: Final = 6
"""[analysed px] Over which the picture fades at its border."""


@dataclass(frozen=True, kw_only=True)
class Spectrum:
    """A square of the frequency plane around zero."""

    values: Complex[np.ndarray, "v u"]
    """The transform about the centre of the picture, complex64, in deviations of the noise nearby."""
    samples: tuple[float, float]
    """Per cycle per analysed px, along u and v."""
    shape: tuple[int, int]
    """Of the picture that it is the transform of: rows, columns."""


def spectrum(pooled: Float[np.ndarray, "y x"]) -> Spectrum:
    """Transform, crop, whiten."""
    from scipy.fft import fft2
    from scipy.ndimage import uniform_filter

    rows, columns = pooled.shape
    high, wide = (_fast(int(_PAD * n)) for n in (rows, columns))
    padded = np.zeros((high, wide), np.float32)
    padded[:rows, :columns] = pooled * np.outer(_fade(rows), _fade(columns))
    # The centre goes to the origin, so that phases turn slowly from sample to sample.
    padded = np.roll(padded, (-(rows // 2), -(columns // 2)), (0, 1))
    plane = np.fft.fftshift(np.asarray(fft2(padded, workers=2)))
    v, u = int(_HIGHEST * high), int(_HIGHEST * wide)
    plane = plane[high // 2 - v : high // 2 + v + 1, wide // 2 - u : wide // 2 + u + 1]
    size: Any = (int(_NEIGHBOURHOOD * high) | 1, int(_NEIGHBOURHOOD * wide) | 1)
    power = np.asarray(uniform_filter(np.real(plane) ** 2 + np.imag(plane) ** 2, size))
    plane = plane / np.sqrt(power + 1e-12 * float(power.max()) + 1e-30)
    loud = np.abs(plane)
    plane = plane * np.minimum(1.0, _LOUDEST / np.maximum(loud, 1e-9))
    return Spectrum(
        values=np.ascontiguousarray(plane, np.complex64), samples=(wide, high), shape=(rows, columns)
    )


def _fast(count: int) -> int:
    """The next length that a transform is quick at."""
    from scipy.fft import next_fast_len

    return int(next_fast_len(count) or count)


def _fade(count: int) -> Float[np.ndarray, " count"]:
    """A raised cosine at both ends."""
    edge = np.minimum(np.arange(count), np.arange(count)[::-1]) + 0.5
    return np.sin(0.5 * np.pi * np.minimum(1.0, edge / _MARGIN)) ** 2
