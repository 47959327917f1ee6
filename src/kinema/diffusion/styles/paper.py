"""The sheet under the paint: fixed to the screen, the same in every frame of a clip."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jaxtyping import Float

REFERENCE = 216
"""Rows at which the tooth of paper is a pixel and a half."""


@lru_cache(maxsize=32)
def tooth(rows: int, columns: int, seed: int) -> Float[np.ndarray, "row column"]:
    """Grain of rough paper: mean 0, deviation 1. Do not write to it."""
    from scipy.ndimage import gaussian_filter

    white = np.random.default_rng([seed, rows, columns]).standard_normal((rows, columns))
    fine = gaussian_filter(white, max(0.7 * rows / REFERENCE, 0.45), mode="wrap")
    coarse = gaussian_filter(white[::-1], 2.4 * rows / REFERENCE + 0.4, mode="wrap")
    mixed = fine / fine.std() + 0.7 * coarse / coarse.std()
    sheet = (mixed / mixed.std()).astype(np.float32)
    sheet.setflags(write=False)
    return sheet


@lru_cache(maxsize=32)
def vignette(rows: int, columns: int) -> Float[np.ndarray, "row column"]:
    """0 in the middle to 1 in the corners, as the fourth power of the cosine falls off. Do not write to it."""
    y = (np.arange(rows) + 0.5) / rows * 2 - 1
    x = (np.arange(columns) + 0.5) / columns * 2 - 1
    square = (x[None] ** 2 + y[:, None] ** 2) / 2
    fall = (1 - 1 / (1 + 0.6 * square) ** 2) / (1 - 1 / 1.6**2)
    fall = fall.astype(np.float32)
    fall.setflags(write=False)
    return fall
