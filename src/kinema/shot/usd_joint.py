"""UsdPhysics scene and joints as forces: gravity, hinge, ball, fixed and rope."""

from __future__ import annotations

from typing import Any

import numpy as np

from kinema.errors import ShotError
from kinema.shot.force import WORLDS
from kinema.shot.usd_pxr import pxr, value_of
from kinema.shot.usd_reading import Reading, tidy

_JOINTS = {"PhysicsRevoluteJoint", "PhysicsSphericalJoint", "PhysicsFixedJoint", "PhysicsDistanceJoint"}


def read_forces(reading: Reading, names: dict[str, str]) -> dict[str, Any]:
    """Gravity and joints. `names` maps prim paths to bodies."""
    forces: dict[str, Any] = {"gravity": "earth", "joints": []}
    scenes = [p for p in reading.prims() if p.GetTypeName() == "PhysicsScene"]
    reading.read |= {str(p.GetPath()) for p in scenes}
    if scenes:
        forces["gravity"] = _gravity(reading, scenes[0])
    for extra in scenes[1:]:
        reading.note(extra, "a shot has one physics scene; this one is left out")
    for prim in reading.prims():
        if prim.GetTypeName() in _JOINTS and (joint := _joint(reading, prim, names)):
            forces["joints"].append(joint)
    return forces


def _gravity(reading: Reading, scene: Any) -> Any:
    """Zero direction means down, negative or infinite magnitude means earth (UsdPhysics.Scene)."""
    direction = np.array(scene.GetAttribute("physics:gravityDirection").Get() or (0, 0, 0), float)
    magnitude = value_of(scene, "physics:gravityMagnitude", -1.0)
    down = reading.turn @ direction if np.any(direction) else np.array([0.0, 0.0, -1.0])
    down = down / np.linalg.norm(down)
    given = np.isfinite(magnitude) and magnitude >= 0
    size = magnitude * reading.metres if given else WORLDS["earth"]
    return list(tidy(down * size))


def _joint(reading: Reading, prim: Any, names: dict[str, str]) -> dict[str, Any] | None:
    reading.read.add(str(prim.GetPath()))
    if prim.GetAttribute("physics:jointEnabled").Get() is False:
        reading.note(prim, "the joint is not enabled and left out")
        return None
    ends = [_end(reading, prim, i, names) for i in (0, 1)]
    (first, at_first, axes), (second, at_second, _) = ends
    if first is None and second is None:
        reading.note(prim, "the joint ties no body and is left out")
        return None
    if first == second:
        reading.note(prim, "the joint ties a body to itself and is left out")
        return None
    if first is None:  # the world is always the second
        first, second, at_first, at_second = second, None, at_second, at_first
    _leave_out(reading, prim)
    joint: dict[str, Any] = {"a": first, "b": second}
    kind = prim.GetTypeName()
    if kind == "PhysicsFixedJoint":
        return joint | {"kind": "fixed"}
    if kind == "PhysicsDistanceJoint":
        longest = prim.GetAttribute("physics:maxDistance").Get()
        shortest = prim.GetAttribute("physics:minDistance").Get()
        if shortest is not None and shortest > 0:
            reading.note(prim, "the least distance is left out: a rope can go slack")
        if longest is None or longest < 0:
            reading.note(prim, "a distance without a maximum holds nothing and is left out")
            return None
        length = round(float(longest) * reading.metres, 9)
        return joint | {"kind": "rope", "at_a": at_first, "at_b": at_second, "length": length}
    if kind == "PhysicsSphericalJoint":
        return joint | {"kind": "ball", "anchor": at_first}
    axis = axes[:, "XYZ".index(str(prim.GetAttribute("physics:axis").Get() or "X"))]
    low, high = (prim.GetAttribute(f"physics:{end}Limit").Get() for end in ("lower", "upper"))
    joint |= {"kind": "hinge", "anchor": at_first, "axis": list(tidy(axis))}
    if low is not None and high is not None and np.isfinite([low, high]).all():
        joint["limits"] = [float(low), float(high)]
    return joint


def _end(
    reading: Reading, prim: Any, index: int, names: dict[str, str]
) -> tuple[str | None, list[float], Any]:
    """Body of one end (None = the world), where the joint holds it [m, world], and the joint's axes there."""
    Gf = pxr("Gf")

    targets = prim.GetRelationship(f"physics:body{index}").GetTargets()
    local = np.array(value_of(prim, f"physics:localPos{index}", (0, 0, 0)), float)
    if not np.isfinite(local).all():
        raise ShotError(
            f"{prim.GetPath()}.physics:localPos{index}",
            "must be finite",
            got=local,
            next_step="Correct the stage.",
        )
    turn = prim.GetAttribute(f"physics:localRot{index}").Get() or Gf.Quatf(1)
    holder = reading.stage.GetPrimAtPath(targets[0]) if targets else reading.stage.GetPseudoRoot()
    if not holder:
        reading.note(prim, f"physics:body{index} names {targets[0]}, which is not there: the world is taken")
        holder, targets = reading.stage.GetPseudoRoot(), []
    matrix = reading.matrix(holder)
    point = list(tidy(matrix[:3, :3] @ local + matrix[:3, 3]))
    rotation = np.array(Gf.Matrix3d(Gf.Quatd(turn))).T
    pose = matrix[:3, :3] / np.linalg.norm(matrix[:3, :3], axis=0)
    return names.get(str(targets[0])) if targets else None, point, pose @ rotation


def _leave_out(reading: Reading, prim: Any) -> None:
    for schema in prim.GetAppliedSchemas():
        if schema.startswith(("PhysicsDriveAPI", "PhysicsLimitAPI")):
            reading.note(prim, f"{schema} is left out")
    for name in ("physics:breakForce", "physics:breakTorque"):
        value = prim.GetAttribute(name).Get() if prim.GetAttribute(name) else None
        if value is not None and np.isfinite(value) and value < 1e30:
            reading.note(prim, f"{name} is left out: the joint never breaks")
