"""The compiled loops of `cube`. Apart from it because importing numba takes a second.

Rows are independent, so the result does not depend on the number of threads.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, prange

from kinema.media.cube import _FIRST, _LAST, _LOW, _SHIFT, BRIGHTEST, SIDE

_FRACTION = np.float32(1.0 / (1 << _SHIFT))
_MASK = np.int32((1 << _SHIFT) - 1)
_LOW32 = np.float32(_LOW)
_HIGH32 = np.float32(BRIGHTEST)
_TOP = np.float32(SIDE - 1)


@njit(inline="always", fastmath=True, error_model="numpy")
def _coordinate(value: Any, bits: Any, shaper: Any) -> Any:
    """Lattice coordinate of one channel. NaN and negative light count as none."""
    if not value > np.float32(0.0):
        return np.float32(0.0)
    if value < _LOW32:
        return shaper[0] * (value / _LOW32)
    if value >= _HIGH32:
        return _TOP
    knot = (bits >> np.int32(_SHIFT)) - np.int32(_FIRST)
    share = np.float32(bits & _MASK) * _FRACTION
    return shaper[knot] + share * (shaper[knot + 1] - shaper[knot])


@njit(parallel=True, cache=True, nogil=True, error_model="numpy")
def read_cube(
    linear: Any, bits: Any, shaper: Any, lattice: Any, creased: Any, out: Any, doubtful: Any
) -> None:  # pragma: no cover - compiled
    """Tetrahedral interpolation at every pixel of `linear` (row, column, 3) into `out`."""
    rows, columns, _ = linear.shape
    cells = np.int32(SIDE - 2)
    for row in prange(rows):
        for column in range(columns):
            r = _coordinate(linear[row, column, 0], bits[row, column, 0], shaper)
            g = _coordinate(linear[row, column, 1], bits[row, column, 1], shaper)
            b = _coordinate(linear[row, column, 2], bits[row, column, 2], shaper)
            i = min(np.int32(r), cells)
            j = min(np.int32(g), cells)
            k = min(np.int32(b), cells)
            doubtful[row, column] = creased[i, j, k]
            r -= np.float32(i)
            g -= np.float32(j)
            b -= np.float32(k)
            # From the near corner to the far one along the edges in falling order of the fractions.
            i1, j1, k1, i2, j2, k2 = i, j, k, i, j, k
            if r >= g:
                if g >= b:
                    hi, mid, lo = r, g, b
                    i1, i2, j2 = i + 1, i + 1, j + 1
                elif r >= b:
                    hi, mid, lo = r, b, g
                    i1, i2, k2 = i + 1, i + 1, k + 1
                else:
                    hi, mid, lo = b, r, g
                    k1, k2, i2 = k + 1, k + 1, i + 1
            elif r >= b:
                hi, mid, lo = g, r, b
                j1, j2, i2 = j + 1, j + 1, i + 1
            elif g >= b:
                hi, mid, lo = g, b, r
                j1, j2, k2 = j + 1, j + 1, k + 1
            else:
                hi, mid, lo = b, g, r
                k1, k2, j2 = k + 1, k + 1, j + 1
            w0 = np.float32(1.0) - hi
            w1 = hi - mid
            w2 = mid - lo
            for channel in range(3):
                out[row, column, channel] = (
                    w0 * lattice[i, j, k, channel]
                    + w1 * lattice[i1, j1, k1, channel]
                    + w2 * lattice[i2, j2, k2, channel]
                    + lo * lattice[i + 1, j + 1, k + 1, channel]
                )


@njit(parallel=True, cache=True, nogil=True, error_model="numpy")
def round_by_noise(code: Any, noise: Any, levels: Any, out: Any) -> None:  # pragma: no cover - compiled
    """`floor(code * levels + threshold)`: right on average over the tile; 0 and `levels` stay as they are.

    The side of the tile is a power of two: a mask, where a remainder would cost more than all the rest.
    """
    rows, columns, _ = code.shape
    mask = noise.shape[0] - 1
    for row in prange(rows):
        for column in range(columns):
            for channel in range(3):
                # Each channel reads the tile elsewhere, or all three would round together and show in luma.
                threshold = noise[(row + 23 * channel) & mask, (column + 41 * channel) & mask]
                value = min(max(code[row, column, channel], np.float32(0.0)), np.float32(1.0)) * levels
                out[row, column, channel] = min(np.floor(value + threshold), levels)


assert _LAST > _FIRST
