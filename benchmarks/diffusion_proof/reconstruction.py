"""Table: what comes back of a clip that is folded into tokens and unfolded again, by style."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from diffusion_proof.likeness import PEAK, decibel, edge_error
from diffusion_proof.painting import loaded
from diffusion_proof.worlds import World, worlds_of
from kinema.diffusion.grid import Grid
from kinema.diffusion.manifest import read_manifest
from kinema.diffusion.painter import chunks
from kinema.diffusion.styles import NAMES

BOUND = 34.0
"""dB, in every style."""
SMALL = 150
"""Pixels a frame up to which a body is small: 0.6 % of the picture, a disc 14 pixels across."""


class Came(NamedTuple):
    """Of one clip."""

    all: float
    small: float | None
    edges: float
    blind: float


def reconstruction(weights: Path, count: int) -> list[dict[str, Any]]:
    """By style, on held-out phenomena. dB: of the whole clip. small_dB: over the pixels of small bodies alone, where a
    clip has any. edge_error: see `likeness`. blind_dB: without the control, as pictures come back in a dream."""
    came: dict[str, list[Came]] = defaultdict(list)
    for world in worlds_of("held_out", count):
        for style in read_manifest(weights)["styles"]:
            came[style].append(_of(weights, world, style))
    return [_row(style, found) for style, found in came.items()]


def _of(weights: Path, world: World, style: str) -> Came:
    true = world.pictured(style)
    back, blind = (folded_and_unfolded(weights, world, true, style, seen=seen) for seen in (True, False))
    mask = small_bodies(world)
    small = -10 * np.log10(float(np.square(back - true)[mask].mean()) / PEAK**2) if mask.any() else None
    return Came(decibel(back, true), small, edge_error(back, true), decibel(blind, true))


def folded_and_unfolded(
    weights: Path, world: World, true: Float[np.ndarray, "time row column 3"], style: str, *, seen: bool
) -> Float[np.ndarray, "time row column 3"]:
    """Pixels of a clip, through its latents. `seen`: the decoder sees the control."""
    grid = Grid.covering(frames=len(true), height=true.shape[1], width=true.shape[2])
    network = loaded(weights, grid.rows, grid.columns)
    carried: tuple[Sequence[Any] | None, Sequence[Any] | None] = (None, None)
    frames = []
    pairs = zip(
        *(chunks(iter(grid.padded(a.astype(np.float32)))) for a in (true, world.control)), strict=True
    )
    for pair in pairs:
        rgb, control = (np.moveaxis(np.stack(part), -1, 0)[None] for part in pair)
        latent, encoder = network.encode(rgb, carried[0])
        pixels, decoder = network.decode(latent, control if seen else None, NAMES.index(style), carried[1])
        carried = encoder, decoder
        frames.append(np.moveaxis(pixels[0], 0, -1))
    whole = np.concatenate(frames)
    return np.clip(whole, -1, 1)[: len(true), : true.shape[1], : true.shape[2]]


def small_bodies(world: World) -> Bool[np.ndarray, "time row column"]:
    """Pixels of pieces that cover few: thin shards, small balls."""
    mask = np.zeros(world.piece.shape, bool)
    for frame, piece in enumerate(world.piece):
        names, inverse, area = np.unique(piece, return_inverse=True, return_counts=True)
        mask[frame] = ((names >= 0) & (area <= SMALL))[inverse].reshape(piece.shape)
    return mask


def _row(style: str, found: list[Came]) -> dict[str, Any]:
    small = [each.small for each in found if each.small is not None]
    mean = statistics.mean(each.all for each in found)
    return {
        "style": style,
        "dB": mean,
        "small_dB": statistics.mean(small) if small else None,
        "edge_error": statistics.mean(each.edges for each in found),
        "blind_dB": statistics.mean(each.blind for each in found),
        "clips": len(found),
        "bound": BOUND,
        "verdict": "ok" if mean >= BOUND else "MISSED",
    }
