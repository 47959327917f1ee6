"""Cut-outs from anywhere in a picture, found by tiles.

PDQ bears a shift of one per cent, so nobody can keep every cut-out. What is kept is a grid of tiles; a cut-out that
shows at least 0.56 of each side holds a whole tile, somewhere, at some scale. So a question is asked at every scale
and every place within one step of the grid, a per cent apart: some five thousand windows of a frame, which are two
matrix products, and twice as many look-ups. Slow (a tenth of a second and more a frame), so it is asked last.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from jaxtyping import Float, UInt8, UInt64

from kinema.provenance.fingerprint.pdq import (
    SAMPLES,
    SIDE,
    TRANSFORM,
    detail_of,
    packed,
    sampling,
    turned,
)

TILE: Final = 0.44
"""Side of a tile, of the picture's."""
GRID: Final = 6
STEP: Final = (1 - TILE) / (GRID - 1)
SCALES: Final = tuple(0.56 * 1.03**n for n in range(20))
"""Side of the cut-out, of the picture's: to 0.98."""
PLACES: Final = 16
"""Within one step of the grid: 1.6 % of a tile apart, so one of them is within 0.8 %."""
DETAILED: Final = 50
"""PDQ quality that a tile must have: fewer bits of a small window mean something."""
TEXTURED: Final = 8.0
"""[luma] that half of a tile's coefficients must reach. A horizon has detail and few frequencies: its other bits are
decided by shading, and one horizon is like another. Landscapes have 32 and more."""
_LONG: Final = 320
"""Pixels of the long side that a question is asked at; more would cost and not help."""
_TURNS: Final = 2
"""As it is and mirrored."""


def tiles(luma: Float[np.ndarray, "row column"]) -> tuple[list[int], UInt64[np.ndarray, "tile 4"]]:
    """Numbers from 0 to 35 and hashes of the tiles that have detail."""
    height, width = luma.shape
    starts = [STEP * n for n in range(GRID)]
    across = luma @ np.concatenate([sampling(width, start, TILE) for start in starts]).T
    numbers, hashes = [], [np.zeros((0, 4), np.uint64)]
    for row, start in enumerate(starts):
        down = sampling(height, start, TILE) @ across
        for column in range(GRID):
            samples = down[:, SAMPLES * column : SAMPLES * (column + 1)]
            coefficients = TRANSFORM @ samples @ TRANSFORM.T
            if detail_of(samples) >= DETAILED and np.median(np.abs(coefficients)) >= TEXTURED:
                numbers.append(GRID * row + column)
                hashes.append(packed(coefficients)[None])
    return numbers, np.concatenate(hashes)


def windows(
    luma: Float[np.ndarray, "row column"],
) -> tuple[UInt8[np.ndarray, " one"], UInt64[np.ndarray, "one 4"]]:
    """Turns (0, 1) and hashes of every window that may be a tile."""
    factor = max(1, max(luma.shape) // _LONG)
    height, width = (side // factor for side in luma.shape)
    small = luma[: height * factor, : width * factor].reshape(height, factor, width, factor).mean((1, 3))
    across = small @ _stack(width).T
    span = PLACES * SIDE
    parts = []
    for number in range(len(SCALES)):
        here = slice(span * number, span * (number + 1))
        block = _stack(height)[here] @ across[:, here]  # place and frequency, both ways
        block = block.reshape(PLACES, SIDE, PLACES, SIDE)
        parts.append(np.einsum("rfcg->rcfg", block).reshape(-1, SIDE, SIDE))
    coefficients = np.concatenate(parts)
    both = packed(turned(coefficients)[:_TURNS])
    return np.repeat(np.arange(_TURNS, dtype=np.uint8), len(coefficients)), both.reshape(-1, 4)


@lru_cache(maxsize=8)
def _stack(length: int) -> Float[np.ndarray, "row pixel"]:
    """Frequencies of all windows along a side: scale, place, frequency. Between pixels where they fall between them:
    at some 140 pixels a tile, rounding would cost as much as a whole place."""
    centre = np.arange(length) + 0.5
    out = []
    for scale in SCALES:
        share = TILE / scale
        half = max(share * length / (2 * SAMPLES), 1.0)
        for place in range(PLACES):
            start = place / PLACES * STEP / scale
            at = (start + (np.arange(SAMPLES) + 0.5) / SAMPLES * share) * length
            weight = np.maximum(1 - np.abs(at[:, None] - centre) / half, 0)  # a box twice is a tent
            out.append(TRANSFORM @ (weight / weight.sum(1, keepdims=True)))
    return np.concatenate(out).astype(np.float32)
