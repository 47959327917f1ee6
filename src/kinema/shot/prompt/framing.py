"""The camera: where it stands so that the bodies and what they do fill the picture, and how it moves."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
from jaxtyping import Float

from kinema.shot.prompt.moves import moves_of, subject_of
from kinema.shot.prompt.scene import Scene, Thing
from kinema.shot.prompt.stage import Block, Stage, Vector

ASPECT = 16 / 9
"""Shape of the picture a prompt is framed for; a taller one shows more."""
FILL = 0.82
"""Share of the picture the action fills."""
LOW = -5.0
"""Elevation of the camera before an upright pane [deg]: cracks and shards are read against the sky."""
_SENSOR = 36.0


def interest(stage: Stage) -> Float[np.ndarray, "point 3"]:
    """The corners of what must be in the picture [m]: every body but the ground, and the ways of the action."""
    points: list[Vector] = []
    moving = {name for name, block in stage.blocks.items() if any(map(any, block.velocity))}
    carriers = {id(block.support) for block in stage.blocks.values()}
    for name, block in stage.blocks.items():
        if name in moving and stage.paths:
            continue  # its way is in `paths`
        if id(block) in carriers and block.thing.entry["shape"] == "table":
            continue  # a table is where it happens, not what happens
        x, y, _ = block.base
        half = block.half
        if block.thing.entry["shape"] == "box" and block.thing.kind == "wall" and block.thing.count == 1:
            half = tuple(min(h, 0.8) for h in half)
        for sx in (-1, 1):
            for sy in (-1, 1):
                points += [(x + sx * half[0], y + sy * half[1], z) for z in (block.base[2], block.top)]
    for path in stage.paths:
        points += path
    for name in moving:
        radius = max(stage.blocks[name].member_half)
        points += [
            (x + s, y, z + s)
            for x, y, z in (p for path in stage.paths for p in path)
            for s in (-radius, radius)
        ]
    return np.array(points or [(0.0, 0.0, 0.0)])


def _corners(block: Block) -> Float[np.ndarray, "point 3"]:
    x, y, z = block.base
    signs = [(a, b, c) for a in (-1, 1) for b in (-1, 1) for c in (0, 1)]
    return np.array(
        [(x + a * block.half[0], y + b * block.half[1], z + c * block.height) for a, b, c in signs]
    )


def _standing(stage: Stage) -> Float[np.ndarray, "point 3"]:
    """Corners of all that does not start out moving."""
    still = [block for block in stage.blocks.values() if not any(map(any, block.velocity))]
    return np.concatenate([_corners(block) for block in still or stage.blocks.values()])


def azimuth_of(scene: Scene, stage: Stage) -> float:
    """Where the camera stands round the action: 0 = south of it, positive towards east [deg]."""
    if "azimuth" in scene.camera:
        # views are round the action: from the side sees it go across the picture
        across = "view" in scene.camera and stage.axis == (0.0, 1.0)
        return scene.camera["azimuth"][0] + (90.0 if across else 0.0)
    if stage.facing:
        return 36.0
    row = any(
        b.thing.arrangement == "row" or (b.thing.count > 4 and b.thing.arrangement is None)
        for b in stage.blocks.values()
    )
    return 28.0 if row else 14.0


def frame(scene: Scene, stage: Stage, seconds: Fraction) -> tuple[dict[str, Any], Vector, float, float]:
    """(Camera as data, centre of the action [m], its radius [m], heading of the camera [deg from north])."""
    points = _corners(stage.block(scene.camera["aim"][0])) if "aim" in scene.camera else interest(stage)
    centre = (points.min(0) + points.max(0)) / 2
    radius = float(np.linalg.norm(points - centre, axis=1).max()) or 0.1
    azimuth = azimuth_of(scene, stage)
    elevation = (
        scene.camera["elevation"][0] if "elevation" in scene.camera else (LOW if stage.facing else 10.0)
    )
    focal = scene.camera["focal_length"][0] if "focal_length" in scene.camera else 35.0
    fill = FILL * (scene.camera["fill"][0] if "fill" in scene.camera else 1.0)
    forward = _direction(azimuth, elevation)
    distance = _fit(points - centre, forward, focal, fill)
    moves = moves_of(scene, stage, distance, seconds)
    pushed = sum(max(move.get("share", 0.0), 0.0) for move in moves)
    if 0 < pushed < 0.8 and "aim" not in scene.camera and "fill" not in scene.camera:
        # what stands there is still whole in the picture when the camera has come near
        distance = max(distance, _fit(_standing(stage) - centre, forward, focal, 0.96) / (1 - pushed))
    position = centre - forward * distance
    floor = 0.12 * min(radius, 1.0) if not scene.place.none else -math.inf
    if position[2] < floor:  # the ground is solid: the eye stays above it
        position[2] = floor
    aim = centre
    data: dict[str, Any] = {
        "position": tuple(round(float(v), 4) for v in position),
        "aim": tuple(round(float(v), 4) for v in aim),
        "focal_length": focal,
        "moves": moves,
    }
    data |= _optics(scene, stage)
    _say(scene)
    heading = math.degrees(math.atan2(forward[0], forward[1])) % 360.0
    x, y, z = (float(v) for v in centre)
    return data, (x, y, z), radius, heading


def _direction(azimuth: float, elevation: float) -> Float[np.ndarray, " 3"]:
    """Unit vector the camera looks along."""
    a, e = math.radians(azimuth), math.radians(elevation)
    return np.array([-math.sin(a) * math.cos(e), math.cos(a) * math.cos(e), -math.sin(e)])


def _fit(
    points: Float[np.ndarray, "point 3"], forward: Float[np.ndarray, " 3"], focal: float, fill: float
) -> float:
    """Least distance from which every point lies within `fill` of the picture's half width and half height [m]."""
    right = np.cross(forward, (0.0, 0.0, 1.0))
    right = right / np.linalg.norm(right)
    up = np.cross(right, forward)
    across, above, ahead = points @ right, points @ up, points @ forward
    half_width = _SENSOR / 2 / focal * fill
    half_height = half_width / ASPECT
    needed = np.maximum(np.abs(across) / half_width, np.abs(above) / half_height) - ahead
    return float(max(needed.max(), 0.06))


def _optics(scene: Scene, stage: Stage) -> dict[str, Any]:
    """f-stop, focus, exposure, shutter: as said."""
    said = scene.camera
    optics: dict[str, Any] = {
        key: said[key][0] for key in ("f_stop", "exposure", "shutter_angle") if key in said
    }
    if "focus" in said:
        value = said["focus"][0]
        if isinstance(value, Thing):
            optics["focus"] = value.names[0]
        elif value == "subject":
            optics["focus"] = subject_of(stage)
        else:
            optics["focus"] = value
    elif "f_stop" in said:
        optics["focus"] = subject_of(stage)
        scene.assumed.append(f"focus on {optics['focus']}")
    if "focus" in optics and optics["focus"] != "deep" and "f_stop" not in said:
        optics["f_stop"] = 2.8
        scene.assumed.append("f/2.8")
    return optics


def _say(scene: Scene) -> None:
    if "focal_length" not in scene.camera:
        scene.assumed.append("lens: 35 mm")
    if not {"elevation", "azimuth", "fill", "aim"} & set(scene.camera):
        scene.assumed.append("framing: three quarter view that holds all of the action")
