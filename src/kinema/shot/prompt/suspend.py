"""Things on ropes: hanging still, or swinging."""

from __future__ import annotations

import math

from kinema.shot.prompt.aftermath import leave_room
from kinema.shot.prompt.course import heading
from kinema.shot.prompt.scene import Event, Scene
from kinema.shot.prompt.stage import Block, Stage

DEFAULT_ANGLE = 50.0
"""From which a pendulum is let go, off the plumb [deg]."""


def _rope_length(scene: Scene, event: Event, block: Block) -> float:
    if event.distance is not None:
        return event.distance
    length = max(1.0, 4 * block.member_half[2])
    scene.assumed.append(f"{block.thing.name} hangs on {length:g} m of rope")
    return length


def hang(scene: Scene, stage: Stage, event: Event, block: Block) -> None:
    """Still, below a fixed point."""
    length = _rope_length(scene, event, block)
    if block.base[2] < 0.3:
        block.base = (block.base[0], block.base[1], 0.8)
    block.support, block.free = None, True
    for name, (x, y, z) in zip(block.thing.names, block.positions(), strict=True):
        top = z + block.member_half[2]
        stage.joints.append({"kind": "rope", "a": name, "at_a": (x, y, top), "at_b": (x, y, top + length)})
    stage.paths.append([block.centre, (block.centre[0], block.centre[1], block.top + min(length, 0.5))])
    event.sets(f"{block.thing.path}.position", "forces.joints")


def _aimed(event: Event) -> float:
    """Share of the target's height at which it is met: high to topple it, at the middle to smash it."""
    return 0.45 if event.does == "breaks" else 0.7


def swing(scene: Scene, stage: Stage, event: Event, block: Block) -> None:
    """A pendulum let go at an angle; at its lowest it meets its target, or clears the ground."""
    goal = event.second or event.target
    target = stage.block(goal) if goal is not None and goal is not block.thing else None
    angle = event.angle if event.angle is not None else DEFAULT_ANGLE
    if event.angle is None:
        scene.assumed.append(f"{block.thing.name} swings from {angle:g} degrees")
    if not 0 < abs(angle) <= 90:
        raise event.draft.refuse(
            "must swing from an angle above 0 and at most 90 degrees: a rope cannot push",
            got=f"{angle:g}°",
            next_step="Correct the angle.",
        )
    way = heading(event, target)
    radius = block.member_half[2]
    length = _rope_length(scene, event, block)
    if target is None:
        low = (block.base[0], block.base[1], max(block.base[2], 0.0) + 0.25 + radius)
    else:
        away = block.reach(way) + target.reach(way) - 0.1 * radius
        height = max(target.base[2] + _aimed(event) * target.height, target.base[2] + radius + 0.02)
        low = (target.base[0] - way[0] * away, target.base[1] - way[1] * away, height)
    if target is not None:
        stage.aims[block.thing.name, target.thing.name] = low
    arm, a = length + radius, math.radians(abs(angle))
    anchor = (low[0], low[1], low[2] + arm)
    for i, name in enumerate(block.thing.names):
        shift = (i - (block.thing.count - 1) / 2) * 2.02 * radius
        side = (-way[1] * shift, way[0] * shift) if target is not None else (way[0] * shift, way[1] * shift)
        lifted = a if i == 0 or target is not None else 0.0
        u = (-way[0] * math.sin(lifted), -way[1] * math.sin(lifted), -math.cos(lifted))
        hook = (anchor[0] + side[0], anchor[1] + side[1], anchor[2])
        centre = tuple(hook[k] + u[k] * arm for k in range(3))
        tie = tuple(hook[k] + u[k] * length for k in range(3))
        block.offsets[i] = (centre[0] - low[0], centre[1] - low[1], centre[2] - low[2] + radius)
        stage.joints.append({"kind": "rope", "a": name, "at_a": tie, "at_b": hook})
    block.base, block.support = (low[0], low[1], low[2] - radius), None
    first = block.positions()[0]
    if stage.gravity:  # a quarter of the period, which the width of the swing lengthens
        quarter = math.pi / 2 * math.sqrt(arm / stage.gravity) * (1 + a * a / 16)
        stage.happens(quarter, low)
    if target is not None:
        speed = math.sqrt(2 * stage.gravity * arm * (1 - math.cos(a)))
        leave_room(scene, stage, block, target, way, speed, arm * math.sin(a))
    stage.paths.append([first, low, (2 * low[0] - first[0], 2 * low[1] - first[1], low[2])])
    stage.axis = way
    event.sets(f"{block.thing.path}.position", "forces.joints")
