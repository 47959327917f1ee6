"""The compiled loop of `yuv`. One thread: it runs beside the renderer, which has the other cores."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

# BT.709-6, item 3.2 and 3.3; excursions and offsets of item 4.6 for 8 bit, scaled for more.
_KR, _KB = np.float32(0.2126), np.float32(0.0722)
_KG = np.float32(0.7152)
_CB, _CR = np.float32(224 / 1.8556), np.float32(224 / 1.5748)
_LUMA, _BLACK, _NEUTRAL, _HALF = np.float32(219), np.float32(16), np.float32(128), np.float32(0.5)


f32 = np.float32


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def rgb_to_planes(
    rgb: Any, brightest: Any, scale: Any, step_x: int, step_y: int, luma: Any, blue: Any, red: Any
) -> None:  # pragma: no cover - compiled
    """Fill three planes. `scale`: 2 ** (bits - 8). `step_*`: luma samples per chroma sample.

    Every loop over a row is plain enough to become vectors.
    """
    rows, columns, _ = rgb.shape
    unit, share = f32(1) / brightest, scale / f32(step_y)
    # Chroma of the rows that share a sample, summed; a column more on either side repeats the outermost.
    cb, cr = np.empty(columns + 2, np.float32), np.empty(columns + 2, np.float32)
    for top in range(0, rows, step_y):
        cb[:], cr[:] = f32(0), f32(0)
        for row in range(top, top + step_y):
            _luma_row(rgb[row], unit, scale, luma[row], cb[1:], cr[1:])
        cb[0], cr[0], cb[columns + 1], cr[columns + 1] = cb[1], cr[1], cb[columns], cr[columns]
        for sums, plane in ((cb, blue[top // step_y]), (cr, red[top // step_y])):
            if step_x == 1:
                for x in range(np.uint64(columns)):
                    plane[x] = np.int32(sums[x + np.uint64(1)] * share + (_NEUTRAL * scale + _HALF))
            else:
                _half_band(sums, share, _NEUTRAL * scale + _HALF, plane)


@njit(forceinline=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _luma_row(rgb: Any, unit: Any, scale: Any, luma: Any, cb: Any, cr: Any) -> None:
    """One row of luma; its chroma is added to `cb` and `cr`."""
    for x in range(np.uint64(rgb.shape[0])):
        r, g, b = (
            f32(np.int32(rgb[x, 0])) * unit,
            f32(np.int32(rgb[x, 1])) * unit,
            f32(np.int32(rgb[x, 2])) * unit,
        )
        y = _KR * r + _KG * g + _KB * b
        luma[x] = np.int32((_BLACK + _LUMA * y) * scale + _HALF)
        cb[x] += _CB * (b - y)
        cr[x] += _CR * (r - y)


@njit(forceinline=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _half_band(sums: Any, share: Any, zero: Any, plane: Any) -> None:
    """Every second column, filtered by 1 2 1 centred on the left sample of the pair."""
    quarter = share * f32(0.25)
    for i in range(np.uint64(plane.shape[0])):
        x = np.uint64(2) * i
        around = sums[x] + f32(2) * sums[x + np.uint64(1)] + sums[x + np.uint64(2)]
        plane[i] = np.int32(around * quarter + zero)
