"""Things that fly: aimed so that gravity brings them to the middle of what they must hit."""

from __future__ import annotations

import math

from kinema.shot.body import Pane
from kinema.shot.prompt.aftermath import leave_room
from kinema.shot.prompt.ballistics import farthest, launch
from kinema.shot.prompt.course import PACE, before, check_speed, face, heading, nearest
from kinema.shot.prompt.scene import Event, Scene
from kinema.shot.prompt.stage import Block, Stage
from kinema.shot.prompt.timing import lead

_FLIGHT_SECONDS = 0.4
"""From the start of a throw to the hit, unless the clip covers less time: long enough to be seen, and soon."""


def fly(scene: Scene, stage: Stage, event: Event, block: Block) -> None:
    """Into its target, or across the picture."""
    target = stage.block(event.target) if event.target and event.target is not event.doer else None
    way = heading(event, target)
    face(target, way)
    speed = event.speed if event.speed is not None else 6.0 * PACE[event.pace]
    check_speed(scene, event, speed)
    if target is None:
        _throw(stage, event, block, way, speed)
    else:
        _throw_at(scene, stage, event, block, target, way, speed)
    event.sets(f"{block.thing.path}.velocity", f"{block.thing.path}.position")


def _throw_at(
    scene: Scene,
    stage: Stage,
    event: Event,
    block: Block,
    target: Block,
    way: tuple[float, float],
    speed: float,
) -> None:
    """From the height it aims at, so far before it that it arrives within half a second, and early in the clip."""
    aim, reach = _aim(target, block, way)
    if event.angle is None:
        run = _run_up(scene, event, stage.gravity, speed)
        arc = launch(speed, run, 0.0, stage.gravity)
    else:
        run = _level_range(event, stage.gravity, speed)
        a = math.radians(event.angle)
        arc = speed * math.cos(a), speed * math.sin(a)
    if arc is None:
        raise event.draft.refuse(
            "must be fast enough to reach its target",
            got=f"{speed:g} m/s over {run:g} m, at most {farthest(speed, stage.gravity):.2f} m",
            next_step="Throw faster, or start nearer.",
        )
    away = run + block.reach(way) + reach
    x, y, z = before(aim, way, away)
    start(block, (x, y, z - block.height / 2), way, arc)
    stage.aims[block.thing.name, target.thing.name] = before(aim, way, reach)
    shown = min(0.5 * run, max(0.7 * target.height, 0.3))
    stage.paths.append([aim, before(aim, way, reach + shown)])
    stage.axis, stage.facing = way, way == (0.0, 1.0)
    stage.happens(run / arc[0], before(aim, way, reach))
    if not stage.facing:
        leave_room(scene, stage, block, target, way, arc[0], shown)


def _aim(target: Block, block: Block, way: tuple[float, float]) -> tuple[tuple[float, float, float], float]:
    """(The point to meet, how far its face stands before it [m]): the middle of the target, or of the nearest of
    several that stand apart; never so low that the doer would touch the ground on its way."""
    (x, y, z), reach = nearest(target, way)
    if isinstance(target.solid.shape, Pane) and not target.free:
        z = target.positions()[0][2]
    return (x, y, max(z, target.base[2] + block.height / 2 + 0.01)), reach


def _run_up(scene: Scene, event: Event, gravity: float, speed: float) -> float:
    if event.distance is not None:
        return event.distance
    usual = min(max(speed * _FLIGHT_SECONDS, 0.3), max(4.0, 0.25 * speed), 0.5 * farthest(speed, gravity))
    run = min(usual, speed * lead(scene))
    if run < usual and event.doer is not None:
        scene.assumed.append(
            f"{event.doer.name} starts {run:.2g} m before it hits, so that it does so in time"
        )
    return run


def _level_range(event: Event, gravity: float, speed: float) -> float:
    """Of a throw at a given angle: R = v² sin 2a / g [m]."""
    if not 0 < (event.angle or 0.0) < 90:
        raise event.draft.refuse(
            "must be thrown at an angle between 0 and 90 degrees",
            got=f"{event.angle:g}°",
            next_step="Correct the angle.",
        )
    level = farthest(speed, gravity) * math.sin(2 * math.radians(event.angle or 0.0))
    return level if math.isfinite(level) else 2.0


def _throw(stage: Stage, event: Event, block: Block, way: tuple[float, float], speed: float) -> None:
    """Nothing to hit: across the picture, starting a metre up, its arc about the middle."""
    angle = event.angle if event.angle is not None else (90.0 if event.way == "up" else 15.0)
    a = math.radians(angle)
    arc = speed * math.cos(a), speed * math.sin(a)
    height = max(block.base[2], 0.2 if event.way == "up" else 1.0)
    g = stage.gravity
    airtime = 1.0 if g == 0 else (arc[1] + math.sqrt(arc[1] ** 2 + 2 * g * height)) / g
    length = arc[0] * min(airtime, 1.5)
    x, y, _ = before(block.base, way, length / 2)
    start(block, (x, y, height), way, arc)
    peak = height + (arc[1] ** 2 / (2 * g) if g else arc[1])
    stage.paths.append([(x, y, height), (x + way[0] * length, y + way[1] * length, 0.0), (x, y, peak)])
    stage.axis, stage.follow = way, block.thing.names[0]


def start(
    block: Block, base: tuple[float, float, float], way: tuple[float, float], arc: tuple[float, float]
) -> None:
    """Put a block at the start of its way [m], with speeds along the way and up [m/s]."""
    block.base, block.support = base, None
    block.velocity = [(way[0] * arc[0], way[1] * arc[0], arc[1])] * len(block.offsets)
