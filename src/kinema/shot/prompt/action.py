"""Verbs to trajectories: where each doer starts, how fast, with what spin, and what must be seen to happen."""

from __future__ import annotations

import math
from collections.abc import Callable

from kinema.shot.body import Pane
from kinema.shot.force import WORLDS
from kinema.shot.prompt.ballistics import farthest, launch
from kinema.shot.prompt.motion import fall, roll_down, topple
from kinema.shot.prompt.scene import Event, Scene, Thing
from kinema.shot.prompt.stage import RESTING_GAP, Block, Stage
from kinema.shot.prompt.suspend import hang, swing

_MOTIONS = ("fly", "fall", "roll", "slide", "swing", "bounce", "strike", "go")
_PACE = {None: 1.0, "slow": 0.5, "fast": 2.0}
_FLIGHT_SECONDS = 0.4
"""From the start of a throw to the hit: long enough to be seen, short enough to come soon."""


def act_out(scene: Scene, stage: Stage) -> None:
    """Give every event its motion and its goals. Raises `ShotError` for what cannot happen."""
    stage.gravity = _gravity(scene)
    merged = _merge(scene)
    for event in merged:
        if event.doer is None:
            if event.rests or event.act is None:
                continue
            raise event.draft.refuse(
                "must have someone who does it",
                got=f"no thing that can {event.name}",
                next_step="Name it first: “a ball ...”.",
            )
        _perform(scene, stage, event)
    for event in scene.events:
        _goals(stage, event)
    for thing in scene.things:
        if thing.survives:
            for name in thing.names:
                stage.goal(kind="survives", body=name)


def _gravity(scene: Scene) -> float:
    if scene.gravity is not None:
        return scene.gravity[0]
    if scene.place.gravity is None and any(e.act == "float" for e in scene.events):
        scene.place.gravity = "zero"
        scene.assumed.append("zero gravity, since something floats")
    return WORLDS[scene.place.gravity or "earth"]


def _merge(scene: Scene) -> list[Event]:
    """One motion per doer: "rolls down the ramp and hits the vase" is one way with a target."""
    first: dict[int, Event] = {}
    kept: list[Event] = []
    for event in scene.events:
        if event.does and event.act is None and event.target is not None and event.doer is not event.target:
            event.act = "strike"
        if event.act == "topple" and event.target is not None:
            event.act = "strike"
        if event.act not in _MOTIONS or event.doer is None:
            kept.append(event)
            continue
        before = first.setdefault(id(event.doer), event)
        if before is event:
            kept.append(event)
            continue
        if before.target is None or before.link in ("off", "down", "across", "along", "from", "on", "onto"):
            before.second = event.target or before.second
        for name in ("speed", "angle", "distance", "way", "source", "at", "spin"):
            if getattr(before, name) is None and getattr(event, name) is not None:
                setattr(before, name, getattr(event, name))
    return kept


def _perform(scene: Scene, stage: Stage, event: Event) -> None:
    assert event.doer is not None
    block = stage.block(event.doer)
    performances: dict[str | None, Callable[[Scene, Stage, Event, Block], None]] = {
        "fly": _fly,
        "strike": _strike,
        "fall": fall,
        "bounce": fall,
        "roll": _travel,
        "slide": _travel,
        "go": _travel,
        "swing": swing,
        "hang": hang,
        "spin": _spin,
        "float": _float,
        "push": topple,
        "topple": topple,
    }
    if event.act in performances:
        performances[event.act](scene, stage, event, block)
    if event.at is not None and event.act in (*_MOTIONS, "spin", "float"):
        block.release_at = event.at
        event.sets(*(f"bodies.{name}.release_at" for name in event.doer.names[:1]))
    if event.act in _MOTIONS:
        stage.subject = stage.subject or event.doer.names[0]


# --- the ways to arrive ----------------------------------------------------------------------------------------


def heading(event: Event, target: Block | None) -> tuple[float, float]:
    """Horizontal direction of travel: as said; else into a pane or wall away from the camera, else to the right."""
    sides = {"left": (1.0, 0.0), "right": (-1.0, 0.0), "front": (0.0, 1.0), "back": (0.0, -1.0)}
    ways = {
        "left": (-1.0, 0.0),
        "right": (1.0, 0.0),
        "in": (0.0, 1.0),
        "back": (0.0, 1.0),
        "front": (0.0, -1.0),
    }
    if event.source in sides:
        return sides[event.source]
    if event.way in ways:
        return ways[event.way]
    flat = (
        target is not None
        and target.half[1] < 0.35 * target.half[0]
        and target.thing.arrangement in (None, "wall")
    )
    return (0.0, 1.0) if flat else (1.0, 0.0)


def _strike(scene: Scene, stage: Stage, event: Event, block: Block) -> None:
    """ "hits": balls fly, flat things slide; what stands on the same table comes along it."""
    if event.target is None:
        event.draft.refuse("must say what is hit", got="nothing", next_step="Name the thing that is hit.")
        return
    rolls = block.thing.entry.get("rolls", False)
    if event.name == "knock" and rolls:
        _travel(scene, stage, event, block)
    elif rolls or block.solid.half[2] < 0.2:
        _fly(scene, stage, event, block)
    else:
        _travel(scene, stage, event, block)


def _fly(scene: Scene, stage: Stage, event: Event, block: Block) -> None:
    target = stage.block(event.target) if event.target and event.target is not event.doer else None
    way = heading(event, target)
    _face(stage, target, way)
    speed = event.speed if event.speed is not None else 6.0 * _PACE[event.pace]
    _assume_speed(scene, event, speed)
    _needs_speed(event, speed)
    if target is None:
        _throw(stage, event, block, way, speed)
    else:
        run = _run_up(event, stage.gravity, speed)
        aim = _aim(target, block)
        angle_run = _run_for_angle(event, stage.gravity, speed)
        run = angle_run if angle_run is not None else run
        rise = 0.0
        arc = launch(speed, run, rise, stage.gravity) if event.angle is None else _given(event, speed)
        if arc is None:
            raise event.draft.refuse(
                "must be fast enough to reach its target",
                got=f"{speed:g} m/s over {run:g} m, at most {farthest(speed, stage.gravity):.2f} m",
                next_step="Throw faster, or start nearer.",
            )
        away = run + block.reach(way) + target.reach(way)
        _start(block, (aim[0] - way[0] * away, aim[1] - way[1] * away, aim[2] - block.height / 2), way, arc)
        stage.paths.append([aim, _before(aim, way, target.reach(way) + min(0.5 * run, 0.7 * target.height))])
        stage.axis, stage.facing = way, way == (0.0, 1.0)
    event.sets(f"{block.thing.path}.velocity", f"{block.thing.path}.position")


def _assume_speed(scene: Scene, event: Event, speed: float) -> None:
    if event.speed is None and event.doer is not None:
        scene.assumed.append(f"{event.doer.name}: {speed:g} m/s")


def _needs_speed(event: Event, speed: float) -> None:
    if not 0 < speed <= 1000:
        raise event.draft.refuse(
            "must be above 0 and at most 1000 m/s",
            got=f"{speed:g} m/s",
            next_step="Give a speed, such as 8 m/s.",
        )


def _aim(target: Block, block: Block) -> tuple[float, float, float]:
    """The middle of the target, but never so low that the doer would touch the ground on its way."""
    x, y, z = target.centre
    if isinstance(target.solid.shape, Pane) and not target.free:
        z = target.positions()[0][2]
    return x, y, max(z, target.base[2] + block.height / 2 + 0.01)


def _run_up(event: Event, gravity: float, speed: float) -> float:
    if event.distance is not None:
        return event.distance
    return min(max(speed * _FLIGHT_SECONDS, 0.3), 4.0, 0.5 * farthest(speed, gravity))


def _run_for_angle(event: Event, gravity: float, speed: float) -> float | None:
    if event.angle is None:
        return None
    if not 0 < event.angle < 90:
        raise event.draft.refuse(
            "must be thrown at an angle between 0 and 90 degrees",
            got=f"{event.angle:g}°",
            next_step="Correct the angle.",
        )
    # level range R = v² sin 2a / g
    level = farthest(speed, gravity) * math.sin(2 * math.radians(event.angle))
    return level if math.isfinite(level) else 2.0


def _given(event: Event, speed: float) -> tuple[float, float]:
    a = math.radians(event.angle or 0.0)
    return speed * math.cos(a), speed * math.sin(a)


def _throw(stage: Stage, event: Event, block: Block, way: tuple[float, float], speed: float) -> None:
    """Nothing to hit: across the picture, starting a metre up, its arc about the middle."""
    angle = event.angle if event.angle is not None else (90.0 if event.way == "up" else 15.0)
    a = math.radians(angle)
    arc = speed * math.cos(a), speed * math.sin(a)
    height = max(block.base[2], 0.2 if event.way == "up" else 1.0)
    g = stage.gravity
    airtime = 1.0 if g == 0 else (arc[1] + math.sqrt(arc[1] ** 2 + 2 * g * height)) / g
    length = arc[0] * min(airtime, 1.5)
    start = (block.base[0] - way[0] * length / 2, block.base[1] - way[1] * length / 2, height)
    _start(block, start, way, arc)
    peak = height + (arc[1] ** 2 / (2 * g) if g else arc[1])
    x, y, _ = start
    stage.paths.append([start, (x + way[0] * length, y + way[1] * length, 0.0), (x, y, peak)])
    stage.axis = way


def _start(
    block: Block, base: tuple[float, float, float], way: tuple[float, float], arc: tuple[float, float]
) -> None:
    block.base, block.support = base, None
    block.velocity = [(way[0] * arc[0], way[1] * arc[0], arc[1])] * len(block.offsets)


def _before(
    point: tuple[float, float, float], way: tuple[float, float], length: float
) -> tuple[float, float, float]:
    return point[0] - way[0] * length, point[1] - way[1] * length, point[2]


def _face(stage: Stage, target: Block | None, way: tuple[float, float]) -> None:
    """A pane that is hit along x is turned to be hit on its face."""
    from kinema.shot.prompt.stage import about

    if (
        target is not None
        and way[1] == 0
        and isinstance(target.solid.shape, Pane)
        and len(target.offsets) == 1
    ):
        if not target.free and target.half[0] > target.half[1]:
            target.rotation = about("z", 90.0)
            target.half = (target.half[1], target.half[0])


def _travel(scene: Scene, stage: Stage, event: Event, block: Block) -> None:
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
    _face(stage, target, way)
    rolls = event.act == "roll" or (event.act != "slide" and block.thing.entry.get("rolls", False))
    speed = event.speed if event.speed is not None else (1.5 if rolls else 2.0) * _PACE[event.pace]
    _assume_speed(scene, event, speed)
    _needs_speed(event, speed)
    if rolls:
        lay_on_side(block, way)
    if target is not None and carried and support is not None and not target.thing.relations:
        target.base, target.support = (support.base[0], support.base[1], support.top + RESTING_GAP), support
    x, y, z = _lane(block, support, target, event, way, speed, rolls=rolls)
    _start(block, (x, y, z), way, (speed, 0.0))
    block.support = support
    if rolls:
        radius = block.member_half[2]
        w = math.degrees(speed / radius)
        block.spin = [(-way[1] * w, way[0] * w, 0.0)] * len(block.offsets)
        event.sets(f"{block.thing.path}.spin")
    length = min(1.5 * speed, 2.5) if target is None else 0.0
    stage.paths.append([block.centre, (x + way[0] * length, y + way[1] * length, block.centre[2])])
    stage.axis, stage.facing = way, target is not None and way == (0.0, 1.0)
    event.sets(f"{block.thing.path}.velocity", f"{block.thing.path}.position")


def lay_on_side(block: Block, way: tuple[float, float]) -> None:
    """Cylinders, capsules and bottles roll about their axis: it must lie across the way."""
    from kinema.shot.prompt.stage import about

    if block.thing.entry["shape"] in ("cylinder", "capsule", "vase") and len(block.offsets) == 1:
        flat = block.solid.half[2] < 0.5 * block.solid.half[0]
        block.turn(about("x", 90.0) if abs(way[0]) > 0 else about("y", 90.0))
        del flat


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
        x, y, _ = _before(target.base, way, away)
        return x, y, target.base[2]
    if support is not None:
        room = max(support.reach(way) - block.reach(way), 0.0)
        back = min(0.3, room) if event.link == "off" else -0.9 * room
        sign = 1.0 if event.link == "off" else 1.0
        x, y = (
            support.base[i] + sign * way[i] * (room - back if event.link == "off" else back) for i in (0, 1)
        )
        return x, y, support.top + RESTING_GAP
    length = min(1.5 * speed, 2.5)
    x, y, _ = _before(block.base, way, length / 2)
    return x, y, block.base[2]


# --- in place --------------------------------------------------------------------------------------------------


def _spin(scene: Scene, _stage: Stage, event: Event, block: Block) -> None:
    from kinema.shot.prompt.stage import about

    rate = event.spin if event.spin is not None else 360.0 * _PACE[event.pace]
    if event.spin is None:
        scene.assumed.append(f"{block.thing.name}: spins at {rate:g} deg/s")
    if block.thing.kind == "coin":
        block.turn(about("x", 90.0))
    block.spin = [(0.0, 0.0, -rate if event.way == "right" else rate)] * len(block.offsets)
    event.sets(f"{block.thing.path}.spin")


def _float(_scene: Scene, stage: Stage, event: Event, block: Block) -> None:
    """Nothing falls: a metre up, turning slowly."""
    block.base = (block.base[0], block.base[1], max(block.base[2], 1.0))
    block.support, block.free = None, True
    drift = event.speed or 0.0
    way = heading(event, None)
    block.velocity = [(way[0] * drift, way[1] * drift, 0.0)] * len(block.offsets)
    block.spin = block.spin or [(5.0, 0.0, 15.0)] * len(block.offsets)
    stage.paths.append([block.centre])
    event.sets(f"{block.thing.path}.position", f"{block.thing.path}.spin", "forces.gravity")


# --- what must be seen -----------------------------------------------------------------------------------------


def _goals(stage: Stage, event: Event) -> None:
    target = (
        event.second or event.target if event.link in ("down", "across", "along", "off") else event.target
    )
    if event.does is None and event.link not in (
        "into",
        "at",
        "against",
        "toward",
        "towards",
        "on",
        "onto",
        "to",
    ):
        target = event.second
    if event.second is not None:
        target = event.second
    doer = event.doer
    moving = event.act in _MOTIONS
    if moving and doer is not None and target is not None and target is not doer and not event.rests:
        stage.goal(kind="hits", a=_nearest(doer, event), b=target.names[0])
        event.sets("goals.hits")
    hurt: Thing | None = target if target is not None else doer
    if event.does == "breaks" and hurt is not None:
        if hurt.survives:
            raise event.draft.refuse(
                "must not both break and stay whole", got=hurt.name, next_step="Keep one of the two."
            )
        hurt.breaks = True
        stage.goal(kind="shatters", body=hurt.names[0])
        event.sets("goals.shatters")
    if event.does == "topples" and hurt is not None:
        stage.goal(kind="topples", body=hurt.names[-1] if hurt.count > 1 else hurt.name)
        event.sets("goals.topples")


def _nearest(doer: Thing, event: Event) -> str:
    return doer.names[event.member] if event.member is not None and doer.count > 1 else doer.names[0]
