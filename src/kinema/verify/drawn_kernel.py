"""The compiled loop of `drawn`: one pass over all planes of a frame. Apart, for numba takes a second to import."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, prange


@njit(parallel=True, cache=True, nogil=True, error_model="numpy")
def survey(
    colour: Any, depth: Any, normal: Any, albedo: Any, motion: Any, piece: Any, moved: Any, rows: Any
) -> None:  # pragma: no cover - compiled
    """Per row of the picture, into `rows` (row, 3): finite pixels, moving pixels, luminance of the finite ones.

    Sums stay within a row, so they do not depend on the number of threads.
    """
    height, width = depth.shape
    for y in prange(height):
        finite, moving, luminance = 0.0, 0.0, 0.0
        for x in range(width):
            r, g, b = colour[y, x, 0], colour[y, x, 1], colour[y, x, 2]
            u, v = motion[y, x, 0], motion[y, x, 1]
            if u * u + v * v >= moved * moved:
                moving += 1.0
            ok = np.isfinite(r) and np.isfinite(g) and np.isfinite(b) and np.isfinite(u) and np.isfinite(v)
            for channel in range(3):
                ok = ok and np.isfinite(normal[y, x, channel]) and np.isfinite(albedo[y, x, channel])
            z = depth[y, x]
            # Infinitely far is the background, and only that.
            ok = ok and (np.isfinite(z) or (z > 0 and not np.isnan(z) and piece[y, x] < 0))
            if ok:
                finite += 1.0
                luminance += 0.2126 * r + 0.7152 * g + 0.0722 * b
        rows[y, 0], rows[y, 1], rows[y, 2] = finite, moving, luminance
