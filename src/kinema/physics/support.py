"""Convex solids by their support functions: how far each reaches in a direction, and how deep two overlap.

The depth of two convex solids is the least, over directions n, of what A reaches along n plus what B reaches
against it (the support function of their Minkowski difference). One direction where that is not positive
proves them apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from kinema.physics.rotation import matrix, rotate
from kinema.physics.world import Collider

RINGS = 14
RING = 16
"""The search turns the best direction RING ways, by angles that halve from 35° down."""
MOST_CROSSES = 6000
"""Pairs of edge directions tried; a pair of large hulls has more, and the search stands in for them."""


@dataclass(frozen=True, eq=False)
class Convex:
    """A collider at a pose in the world."""

    collider: Collider
    position: Float[np.ndarray, " 3"]
    """Of the collider's own frame, world [m]."""
    rotation: Float[np.ndarray, "3 3"]

    @classmethod
    def at(cls, collider: Collider, position: np.ndarray, orientation: np.ndarray) -> Convex:
        """A collider whose frame is a body at this pose."""
        return cls(
            collider,
            rotate(orientation, np.asarray(collider.position)) + position,
            matrix(orientation) @ matrix(np.asarray(collider.orientation)),
        )

    def reach(self, directions: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, " n"]:
        """Farthest coordinate along each unit direction [m], world."""
        return self._local_reach(directions @ self.rotation) + directions @ self.position

    def _local_reach(self, d: np.ndarray) -> np.ndarray:
        size, points = self.collider.size, self.collider.points
        match self.collider.kind:
            case "sphere":
                return np.full(len(d), size[0])
            case "box":
                return np.abs(d) @ np.asarray(size)
            case "capsule":
                return size[0] + size[1] * np.abs(d[:, 2])
            case "cylinder":
                return size[0] * np.hypot(d[:, 0], d[:, 1]) + size[1] * np.abs(d[:, 2])
            case "cone":
                return np.maximum(size[0] * np.hypot(d[:, 0], d[:, 1]) - size[1] * d[:, 2], size[1] * d[:, 2])
            case _ if points is not None:
                return (d @ points.T).max(axis=1)
        raise ValueError(f"{self.collider.kind} has no reach")

    @cached_property
    def box(self) -> tuple[np.ndarray, np.ndarray]:
        """Low and high corner of the bounding box, world [m]."""
        return -self.reach(-np.eye(3)), self.reach(np.eye(3))

    @cached_property
    def normals(self) -> Float[np.ndarray, "n 3"]:
        """Directions of flat faces and, for round solids, of their axis, both ways, world."""
        if self.collider.kind == "hull" and self.collider.points is not None:
            from scipy.spatial import ConvexHull, QhullError

            try:
                local = np.unique(np.round(ConvexHull(self.collider.points).equations[:, :3], 9), axis=0)
            except QhullError:
                local = np.eye(3)
        else:
            local = np.eye(3)
        both = np.concatenate([local, -local])
        return both / np.linalg.norm(both, axis=1, keepdims=True) @ self.rotation.T

    def nearest(self, point: Float[np.ndarray, " 3"]) -> Float[np.ndarray, "n 3"]:
        """Points of the solid, among them the nearest to a point outside, and for round ones the nearest on their
        axis, world [m]; none for cones."""
        local = (point - self.position) @ self.rotation
        size, points = self.collider.size, self.collider.points
        if self.collider.kind == "box":
            found = np.clip(local, -np.asarray(size), size)[None]
        elif self.collider.kind in ("cylinder", "capsule"):
            off = float(np.hypot(local[0], local[1]))
            inward = min(1.0, size[0] / off) if self.collider.kind == "cylinder" and off > 0 else 0.0
            height = np.clip(local[2], -size[1], size[1])
            found = np.array([[inward * local[0], inward * local[1], height], [0.0, 0.0, height]])
        elif self.collider.kind == "hull" and points is not None:
            start, run = points[self._sides[:, 0]], points[self._sides[:, 1]] - points[self._sides[:, 0]]
            share = ((local - start) * run).sum(1) / (run * run).sum(1)
            found = start + np.clip(share, 0, 1)[:, None] * run
        else:
            found = np.zeros((1 if self.collider.kind == "sphere" else 0, 3))
        return found @ self.rotation.T + self.position

    @cached_property
    def _sides(self) -> np.ndarray:
        """Edges of a hull as pairs of its points."""
        from scipy.spatial import ConvexHull, QhullError

        if self.collider.points is None:
            return np.empty((0, 2), int)
        try:
            faces = ConvexHull(self.collider.points).simplices
        except QhullError:
            return np.empty((0, 2), int)
        return np.unique(
            np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1), axis=0
        )

    @cached_property
    def edges(self) -> Float[np.ndarray, "n 3"]:
        """Directions of straight edges, world; none for round solids."""
        if self.collider.kind == "box":
            return self.rotation.T
        if self.collider.kind == "hull" and self.collider.points is not None and len(self._sides):
            runs = np.diff(self.collider.points[self._sides], axis=1)[:, 0]
            runs = runs / np.linalg.norm(runs, axis=1, keepdims=True)
            # A direction and its opposite are one edge.
            lead = np.take_along_axis(runs, np.abs(runs).argmax(axis=1)[:, None], axis=1)
            return np.unique(np.round(runs * np.sign(lead), 9), axis=0) @ self.rotation.T
        return np.empty((0, 3))


def depth(a: Convex, b: Convex, enough: float) -> tuple[float, Float[np.ndarray, " 3"]]:
    """How deep `a` and `b` overlap [m], and the unit direction in which `b` comes free soonest.

    At most `enough`: apart or barely touching, and the search has stopped there. Exact for spheres, boxes and
    small hulls; for other round solids to the angle of the search.
    """

    def overlap(n: np.ndarray) -> np.ndarray:
        return a.reach(n) + b.reach(-n)

    between = b.position - a.position
    length = float(np.linalg.norm(between))
    first = between[None] / length if length > 1e-12 else np.array([[0.0, 0.0, 1.0]])
    best, at = np.inf, first[0]
    for directions in (first, a.normals, b.normals, _towards(a, b), _crosses(a, b)):
        if len(directions):
            value = overlap(directions)
            k = int(value.argmin())
            if value[k] < best:
                best, at = float(value[k]), directions[k]
            if best <= enough:
                return best, at
    turn = 2 * np.pi * np.arange(RING) / RING
    ring = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    angle = np.radians(35.0)
    for _ in range(2 * RINGS):
        across = np.linalg.svd(at[None])[2][1:]
        around = np.cos(angle) * at + np.sin(angle) * (ring @ across)
        value = overlap(around)
        k = int(value.argmin())
        if value[k] < best:
            best, at = float(value[k]), around[k]
        else:
            angle /= 2
        if best <= enough:
            break
    return best, at


def _towards(a: Convex, b: Convex) -> np.ndarray:
    """If one is a ball, the directions to the nearest points of the other's edges: where it comes free over one."""
    if "sphere" not in (a.collider.kind, b.collider.kind):
        return np.empty((0, 3))
    ball, other = (a, b) if a.collider.kind == "sphere" else (b, a)
    away = ball.position - other.nearest(ball.position)
    size = np.linalg.norm(away, axis=1)
    away = away[size > 1e-9] / size[size > 1e-9, None]
    return np.concatenate([away, -away])


def _crosses(a: Convex, b: Convex) -> np.ndarray:
    """Common normals of an edge of one and an edge of the other: the rest of the separating axes of polyhedra
    (Gottschalk, Lin & Manocha 1996)."""
    if not 0 < len(a.edges) * len(b.edges) <= MOST_CROSSES:
        return np.empty((0, 3))
    cross = np.cross(a.edges[:, None], b.edges[None]).reshape(-1, 3)
    size = np.linalg.norm(cross, axis=1)
    cross = cross[size > 1e-9] / size[size > 1e-9, None]
    return np.concatenate([cross, -cross])
