"""Falling and bouncing."""

from __future__ import annotations

from kinema.shot.material import library
from kinema.shot.prompt.scene import Event, Scene
from kinema.shot.prompt.stage import RESTING_GAP, Block, Stage

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
