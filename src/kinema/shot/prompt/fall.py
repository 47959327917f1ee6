"""Falling and bouncing."""

from __future__ import annotations

import math

from kinema.shot.material import library
from kinema.shot.prompt.scene import Event, Scene
from kinema.shot.prompt.stage import RESTING_GAP, Block, Stage
from kinema.shot.prompt.timing import lead, patience

DEFAULT_DROP, LEAST_DROP = 1.0, 0.3
"""[m]"""
_DROP_PER_SIZE = 7.0
"""Fall over size, of what need not break: farther, and it is a speck in the picture of its fall."""


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
    together = [e.doer for e in scene.events if e.draft is event.draft and e.act == event.act and e.doer]
    height = event.distance if event.distance is not None else max(_drop(stage.block(d)) for d in together)
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
    lands = math.sqrt(2 * (block.base[2] - ground) / stage.gravity)
    if lands > patience(scene):
        lands = _open_falling(scene, stage, block, ground, lands)
    stage.happens(lands + (event.at or 0.0), (x, y, ground))
    stage.paths.append([block.centre, (x, y, ground)])
    if event.act == "bounce":
        _bounce(scene, block, event)
    event.sets(f"{block.thing.path}.position")


def _drop(block: Block) -> float:
    """Height of a fall that was not given [m]."""
    if block.thing.entry.get("fragile"):
        return DEFAULT_DROP
    size = 2 * max(block.member_half)
    return round(min(max(_DROP_PER_SIZE * size, LEAST_DROP), DEFAULT_DROP), 2)


def _open_falling(scene: Scene, stage: Stage, block: Block, ground: float, lands: float) -> float:
    """The clip is too short for the whole fall: it opens on its last part, with the speed the first part gave.
    Returns when it lands [s]."""
    kept = lead(scene)
    fallen = lands - kept
    speed = stage.gravity * fallen
    x, y, z = block.base
    block.base = (x, y, z - stage.gravity * fallen**2 / 2)
    block.velocity = [(0.0, 0.0, -speed)] * len(block.offsets)
    scene.assumed.append(
        f"the clip opens with {block.thing.name} at {speed:.2g} m/s, {block.base[2] - ground:.2g} m before it lands"
    )
    return kept


def _bounce(scene: Scene, block: Block, event: Event) -> None:
    if event.speed is not None:
        sign = -1.0 if event.way == "left" else 1.0
        down = block.velocity[0][2] if block.velocity else 0.0
        block.velocity = [(sign * event.speed, 0.0, down)] * len(block.offsets)
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
    # off the edge by its own half, then down
    falls = math.sqrt(2 * below.height / stage.gravity)
    stage.happens(block.half[0] / speed + falls, (x + sign * 0.3, below.base[1], 0.0))
    stage.paths.append([block.centre, (x + sign * 0.6, below.base[1], 0.0)])
    event.sets(f"{block.thing.path}.position", f"{block.thing.path}.velocity")
