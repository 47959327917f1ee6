"""The compiled loops of `embedder`: how busy the picture is, block by block, and the mark laid under it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

f32 = np.float32
BLOCK = 8
"""[px]"""
_BUSY = f32(0.15)
"""Strength gained per code value of local deviation; a plain wall has strength 1."""
_MOST = f32(2.5)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def deviations(
    frame: Any, shift: int, first: int, last: int, out: Any
) -> None:  # pragma: no cover - compiled
    """Standard deviation of luma in the blocks of block rows `first` to `last`; remainders join no block.

    `shift`: bits beyond the eighth.
    """
    for by in range(first, last):
        for bx in range(out.shape[1]):
            total, squares = 0, 0
            for y in range(by * BLOCK, (by + 1) * BLOCK):
                row = frame[y]
                for x in range(bx * BLOCK, (bx + 1) * BLOCK):
                    r, g, b = (
                        np.int32(row[x, 0]) >> shift,
                        np.int32(row[x, 1]) >> shift,
                        np.int32(row[x, 2]) >> shift,
                    )
                    luma = 54 * r + 183 * g + 19 * b
                    luma >>= 4  # sixteenths of a code value: squares of 64 of them fit in 32 bits
                    total += luma
                    squares += (luma * luma) >> 4
            mean = f32(total) / f32(16 * BLOCK * BLOCK)
            variance = f32(squares) / f32(16 * BLOCK * BLOCK) - mean * mean
            out[by, bx] = np.sqrt(max(variance, f32(0)))


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def strengths(deviation: Any) -> Any:  # pragma: no cover - compiled
    """Relative strength of the mark per block: what the calmest of the block and its neighbours hides, smoothed.

    The calmest, because an edge beside a plain wall hides nothing on the wall.
    """
    rows, columns = deviation.shape
    calm, out = np.empty_like(deviation), np.empty_like(deviation)
    for y in range(rows):
        for x in range(columns):
            least = deviation[y, x]
            for v in range(max(0, y - 1), min(rows, y + 2)):
                for u in range(max(0, x - 1), min(columns, x + 2)):
                    least = min(least, deviation[v, u])
            calm[y, x] = min(f32(1) + _BUSY * least, _MOST)
    for y in range(rows):
        for x in range(columns):
            total, count = f32(0), 0
            for v in range(max(0, y - 1), min(rows, y + 2)):
                for u in range(max(0, x - 1), min(columns, x + 2)):
                    total += calm[v, u]
                    count += 1
            out[y, x] = total / f32(count)
    return out


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def lay(
    frame: Any, shift: int, pattern: Any, strength: Any, gain: float, first: int, last: int, out: Any
) -> None:  # pragma: no cover
    """Rows `first` to `last` of `out`: the frame, and the pattern at `gain` times the strength between blocks."""
    _, width, _ = frame.shape
    rows, columns = strength.shape
    top_code = 65535 if shift else 255
    gain *= top_code / 255
    line = np.empty(width, np.float32)
    across = np.empty(columns, np.float32)
    for y in range(first, last):
        v = min(max((y + f32(0.5)) / BLOCK - f32(0.5), f32(0)), f32(rows - 1))
        top = min(int(v), max(rows - 2, 0))
        low = min(top + 1, rows - 1)
        b = f32(v - top)
        for bx in range(columns):
            across[bx] = f32(gain) * ((1 - b) * strength[top, bx] + b * strength[low, bx])
        for x in range(width):
            u = min(max((x + f32(0.5)) * f32(1 / BLOCK) - f32(0.5), f32(0)), f32(columns - 1))
            left = min(int(u), max(columns - 2, 0))
            a = u - left
            line[x] = (1 - a) * across[left] + a * across[min(left + 1, columns - 1)]
        row, target, wave = frame[y], out[y], pattern[y]
        for x in range(width):
            change = np.int32(np.floor(line[x] * wave[x] + f32(0.5)))
            for c in range(3):
                target[x, c] = min(max(np.int32(row[x, c]) + change, 0), top_code)
