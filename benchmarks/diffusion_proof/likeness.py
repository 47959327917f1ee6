"""How alike two clips are, picture by picture: peak signal to noise and structural similarity."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float
from scipy.ndimage import gaussian_filter

PEAK = 2.0
"""Pictures are in [-1, 1]."""
_WINDOW = 1.5
_C1, _C2 = (0.01 * PEAK) ** 2, (0.03 * PEAK) ** 2


def decibel(
    painted: Float[np.ndarray, "time row column 3"], wanted: Float[np.ndarray, "time row column 3"]
) -> float:
    """Peak signal to noise of the whole clip [dB]; what is beyond [-1, 1] is shown as its end."""
    error = float(np.square(np.clip(painted, -1, 1) - wanted).mean())
    return 10 * math.log10(PEAK**2 / max(error, 1e-12))


def similarity(
    painted: Float[np.ndarray, "time row column 3"], wanted: Float[np.ndarray, "time row column 3"]
) -> float:
    """Mean structural similarity of luma (Wang 2004: Gaussian window of 1.5 px, K 0.01 and 0.03)."""
    weights = np.array([0.2126, 0.7152, 0.0722])
    x, y = np.clip(painted, -1, 1) @ weights, wanted @ weights

    def blur(a: np.ndarray) -> np.ndarray:
        return gaussian_filter(a, (0, _WINDOW, _WINDOW))

    mx, my = blur(x), blur(y)
    vx, vy, cov = blur(x * x) - mx * mx, blur(y * y) - my * my, blur(x * y) - mx * my
    index = (2 * mx * my + _C1) * (2 * cov + _C2) / ((mx**2 + my**2 + _C1) * (vx + vy + _C2))
    return float(index.mean())


def edge_error(
    painted: Float[np.ndarray, "time row column 3"], wanted: Float[np.ndarray, "time row column 3"]
) -> float:
    """How far differences between neighbours are from those wanted, over how large both are: 0 the same edges, 1 edges
    that have nothing in common, and about 1 too where one picture is flat."""
    x, y = np.clip(painted, -1, 1), wanted
    wrong = sum(float(np.abs(np.diff(x - y, axis=axis)).sum()) for axis in (1, 2))
    there = sum(float(np.abs(np.diff(a, axis=axis)).sum()) for a in (x, y) for axis in (1, 2))
    return wrong / max(there, 1e-12)
