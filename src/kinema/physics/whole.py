"""Shape → `Solid`: what is drawn, what it weighs, what it collides as. Frame of the shape."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from kinema.errors import ShotError
from kinema.physics.inertia import (
    Bulk,
    box_bulk,
    capsule_bulk,
    polyhedron_bulk,
    revolved_bulk,
    sphere_bulk,
    sum_of,
)
from kinema.physics.mesh import mesh_solid
from kinema.physics.rotation import matrix, multiply, rotate
from kinema.physics.shapes import faceted, primitive_surface
from kinema.physics.solid import Solid
from kinema.physics.surface import joined
from kinema.physics.vase import vase_solid
from kinema.physics.world import Collider
from kinema.shot.body import (
    Box,
    Capsule,
    Compound,
    Cone,
    ConvexHull,
    Cylinder,
    Mesh,
    Pane,
    Plane,
    Shape,
    Sphere,
    Vase,
)


def make_solid(shape: Shape, *, segments: int, folder: str, path: str) -> Solid:
    """The solid, its circles drawn with so many segments. `path` names the field in errors."""
    match shape:
        case Plane():
            nothing = Bulk(volume=0.0, centre=np.zeros(3), inertia=np.zeros((3, 3)))
            ground = (Collider(kind="plane"),)
            return Solid(
                surface=primitive_surface(shape, segments),
                bulk=nothing,
                colliders=ground,
                hull_area=0.0,
                thickness=None,
            )
        case ConvexHull():
            return _hull(shape, path)
        case Compound():
            parts = [
                _placed(
                    make_solid(part.shape, segments=segments, folder=folder, path=f"{path}.parts.{i}.shape"),
                    np.asarray(part.position),
                    np.asarray(part.rotation),
                )
                for i, part in enumerate(shape.parts)
            ]
            return _compound(parts)
        case Sphere() | Box() | Pane() | Cylinder() | Capsule() | Cone():
            return _primitive(shape, segments)
        case Vase():
            return vase_solid(shape, segments, path)
        case Mesh():
            return mesh_solid(shape, folder=folder, path=path)


def _primitive(shape: Sphere | Box | Pane | Cylinder | Capsule | Cone, segments: int) -> Solid:
    thickness = None
    match shape:
        case Sphere(radius=r):
            bulk, kind, size, area = sphere_bulk(r), "sphere", (r,), 4 * math.pi * r * r
        case Box(size=(x, y, z)):
            bulk, kind, size, area = (
                box_bulk((x, y, z)),
                "box",
                (x / 2, y / 2, z / 2),
                2 * (x * y + y * z + z * x),
            )
        case Pane(width=x, height=z, thickness=y):
            bulk, kind, size, area = (
                box_bulk((x, y, z)),
                "box",
                (x / 2, y / 2, z / 2),
                2 * (x * y + y * z + z * x),
            )
            thickness = y
        case Cylinder(radius=r, height=h):
            bulk = revolved_bulk([r, r], [-h / 2, h / 2])
            kind, size, area = "cylinder", (r, h / 2), 2 * math.pi * r * (r + h)
        case Capsule(radius=r, height=h):
            bulk, kind, size, area = capsule_bulk(r, h), "capsule", (r, h / 2), 2 * math.pi * r * (2 * r + h)
        case Cone(radius=r, height=h):
            bulk = revolved_bulk([r, 0.0], [-h / 2, h / 2])
            kind, size, area = "cone", (r, h / 2), math.pi * r * (r + math.hypot(r, h))
    return Solid(
        surface=primitive_surface(shape, segments),
        bulk=bulk,
        colliders=(Collider(kind=kind, size=size),),
        hull_area=area,
        thickness=thickness,
    )


def hull_of(points: np.ndarray, path: str) -> tuple[np.ndarray, np.ndarray]:
    """Corners and outward triangles of a convex hull. Raises `ShotError` for flat or tiny sets."""
    from scipy.spatial import ConvexHull as Quickhull
    from scipy.spatial import QhullError

    try:
        hull = Quickhull(points)
    except QhullError as error:
        raise ShotError(
            path,
            "must span a solid: four points or more that do not lie in one plane",
            got=f"{len(points)} points in a plane or closer together than rounding",
            next_step="Move a point out of the plane of the others.",
        ) from error
    faces = hull.simplices.copy()
    a, b, c = points[faces].transpose(1, 0, 2)
    inward = np.einsum("fi,fi->f", np.cross(b - a, c - a), hull.equations[:, :3]) < 0
    faces[inward] = faces[inward][:, ::-1]
    used, faces = np.unique(faces, return_inverse=True)
    return points[used], faces.reshape(-1, 3)


def _hull(shape: ConvexHull, path: str) -> Solid:
    corners, faces = hull_of(np.asarray(shape.points, float), f"{path}.points")
    surface = faceted(corners[faces])
    return Solid(
        surface=surface,
        bulk=polyhedron_bulk(surface.corners),
        colliders=(Collider(kind="hull", points=corners),),
        hull_area=surface.area,
        thickness=None,
    )


def place(collider: Collider, position: np.ndarray, orientation: np.ndarray) -> Collider:
    """A collider carried from the frame it is in to one in which that frame has this pose."""
    at = rotate(orientation, np.asarray(collider.position)) + position
    turn = multiply(orientation, np.asarray(collider.orientation))
    return replace(collider, position=tuple(at.tolist()), orientation=tuple(turn.tolist()))


def _placed(solid: Solid, position: np.ndarray, orientation: np.ndarray) -> Solid:
    rotation = matrix(orientation)
    return replace(
        solid,
        surface=solid.surface.moved(rotation, position),
        bulk=solid.bulk.moved(rotation, position),
        colliders=tuple(place(c, position, orientation) for c in solid.colliders),
    )


def _compound(parts: list[Solid]) -> Solid:
    """Parts may overlap: they are drawn as they are and each counts with its whole mass."""
    from scipy.spatial import ConvexHull as Quickhull

    surface = joined([part.surface for part in parts])
    return Solid(
        surface=surface,
        bulk=sum_of([part.bulk for part in parts]),
        colliders=tuple(c for part in parts for c in part.colliders),
        hull_area=float(Quickhull(surface.vertices).area),
        thickness=None,
    )
