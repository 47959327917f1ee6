"""The compiled loop of `flow`. Apart, for numba takes a second to import."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def smear(values: Any, flow: Any, region: Any, steps: Any, out: Any) -> None:  # pragma: no cover - compiled
    """Means over steps of a pixel both ways along `flow` (right, down), up to where the region ends. The flow has no
    sign: the way goes on."""
    height, width, channels = values.shape
    for row in range(height):
        for column in range(width):
            for c in range(channels):
                out[row, column, c] = values[row, column, c]
            count = 1.0
            for way in (-1.0, 1.0):
                x, y = column + 0.5, row + 0.5
                dx, dy = way * flow[row, column, 0], way * flow[row, column, 1]
                for _ in range(steps):
                    x += dx
                    y += dy
                    i, j = int(np.floor(y)), int(np.floor(x))
                    if i < 0 or j < 0 or i >= height or j >= width or region[i, j] != region[row, column]:
                        break
                    for c in range(channels):
                        out[row, column, c] += values[i, j, c]
                    count += 1.0
                    nx, ny = flow[i, j, 0], flow[i, j, 1]
                    if nx * dx + ny * dy < 0:
                        nx, ny = -nx, -ny
                    dx, dy = nx, ny
            for c in range(channels):
                out[row, column, c] /= count
