"""Motions that gravity makes: falling, bouncing, coming down a ramp, toppling."""

from __future__ import annotations

import math

from kinema.shot.material import library
from kinema.shot.prompt.scene import Event, Scene
from kinema.shot.prompt.stage import RESTING_GAP, Block, Stage, about

DEFAULT_DROP = 1.0
"""[m]"""


def fall(scene: Scene, stage: Stage, event: Event, block: Block) -> None:
    """From a height above what is below; or off the edge of what it stands on."""
    if stage.gravity == 0:
        raise event.draft.refuse(
            "must have gravity to fall",
            got="zero gravity",
            next_step="Write “floats” or drop the zero gravity.",
        )
    below = stage.block(event.target) if event.target is not None and event.target is not event.doer else None
    off = event.link in ("off", "from", "down") and below is not None
    if off and below is not None:
        _off_edge(stage, event, block, below)
        return
    if below is None:
        below = block.support
    ground = below.top if below is not None else 0.0
    height = event.distance if event.distance is not None else DEFAULT_DROP
    if event.distance is None:
        scene.assumed.append(f"{block.thing.name} falls from {height:g} m")
    if height <= 0:
        raise event.draft.refuse("must fall from above zero", got=f"{height:g} m", next_step="Give a height.")
    x, y = (below.base[0], below.base[1]) if below is not None else block.base[:2]
    others = [
        b
        for b in stage.blocks.values()
        if b is not block and b.base[2] > ground + 0.3 and b.base[:2] == (x, y)
    ]
    block.base = (x, y, max([ground + height, *(b.top + 0.05 for b in others)]))
    block.support = None
    stage.paths.append([block.centre, (x, y, ground)])
    if event.act == "bounce":
        _bounce(scene, block, event)
    event.sets(f"{block.thing.path}.position")


def _bounce(scene: Scene, block: Block, event: Event) -> None:
    if event.speed is not None:
        sign = -1.0 if event.way == "left" else 1.0
        block.velocity = [(sign * event.speed, 0.0, 0.0)] * len(block.offsets)
        event.sets(f"{block.thing.path}.velocity")
    bounce = library()[block.solid.material].restitution
    if bounce < 0.4:
        scene.assumed.append(
            f"{block.thing.name}: {block.solid.material} keeps {bounce:.0%} of its speed in a bounce"
        )


def _off_edge(stage: Stage, event: Event, block: Block, below: Block) -> None:
    """It stands with its middle on the edge and leaves at half a metre a second."""
    sign = -1.0 if event.way == "left" else 1.0
    x = below.base[0] + sign * below.half[0]
    block.base = (x, below.base[1], below.top + RESTING_GAP)
    block.support = below
    speed = event.speed if event.speed is not None else 0.5
    block.velocity = [(sign * speed, 0.0, 0.0)] * len(block.offsets)
    stage.paths.append([block.centre, (x + sign * 0.5, below.base[1], 0.0)])
    event.sets(f"{block.thing.path}.position", f"{block.thing.path}.velocity")


def roll_down(scene: Scene, stage: Stage, event: Event, block: Block, ramp: Block) -> None:
    """From the top of a ramp, at rest unless a speed is given, its surface on the slope."""
    x, _, z = ramp.solid.half
    slope = math.atan2(z, x)
    rolls = block.thing.entry.get("rolls", False) and event.act != "slide"
    if rolls:
        if block.thing.entry["shape"] in ("cylinder", "capsule", "vase"):
            block.turn(about("x", 90.0))
        along, normal = block.member_half[0], block.member_half[2]
    else:
        block.rotation = about("y", math.degrees(slope))
        along, normal = block.solid.half[0], block.solid.half[2]
    start = min(along + 0.03 * x, x)
    # a point of the slope `start` from its upper edge along the slope, then out along the normal
    lift = normal + RESTING_GAP
    cx = ramp.base[0] - x + start * math.cos(slope) + lift * math.sin(slope)
    cz = ramp.base[2] + 2 * z - start * math.sin(slope) + lift * math.cos(slope)
    spread = [
        ((i - (block.thing.count - 1) / 2) * 2.2 * block.member_half[1]) for i in range(block.thing.count)
    ]
    half = block.member_half if rolls else block.solid.half
    height = block.member_half[2]
    block.offsets = [(0.0, y, height) for y in spread]
    block.half, block.height = (half[0], max(map(abs, spread)) + half[1]), 2 * height
    block.base = (cx, ramp.base[1], cz - height)
    block.support = ramp
    if event.speed:
        block.velocity = [(event.speed * math.cos(slope), 0.0, -event.speed * math.sin(slope))] * len(spread)
        if rolls:
            block.spin = [(0.0, math.degrees(event.speed / normal), 0.0)] * len(spread)
    if event.second is not None and not event.second.relations:
        target = stage.block(event.second)
        foot = ramp.base[0] + x + 0.35 + target.half[0]
        target.base, target.support = (foot, ramp.base[1], ramp.base[2]), ramp.support
    stage.paths.append([block.centre, (ramp.base[0] + x + 0.4, ramp.base[1], ramp.base[2])])
    event.sets(f"{block.thing.path}.position")


def topple(scene: Scene, stage: Stage, event: Event, block: Block) -> None:
    """An impulse near the top that carries the body over its edge with half as much speed again as it needs.

    Over the edge of a base `2b` wide, a body 2h high rises by r - h, r = sqrt(h² + b²), and turns with inertia
    (4/3) m r²: J · lever = I · omega with I omega²/2 = m g (r - h). The lever is 1.8 h.
    """
    target = stage.block(event.target) if event.act == "push" and event.target is not None else block
    names = target.thing.names
    member = (
        event.member
        if event.member is not None
        else (0 if target.thing.arrangement in ("row", None) else len(names) - 1)
    )
    member = min(member, len(names) - 1)
    solid = target.solid
    b, h = min(solid.half[0], solid.half[2]), solid.half[2]
    along_x = solid.half[0] <= solid.half[1] * 1.01 or target.thing.count > 1
    if not along_x:
        b = solid.half[1]
    mass = _mass(target)
    sign = -1.0 if event.way == "left" else 1.0
    if (
        target.thing.count > 1
        and member == len(names) - 1
        and target.thing.arrangement in ("row", None)
        and event.way is None
    ):
        sign = -1.0
    r = math.hypot(b, h)
    gravity = stage.gravity or 9.81
    omega = 1.5 * math.sqrt(2 * mass * gravity * max(r - h, 0.02 * r) / (4 / 3 * mass * r * r))
    impulse = event.impulse if event.impulse is not None else 4 / 3 * mass * r * r * omega / (1.8 * h)
    if event.speed is not None and event.impulse is None:
        impulse = mass * event.speed
    direction = (sign, 0.0, 0.0) if along_x else (0.0, sign, 0.0)
    push = {
        "body": names[member],
        "at": event.at if event.at is not None else 0.25,
        "impulse": tuple(round(impulse * d, 9) for d in direction),
        "point": (0.0, 0.0, round(0.8 * h, 9)),
    }
    stage.pushes.append(push)
    stage.paths.append([target.centre, (target.centre[0] + sign * 2 * h, target.base[1], target.base[2])])
    stage.subject = stage.subject or names[member]
    if event.impulse is None and event.speed is None:
        scene.assumed.append(f"{names[member]} is pushed with {impulse:.3g} N s near its top")
    event.sets("forces.pushes")


def _mass(block: Block) -> float:
    thing, solid = block.thing, block.solid
    if solid.mass is not None:
        return solid.mass
    x, y, z = solid.half
    fill = {
        "sphere": math.pi / 6,
        "cylinder": math.pi / 4,
        "capsule": 0.7,
        "cone": math.pi / 12,
        "egg": math.pi / 6,
    }
    fill |= {"vase": 0.12}
    volume = 8 * x * y * z * fill.get(thing.entry["shape"], 1.0)
    return volume * (thing.density or library()[solid.material].density)
