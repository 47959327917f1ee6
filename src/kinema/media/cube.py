"""A slow colour transform baked into a lattice, and the kernel that reads it.

Per channel a shaper maps scene-linear light to the lattice's axis; between lattice points the kernel
interpolates over tetrahedra (which keeps the neutral axis neutral: Kasson, Nin, Plouffe & Hafner 1995). Cells
in which interpolation misses the transform by more than `TOLERANCE` are marked, and their pixels go through
the slow transform itself: a gamut mapper has creases, and no lattice follows a crease.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, UInt16

Slow = Callable[[Float[np.ndarray, "colour 3"]], Float[np.ndarray, "colour 3"]]

SIDE = 65
BRIGHTEST = 256.0
"""Beyond this linear value every channel is clipped on any SDR display [1 = diffuse white]."""
TOLERANCE = 0.75 / 255
"""Largest error at a cell's probes before the cell is marked; in display code values."""

# The shaper's table is indexed by the top bits of the float itself: 8 bits of exponent and 6 of mantissa, 64
# lines per octave, so evaluating it costs no logarithm. Below 2^-14 it is one line through the origin.
_SHIFT = 17
_LOW = 2.0**-14
_FIRST = int(np.float32(_LOW).view(np.int32)) >> _SHIFT
_LAST = int(np.float32(BRIGHTEST).view(np.int32)) >> _SHIFT


@dataclass(frozen=True, kw_only=True)
class Cube:
    """A baked transform from scene-linear to display code values 0 to 1."""

    shaper: Float[np.ndarray, " knot"]
    """Lattice coordinate 0 to SIDE - 1 at the floats whose top bits are `_FIRST`, `_FIRST` + 1, …"""
    lattice: Float[np.ndarray, "red green blue 4"]
    """Code values; the fourth column is 1 at the near corners of cells that are not to be trusted, else 0: a corner is
    one load of four."""


def bake(slow: Slow) -> Cube:
    """Sample `slow` (any number of colours to code values 0 to 1)."""
    knots = (np.arange(_FIRST, _LAST + 1, dtype=np.int64) << _SHIFT).astype(np.int32).view(np.float32)
    shaper = _shape(slow, knots)
    axis = np.interp(np.arange(SIDE), np.r_[0.0, shaper], np.r_[0.0, knots.astype(float)])
    points = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1)
    lattice = np.zeros((SIDE, SIDE, SIDE, 4), np.float32)
    lattice[..., :3] = slow(points.reshape(-1, 3)).reshape(points.shape)
    smooth = Cube(shaper=shaper, lattice=lattice)
    lattice[:-1, :-1, :-1, 3] = _find_creases(slow, smooth, axis)
    return smooth


def _shape(slow: Slow, knots: Float[np.ndarray, " knot"]) -> Float[np.ndarray, " knot"]:
    """Half the neutral tone curve, so that steps are even to the eye; half logarithm, since saturated light
    still changes where neutral light has long clipped. Measured best of eight at 65 points."""
    tone = np.maximum.accumulate(slow(np.repeat(knots[:, None], 3, axis=1))[:, 1].astype(float))
    toe = 0.01
    logs = np.log2(knots.astype(float) / toe + 1)
    mix = 0.5 * tone / tone[-1] + 0.5 * logs / logs[-1]
    return (mix * (SIDE - 1)).astype(np.float32)


def _find_creases(
    slow: Slow, cube: Cube, axis: Float[np.ndarray, " side"]
) -> Bool[np.ndarray, "red green blue"]:
    """Compare at nine probes per cell: the centre and the corners of the half-size cell in it."""
    probes = [(0.5, 0.5, 0.5)]
    probes += [(r, g, b) for r in (0.25, 0.75) for g in (0.25, 0.75) for b in (0.25, 0.75)]
    cells = SIDE - 1
    worst = np.zeros((cells,) * 3, np.float32)
    for probe in probes:
        axes = [axis[:-1] + share * np.diff(axis) for share in probe]
        points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).astype(np.float32)
        baked = np.empty((cells * cells, cells, 3), np.float32)
        interpolate(points.reshape(cells * cells, cells, 3), cube, baked)
        exact = slow(points.reshape(-1, 3)).reshape(baked.shape)
        worst = np.maximum(worst, np.abs(baked - exact).max(-1).reshape(worst.shape))
    creased = worst > TOLERANCE
    # A crease may slip between the probes of the cell next door.
    grown = np.pad(creased, 1)
    for direction in range(3):
        grown = grown | np.roll(grown, 1, direction) | np.roll(grown, -1, direction)
    return np.ascontiguousarray(grown[1:-1, 1:-1, 1:-1])


# --- reading ------------------------------------------------------------------------------------------------


def interpolate(
    linear: Float[np.ndarray, "row column 3"], cube: Cube, out: Float[np.ndarray, "row column 3"]
) -> Bool[np.ndarray, "row column"]:
    """Fill `out` with code values 0 to 1; return which pixels fell into creased cells."""
    from kinema.media.cube_kernel import read_cube

    linear = np.ascontiguousarray(linear, np.float32)
    doubtful = np.empty(linear.shape[:2], np.bool_)
    pixels = linear.reshape(-1, 3)
    read_cube(
        pixels,
        pixels.view(np.int32),
        cube.shaper,
        cube.lattice.reshape(-1, 4),
        out.reshape(-1, 3),
        doubtful.ravel(),
    )
    return doubtful


def quantise(
    code: Float[np.ndarray, "row column 3"], noise: Float[np.ndarray, "side side"], levels: int, dtype: type
) -> Int[np.ndarray, "row column 3"] | UInt16[np.ndarray, "row column 3"]:
    """Code values 0 to 1 to integers 0 to `levels`, rounded up or down by the noise tile."""
    from kinema.media.cube_kernel import round_by_noise

    out = np.empty(code.shape, dtype)
    round_by_noise(code, np.hstack([noise, noise]), np.float32(levels), out)
    return out
