"""Closed surfaces as solids of manifold3d: what can be cut, and what is inside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float

from kinema.errors import ShotError
from kinema.physics.surface import Surface

if TYPE_CHECKING:
    from manifold3d import Manifold


def as_manifold(surface: Surface, path: str) -> Manifold:
    """The solid within a surface, with its normals and UV. Raises `ShotError` if it is not closed."""
    from manifold3d import Error, Manifold, Mesh64

    # Adding zero turns -0.0 into 0.0, so that equal positions are equal bytes.
    _, first, same = np.unique(surface.vertices + 0.0, axis=0, return_index=True, return_inverse=True)
    stands_for = first[same.ravel()]
    merged = np.flatnonzero(stands_for != np.arange(len(stands_for)))
    mesh = Mesh64(
        np.ascontiguousarray(np.hstack([surface.vertices, surface.normals, surface.uv])),
        np.ascontiguousarray(surface.faces.astype(np.uint64)),
        merge_from_vert=merged.astype(np.uint64),
        merge_to_vert=stands_for[merged].astype(np.uint64),
    )
    solid = Manifold(mesh)
    if solid.status() != Error.NoError or solid.volume() <= 0:
        raise ShotError(
            path,
            "must be a closed surface, its faces outward, to be cut into pieces",
            got=f"a surface that is open or folded ({solid.status().name})",
            next_step="Close its holes in a modeller, or leave out `breaks`.",
        )
    return solid.as_original()


def encloses(solid: Manifold, points: Float[np.ndarray, "point 3"], far: float) -> Bool[np.ndarray, " point"]:
    """Which points lie inside: a ray from there to `far` away [m] leaves the solid an odd number of times."""
    # No axis of symmetry of any shape, so that no ray runs along a face.
    target = points + far * np.array([0.5477, 0.2739, 0.7906])
    return np.array(
        [len(solid.ray_cast(p.tolist(), t.tolist())) % 2 == 1 for p, t in zip(points, target, strict=True)]
    )
