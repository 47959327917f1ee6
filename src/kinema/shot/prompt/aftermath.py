"""Room in the picture for what a blow does: behind what is struck, in the direction of the blow."""

from __future__ import annotations

from kinema.shot.prompt.scene import Scene
from kinema.shot.prompt.stage import Block, Stage
from kinema.shot.prompt.timing import lead, world_seconds

_FRICTION = 0.5
"""Of most matter on most floors; what has been struck slides v² / (2 mu g) far."""


def leave_room(
    scene: Scene,
    stage: Stage,
    block: Block,
    target: Block,
    way: tuple[float, float],
    speed: float,
    run: float,
) -> None:
    """Note for framing how far beyond its target the action goes [m], `run` being how much
    of the approach is in the picture.

    A body of mass m that meets one of mass M at v sends it off at up to 2 v m / (m + M); it slides until friction
    has stopped it, or the clip ends.
    """
    size = max(2 * target.half[0], 2 * target.half[1], target.height)
    after = 0.0
    if not target.held:
        m, other = block.solid.kilograms, target.solid.kilograms
        away = speed * min(2 * m / (m + other), 1.6)
        slides = away * away / (2 * _FRICTION * (stage.gravity or 9.80665))
        left = max(world_seconds(scene) - lead(scene), 0.0)
        rolls = bool(target.thing.entry.get("rolls"))
        after = 0.7 * away * left if rolls else min(slides, 0.7 * away * left)
    after = min(max(after, 0.5 * size), max(1.5 * size, min(run, 5 * size)))
    x, y, z = target.base
    away = target.reach(way) + after
    stage.paths.append([(x + way[0] * away, y + way[1] * away, z)])
