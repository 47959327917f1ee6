"""Rolling and sliding: on the ground, along a table, into something."""

from __future__ import annotations

import math

from kinema.shot.prompt.course import PACE, before, check_speed, face, heading
from kinema.shot.prompt.flight import start
from kinema.shot.prompt.ramp import roll_down
from kinema.shot.prompt.scene import Event, Scene
from kinema.shot.prompt.stage import RESTING_GAP, Block, Stage, about


def travel(scene: Scene, stage: Stage, event: Event, block: Block) -> None:
    """Rolling or sliding on the ground, on a table or down a ramp, perhaps into something."""
    ramp = event.target if event.target and event.target.entry["shape"] == "ramp" else None
    if ramp is not None and event.link in ("down", "off", "on", "along", "from", "over"):
        roll_down(stage, event, block, stage.block(ramp))
        return
    carried = (
        event.link in ("across", "along", "off", "on", "over", "from", "onto") and event.target is not None
    )
    support = stage.block(event.target) if carried and event.target else block.support
    goal = event.second if carried else event.target
    target = stage.block(goal) if goal is not None and goal is not block.thing else None
    way = heading(event, target)
    face(target, way)
    rolls = event.act == "roll" or (event.act != "slide" and block.thing.entry.get("rolls", False))
    speed = event.speed if event.speed is not None else (1.5 if rolls else 2.0) * PACE[event.pace]
    check_speed(scene, event, speed)
    if rolls:
        lay_on_side(block, way)
    if target is not None and carried and support is not None and not target.thing.relations:
        target.base, target.support = (support.base[0], support.base[1], support.top + RESTING_GAP), support
    x, y, z = _lane(block, support, target, event, way, speed, rolls=rolls)
    start(block, (x, y, z), way, (speed, 0.0))
    block.support = support
    if rolls:
        radius = block.member_half[2]
        w = math.degrees(speed / radius)
        block.spin = [(-way[1] * w, way[0] * w, 0.0)] * len(block.offsets)
        event.sets(f"{block.thing.path}.spin")
    length = min(1.5 * speed, 2.5) if target is None else 0.0
    low = block.centre[2]
    if event.link == "off" and support is not None:  # over the edge and down: x = v sqrt(2 h / g)
        length = 0.1 + speed * math.sqrt(2 * max(support.top, 0.0) / (stage.gravity or 9.80665))
        low = 0.0
    stage.paths.append([block.centre, (x + way[0] * length, y + way[1] * length, low)])
    stage.axis, stage.facing = way, target is not None and way == (0.0, 1.0)
    event.sets(f"{block.thing.path}.velocity", f"{block.thing.path}.position")


def lay_on_side(block: Block, way: tuple[float, float]) -> None:
    """Cylinders, capsules and bottles roll about their axis: it must lie across the way."""
    if block.thing.entry["shape"] in ("cylinder", "capsule", "vase") and len(block.offsets) == 1:
        block.turn(about("x", 90.0) if abs(way[0]) > 0 else about("y", 90.0))


def _lane(
    block: Block,
    support: Block | None,
    target: Block | None,
    event: Event,
    way: tuple[float, float],
    speed: float,
    *,
    rolls: bool,
) -> tuple[float, float, float]:
    """Where it starts [m]: before its target, or so that its way is centred."""
    if target is not None:
        run = event.distance if event.distance is not None else min(max(0.6 * speed, 0.15), 2.5)
        if not rolls:  # friction near 0.5 must leave most of the speed
            run = min(run, 0.4 * speed * speed / (2 * 0.5 * 9.81)) if event.distance is None else run
        away = run + block.reach(way) + target.reach(way)
        x, y, _ = before(target.base, way, away)
        return x, y, target.base[2]
    if support is not None:
        room = max(support.reach(way) - block.reach(way), 0.0)
        # off the edge: near enough that friction does not stop it; along: from one end
        near = min(0.3, room) if rolls else min(0.3, room, 0.4 * speed * speed / (2 * 0.5 * 9.81))
        place = room - near if event.link == "off" else -0.9 * room
        x, y = (support.base[i] + way[i] * place for i in (0, 1))
        return x, y, support.top + RESTING_GAP
    length = min(1.5 * speed, 2.5)
    x, y, _ = before(block.base, way, length / 2)
    return x, y, block.base[2]


def collide(scene: Scene, stage: Stage, event: Event, block: Block) -> None:
    """Two of a kind run into each other along x, at the same speed."""
    rolls = bool(block.thing.entry.get("rolls"))
    speed = event.speed if event.speed is not None else (1.5 if rolls else 2.0) * PACE[event.pace]
    check_speed(scene, event, speed)
    x, _, z = block.member_half
    apart = x + min(0.4 * speed, 1.5)
    block.offsets = [(-apart, 0.0, z), (apart, 0.0, z)]
    block.half = (apart + x, block.half[1])
    block.velocity = [(speed, 0.0, 0.0), (-speed, 0.0, 0.0)]
    if rolls:
        w = math.degrees(speed / z)
        block.spin = [(0.0, w, 0.0), (0.0, -w, 0.0)]
    a, b = block.thing.names
    stage.goal(kind="hits", a=a, b=b)
    stage.paths.append([(block.base[0] + s * apart, block.base[1], block.base[2] + z) for s in (-1, 1)])
    event.sets(f"{block.thing.path}.velocity", f"{block.thing.path}.position", "goals.hits")
