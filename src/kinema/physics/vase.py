"""A hollow body of revolution: a smooth wall through the profile's points, a floor, a rounded lip."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from kinema.errors import ShotError
from kinema.physics.inertia import Bulk, difference, revolved_bulk
from kinema.physics.shapes import circle, disc, revolved
from kinema.physics.solid import Solid
from kinema.physics.surface import Surface, joined
from kinema.physics.world import Collider
from kinema.shot.body import Vase

if TYPE_CHECKING:
    from scipy.interpolate import CubicSpline

FINE = 512
SOFTNESS = 0.022
"""Standard deviation of the smoothing, in shares of the height."""
ROWS = 40
LIP_ROWS = 12
SECTORS = 24
BANDS = 7
"""The wall collides as SECTORS × BANDS convex staves; their outer corners, at half steps too, are 0.2 % of
the radius off the circle."""


@dataclass(frozen=True, kw_only=True)
class Outline:
    """Half a meridian section, counter-clockwise: (radius, height) [m], origin half-way up."""

    outer: Float[np.ndarray, "row 2"]
    """From the foot up to where the lip begins."""
    lip: Float[np.ndarray, "row 2"]
    inner: Float[np.ndarray, "row 2"]
    """From the lip down to the floor's upper side."""

    @property
    def apex(self) -> int:
        """Row of the lip's highest point."""
        return len(self.lip) // 2


def vase_solid(shape: Vase, segments: int, path: str) -> Solid:
    """Surface, mass properties and staves of a vase. Raises `ShotError` for a wall that leaves no hollow."""
    outline = vase_outline(shape, path)
    return Solid(
        surface=_surface(outline, segments),
        bulk=_bulk(outline),
        colliders=_staves(outline),
        hull_area=_hull_area(outline),
        thickness=shape.wall,
    )


def vase_outline(shape: Vase, path: str) -> Outline:
    """Where the walls are. The wall is `wall` thick at right angles to its outer side."""
    radius, height = np.array(shape.profile).T
    if height[0] != 0 or (np.diff(height) <= 0).any():
        raise ShotError(
            f"{path}.profile",
            "must begin at height 0 and rise",
            got=f"heights {height.tolist()[:6]}",
            next_step="List (radius, height) from the foot to the lip.",
        )
    curve = _smooth_curve(radius, height)
    slope = curve.derivative()

    def hollow(z: np.ndarray) -> np.ndarray:
        return curve(z) - shape.wall * np.sqrt(1 + slope(z) ** 2)

    top = height[-1]
    half_lip = float(curve(top) - hollow(np.array(top))) / 2
    shoulder = top - half_lip
    z_out, z_in = np.linspace(0, shoulder, ROWS + 1), np.linspace(shoulder, shape.wall, ROWS + 1)
    if shoulder <= 1.5 * shape.wall or (hollow(z_in) <= 0.1 * shape.wall).any():
        raise ShotError(
            f"{path}.wall",
            "must be thin enough to leave a hollow: a floor, a lip and some radius inside",
            got=f"{shape.wall:g} m in a vase {top:g} m high and {radius.min():g} m at its narrowest",
            next_step="Make the wall thinner, or use a cylinder or cone.",
        )
    outer = np.stack([curve(z_out), z_out], axis=1)
    inner = np.stack([hollow(z_in), z_in], axis=1)
    turn = np.linspace(0, math.pi, LIP_ROWS + 1)
    middle = (outer[-1, 0] + inner[0, 0]) / 2
    lip = np.stack(
        [middle + (outer[-1, 0] - middle) * np.cos(turn), shoulder + half_lip * np.sin(turn)], axis=1
    )
    lip[0], lip[-1] = outer[-1], inner[0]
    middle_height = np.array([0.0, top / 2])
    return Outline(outer=outer - middle_height, lip=lip - middle_height, inner=inner - middle_height)


def _smooth_curve(radius: np.ndarray, height: np.ndarray) -> CubicSpline:
    """Radius over height: shape-preserving cubics (PCHIP, Fritsch & Carlson 1980), which never overshoot,
    then a Gaussian that takes away the jumps of their curvature, which highlights show. Both ends stay."""
    from scipy.interpolate import CubicSpline, PchipInterpolator
    from scipy.ndimage import gaussian_filter1d

    z = np.linspace(0, height[-1], FINE + 1)
    r = PchipInterpolator(height, radius)(z)
    # Mirrored in its end points, the line is smoothed without moving them.
    mirrored = np.concatenate([2 * r[0] - r[:0:-1], r, 2 * r[-1] - r[-2::-1]])
    return CubicSpline(z, gaussian_filter1d(mirrored, SOFTNESS * FINE)[FINE : 2 * FINE + 1])


def _surface(outline: Outline, segments: int) -> Surface:
    unroll = float(outline.outer[:, 0].mean())
    walls, along = [], 0.0
    for line in (outline.outer, outline.lip, outline.inner):
        length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
        tangent = np.gradient(line, length, axis=0, edge_order=2)
        tangent = tangent / np.linalg.norm(tangent, axis=1, keepdims=True)
        normal = np.stack([tangent[:, 1], -tangent[:, 0]], axis=1)
        walls.append(revolved(line[:, 0], line[:, 1], normal, along + length, segments, unroll))
        along += float(length[-1])
    foot = disc(float(outline.outer[0, 0]), float(outline.outer[0, 1]), -1.0, segments)
    floor = disc(float(outline.inner[-1, 0]), float(outline.inner[-1, 1]), 1.0, segments)
    return joined([*walls, foot, floor])


def _bulk(outline: Outline) -> Bulk:
    """The full body under the outer line less the hollow under the inner one, both up to the lip's apex."""
    full = np.vstack([outline.outer, outline.lip[1 : outline.apex + 1]])
    hollow = np.vstack([outline.inner[::-1], outline.lip[outline.apex : -1][::-1]])
    return difference(revolved_bulk(*full.T.tolist()), revolved_bulk(*hollow.T.tolist()))


def _hull_area(outline: Outline) -> float:
    """Of the convex hull: a body of revolution too, round the hull of the outer line."""
    from scipy.spatial import ConvexHull

    line = np.vstack([outline.outer, outline.lip])
    ends = np.array([[0.0, line[:, 1].min()], [0.0, line[:, 1].max()]])
    line = np.vstack([line, ends])
    hull = ConvexHull(np.vstack([line, line * [-1, 1]]))
    points = hull.points[hull.vertices]
    half = points[points[:, 0] >= 0]
    half = np.vstack(
        [ends[:1], half[np.argsort(np.arctan2(half[:, 1], half[:, 0]), kind="stable")], ends[1:]]
    )
    # Pappus: every side of the section sweeps its length times the way of its middle.
    middle = (half[1:, 0] + half[:-1, 0]) / 2
    return float((2 * np.pi * middle * np.linalg.norm(np.diff(half, axis=0), axis=1)).sum())


def _staves(outline: Outline) -> tuple[Collider, ...]:
    """Convex staves of the wall, and the floor as one prism."""
    outer = np.vstack([outline.outer, outline.lip[1 : outline.apex + 1]])
    inner = np.vstack([outline.lip[outline.apex :], outline.inner[1:]])[::-1]
    low, shoulder = inner[0, 1], outline.outer[-1, 1]
    # Even bands of the wall, and the lip as one more: a roof on the shoulder.
    levels = np.append(np.linspace(low, shoulder, BANDS), outer[-1, 1])
    ring = circle(2 * SECTORS)
    staves = []
    for z, r_in in zip(pairwise(levels), pairwise(np.interp(levels, inner[:, 1], inner[:, 0])), strict=True):
        # Three rows of outer corners: the wall may bulge between the ends of a band.
        rows = (z[0], (z[0] + z[1]) / 2, z[1])
        r_out = np.interp(rows, outer[:, 1], outer[:, 0])
        for sector in range(SECTORS):
            outside = ring[2 * sector : 2 * sector + 3]
            corners = [
                np.column_stack([r * outside, np.full(3, h)]) for r, h in zip(r_out, rows, strict=True)
            ]
            corners += [
                np.column_stack([r * outside[::2], np.full(2, h)]) for r, h in zip(r_in, z, strict=True)
            ]
            staves.append(Collider(kind="hull", points=np.vstack(corners)))
    base = outline.outer[outline.outer[:, 1] < low]
    edge = [
        (float(base[0, 0]), float(base[0, 1])),
        (float(np.interp(low, outer[:, 1], outer[:, 0])), float(low)),
    ]
    floor = np.vstack([np.column_stack([r * ring[:-1], np.full(2 * SECTORS, z)]) for r, z in edge])
    return (*staves, Collider(kind="hull", points=floor))
