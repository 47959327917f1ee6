"""Triangles to samples: spans of rows, nearest wins.

Bands of rows are independent, so there are no locks and the picture does not depend on the number of threads.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kinema.render.preview.compile import inlined, kernel

BAND = 8
"""Rows per band: five samples of two layers over 854 columns stay within a megabyte of cache."""
MAP_BAND = 16
"""Rows per band of a depth map."""
MAP_TILE = 8
"""Side of the tiles of a depth map that say how near anything is [texel]; divides `MAP_BAND`."""
NOBODY = 2**31 - 1
"""More than any number of a face or plane."""

# The five-rooks lattice, centre first: every fifth of a pixel is sampled once in x and once in y.
SAMPLE_X = np.array([0.0, 0.2, 0.4, -0.2, -0.4])
SAMPLE_Y = np.array([0.0, 0.4, -0.2, -0.4, 0.2])
SAMPLES = 5

f32 = np.float32


@inlined()
def span(line: Any, y: Any, shift: Any, width: Any) -> tuple[int, int]:
    """First and one past the last column of a triangle whose samples at height `y`, `shift` px right, it covers."""
    if y < line[11] or y >= line[12]:
        return 0, 0
    left = max(line[0] * y + line[1], line[2] * y + line[3], line[13]) - 0.5 - shift
    right = min(line[4] * y + line[5], line[6] * y + line[7], line[14]) - 0.5 - shift
    return math.ceil(max(left, 0.0)), math.ceil(min(right, float(width)))


@inlined()
def fill(line: Any, face: Any, y: Any, sx: Any, first: Any, last: Any, z: Any, ids: Any) -> None:
    """Keep the nearest along a row."""
    start = f32(line[8] * (first + 0.5 + sx) + line[9] * y + line[10])
    step = f32(line[8])
    z, ids = z[first:last], ids[first:last]
    # Unsigned, and both stored whether nearer or not: so the loop becomes vectors.
    for x in range(np.uint64(last - first)):
        depth = start + step * f32(x)
        old, kept = z[x], ids[x]
        nearer = depth > old
        z[x] = depth if nearer else old
        ids[x] = face if nearer else kept


@kernel()
def depth_map(
    items: Any, owner: Any, line: Any, start: Any, sorted_: Any, z: Any, ids: Any, nearest: Any
) -> None:
    """Nearest surface at pixel centres, one sample: for light. `nearest (tile, tile)`: raised to what is in it."""
    for n in range(items.shape[0]):
        _map_band(items[n], owner, line, start, sorted_, z, ids, nearest)


@inlined()
def _map_band(
    b: Any, owner: Any, line: Any, start: Any, sorted_: Any, z: Any, ids: Any, nearest: Any
) -> None:
    height, width = z.shape
    top = b * MAP_BAND
    end = min(top + MAP_BAND, height)
    for y in range(top, end):
        for x in range(width):
            z[y, x] = f32(0)
            ids[y, x] = -1
    for k in range(start[b], start[b + 1]):
        t = sorted_[k]
        for y in range(max(top, int(line[t, 11]) - 1), min(end, int(line[t, 12]) + 2)):
            first, last = span(line[t], y + 0.5, 0.0, width)
            if first < last:
                fill(line[t], owner[t], y + 0.5, 0.0, first, last, z[y], ids[y])
    for y in range(top, end):
        row, depth = nearest[y // MAP_TILE], z[y]
        for tile in range(np.uint64(width // MAP_TILE)):
            most = row[tile]
            for x in range(np.uint64(MAP_TILE)):
                most = max(most, depth[tile * np.uint64(MAP_TILE) + x])
            row[tile] = most
