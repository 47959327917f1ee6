"""What must be in the picture: what stands there, what it does, and how much of the way there and back."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from kinema.shot.prompt.picture import Points
from kinema.shot.prompt.stage import Block, Stage, Vector


def standing(stage: Stage, *, wall: float = 0.8) -> Points:
    """Corners of all that stands where it is [m]; of a wall that fills the background, `wall` about its middle."""
    points: list[Vector] = []
    carriers = {id(block.support) for block in stage.blocks.values()}
    for name, block in stage.blocks.items():
        if name in stage.movers or (stage.paths and any(map(any, block.velocity))):
            continue
        if id(block) in carriers and block.thing.entry["shape"] in ("table", "ramp"):
            continue  # where it happens, not what happens
        half = block.half
        if block.thing.entry["shape"] == "box" and block.thing.kind == "wall" and block.thing.count == 1:
            half = (min(half[0], wall), min(half[1], wall))
        x, y, z = block.base
        points += [
            (x + a * half[0], y + b * half[1], z + c * block.height)
            for a in (-1, 1)
            for b in (-1, 1)
            for c in (0, 1)
        ]
    return np.array(points).reshape(-1, 3)


def ways(stage: Stage) -> Points:
    """What the action goes through [m], as wide as what goes through it."""
    points: list[Vector] = [point for path in stage.paths for point in path]
    moving = [b for b in stage.blocks.values() if any(map(any, b.velocity))]
    padded = [
        (x + s * max(block.member_half), y, z + s * max(block.member_half))
        for block in moving
        for x, y, z in points
        for s in (-1, 1)
    ]
    falling = [corners(b) for n, b in stage.blocks.items() if n in stage.movers and b not in moving]
    ramps = [
        corners(b.support)
        for b in stage.blocks.values()
        if b.support is not None and b.support.thing.entry["shape"] == "ramp"
    ]
    return np.concatenate([np.array([*points, *padded]).reshape(-1, 3), *falling, *ramps])


def corners(block: Block) -> Points:
    """Of the whole of it [m]."""
    x, y, z = block.base
    signs = [(a, b, c) for a in (-1, 1) for b in (-1, 1) for c in (0, 1)]
    return np.array(
        [(x + a * block.half[0], y + b * block.half[1], z + c * block.height) for a, b, c in signs]
    )


def all_standing(stage: Stage) -> Points:
    """Corners of all that does not start out moving [m]."""
    still = [block for block in stage.blocks.values() if not any(map(any, block.velocity))]
    return np.concatenate([corners(block) for block in still or stage.blocks.values()])


def size_of(stage: Stage, body: str) -> float:
    """How large the thing looks that a body belongs to: a heap as a whole, of what moves the largest one [m]."""
    block = next(block for block in stage.blocks.values() if body in block.thing.names)
    if block.thing.name in stage.movers:
        return 2 * max(max(stage.blocks[name].member_half) for name in stage.movers)
    return max(block.height, *block.half)


def drawn_near(points: Points, event: Float[np.ndarray, " 3"], share: float) -> Points:
    """The points, only so far from the event."""
    return event + share * (points - event)
