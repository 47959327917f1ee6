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


@njit(cache=True, nogil=True, error_model="numpy")
def rgb_to_planes(
    rgb: Any, brightest: Any, scale: Any, step_x: int, step_y: int, luma: Any, blue: Any, red: Any
) -> None:  # pragma: no cover - compiled
    """Fill three planes. `scale`: 2 ** (bits - 8). `step_*`: luma samples per chroma sample."""
    rows, columns, _ = rgb.shape
    unit = np.float32(1.0) / brightest
    cb = np.empty((step_y, columns), np.float32)
    cr = np.empty((step_y, columns), np.float32)
    for top in range(0, rows, step_y):
        for inner in range(step_y):
            for x in range(columns):
                r = np.float32(rgb[top + inner, x, 0]) * unit
                g = np.float32(rgb[top + inner, x, 1]) * unit
                b = np.float32(rgb[top + inner, x, 2]) * unit
                y = _KR * r + _KG * g + _KB * b
                luma[top + inner, x] = int((_BLACK + _LUMA * y) * scale + _HALF)
                cb[inner, x] = _CB * (b - y)
                cr[inner, x] = _CR * (r - y)
        for x in range(0, columns, step_x):
            sum_b = np.float32(0.0)
            sum_r = np.float32(0.0)
            for inner in range(step_y):
                if step_x == 1:
                    sum_b += cb[inner, x]
                    sum_r += cr[inner, x]
                else:  # the half-band filter 1 2 1, centred on the left sample of the pair
                    before, after = max(x - 1, 0), min(x + 1, columns - 1)
                    sum_b += (cb[inner, before] + 2 * cb[inner, x] + cb[inner, after]) * np.float32(0.25)
                    sum_r += (cr[inner, before] + 2 * cr[inner, x] + cr[inner, after]) * np.float32(0.25)
            share = scale / np.float32(step_y)
            blue[top // step_y, x // step_x] = int(_NEUTRAL * scale + sum_b * share + _HALF)
            red[top // step_y, x // step_x] = int(_NEUTRAL * scale + sum_r * share + _HALF)
