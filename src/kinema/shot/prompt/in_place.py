"""Spinning and floating."""

from __future__ import annotations

from kinema.shot.prompt.course import PACE, heading
from kinema.shot.prompt.scene import Event, Scene
from kinema.shot.prompt.stage import Block, Stage, about


def spin(scene: Scene, _stage: Stage, event: Event, block: Block) -> None:
    rate = event.spin if event.spin is not None else 360.0 * PACE[event.pace]
    if event.spin is None:
        scene.assumed.append(f"{block.thing.name}: spins at {rate:g} deg/s")
    if block.thing.kind == "coin":
        block.turn(about("x", 90.0))
    block.spin = [(0.0, 0.0, -rate if event.way == "right" else rate)] * len(block.offsets)
    event.sets(f"{block.thing.path}.spin")


def float_about(_scene: Scene, stage: Stage, event: Event, block: Block) -> None:
    """Nothing falls: a metre up, turning slowly."""
    block.base = (block.base[0], block.base[1], max(block.base[2], 1.0))
    block.support, block.free = None, True
    drift = event.speed or 0.0
    way = heading(event, None)
    block.velocity = [(way[0] * drift, way[1] * drift, 0.0)] * len(block.offsets)
    block.spin = block.spin or [(5.0, 0.0, 15.0)] * len(block.offsets)
    stage.paths.append([block.centre])
    event.sets(f"{block.thing.path}.position", f"{block.thing.path}.spin", "forces.gravity")
