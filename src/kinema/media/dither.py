"""A fixed blue-noise threshold tile: rounds to few bits without banding and without visible grain.

Void and cluster, R. Ulichney, "The void-and-cluster method for dither array generation", SPIE 1913 (1993).
The tile does not change from frame to frame: noise that stands still costs a video codec almost nothing.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float, Int

SIDE = 64
# Ulichney's choice: wide enough to see the neighbours, narrow enough to keep all frequencies alike.
_SIGMA = 1.5


@lru_cache(maxsize=1)
def blue_noise() -> Float[np.ndarray, "row column"]:
    """Thresholds in (0, 1), each of `SIDE`² levels once, float32. Same bits always."""
    ranks = _void_and_cluster(SIDE)
    return ((ranks + 0.5) / ranks.size).astype(np.float32)


def _void_and_cluster(side: int) -> Int[np.ndarray, "row column"]:
    offsets = np.minimum(np.arange(side), side - np.arange(side))
    kernel = np.exp(-(offsets[:, None] ** 2 + offsets[None, :] ** 2) / (2 * _SIGMA**2))
    # Kernel shifted to any row and column is a slice of its periodic continuation.
    wide = np.tile(kernel, (2, 2))

    def around(row: int, column: int) -> np.ndarray:
        return wide[side - row : 2 * side - row, side - column : 2 * side - column]

    def extreme(energy: np.ndarray, among: Bool[np.ndarray, "row column"], tightest: bool) -> tuple[int, int]:
        masked = np.where(among, energy, -np.inf if tightest else np.inf)
        found = int(masked.argmax() if tightest else masked.argmin())
        return divmod(found, side)

    on = np.zeros((side, side), bool)
    on.flat[np.random.default_rng(0).choice(on.size, on.size // 10, replace=False)] = True
    energy = np.zeros((side, side))
    for row, column in np.argwhere(on):
        energy += around(row, column)
    while True:  # move points from the tightest cluster to the largest void until that changes nothing
        cluster = extreme(energy, on, tightest=True)
        on[cluster] = False
        energy -= around(*cluster)
        void = extreme(energy, ~on, tightest=False)
        on[void] = True
        energy += around(*void)
        if void == cluster:
            break

    ranks = np.zeros((side, side), np.int64)
    rest, rest_energy = on.copy(), energy.copy()
    for rank in range(int(on.sum()) - 1, -1, -1):
        cluster = extreme(rest_energy, rest, tightest=True)
        rest[cluster] = False
        rest_energy -= around(*cluster)
        ranks[cluster] = rank
    for rank in range(int(on.sum()), on.size):
        void = extreme(energy, ~on, tightest=False)
        on[void] = True
        energy += around(*void)
        ranks[void] = rank
    return ranks
