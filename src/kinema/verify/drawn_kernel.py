"""The compiled loop of `drawn`: one pass over all planes of a frame. Apart, for numba takes a second to import."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

_INF = np.float32(np.inf)
# Sums may be taken in any order: so they become vectors. Infinities and NaN must survive.
_OPTIONS: Any = {"nogil": True, "error_model": "numpy", "fastmath": {"reassoc", "contract"}}


@njit(cache=True, **_OPTIONS)
def survey(
    colour: Any, depth: Any, normal: Any, albedo: Any, motion: Any, piece: Any, moved: Any, counts: Any
) -> tuple[float, float, float]:  # pragma: no cover - compiled
    """Finite pixels, moving pixels, and the luminance of the finite ones; `counts` (piece + 1): raised by the pixels
    of nothing, then of each piece. One thread: the same sums on any machine of a kind."""
    finite, moving, luminance = 0.0, 0.0, 0.0
    for y in range(depth.shape[0]):
        seen = _row(colour[y], depth[y], normal[y], albedo[y], motion[y], piece[y], np.float32(moved * moved))
        finite, moving, luminance = finite + seen[0], moving + seen[1], luminance + seen[2]
        last, run = piece[y, 0], 0
        for x in range(depth.shape[1]):
            if piece[y, x] != last:
                counts[last + 1] += run
                last, run = piece[y, x], 0
            run += 1
        counts[last + 1] += run
    return finite, moving, luminance


@njit(forceinline=True, **_OPTIONS)
def _row(colour: Any, depth: Any, normal: Any, albedo: Any, motion: Any, piece: Any, moved: Any) -> Any:
    """The three sums of one row, without branches."""
    finite, moving, luminance = np.int32(0), np.int32(0), 0.0
    for x in range(np.uint64(depth.shape[0])):
        r, g, b = colour[x, 0], colour[x, 1], colour[x, 2]
        u, v, z = motion[x, 0], motion[x, 1], depth[x]
        moving += np.int32(u * u + v * v >= moved)
        # Less than infinity: what is not a number is not.
        ok = (abs(r) < _INF) & (abs(g) < _INF) & (abs(b) < _INF) & (abs(u) < _INF) & (abs(v) < _INF)
        ok &= (abs(normal[x, 0]) < _INF) & (abs(normal[x, 1]) < _INF) & (abs(normal[x, 2]) < _INF)
        ok &= (abs(albedo[x, 0]) < _INF) & (abs(albedo[x, 1]) < _INF) & (abs(albedo[x, 2]) < _INF)
        # Infinitely far is the background, and only that.
        ok &= (abs(z) < _INF) | ((z == _INF) & (piece[x] < 0))
        finite += np.int32(ok)
        light = np.float32(0.2126) * r + np.float32(0.7152) * g + np.float32(0.0722) * b
        luminance += np.float64(light) if ok else 0.0
    return finite, moving, luminance
