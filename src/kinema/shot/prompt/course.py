"""Which way: the horizontal direction of a motion, and turning a pane to face it."""

from __future__ import annotations

import math

from kinema.shot.body import Pane
from kinema.shot.prompt.scene import Event, Scene
from kinema.shot.prompt.stage import Block, Vector, about

PACE = {None: 1.0, "slow": 0.5, "fast": 2.0}
"""Of a motion whose speed is not given."""


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


def face(target: Block | None, way: tuple[float, float]) -> None:
    """A pane, or a wall of bricks, that is met along x is turned to be met on its face."""
    if target is None or way[1] != 0:
        return
    pane = isinstance(target.solid.shape, Pane) and len(target.offsets) == 1
    across = not target.free and not target.thing.lies and target.half[0] > target.half[1]
    if target.thing.arrangement == "wall" or (pane and across):
        target.rotation = about("z", 90.0)
        target.offsets = [(-y, x, z) for x, y, z in target.offsets]
        target.half = (target.half[1], target.half[0])


def nearest(target: Block, way: tuple[float, float]) -> tuple[Vector, float]:
    """(Middle of what is met first, how far its face stands before it [m]): the whole block, or of several that
    stand apart the one nearest to who comes that way."""
    if target.thing.count == 1 or target.thing.arrangement not in (None, "row", "ring", "rack"):
        return target.centre, target.reach(way)
    from_there = before(target.centre, way, target.reach(way))
    half = target.member_half
    first = min(target.positions(), key=lambda p: (round(math.dist(p, from_there), 6), p))
    return first, abs(way[0]) * half[0] + abs(way[1]) * half[1]


def check_speed(scene: Scene, event: Event, speed: float) -> None:
    """Note a speed that was not given; refuse one that no thing in a room has."""
    if event.speed is None and event.doer is not None:
        scene.assumed.append(f"{event.doer.name}: {speed:g} m/s")
    if not 0 < speed <= 1000:
        raise event.draft.refuse(
            "must be above 0 and at most 1000 m/s",
            got=f"{speed:g} m/s",
            next_step="Give a speed, such as 8 m/s.",
        )


def before(
    point: tuple[float, float, float], way: tuple[float, float], length: float
) -> tuple[float, float, float]:
    """The point `length` back along the way [m]."""
    return point[0] - way[0] * length, point[1] - way[1] * length, point[2]
