"""Prims with UsdPhysics as bodies.

A prim with RigidBodyAPI is one body: of the one shape under it, or a compound of several. A shape under no
rigid body is still, or kinematic where it is animated; kinema has nothing that bodies pass through, so a
shape without CollisionAPI is solid too, which is noted. Velocities are in the frame of the prim's parent
(UsdPhysics).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kinema.shot.usd_material import matter_of
from kinema.shot.usd_pxr import pxr, value_of
from kinema.shot.usd_reading import Pose, Reading, pose_of, quaternion, tidy
from kinema.shot.usd_shape import Formed, hull_of, shape_of

MAX_PARTS = 256


def read_bodies(reading: Reading) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """All bodies as plain data, and the name of the body that each prim path became."""
    UsdPhysics = pxr("UsdPhysics")

    bodies: list[dict[str, Any]] = []
    names: dict[str, str] = {}
    prims = reading.prims()
    rigid = {str(p.GetPath()): p for p in prims if p.HasAPI(UsdPhysics.RigidBodyAPI)}
    owned: dict[str, list[Any]] = {path: [] for path in rigid}
    still: list[Any] = []
    for prim in prims:
        if not _is_solid(reading, prim):
            continue
        owner = _owner(prim, rigid)
        (owned[owner] if owner else still).append(prim)
    for path, prim in rigid.items():
        body = _rigid(reading, prim, _seen(reading, owned[path]))
        if body is None:
            continue
        bodies.append(body)
        names |= {path: body["name"]} | {str(p.GetPath()): body["name"] for p in owned[path]}
    for prim in _seen(reading, still):
        body = _still(reading, prim)
        if body is not None:
            bodies.append(body)
            names[str(prim.GetPath())] = body["name"]
    return bodies, names


_SOLIDS = {"Sphere", "Cube", "Cylinder", "Capsule", "Cone", "Plane", "Mesh", "Cylinder_1", "Capsule_1"}


def _is_solid(reading: Reading, prim: Any) -> bool:
    if prim.GetTypeName() == "GeomSubset":
        reading.note(prim, "a mesh has one material here; that of the subset is left out")
        reading.read.add(str(prim.GetPath()))
    return prim.GetTypeName() in _SOLIDS


def _owner(prim: Any, rigid: dict[str, Any]) -> str | None:
    while prim and not prim.IsPseudoRoot():
        if str(prim.GetPath()) in rigid:
            return str(prim.GetPath())
        prim = prim.GetParent()
    return None


def _seen(reading: Reading, prims: list[Any]) -> list[Any]:
    """The visible ones; hidden colliders stand in only where nothing is visible."""
    UsdGeom, UsdPhysics = pxr("UsdGeom"), pxr("UsdPhysics")

    visible, hidden = [], []
    for prim in prims:
        reading.read.add(str(prim.GetPath()))
        imageable = UsdGeom.Imageable(prim)
        shown = imageable.ComputeVisibility() != UsdGeom.Tokens.invisible
        shown = shown and imageable.ComputePurpose() in (UsdGeom.Tokens.default_, UsdGeom.Tokens.render)
        (visible if shown else hidden).append(prim)
    if visible:
        for prim in hidden:
            reading.note(prim, "is hidden and left out")
        return visible
    colliders = [prim for prim in hidden if prim.HasAPI(UsdPhysics.CollisionAPI)]
    for prim in colliders:
        reading.note(prim, "is a hidden collider of a body that shows nothing: it is shown")
    return colliders


def _rigid(reading: Reading, prim: Any, solids: list[Any]) -> dict[str, Any] | None:
    if not solids:
        reading.note(prim, "a rigid body without a shape is left out")
        return None
    formed = _single(reading, solids[0]) if len(solids) == 1 else _compound(reading, prim, solids)
    if formed is None:
        return None
    shape, anchor, pose = formed
    body = {"name": reading.name_for(prim, "body"), "shape": shape, **_placed(pose)}
    body |= matter_of(reading, solids[0], prim)
    if any(matter_of(reading, solid, prim)["material"] != body["material"] for solid in solids[1:]):
        reading.note(prim, "its shapes differ in material; that of the first is taken")
    _mass(reading, prim, solids, body)
    _breaks([solids[0], prim], body, pose)
    if not value_of(prim, "physics:rigidBodyEnabled", True) or shape["kind"] == "plane":
        return body | {"motion": "static"}
    if value_of(prim, "physics:kinematicEnabled", False):
        return body | _keyed(reading, anchor, body)
    if reading.moves(prim):
        reading.note(prim, "a dynamic body is animated; the animation is left out, physics moves it")
    if value_of(prim, "physics:startsAsleep", False):
        reading.note(prim, "physics:startsAsleep is ignored: nothing sleeps")
    parent = reading.matrix(prim.GetParent())[:3, :3] if prim.GetParent() else np.eye(3)
    velocity = parent @ np.array(value_of(prim, "physics:velocity", (0, 0, 0)), float)
    spin = pose_of(_whole(parent)).axes @ np.array(
        value_of(prim, "physics:angularVelocity", (0, 0, 0)), float
    )
    return body | {"velocity": list(tidy(velocity)), "spin": list(tidy(spin))}


def _whole(linear: np.ndarray) -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, :3] = linear
    return matrix


def _still(reading: Reading, prim: Any) -> dict[str, Any] | None:
    UsdPhysics = pxr("UsdPhysics")

    formed = _single(reading, prim)
    if formed is None:
        return None
    shape, anchor, pose = formed
    if not prim.HasAPI(UsdPhysics.CollisionAPI) or not value_of(prim, "physics:collisionEnabled", True):
        reading.note(prim, "does not collide in USD; here it is solid")
    body = {"name": reading.name_for(prim, "body"), "shape": shape, **_placed(pose)}
    body |= matter_of(reading, prim, prim)
    _breaks([prim], body, pose)
    return body | _keyed(reading, anchor, body)


Anchor = tuple[Any, Formed]
"""The prim that carries a body, and how the body's shape sits in it."""


def _single(reading: Reading, solid: Any) -> tuple[dict[str, Any], Anchor, Pose] | None:
    formed = shape_of(reading, solid, reading.pose(solid))
    if formed is None:
        return None
    return formed.tree, (solid, formed), _seated(reading.pose(solid), formed)


def _seated(pose: Pose, formed: Formed) -> Pose:
    """Pose of the shape's own frame, given the pose of its prim."""
    matrix = np.eye(4)
    matrix[:3, :3] = pose.axes @ formed.turn
    matrix[:3, 3] = np.array(pose.position) + pose.axes @ formed.offset
    return pose_of(matrix)


def _compound(reading: Reading, prim: Any, solids: list[Any]) -> tuple[dict[str, Any], Anchor, Pose] | None:
    base = reading.pose(prim)
    parts: list[dict[str, Any]] = []
    for solid in solids[:MAX_PARTS]:
        pose = reading.pose(solid)
        formed = shape_of(reading, solid, pose)
        if formed is not None and formed.tree["kind"] == "mesh":
            reading.note(solid, "a mesh that is one of several shapes of a body is taken as its convex hull")
            formed = hull_of(reading, solid, pose)
        if formed is None or formed.tree["kind"] == "plane":
            continue
        seat = _seated(pose, formed)
        offset = base.axes.T @ (np.array(seat.position) - np.array(base.position))
        parts.append(
            {
                "shape": formed.tree,
                "position": list(tidy(offset)),
                "rotation": list(quaternion(base.axes.T @ seat.axes)),
            }
        )
    if len(solids) > MAX_PARTS:
        reading.note(prim, f"has {len(solids)} shapes; the first {MAX_PARTS} are taken")
    if not parts:
        return None
    shape = {"kind": "compound", "parts": parts}
    return shape, (prim, Formed(shape, np.eye(3), np.zeros(3))), base


def _placed(pose: Pose) -> dict[str, Any]:
    return {"position": list(pose.position), "rotation": list(pose.rotation)}


def _keyed(reading: Reading, anchor: Anchor, body: dict[str, Any]) -> dict[str, Any]:
    """Kinematic with a key per frame where the prim is animated; else static."""
    prim, formed = anchor
    if not reading.moves(prim) or body["shape"]["kind"] == "plane":
        return {"motion": "static"}
    keys = []
    for time in reading.key_times():
        pose = reading.pose(prim, time)
        keys.append({"at": reading.seconds(time), **_placed(_seated(pose, formed))})
    first = reading.pose(prim)
    last = reading.pose(prim, reading.key_times()[-1])
    if np.abs(first.scale - last.scale).max() > 1e-4 * first.scale.max():
        reading.note(prim, "its scale is animated; it keeps the size it has first")
    return {"motion": "kinematic", "keyframes": keys}


def _mass(reading: Reading, prim: Any, solids: list[Any], body: dict[str, Any]) -> None:
    """Mass or density of the body, else the sum of its shapes'. Zero means not given, as in UsdPhysics."""
    if mass := float(value_of(prim, "physics:mass", 0.0)):
        body["mass"] = mass * reading.kilograms
    elif density := float(value_of(prim, "physics:density", 0.0)):
        body["density"] = density * reading.kilograms / reading.metres**3
    else:
        masses = [float(value_of(solid, "physics:mass", 0.0)) for solid in solids if solid != prim]
        densities = {float(value_of(solid, "physics:density", 0.0)) for solid in solids if solid != prim}
        if masses and all(masses):
            body["mass"] = sum(masses) * reading.kilograms
        elif len(densities) == 1 and (density := densities.pop()):
            body["density"] = density * reading.kilograms / reading.metres**3
        elif any(masses) or any(densities):
            reading.note(prim, "its shapes differ in density; that of its material is taken")
    for name in ("physics:centerOfMass", "physics:diagonalInertia"):
        attribute = prim.GetAttribute(name)
        if attribute and attribute.HasAuthoredValue():
            reading.note(prim, f"{name} is left out: it follows from the shape")


def _breaks(prims: list[Any], body: dict[str, Any], pose: Pose) -> None:
    """`kinema:breaks:*` attributes; a thin box that breaks is a pane."""
    pieces = next(
        (p for prim in prims if (p := value_of(prim, "kinema:breaks:pieces", None)) is not None), None
    )
    if pieces is None:
        return
    held = next(
        (h for prim in prims if (h := value_of(prim, "kinema:breaks:held", None)) is not None), "free"
    )
    body["breaks"] = {"pieces": int(pieces), "held": str(held)}
    size = body["shape"].get("size")
    if size is None or min(size) > 0.1 * sorted(size)[1]:
        return
    thin = size.index(min(size))
    # A pane is thin along its y: turn the box's axes in a cycle, which keeps their hand.
    order = {0: (2, 0, 1), 1: (0, 1, 2), 2: (1, 2, 0)}[thin]
    turn = np.eye(3)[:, order]
    body["shape"] = {
        "kind": "pane",
        "width": size[order[0]],
        "height": size[order[2]],
        "thickness": size[thin],
    }
    body["rotation"] = list(quaternion(pose.axes @ turn))
