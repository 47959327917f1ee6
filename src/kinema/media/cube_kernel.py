"""The compiled loops of `cube`. Apart from it because importing numba takes a second.

One thread each: they run in the encoder's thread, beside the renderer, which has the other cores.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from kinema.media.cube import _FIRST, _LAST, _LOW, _SHIFT, BRIGHTEST, SIDE
from kinema.quad import blended
from kinema.stack import ROOM, integers, singles

f32 = np.float32
_FRACTION = f32(1.0 / (1 << _SHIFT))
_MASK = np.int32((1 << _SHIFT) - 1)
_LOW32 = f32(_LOW)
_HIGH32 = f32(BRIGHTEST)
_TOP = f32(SIDE - 1)
_LOWEST, _HIGHEST = np.int32(_FIRST << _SHIFT), np.int32((_LAST << _SHIFT) - 1)
# Rows of the lattice from a point to the next in red, green and blue.
_RED, _GREEN, _BLUE = np.int32(SIDE * SIDE), np.int32(SIDE), np.int32(1)
_ALL = np.int32(_RED + _GREEN + _BLUE)

_OPTIONS: Any = {"nogil": True, "error_model": "numpy", "fastmath": {"contract"}}
_kernel = njit(cache=True, **_OPTIONS)
_OPTIONS_OF_PARTS: Any = {**_OPTIONS, "forceinline": True, "_nrt": False}
_part = njit(**_OPTIONS_OF_PARTS)


@_part
def _coordinates(n: Any, linear: Any, bits: Any, channel: int, shaper: Any, out: Any) -> None:
    """Lattice coordinates of one channel of `n` pixels, in vectors. NaN and negative light count as none."""
    for i in range(n):
        value, word = linear[i, channel], bits[i, channel]
        inside = min(max(word, _LOWEST), _HIGHEST)
        knot = np.uint64((inside >> np.int32(_SHIFT)) - np.int32(_FIRST))
        low = shaper[knot]
        u = low + f32(inside & _MASK) * _FRACTION * (shaper[knot + np.uint64(1)] - low)
        u = shaper[0] * (value / _LOW32) if value < _LOW32 else u
        u = _TOP if value >= _HIGH32 else u
        out[i] = u if value > f32(0) else f32(0)


@_part
def _walks(n: Any, red: Any, green: Any, blue: Any, cell: Any, one: Any, two: Any) -> None:
    """From coordinates to walks along a tetrahedron's edges, in vectors: row of the cell, rows to its second and third
    corner; and, in place of the coordinates, the fractions from the highest to the lowest.

    The walk goes from the near corner to the far one along the edges in falling order of the fractions. Where two are
    equal their order does not matter: the corner between them weighs nothing.
    """
    cells = np.int32(SIDE - 2)
    for i in range(n):
        r, g, b = red[i], green[i], blue[i]
        x, y, z = min(np.int32(r), cells), min(np.int32(g), cells), min(np.int32(b), cells)
        r, g, b = r - f32(x), g - f32(y), b - f32(z)
        high, low = max(r, g, b), min(r, g, b)
        cell[i] = x * _RED + y * _GREEN + z
        one[i] = _RED if r == high else (_GREEN if g == high else _BLUE)
        two[i] = _ALL - (_BLUE if b == low else (_GREEN if g == low else _RED))
        red[i], green[i], blue[i] = high, max(min(r, g), min(max(r, g), b)), low


@_kernel
def read_cube(
    linear: Any, bits: Any, shaper: Any, lattice: Any, out: Any, doubtful: Any
) -> None:  # pragma: no cover - compiled
    """Tetrahedral interpolation of pixels `linear` (pixel, 3) into `out`; `bits`: the same floats as integers."""
    red, green, blue, cell, one, two = singles(), singles(), singles(), integers(), integers(), integers()
    for first in range(0, linear.shape[0], ROOM):
        n = np.uint64(min(ROOM, linear.shape[0] - first))
        here, words = linear[first : first + ROOM], bits[first : first + ROOM]
        _coordinates(n, here, words, 0, shaper, red)
        _coordinates(n, here, words, 1, shaper, green)
        _coordinates(n, here, words, 2, shaper, blue)
        _walks(n, red, green, blue, cell, one, two)
        for i in range(n):
            at = np.int64(cell[i])
            high, middle, low = red[i], green[i], blue[i]
            r, g, b, _ = blended(
                lattice,
                at,
                at + one[i],
                at + two[i],
                at + _ALL,
                f32(1) - high,
                high - middle,
                middle - low,
                low,
            )
            k = first + i
            out[k, 0], out[k, 1], out[k, 2] = r, g, b
            doubtful[k] = lattice[np.uint64(at), 3] > f32(0)


@_kernel
def round_by_noise(code: Any, noise: Any, levels: Any, out: Any) -> None:  # pragma: no cover - compiled
    """`floor(code * levels + threshold)`: right on average over the tile; 0 and `levels` stay as they are.

    `noise`: the tile, twice side by side, so that a tile's width of pixels reads a row of it in one go, as vectors do.
    """
    rows, columns, _ = code.shape
    side = noise.shape[0]
    for row in range(rows):
        # Each channel reads the tile elsewhere, or all three would round together and show in luma.
        red, green, blue = (
            noise[row % side],
            noise[(row + 23) % side, 41 % side :],
            noise[(row + 46) % side, 82 % side :],
        )
        for first in range(0, columns, side):
            here, there = code[row, first : first + side], out[row, first : first + side]
            for i in range(np.uint64(here.shape[0])):
                r, g, b = (
                    here[i, 0] * levels + red[i],
                    here[i, 1] * levels + green[i],
                    here[i, 2] * levels + blue[i],
                )
                there[i, 0] = np.int32(min(max(r, f32(0)), levels))
                there[i, 1] = np.int32(min(max(g, f32(0)), levels))
                there[i, 2] = np.int32(min(max(b, f32(0)), levels))


assert _LAST > _FIRST
