"""Convex stand-ins for collisions: parts of a concave piece, and hulls with few corners."""

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
"""Of a hull: contact search grows with them (a falling vase cost 22 CPU-s with 56, 16 with 24). Curved pieces
of a ball lose 2 % of their size by it at most."""
CLOSE = 2e-3
"""A hull may stay inside the true one by this share of its size."""


def convex_parts(piece: Manifold, depth: int = DEPTH) -> list[Float[np.ndarray, "point 3"]]:
    """Corner points of convex solids that together nearly fill a piece and never leave its hull."""
    hull = piece.hull()
    volume = piece.volume()
    if volume <= 0 or hull.is_empty():
        return []
    if depth == 0 or hull.volume() <= (1 + HOLLOW) * volume:
        return [few_corners(np.asarray(hull.to_mesh64().vert_properties)[:, :3])]
    points = np.asarray(piece.to_mesh64().vert_properties)[:, :3]
    centre = points.mean(0)
    # Halved across its longest direction: the right vector with the largest singular value.
    axis = np.linalg.svd(points - centre, full_matrices=False)[2][0]
    halves = piece.split_by_plane(axis.tolist(), float(axis @ centre))
    return [
        points for half in halves for part in half.decompose() for points in convex_parts(part, depth - 1)
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
