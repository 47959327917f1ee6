"""A mesh as a solid: what it weighs and what it collides as.

A closed surface weighs what it encloses. One with holes weighs and collides as if each hole had a cap, though
it is drawn as it is. If even that does not close it (edges of three faces, say), it weighs what its convex
parts enclose together. Concave surfaces collide as such parts (CoACD: Wei et al. 2022, ACM TOG 41:42), kept
in the cache by content, for they cost seconds.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from kinema.config import read_config
from kinema.physics.convex import few_corners
from kinema.physics.identity import mesh_path
from kinema.physics.inertia import Bulk, polyhedron_bulk, sum_of
from kinema.physics.mesh_file import read_surface, refusal
from kinema.physics.solid import Solid
from kinema.physics.surface import Surface
from kinema.physics.world import Collider
from kinema.shot.body import Mesh

CONCAVITY = 0.04
"""CoACD's threshold: how far from convex, in shares of its size, a part may be."""
MOST_PARTS = 64
MOST_CORNERS = 96
"""Of a part: a whole body is looked at longer than its shards, and there is one of it."""
EFFORT: dict[str, Any] = {
    "mcts_iterations": 60,
    "mcts_nodes": 15,
    "resolution": 1000,
    "preprocess_resolution": 30,
}
"""Half the time of CoACD's defaults for as many parts (measured on a torus), a third on open shells."""
RECIPE = "coacd/3"
"""Raised when parts are made differently, so that old ones in the cache are not taken."""
HOLLOW = 0.01
"""A surface whose hull holds no more than this beyond it is convex."""


def mesh_solid(shape: Mesh, *, folder: str, path: str) -> Solid:
    """Read, scale and decompose a mesh file. Raises `ShotError` for what is missing, unreadable or flat."""
    from scipy.spatial import ConvexHull, QhullError

    field = f"{path}.file"
    file = mesh_path(shape, folder, field)
    surface = read_surface(file, shape, field)
    try:
        hull = ConvexHull(surface.vertices)
    except QhullError as error:
        raise refusal(field, file, "a flat surface") from error
    corners = _capped(surface)
    bulk = polyhedron_bulk(corners) if _is_closed(corners) else None
    if bulk is not None and bulk.volume < 0:
        raise refusal(field, file, "a surface that is inside out")
    if bulk is not None and hull.volume <= (1 + HOLLOW) * bulk.volume:
        parts = [few_corners(surface.vertices[hull.vertices], MOST_CORNERS)]
    else:
        parts = _convex_parts(corners)
    return Solid(
        surface=surface,
        bulk=bulk or sum_of([_hull_bulk(points) for points in parts]),
        colliders=tuple(Collider(kind="hull", points=points) for points in parts),
        hull_area=float(hull.area),
        thickness=None,
    )


def _welded(corners: np.ndarray) -> np.ndarray:
    """Faces as indices of positions: corners at equal positions are one."""
    return np.unique(corners.reshape(-1, 3), axis=0, return_inverse=True)[1].reshape(-1, 3)


def _is_closed(corners: np.ndarray) -> bool:
    """Every edge is passed once in each direction."""
    faces = _welded(corners)
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    there, times = np.unique(edges, axis=0, return_counts=True)
    back = np.unique(edges[:, ::-1], axis=0)
    return bool((times == 1).all() and np.array_equal(there, back))


def _capped(surface: Surface) -> np.ndarray:
    """Corners `(face, 3, 3)` of the surface and of a fan over each of its holes."""
    corners = surface.corners
    points = np.unique(corners.reshape(-1, 3), axis=0)
    faces = _welded(corners)
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    passed = set(map(tuple, edges.tolist()))
    # A side of a hole is an edge whose opposite no face has; the cap runs along it the other way.
    onward = {b: a for a, b in passed if (b, a) not in passed}
    caps = []
    while onward:
        start, corner = onward.popitem()
        ring = [start]
        while corner != start and corner in onward:
            ring.append(corner)
            corner = onward.pop(corner)
        rim = points[ring]
        caps += [np.stack([rim.mean(0), a, b]) for a, b in zip(rim, np.roll(rim, -1, axis=0), strict=True)]
    return np.concatenate([corners, np.array(caps)]) if caps else corners


def _hull_bulk(points: np.ndarray) -> Bulk:
    from scipy.spatial import ConvexHull

    hull = ConvexHull(points)
    corners = points[hull.simplices]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    inward = (normal * hull.equations[:, :3]).sum(1) < 0
    return polyhedron_bulk(np.where(inward[:, None, None], corners[:, ::-1], corners))


def _convex_parts(corners: np.ndarray) -> list[np.ndarray]:
    """Convex parts from the cache, or made now and kept there."""
    corners = np.ascontiguousarray(corners)
    key = hashlib.sha256(f"{RECIPE} {CONCAVITY} {MOST_PARTS}".encode() + corners.tobytes()).hexdigest()
    kept = read_config().cache / "convex" / f"{key}.npz"
    try:
        with np.load(kept, allow_pickle=False) as archive:
            return [archive[name] for name in archive.files]
    except (OSError, ValueError, zipfile.BadZipFile):
        parts = _decompose(corners)
        _keep(kept, parts)
        return parts


def _decompose(corners: np.ndarray) -> list[np.ndarray]:
    import coacd

    coacd.set_log_level("off")
    points, index = np.unique(corners.reshape(-1, 3), axis=0, return_inverse=True)
    mesh = coacd.Mesh(points, index.reshape(-1, 3).astype(np.int32))
    parts = coacd.run_coacd(mesh, threshold=CONCAVITY, max_convex_hull=MOST_PARTS, seed=0, **EFFORT)
    return [few_corners(np.asarray(vertices, float), MOST_CORNERS) for vertices, _ in parts]


def _keep(path: Path, parts: list[np.ndarray]) -> None:
    """Written beside and moved into place; a cache that cannot be written costs time, nothing else."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".partial", delete=False) as partial:
            np.savez(partial, *parts)
        os.replace(partial.name, path)  # noqa: PTH105 - names from tempfile are text
    except OSError:
        return
