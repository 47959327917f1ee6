"""Rolling and sliding: on the ground, along a table, into something."""

from __future__ import annotations

import math

from kinema.shot.prompt.aftermath import leave_room
from kinema.shot.prompt.course import PACE, before, check_speed, face, heading, nearest
from kinema.shot.prompt.flight import start
from kinema.shot.prompt.ramp import roll_down
from kinema.shot.prompt.scene import Event, Scene
from kinema.shot.prompt.stage import RESTING_GAP, Block, Stage, about
from kinema.shot.prompt.timing import lead, world_seconds

_APART = 8.0
"""Way of each of two that collide, over its size: from farther apart they would be specks in the picture of both."""


def travel(scene: Scene, stage: Stage, event: Event, block: Block) -> None:
    """Rolling or sliding on the ground, on a table or down a ramp, perhaps into something."""
    ramp = event.target if event.target and event.target.entry["shape"] == "ramp" else None
    if ramp is not None and event.link in ("down", "off", "on", "along", "from", "over"):
        roll_down(scene, stage, event, block, stage.block(ramp))
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
    if target is not None and support is None:
        support = target.support  # what lies on a table is met along the table
    x, y, z = _lane(scene, block, support, target, event, way, speed, rolls=rolls)
    start(block, (x, y, z), way, (speed, 0.0))
    block.support = support
    if rolls:
        radius = block.member_half[2]
        w = math.degrees(speed / radius)
        block.spin = [(-way[1] * w, way[0] * w, 0.0)] * len(block.offsets)
        event.sets(f"{block.thing.path}.spin")
    length = 0.0 if target is not None else min(1.5 * speed, 2.5, speed * world_seconds(scene))
    low = block.centre[2]
    if event.link == "off" and support is not None:  # over the edge and down: x = v sqrt(2 h / g)
        length = 0.1 + speed * math.sqrt(2 * max(support.top, 0.0) / (stage.gravity or 9.80665))
        low = 0.0
        stage.happens(length / speed, (x + way[0] * length, y + way[1] * length, low))
    stage.paths.append([block.centre, (x + way[0] * length, y + way[1] * length, low)])
    stage.axis, stage.facing = way, target is not None and way == (0.0, 1.0)
    if target is None:
        stage.follow = block.thing.names[0]
    else:
        (a, b, _), face_before = nearest(target, way)
        run = math.dist((a, b), (x, y)) - block.reach(way) - face_before
        stage.happens(run / speed, before((a, b, block.centre[2]), way, face_before))
        leave_room(scene, stage, block, target, way, speed, run)
    event.sets(f"{block.thing.path}.velocity", f"{block.thing.path}.position")


def lay_on_side(block: Block, way: tuple[float, float]) -> None:
    """Cylinders, capsules and bottles roll about their axis: it must lie across the way."""
    if block.thing.entry["shape"] in ("cylinder", "capsule", "vase") and len(block.offsets) == 1:
        block.turn(about("x", 90.0) if abs(way[0]) > 0 else about("y", 90.0))


def _lane(
    scene: Scene,
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
        met, face_before = nearest(target, way)
        run = _run(scene, event, speed, rolls=rolls)
        away = run + block.reach(way) + face_before
        if support is not None and support is target.support:
            away = _on_it(scene, event, support, block, met, way, away)
        x, y, _ = before(met, way, away)
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


def _run(scene: Scene, event: Event, speed: float, *, rolls: bool) -> float:
    """Free way before the target [m]: as said, or short enough to be there early in the clip."""
    if event.distance is not None:
        return event.distance
    usual = min(max(0.6 * speed, 0.15), 2.5)
    if not rolls:  # friction near 0.5 must leave most of the speed
        usual = min(usual, 0.4 * speed * speed / (2 * 0.5 * 9.81))
    run = min(usual, speed * lead(scene))
    if run < usual and event.doer is not None:
        scene.assumed.append(
            f"{event.doer.name} starts {run:.2g} m before it hits, so that it does so in time"
        )
    return run


def _on_it(
    scene: Scene,
    event: Event,
    support: Block,
    block: Block,
    met: tuple[float, float, float],
    way: tuple[float, float],
    away: float,
) -> float:
    """Distance from the middle of the mover to what it meets, kept on what both stand on [m]."""
    edge = support.reach(way) + sum((met[i] - support.base[i]) * way[i] for i in (0, 1))
    room = edge - 1.2 * block.reach(way)
    if away <= room:
        return away
    if event.distance is not None:
        raise event.draft.refuse(
            f"must start on the {support.thing.kind}",
            got=f"{away:.2f} m before what it meets, with {max(room, 0.0):.2f} m of {support.thing.kind}",
            next_step=f"Start nearer, or give the {support.thing.kind} a larger size.",
        )
    scene.assumed.append(f"{block.thing.name} starts at the edge of the {support.thing.kind}")
    return room


def collide(scene: Scene, stage: Stage, event: Event, block: Block) -> None:
    """Two of a kind run into each other along x, at the same speed."""
    rolls = bool(block.thing.entry.get("rolls"))
    speed = event.speed if event.speed is not None else (1.5 if rolls else 2.0) * PACE[event.pace]
    check_speed(scene, event, speed)
    x, _, z = block.member_half
    apart = x + min(0.4 * speed, 1.5, speed * lead(scene), _APART * 2 * x)
    if block.support is not None:
        apart = min(apart, block.support.half[0] - 1.2 * x)
    block.offsets = [(-apart, 0.0, z), (apart, 0.0, z)]
    block.half = (apart + x, block.half[1])
    block.velocity = [(speed, 0.0, 0.0), (-speed, 0.0, 0.0)]
    if rolls:
        w = math.degrees(speed / z)
        block.spin = [(0.0, w, 0.0), (0.0, -w, 0.0)]
    a, b = block.thing.names
    stage.goal(kind="hits", a=a, b=b)
    stage.happens((apart - x) / speed, (block.base[0], block.base[1], block.base[2] + z))
    stage.paths.append([(block.base[0] + s * apart, block.base[1], block.base[2] + z) for s in (-1, 1)])
    event.sets(f"{block.thing.path}.velocity", f"{block.thing.path}.position", "goals.hits")
