"""A mesh as a solid: what it weighs and what it collides as.

A closed surface weighs what it encloses. One with holes encloses nothing definite: it weighs what its convex
parts enclose together, which is more than the truth for a thin shell. Collisions use those parts (CoACD: Wei
et al. 2022, ACM TOG 41:42), kept in the cache by content, for they cost seconds.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from pathlib import Path

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
RECIPE = "coacd/1"
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
    bulk = polyhedron_bulk(surface.corners) if _is_closed(surface) else None
    if bulk is not None and bulk.volume < 0:
        raise refusal(field, file, "a surface that is inside out")
    if bulk is not None and hull.volume <= (1 + HOLLOW) * bulk.volume:
        parts = [few_corners(surface.vertices[hull.vertices])]
    else:
        parts = _convex_parts(surface)
    return Solid(
        surface=surface,
        bulk=bulk or sum_of([_hull_bulk(points) for points in parts]),
        colliders=tuple(Collider(kind="hull", points=points) for points in parts),
        hull_area=float(hull.area),
        thickness=None,
    )


def _is_closed(surface: Surface) -> bool:
    """Every edge is passed once in each direction; corners at equal positions are one."""
    _, same = np.unique(surface.vertices, axis=0, return_inverse=True)
    faces = same.ravel()[surface.faces]
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    there, times = np.unique(edges, axis=0, return_counts=True)
    back = np.unique(edges[:, ::-1], axis=0)
    return bool((times == 1).all() and np.array_equal(there, back))


def _hull_bulk(points: np.ndarray) -> Bulk:
    from scipy.spatial import ConvexHull

    hull = ConvexHull(points)
    corners = points[hull.simplices]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    inward = (normal * hull.equations[:, :3]).sum(1) < 0
    return polyhedron_bulk(np.where(inward[:, None, None], corners[:, ::-1], corners))


def _convex_parts(surface: Surface) -> list[np.ndarray]:
    """Convex parts from the cache, or made now and kept there."""
    corners = np.ascontiguousarray(surface.corners)
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
    parts = coacd.run_coacd(mesh, threshold=CONCAVITY, max_convex_hull=MOST_PARTS, seed=0)
    return [few_corners(np.asarray(vertices, float)) for vertices, _ in parts]


def _keep(path: Path, parts: list[np.ndarray]) -> None:
    """Written beside and moved into place; a cache that cannot be written costs time, nothing else."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".partial", delete=False) as partial:
            np.savez(partial, *parts)
        os.replace(partial.name, path)  # noqa: PTH105 - names from tempfile are text
    except OSError:
        return
