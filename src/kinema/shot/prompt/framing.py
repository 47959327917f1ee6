"""The camera: where it stands so that the bodies and what they do fill the picture, and how it moves."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
from jaxtyping import Float

from kinema.shot.prompt.interest import all_standing, corners, drawn_near, size_of, standing, ways
from kinema.shot.prompt.moves import moves_of, subject_of
from kinema.shot.prompt.optics import optics_of
from kinema.shot.prompt.picture import Points, compose, direction, fit, height_at
from kinema.shot.prompt.scene import Draft, Move, Scene, Thing
from kinema.shot.prompt.stage import Stage, Vector

FILL = 0.82
"""Share of the picture the action fills."""
LOW = -5.0
"""Elevation of the camera before an upright pane [deg]: cracks and shards are read against the sky."""
LEGIBLE = 0.08
"""Least height of the subject over that of the picture, as far as cutting its way short brings it there."""
SHARES = (1.0, 0.85, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2)
"""Of the way that is in the picture, from all of it to as little as still shows where it goes."""
SPECK, FOLLOWED = 0.04, 0.14
"""Size of a body over that of its whole way below which the camera goes along, and then over the picture's height."""
FROM_ABOVE = 60.0
"""Elevation above which the picture is a plan: its edges lie along the action [deg]."""


def azimuth_of(scene: Scene, stage: Stage) -> float:
    """Where the camera stands round the action: 0 = south of it, positive towards east [deg]."""
    if "azimuth" in scene.camera:
        # views are round the action: from the side sees it go across the picture
        across = "view" in scene.camera and stage.axis == (0.0, 1.0)
        return scene.camera["azimuth"][0] + (90.0 if across else 0.0)
    if elevation_of(scene, stage) >= FROM_ABOVE:
        return 0.0
    if stage.facing:
        return 36.0
    row = any(
        b.thing.arrangement == "row" or (b.thing.count > 4 and b.thing.arrangement is None)
        for b in stage.blocks.values()
    )
    return 28.0 if row else 14.0


def elevation_of(scene: Scene, stage: Stage) -> float:
    """Of the camera above what it looks at [deg]."""
    usual = LOW if stage.facing else 10.0
    return float(scene.camera["elevation"][0]) if "elevation" in scene.camera else usual


def frame(scene: Scene, stage: Stage, seconds: Fraction) -> tuple[dict[str, Any], Vector, float, float]:
    """(Camera as data, centre of the action [m], its radius [m], heading of the camera [deg from north])."""
    azimuth, elevation = azimuth_of(scene, stage), elevation_of(scene, stage)
    focal = scene.camera["focal_length"][0] if "focal_length" in scene.camera else 35.0
    fill = FILL * (scene.camera["fill"][0] if "fill" in scene.camera else 1.0)
    forward = direction(azimuth, elevation)
    if "aim" in scene.camera:
        points = corners(stage.block(scene.camera["aim"][0]))
    else:
        along = _followed(scene, stage)
        points = _legible(scene, stage, forward, focal, fill) if along is None else along
        if along is not None:
            scene.moves.append(Move("track", {"follow": 1.0}, Draft([]), body=_thing(stage)))
    centre, distance = compose(points, forward, focal, fill)
    radius = float(np.linalg.norm(points - centre, axis=1).max()) or 0.1
    moves = moves_of(scene, stage, distance, seconds)
    pushed = sum(max(move.get("share", 0.0), 0.0) for move in moves)
    if 0 < pushed < 0.8 and "aim" not in scene.camera and "fill" not in scene.camera:
        # what stands there is still whole in the picture when the camera has come near
        distance = max(distance, fit(all_standing(stage) - centre, forward, focal, 0.93) / (1 - pushed))
    position = centre - forward * distance
    floor = 0.12 * min(radius, 1.0) if not scene.place.none else -math.inf
    if position[2] < floor:  # the ground is solid: the eye stays above it
        position[2] = floor
    data: dict[str, Any] = {
        "position": tuple(round(float(v), 4) for v in position),
        "aim": tuple(round(float(v), 4) for v in centre),
        "focal_length": focal,
        "moves": moves,
    }
    data |= optics_of(scene, stage)
    _say(scene)
    heading = math.degrees(math.atan2(forward[0], forward[1])) % 360.0
    x, y, z = (float(v) for v in centre)
    return data, (x, y, z), radius, heading


def _legible(
    scene: Scene, stage: Stage, forward: Float[np.ndarray, " 3"], focal: float, fill: float
) -> Points:
    """All of the action, or as much of its way about the event as leaves the subject large enough to be seen."""
    core, way = standing(stage), ways(stage)
    subject = subject_of(stage)
    size = size_of(stage, subject)
    if stage.event is None or "fill" in scene.camera:
        return np.concatenate([core, way])
    event = np.array(stage.event)
    core = np.concatenate([core, event + size / 2 * np.array([(-1, -1, -1), (1, 1, 1)])])

    def shown(share: float) -> Points:
        return np.concatenate([core, drawn_near(way, event, share)])

    def legible(share: float) -> bool:
        return size >= LEGIBLE * height_at(compose(shown(share), forward, focal, fill)[1], focal)

    share = next((each for each in SHARES if legible(each)), SHARES[-1])
    if share < 1:
        _assume(scene, f"near enough to see {subject}; its way begins or ends outside the picture")
    return shown(share)


def _followed(scene: Scene, stage: Stage) -> Points | None:
    """The room about a body the camera goes along with [m]; None if it need not."""
    if stage.follow is None or scene.moves or "aim" in scene.camera:
        return None
    size = size_of(stage, stage.follow)
    points = np.concatenate([standing(stage), ways(stage)])
    if size >= SPECK * float(np.ptp(points, axis=0)[[0, 2]].max()):
        return None
    block = stage.block(_thing(stage))
    _assume(scene, f"the camera goes along with {stage.follow}, a speck in a picture of its whole way")
    return np.array(block.positions()[0]) + size / FOLLOWED / 2 * np.array([(-1, 0, -1), (1, 0, 1)])


def _thing(stage: Stage) -> Thing:
    """Of the body the camera goes along with."""
    return next(block.thing for block in stage.blocks.values() if stage.follow in block.thing.names)


def _assume(scene: Scene, framing: str) -> None:
    """Say how it is framed, once."""
    if not any(assumed.startswith("framing") for assumed in scene.assumed):
        scene.assumed.append(f"framing: {framing}")


def _say(scene: Scene) -> None:
    if "focal_length" not in scene.camera:
        scene.assumed.append("lens: 35 mm")
    if not {"elevation", "azimuth", "fill", "aim"} & set(scene.camera):
        _assume(scene, "three quarter view that holds all of the action")
