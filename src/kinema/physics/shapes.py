"""Primitive shapes as surfaces: what is drawn, and what is cut."""

from __future__ import annotations

import math

import numpy as np

from kinema.physics.surface import Surface, flat, grid, joined
from kinema.shot.body import Box, Capsule, Cone, Cylinder, Pane, Plane, Sphere

ROUND = 96
"""Segments round a circle: the chord of a ball that fills a 1080-line frame is 0.3 pixels off its arc."""
COARSEST = 16
PLANE_CELLS = 32
"""A plane is a net of PLANE_CELLS² squares, so that rasterisers interpolate over short spans."""

_BOX_SIDES = (
    # outward normal, direction of u, direction of v: right-handed, so that a texture is never mirrored
    ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    ((-1, 0, 0), (0, -1, 0), (0, 0, 1)),
    ((0, 1, 0), (-1, 0, 0), (0, 0, 1)),
    ((0, -1, 0), (1, 0, 0), (0, 0, 1)),
    ((0, 0, 1), (1, 0, 0), (0, 1, 0)),
    ((0, 0, -1), (1, 0, 0), (0, -1, 0)),
)


def circle(segments: int) -> np.ndarray:
    """Cosine and sine `(segments + 1, 2)` round a circle; the last point is the first, bit for bit."""
    angle = 2 * math.pi * np.arange(segments) / segments
    points = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return np.vstack([points, points[:1]])


def box_surface(size: tuple[float, float, float]) -> Surface:
    """Six rectangles, each with UV from its own centre."""
    half = np.asarray(size) / 2
    sides = []
    for normal, right, up in np.asarray(_BOX_SIDES, float):
        square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
        corners = (normal + square[:, :1] * right + square[:, 1:] * up) * half
        sides.append(flat(corners, normal, np.stack([corners @ right, corners @ up], axis=1)))
    return joined(sides)


def plane_surface(shape: Plane) -> Surface:
    """A square of side `extent` in z = 0, UV = world x, y."""
    line = np.linspace(-shape.extent / 2, shape.extent / 2, PLANE_CELLS + 1)
    y, x = np.meshgrid(line, line, indexing="ij")
    points = np.stack([x, y, np.zeros_like(x)], axis=-1)
    return grid(points, np.broadcast_to([0.0, 0.0, 1.0], points.shape), points[..., :2])


def revolved(
    radius: np.ndarray, height: np.ndarray, slope: np.ndarray, along: np.ndarray, segments: int, unroll: float
) -> Surface:
    """A smooth wall of revolution about z.

    `radius`, `height` and `along` (arc length, the v coordinate) are per row [m]; `slope` (row, 2) is the
    outward normal as (radial, vertical); u is `unroll` times the angle.
    """
    ring = circle(segments)
    points = np.concatenate(
        [radius[:, None, None] * ring, np.broadcast_to(height[:, None, None], (len(radius), len(ring), 1))],
        axis=2,
    )
    normals = np.concatenate(
        [slope[:, :1, None] * ring, np.broadcast_to(slope[:, 1:, None], (len(radius), len(ring), 1))], axis=2
    )
    u = unroll * 2 * math.pi * np.arange(segments + 1) / segments
    uv = np.stack(np.broadcast_arrays(u[None, :], along[:, None]), axis=-1)
    return grid(points, normals, uv)


def disc(radius: float, height: float, up: float, segments: int) -> Surface:
    """A flat round lid at `height` that faces +z (`up` = 1) or -z (-1), UV = x, ±y."""
    ring = circle(segments)[:-1] * radius
    if up < 0:
        ring = ring[::-1]
    rim = np.column_stack([ring, np.full(len(ring), height)])
    return flat(rim, np.array([0.0, 0.0, up]), ring * [1.0, up])


def sphere_surface(radius: float, segments: int = ROUND) -> Surface:
    """Longitude and latitude: u = radius times longitude, v = radius times latitude."""
    rows = segments // 2
    latitude = np.linspace(-math.pi / 2, math.pi / 2, rows + 1)
    slope = np.stack([np.cos(latitude), np.sin(latitude)], axis=1)
    slope[[0, -1], 0] = 0.0  # cos(π/2) is not zero in floating point, and the poles must be one point
    return revolved(radius * slope[:, 0], radius * slope[:, 1], slope, radius * latitude, segments, radius)


def cylinder_surface(radius: float, height: float, segments: int = ROUND) -> Surface:
    """Wall unrolled; lids flat with sharp edges."""
    z = np.array([-height / 2, height / 2])
    slope = np.array([[1.0, 0.0], [1.0, 0.0]])
    wall = revolved(np.full(2, radius), z, slope, z, segments, radius)
    return joined([wall, disc(radius, height / 2, 1.0, segments), disc(radius, -height / 2, -1.0, segments)])


def capsule_surface(radius: float, height: float, segments: int = ROUND) -> Surface:
    """Two half balls and the wall between them, smooth throughout."""
    latitude = np.linspace(0, math.pi / 2, segments // 4 + 1)
    latitude = np.concatenate([-latitude[::-1], latitude])
    sign = np.repeat([-1.0, 1.0], len(latitude) // 2)
    slope = np.stack([np.cos(latitude), np.sin(latitude)], axis=1)
    slope[[0, -1], 0] = 0.0
    return revolved(
        radius * slope[:, 0],
        radius * slope[:, 1] + sign * height / 2,
        slope,
        radius * latitude + sign * height / 2,
        segments,
        radius,
    )


def cone_surface(radius: float, height: float, segments: int = ROUND) -> Surface:
    """Slanted wall in rows, so that its normals turn smoothly up to the tip; flat base."""
    share = np.linspace(0, 1, 9)
    slant = math.hypot(radius, height)
    slope = np.broadcast_to([height / slant, radius / slant], (len(share), 2))
    wall = revolved(radius * (1 - share), height * (share - 0.5), slope, slant * share, segments, radius)
    return joined([wall, disc(radius, -height / 2, -1.0, segments)])


def primitive_surface(
    shape: Sphere | Box | Cylinder | Capsule | Cone | Plane | Pane, segments: int
) -> Surface:
    """The surface of a shape with a closed form, `segments` round its circles."""
    match shape:
        case Sphere():
            return sphere_surface(shape.radius, segments)
        case Box():
            return box_surface(shape.size)
        case Pane():
            return box_surface((shape.width, shape.thickness, shape.height))
        case Cylinder():
            return cylinder_surface(shape.radius, shape.height, segments)
        case Capsule():
            return capsule_surface(shape.radius, shape.height, segments)
        case Cone():
            return cone_surface(shape.radius, shape.height, segments)
        case Plane():
            return plane_surface(shape)


def planar_uv(points: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """Metric UV `(…, 2)` on flat faces: distances along two axes that depend on the normal alone, so that
    triangles of one plane continue each other."""
    upright = np.abs(normals[..., 2:]) < 0.9
    up = np.where(upright, [0.0, 0.0, 1.0], [0.0, 1.0, 0.0])
    right = np.cross(up, normals)
    right = right / np.linalg.norm(right, axis=-1, keepdims=True)
    return np.stack([(points * right).sum(-1), (points * np.cross(normals, right)).sum(-1)], axis=-1)


def faceted(corners: np.ndarray) -> Surface:
    """Flat triangles `(face, corner, 3)`, no vertex shared."""
    a, b, c = corners.transpose(1, 0, 2)
    normal = np.cross(b - a, c - a)
    length = np.linalg.norm(normal, axis=1, keepdims=True)
    corners, normal = corners[length[:, 0] > 0], (normal / np.maximum(length, 1e-300))[length[:, 0] > 0]
    normals = np.repeat(normal, 3, axis=0)
    vertices = corners.reshape(-1, 3)
    return Surface(
        vertices=vertices,
        normals=normals,
        uv=planar_uv(vertices, normals),
        faces=np.arange(len(vertices), dtype=np.int32).reshape(-1, 3),
    )
