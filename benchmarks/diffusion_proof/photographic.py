"""Table: how near the one photographic style that is painted comes to the path tracer's light."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from diffusion_proof.likeness import decibel, similarity
from diffusion_proof.painting import painted
from diffusion_proof.worlds import NAMES, World, worlds_of
from kinema.diffusion.styles import style_named
from kinema.render.frame import Picture
from kinema.render.pathtrace import PathTracer

STYLE, EVERY = "film", 8
"""What is compared, and every which frame: a world's frames are alike."""


def photographic(weights: Path, count: int) -> list[dict[str, Any]]:
    """The reference is the style laid over path traced light, with its blur of motion and focus. Painted: driven by the
    world, two steps. Preview: the style over the preview, which is what training taught: no painter can be expected to
    come nearer. Mean colour: a picture without content."""
    found: dict[str, list[tuple[float, float]]] = {}
    for world in worlds_of("held_out", count):
        true = traced(world)
        pictures = {
            "painted": painted(weights, world, STYLE)[::EVERY],
            "the style over the preview": world.pictured(STYLE)[::EVERY],
            "mean colour": np.broadcast_to(true.mean((0, 1, 2)), true.shape),
        }
        for name, picture in pictures.items():
            found.setdefault(name, []).append((decibel(picture, true), similarity(picture, true)))
    return [
        {
            "worlds": NAMES["held_out"],
            "picture": name,
            "dB": statistics.mean(each[0] for each in likes),
            "SSIM": statistics.mean(each[1] for each in likes),
            "clips": len(likes),
        }
        for name, likes in found.items()
    ]


def traced(world: World) -> Float[np.ndarray, "time row column 3"]:
    """The style over path traced frames, in [-1, 1]."""
    paint, height, width = style_named(STYLE).paint, *world.control.shape[1:3]
    frames = range(0, len(world.control), EVERY)
    drawn = PathTracer().draw(world.shot, world.tape, Picture(width=width, height=height), frames)
    return np.stack(
        [paint(frame.colour, frame.passes, world.control[frame.index], world.seed) for frame in drawn]
    )
