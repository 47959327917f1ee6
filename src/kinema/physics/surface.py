"""`Surface`: the closed triangle mesh of one body or one piece, with shading normals and metric UV."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int


@dataclass(frozen=True, kw_only=True)
class Surface:
    """Frame of the body, float64 [m]. Vertices are shared only where normal and UV are continuous; positions
    of vertices that coincide are equal bit for bit, so that the surface is closed."""

    vertices: Float[np.ndarray, "vertex 3"]
    normals: Float[np.ndarray, "vertex 3"]
    """Unit."""
    uv: Float[np.ndarray, "vertex 2"]
    """[m]"""
    faces: Int[np.ndarray, "face 3"]
    """Counter-clockwise from outside."""

    @property
    def corners(self) -> Float[np.ndarray, "face corner 3"]:
        """Positions of the three corners of every face."""
        return self.vertices[self.faces]

    @property
    def area_vectors(self) -> Float[np.ndarray, "face 3"]:
        """Outward normal times area of every face [m²]."""
        a, b, c = self.corners.transpose(1, 0, 2)
        return np.cross(b - a, c - a) / 2

    @property
    def area(self) -> float:
        """[m²]"""
        return float(np.linalg.norm(self.area_vectors, axis=1).sum())

    def moved(self, rotation: Float[np.ndarray, "3 3"], offset: Float[np.ndarray, " 3"]) -> Surface:
        """Rotated, then carried."""
        return Surface(
            vertices=self.vertices @ rotation.T + offset,
            normals=self.normals @ rotation.T,
            uv=self.uv,
            faces=self.faces,
        )

    def part(self, chosen: np.ndarray) -> Surface:
        """The chosen faces (mask or indices) and the vertices they need."""
        used, faces = np.unique(self.faces[chosen], return_inverse=True)
        return Surface(
            vertices=self.vertices[used],
            normals=self.normals[used],
            uv=self.uv[used],
            faces=faces.reshape(-1, 3).astype(np.int32),
        )


def joined(surfaces: Sequence[Surface]) -> Surface:
    """Several surfaces as one, in order."""
    if not surfaces:
        none = np.empty((0, 3))
        return Surface(vertices=none, normals=none, uv=np.empty((0, 2)), faces=np.empty((0, 3), np.int32))
    starts = np.cumsum([0, *(len(s.vertices) for s in surfaces)])
    return Surface(
        vertices=np.concatenate([s.vertices for s in surfaces]),
        normals=np.concatenate([s.normals for s in surfaces]),
        uv=np.concatenate([s.uv for s in surfaces]),
        faces=np.concatenate([s.faces + start for s, start in zip(surfaces, starts, strict=False)]).astype(
            np.int32
        ),
    )


def flat(
    polygon: Float[np.ndarray, "corner 3"], normal: np.ndarray, uv: Float[np.ndarray, "corner 2"]
) -> Surface:
    """A flat polygon, star-shaped about its mean corner, as a fan around it: no triangle folds over even
    where merged corners have made an outline very slightly concave. A triangle stays one triangle."""
    k = len(polygon)
    if k == 3:
        vertices, coordinates, faces = polygon, uv, np.array([[0, 1, 2]])
    elif k == 4:
        vertices, coordinates, faces = polygon, uv, np.array([[0, 1, 2], [0, 2, 3]])
    else:
        vertices = np.vstack([polygon, polygon.mean(0)])
        coordinates = np.vstack([uv, uv.mean(0)])
        ring = np.arange(k)
        faces = np.stack([ring, np.roll(ring, -1), np.full(k, k)], axis=1)
    return Surface(
        vertices=vertices,
        normals=np.broadcast_to(normal, vertices.shape).copy(),
        uv=coordinates,
        faces=faces.astype(np.int32),
    )


def grid(points: np.ndarray, normals: np.ndarray, uv: np.ndarray) -> Surface:
    """A net of (row, column, …) points; columns run counter-clockwise and rows upwards seen from outside.
    Faces that collapse (a row that is one point: a pole) are left out."""
    rows, columns = points.shape[:2]
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    faces = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    flattened = points.reshape(-1, 3)
    p, q, r = (flattened[faces[:, i]] for i in range(3))
    whole = (p != q).any(1) & (q != r).any(1) & (r != p).any(1)
    surface = Surface(
        vertices=flattened, normals=normals.reshape(-1, 3), uv=uv.reshape(-1, 2), faces=faces.astype(np.int32)
    )
    return surface.part(whole)
