"""Table: what is lost at sizes beyond those that the weights learned from."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

import numpy as np

from diffusion_proof.likeness import decibel, edge_error, similarity
from diffusion_proof.painting import painted
from diffusion_proof.worlds import staged, styles_of, worlds_of
from kinema.diffusion.manifest import read_manifest

SIZES = ((192, 128), (448, 256), (640, 368), (854, 480))
STYLES = 3


def larger(weights: Path, count: int) -> list[dict[str, Any]]:
    """Held-out phenomena, drawn and painted at each size, against the style's own picture of that size: means over
    worlds and styles. mean_colour_dB: what a picture without content gets there, since styles are finer where pixels
    are. learned: whether some of the training was of pictures this large."""
    known = read_manifest(weights)
    grid, styles = known["grid"], styles_of(known["styles"], STYLES)
    shots = [(world.shot, world.seed) for world in worlds_of("held_out", count)]
    return [
        _row(weights, shots, styles, size, learned=size[0] <= grid["width"] and size[1] <= grid["height"])
        for size in SIZES
    ]


def _row(
    weights: Path, shots: list[Any], styles: list[str], size: tuple[int, int], *, learned: bool
) -> dict[str, Any]:
    found = []
    for shot, seed in shots:
        world = staged(shot, seed, *size)
        for style in styles:
            true, paint = world.pictured(style), painted(weights, world, style)
            flat = np.broadcast_to(true.mean((0, 1, 2)), true.shape)
            found.append(
                (decibel(paint, true), similarity(paint, true), edge_error(paint, true), decibel(flat, true))
            )
    names = ("dB", "SSIM", "edge_error", "mean_colour_dB")
    means = dict(zip(names, map(statistics.mean, zip(*found, strict=True)), strict=True))
    return {"size": f"{size[0]}x{size[1]}", "learned": learned, **means, "clips": len(found)}
