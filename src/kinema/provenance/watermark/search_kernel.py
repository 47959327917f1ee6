"""The compiled loops of `search`: a spectrum read at the points of a turned and stretched lattice."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def read_points(
    values: Any, wide: float, high: float, numbers: Any, maps: Any, out: Any
) -> None:  # pragma: no cover
    """`out` (map, point): the spectrum, linear between samples, 0 outside. `maps` (map, 2, 2): from wave numbers
    (x, y) to frequencies (u, v)."""
    rows, columns = values.shape
    middle_v, middle_u = rows // 2, columns // 2
    for m in range(maps.shape[0]):
        for k in range(numbers.shape[0]):
            x, y = numbers[k, 0], numbers[k, 1]
            u = (maps[m, 0, 0] * x + maps[m, 0, 1] * y) * wide + middle_u
            v = (maps[m, 1, 0] * x + maps[m, 1, 1] * y) * high + middle_v
            left, top = int(np.floor(u)), int(np.floor(v))
            if left < 0 or top < 0 or left + 1 >= columns or top + 1 >= rows:
                out[m, k] = 0
                continue
            a, b = np.float32(u - left), np.float32(v - top)
            upper = values[top, left] * (1 - a) + values[top, left + 1] * a
            lower = values[top + 1, left] * (1 - a) + values[top + 1, left + 1] * a
            out[m, k] = upper * (1 - b) + lower * b


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def shift_peaks(products: Any, numbers: Any, grid: int, peaks: Any, places: Any) -> None:  # pragma: no cover
    """For every map the largest of Re sum products exp(2 pi i k.shift) over a grid of shifts, and where it is.

    Rows of the lattice first, then columns: a transform of few points, cheaper than a fast one of many.
    """
    count = numbers.shape[0]
    most = 0
    for k in range(count):
        most = max(most, abs(numbers[k, 0]), abs(numbers[k, 1]))
    wave_re = np.empty((2 * most + 1, grid), np.float32)
    wave_im = np.empty((2 * most + 1, grid), np.float32)
    for n in range(2 * most + 1):
        for s in range(grid):
            angle = 2 * np.pi * ((n - most) * s % grid) / grid
            wave_re[n, s], wave_im[n, s] = np.cos(angle), np.sin(angle)
    row_re = np.empty((2 * most + 1, grid), np.float32)
    row_im = np.empty((2 * most + 1, grid), np.float32)
    line = np.empty(grid, np.float32)
    for m in range(products.shape[0]):
        row_re[:], row_im[:] = 0, 0
        for k in range(count):
            re, im = products[m, k].real, products[m, k].imag
            wr, wi = wave_re[numbers[k, 0] + most], wave_im[numbers[k, 0] + most]
            rr, ri = row_re[numbers[k, 1] + most], row_im[numbers[k, 1] + most]
            for s in range(grid):
                rr[s] += re * wr[s] - im * wi[s]
                ri[s] += re * wi[s] + im * wr[s]
        best, at_x, at_y = np.float32(-1), 0, 0
        for t in range(grid):
            line[:] = 0
            for n in range(2 * most + 1):
                c, s_ = wave_re[n, t], wave_im[n, t]
                rr, ri = row_re[n], row_im[n]
                for s in range(grid):
                    line[s] += c * rr[s] - s_ * ri[s]
            for s in range(grid):
                if line[s] > best:
                    best, at_x, at_y = line[s], s, t
        peaks[m] = best
        places[m, 0], places[m, 1] = at_x, at_y
