"""Convex stand-ins for collisions: parts of a concave piece, hulls with few corners or few faces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

if TYPE_CHECKING:
    from manifold3d import Manifold

HOLLOW = 0.5
"""A piece whose hull has this much more volume than itself is halved, and its halves, DEPTH times."""
DEPTH = 3
MOST_CORNERS = 32
CLOSE = 2e-3
"""A hull of few corners may stay inside the true one by this share of its size."""
MOST_FACES = 8
NEAR = 0.05
"""A hull of few faces may stick out of the true one by this share of its size; with `MOST_FACES` a little more.
Rapier meets a face with at most four of its corners, and picks the face that turns most towards the other: facets
of a curved wall send it astray (measured: shards 2 mm in each other, held 5 mm apart by its account)."""


def convex_parts(
    piece: Manifold, cell: Float[np.ndarray, "plane 4"], depth: int = DEPTH
) -> list[Float[np.ndarray, "point 3"]]:
    """Corner points of convex solids that together nearly fill a piece, hardly leave its hull, and never the `cell`
    it lies in: planes, outward normal and minus the offset."""
    hull = piece.hull()
    volume = piece.volume()
    if volume <= 0 or hull.is_empty():
        return []
    if depth == 0 or hull.volume() <= (1 + HOLLOW) * volume:
        return [few_faces(np.asarray(hull.to_mesh64().vert_properties)[:, :3], cell)]
    points = np.asarray(piece.to_mesh64().vert_properties)[:, :3]
    centre = points.mean(0)
    # Halved across its longest direction: the right vector with the largest singular value.
    axis = np.linalg.svd(points - centre, full_matrices=False)[2][0]
    halves = piece.split_by_plane(axis.tolist(), float(axis @ centre))
    return [
        points
        for half in halves
        for part in half.decompose()
        for points in convex_parts(part, cell, depth - 1)
    ]


def few_corners(
    points: Float[np.ndarray, "point 3"], most: int = MOST_CORNERS
) -> Float[np.ndarray, "corner 3"]:
    """At most `most` of the hull's corners, chosen so that the rest lie least outside (greedy)."""
    from scipy.spatial import ConvexHull, QhullError

    if len(points) <= most:
        return points
    scale = float(np.ptp(points, axis=0).max())
    directions = np.concatenate([np.eye(3), -np.eye(3), [[1, 1, 1], [-1, -1, 1], [-1, 1, -1], [1, -1, -1]]])
    chosen = list(dict.fromkeys((points @ directions.T).argmax(axis=0).tolist()))
    while len(chosen) < most:
        try:
            equations = ConvexHull(points[chosen]).equations
        except QhullError:
            # So thin that the first directions found a flat set: the farthest from what there is.
            gap = np.linalg.norm(points[:, None] - points[chosen], axis=2).min(axis=1)
            chosen.append(int(gap.argmax()))
            continue
        outside = (points @ equations[:, :3].T + equations[:, 3]).max(axis=1)
        farthest = int(outside.argmax())
        if outside[farthest] < CLOSE * scale or farthest in chosen:
            break
        chosen.append(farthest)
    return points[sorted(chosen)]


def few_faces(
    points: Float[np.ndarray, "point 3"],
    cell: Float[np.ndarray, "plane 4"],
    most: int = MOST_FACES,
    near: float = NEAR,
) -> Float[np.ndarray, "corner 3"]:
    """Corners of the solid within the `cell`, the bounding box and at most `most` planes of the hull's faces: large
    faces first, then those that cut off what sticks out farthest (greedy). It holds the hull."""
    from scipy.spatial import HalfspaceIntersection, QhullError

    try:
        face, centre = _flat_faces(points)
        low, high = points.min(0), points.max(0)
        box = np.block([[np.eye(3), -high[:, None]], [-np.eye(3), low[:, None]]])
        always = np.vstack([cell, box])
        chosen = [0]
        while len(chosen) < min(6, len(face)):
            # Sides of the solid in all directions; `face` is in order of area, which decides between equals.
            turned_away = 1 - (face[:, :3] @ face[chosen, :3].T).max(1)
            chosen.append(int((turned_away * np.linspace(1.0, 0.5, len(face))).argmax()))
        while True:
            corner = HalfspaceIntersection(np.vstack([face[chosen], always]), centre).intersections
            outside = corner @ face[:, :3].T + face[:, 3]
            worst = int(outside.max(1).argmax())
            cut = int(outside[worst].argmax())
            if outside[worst, cut] < near * (high - low).max() or len(chosen) >= most or cut in chosen:
                return _apart(corner)
            chosen.append(cut)
    except QhullError:  # thinner than rounding: nothing to simplify
        return few_corners(points)


def _flat_faces(points: np.ndarray) -> tuple[Float[np.ndarray, "face 4"], Float[np.ndarray, " 3"]]:
    """Planes of the hull's faces (outward normal, minus its offset), the largest first, and a point inside."""
    from scipy.spatial import ConvexHull

    hull = ConvexHull(points)
    a, b, c = points[hull.simplices].transpose(1, 0, 2)
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    _, first, of = np.unique(hull.equations.round(4), axis=0, return_index=True, return_inverse=True)
    order = np.argsort(-np.bincount(of.ravel(), area), kind="stable")
    return hull.equations[first[order]], points[hull.vertices].mean(0)


def _apart(corners: np.ndarray, least: float = 1e-4) -> np.ndarray:
    """Without those nearer than `least` [m] to one before."""
    kept: list[np.ndarray] = []
    for corner in corners:
        if not kept or np.linalg.norm(np.array(kept) - corner, axis=1).min() > least:
            kept.append(corner)
    return np.array(kept)
