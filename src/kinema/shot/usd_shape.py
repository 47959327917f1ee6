"""UsdGeom primitives as shapes in metres, each with the rotation from kinema's frame of it to the prim's."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from kinema.errors import ShotError
from kinema.shot.usd_pxr import pxr, value_of
from kinema.shot.usd_reading import Pose, Reading, tidy

MAX_HULL = 4096
_SPHERE_POINTS = 240
_AXES = {  # columns: where kinema's x, y, z point when its z is the prim's axis
    "X": np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]]),
    "Y": np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]]),
    "Z": np.eye(3),
}


@dataclass(frozen=True)
class Formed:
    """A shape of a shot, as plain data, and how it sits in its prim."""

    tree: dict[str, Any]
    turn: Float[np.ndarray, "3 3"]
    """From the shape's frame to the prim's."""
    offset: Float[np.ndarray, " 3"]
    """Of the shape's origin, in the prim's frame scaled to metres [m]."""


def shape_of(reading: Reading, prim: Any, pose: Pose) -> Formed | None:
    """The shape of a geometric prim, or None with a note."""
    UsdGeom = pxr("UsdGeom")

    if pose.sheared:
        reading.note(prim, "its transform shears; the nearest rotation and scale are taken")
    if (pose.scale <= 0).any():
        reading.note(prim, "its scale is zero: left out")
        return None
    if prim.IsA(UsdGeom.Mesh):
        return _mesh(reading, prim, pose)
    kind = prim.GetTypeName()
    if kind == "Sphere":
        return _sphere(float(value_of(prim, "radius", 1.0)) * pose.scale)
    if kind == "Cube":
        size = tidy(float(value_of(prim, "size", 2.0)) * pose.scale)
        return Formed({"kind": "box", "size": list(size)}, np.eye(3), np.zeros(3))
    if kind == "Plane":
        axis = str(value_of(prim, "axis", "Z"))
        extent = max(float(value_of(prim, n, 2.0)) for n in ("width", "length")) * float(pose.scale.max())
        return Formed({"kind": "plane", "extent": round(extent, 9)}, _AXES[axis], np.zeros(3))
    if kind in ("Cylinder", "Capsule", "Cone", "Cylinder_1", "Capsule_1"):
        return _round(reading, prim, pose, kind.removesuffix("_1").lower())
    return None


def _sphere(radii: Float[np.ndarray, " 3"]) -> Formed:
    if np.ptp(radii) <= 1e-4 * radii.max():
        return Formed({"kind": "sphere", "radius": round(float(radii.mean()), 9)}, np.eye(3), np.zeros(3))
    # An ellipsoid: the hull of points spread evenly by the golden angle.
    i = np.arange(_SPHERE_POINTS) + 0.5
    z, turn = 1 - 2 * i / _SPHERE_POINTS, i * math.pi * (3 - math.sqrt(5))
    ring = np.sqrt(1 - z**2)
    points = np.stack([ring * np.cos(turn), ring * np.sin(turn), z], -1) * radii
    return Formed(_hull(points), np.eye(3), np.zeros(3))


def _round(reading: Reading, prim: Any, pose: Pose, kind: str) -> Formed:
    axis = str(value_of(prim, "axis", "Z"))
    along = "XYZ".index(axis)
    across = [pose.scale[i] for i in range(3) if i != along]
    radius = value_of(prim, "radius", None)
    if prim.GetTypeName().endswith("_1"):
        bottom, top = (float(value_of(prim, f"radius{end}", 0.5)) for end in ("Bottom", "Top"))
        radius = (bottom + top) / 2
        if bottom != top:
            reading.note(prim, "its ends differ in radius; their mean is taken")
    otherwise = 0.5 if kind == "capsule" else 1.0
    if abs(across[0] - across[1]) > 1e-4 * max(across):
        reading.note(prim, "its cross-section is an ellipse; a circle of the mean radius is taken")
    tree = {
        "kind": kind,
        "radius": round(float(radius if radius is not None else otherwise) * float(np.mean(across)), 9),
        "height": round(
            float(value_of(prim, "height", 1.0 if kind == "capsule" else 2.0) * pose.scale[along]), 9
        ),
    }
    return Formed(tree, _AXES[axis], np.zeros(3))


def _mesh(reading: Reading, prim: Any, pose: Pose) -> Formed | None:
    points = np.array(value_of(prim, "points", ()), float).reshape(-1, 3)
    if len(points) < 4 or not np.isfinite(points).all():
        reading.note(prim, "a mesh needs at least four finite points: left out")
        return None
    if prim.GetAttribute("points").GetNumTimeSamples() > 1:
        reading.note(prim, "the mesh deforms; it keeps the form it has first")
    size = np.ptp(points, axis=0) * pose.scale
    if size.min() < 1e-5 * size.max():
        return _flat(reading, prim, points * pose.scale)
    if str(value_of(prim, "physics:approximation", "none")) == "convexHull":
        return _hull_of(reading, prim, points * pose.scale)
    if np.ptp(pose.scale) > 1e-4 * pose.scale.max() or pose.mirrored:
        reading.note(prim, "a mesh scaled unevenly or mirrored is taken as its convex hull")
        return _hull_of(reading, prim, points * pose.scale * ([-1, 1, 1] if pose.mirrored else [1, 1, 1]))
    tree = {
        "kind": "mesh",
        "file": reading.path.name,  # the stage composes the mesh, whichever layer holds its points
        "prim": str(prim.GetPath()),
        "scale": round(float(pose.scale.mean()), 12),
    }
    return Formed(tree, np.eye(3), np.zeros(3))


def _flat(reading: Reading, prim: Any, points: Float[np.ndarray, "point 3"]) -> Formed:
    low, high = points.min(0), points.max(0)
    size = high - low
    thin = int(np.argmin(size))
    size[thin] = max(2e-3, 1e-3 * float(size.max()))
    centre = (low + high) / 2
    corners = [int(i) for i in list(value_of(prim, "faceVertexIndices", ()))[:3] if 0 <= int(i) < len(points)]
    facing = 1.0
    if len(corners) == 3:
        a, b, c = points[corners]
        facing = float(np.sign(np.cross(b - a, c - a)[thin])) or 1.0
    centre[thin] -= facing * size[thin] / 2
    reading.note(prim, "a flat mesh is no solid: a thin box behind its face is taken")
    return Formed({"kind": "box", "size": list(tidy(size))}, np.eye(3), centre)


def hull_of(reading: Reading, prim: Any, pose: Pose) -> Formed | None:
    """A mesh as the hull of its points, for where a shot takes no mesh."""
    points = np.array(value_of(prim, "points", ()), float).reshape(-1, 3) * pose.scale
    return _hull_of(reading, prim, points) if len(points) >= 4 else None


def _hull_of(reading: Reading, prim: Any, points: Float[np.ndarray, "point 3"]) -> Formed:
    from scipy.spatial import ConvexHull, QhullError

    try:
        points = points[ConvexHull(points).vertices]
    except QhullError as error:
        raise ShotError(
            f"{prim.GetPath()}.points", "must span a volume", got="points in one plane",
            next_step="Give the mesh a thickness.",
        ) from error  # fmt: skip
    if len(points) > MAX_HULL:
        reading.note(prim, f"its hull has {len(points)} points; {MAX_HULL} of them are taken")
        points = points[np.linspace(0, len(points) - 1, MAX_HULL).astype(int)]
    return Formed(_hull(points), np.eye(3), np.zeros(3))


def _hull(points: Float[np.ndarray, "point 3"]) -> dict[str, Any]:
    return {"kind": "hull", "points": [list(tidy(p)) for p in points]}
