"""Down a slope."""

from __future__ import annotations

import math

from kinema.shot.prompt.aftermath import leave_room
from kinema.shot.prompt.course import face
from kinema.shot.prompt.scene import Event, Scene
from kinema.shot.prompt.stage import RESTING_GAP, Block, Stage, about


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
    block.base = (cx, ramp.base[1] + _lane(stage, block, ramp), cz - height)
    block.support = ramp
    if event.speed:
        block.velocity = [(event.speed * math.cos(slope), 0.0, -event.speed * math.sin(slope))] * len(spread)
        if rolls:
            block.spin = [(0.0, math.degrees(event.speed / normal), 0.0)] * len(spread)
    if event.second is not None and not event.second.relations:
        target = stage.block(event.second)
        face(target, (1.0, 0.0))
        foot = ramp.base[0] + x + 0.35 + target.half[0]
        target.base, target.support = (foot, ramp.base[1], ramp.base[2]), ramp.support
    slide = math.hypot(2 * x, 2 * z) - start
    pull = stage.gravity * math.sin(slope) * (5 / 7 if rolls else 0.5)  # a solid ball's share, and friction's
    v = event.speed or 0.0
    foot_speed = math.sqrt(v * v + 2 * pull * slide)
    if foot_speed > 0:
        there = (ramp.base[0] + x, ramp.base[1], ramp.base[2] + normal)
        stage.happens(2 * slide / (v + foot_speed) + (0.35 / foot_speed if event.second else 0.0), there)
    if event.second is None:
        stage.follow = block.thing.names[0]
    elif foot_speed > 0:
        leave_room(scene, stage, block, stage.block(event.second), (1.0, 0.0), foot_speed, 2 * x)
    stage.paths.append([block.centre, (ramp.base[0] + x + 0.4, ramp.base[1], ramp.base[2])])
    event.sets(f"{block.thing.path}.position")


def _lane(stage: Stage, block: Block, ramp: Block) -> float:
    """How far beside the middle of a ramp there is room, next to what goes down it already [m]."""
    riders = [b for b in stage.blocks.values() if b is not block and b.support is ramp]
    width = 2.2 * max(b.half[1] for b in (block, *riders))
    lanes = (k * width * sign for k in range(len(riders) + 1) for sign in (1, -1))
    return next(
        y for y in lanes if all(abs(ramp.base[1] + y - b.base[1]) > b.half[1] + block.half[1] for b in riders)
    )
