"""The compiled loops of `analysis`: luma, area average, box filters by running sums."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

f32 = np.float32
_SLOW, _LOCAL = 5, 5
"""Half widths [analysed px]: of what is taken for the slow part, twice over, and of a deviation's neighbourhood."""
_FLOOR = f32(0.5)
"""[code values squared] Variance below which a codec has left nothing; at CRF 40 best from 0.3 to 3, and flat."""
_LOUDEST = f32(2.5)
"""[deviations]"""


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def reduce_luma(frame: Any, step: float, small: Any) -> None:  # pragma: no cover - compiled
    """Rec.709 luma averaged over squares of `step` px on a side, fractions of a pixel counted as such."""
    rows, columns = small.shape
    height, width, _ = frame.shape
    line = np.empty(width, np.float32)
    for y in range(rows):
        top, bottom = y * step, min((y + 1) * step, float(height))
        line[:] = f32(0)
        for row in range(int(top), min(int(np.ceil(bottom - 1e-9)), height)):
            share = f32(min(bottom, row + 1.0) - max(top, float(row)))
            source = frame[row]
            for x in range(width):
                r, g, b = (
                    f32(np.int32(source[x, 0])),
                    f32(np.int32(source[x, 1])),
                    f32(np.int32(source[x, 2])),
                )
                line[x] += share * (f32(0.2126) * r + f32(0.7152) * g + f32(0.0722) * b)
        unit = f32(1 / (step * step))
        for x in range(columns):
            left, right = x * step, min((x + 1) * step, float(width))
            total = f32(0)
            for column in range(int(left), min(int(np.ceil(right - 1e-9)), width)):
                total += f32(min(right, column + 1.0) - max(left, float(column))) * line[column]
            small[y, x] = total * unit


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def box(source: Any, radius: int, out: Any) -> None:  # pragma: no cover - compiled
    """The mean over squares of 2 radius + 1; at the border over what there is."""
    rows, columns = source.shape
    across = np.empty((rows, columns), np.float32)
    for y in range(rows):
        total = f32(0)
        for x in range(min(radius, columns)):
            total += source[y, x]
        count = min(radius, columns)
        for x in range(columns):
            if x + radius < columns:
                total += source[y, x + radius]
                count += 1
            if x - radius - 1 >= 0:
                total -= source[y, x - radius - 1]
                count -= 1
            across[y, x] = total / f32(count)
    sums = np.zeros(columns, np.float32)
    count = min(radius, rows)
    for y in range(count):
        sums += across[y]
    for y in range(rows):
        if y + radius < rows:
            sums += across[y + radius]
            count += 1
        if y - radius - 1 >= 0:
            sums -= across[y - radius - 1]
            count -= 1
        out[y] = sums / f32(count)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def flatten(small: Any) -> Any:  # pragma: no cover - compiled
    """The picture without its slow part, in local deviations, none louder than `_LOUDEST`."""
    rows, columns = small.shape
    slow, work, fine = np.empty_like(small), np.empty_like(small), np.empty_like(small)
    box(small, 1, fine)
    box(small, _SLOW, work)
    box(work, _SLOW, slow)
    for y in range(rows):
        for x in range(columns):
            fine[y, x] -= slow[y, x]
            work[y, x] = fine[y, x] * fine[y, x]
    box(work, _LOCAL, slow)
    for y in range(rows):
        for x in range(columns):
            value = fine[y, x] / np.sqrt(max(slow[y, x], f32(0)) + _FLOOR)
            fine[y, x] = min(max(value, -_LOUDEST), _LOUDEST)
    return fine
