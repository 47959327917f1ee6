"""Tables: how near painted clips come to the style they were taught, by style, by steps, and as sets."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from diffusion_proof.frechet import LEAST_BLOCKS, features_of, frechet
from diffusion_proof.likeness import decibel, similarity
from diffusion_proof.painting import DREAM, DRIVEN, Way, painted
from diffusion_proof.worlds import NAMES, World, worlds_of
from kinema.diffusion.dataset.distribution import Split
from kinema.diffusion.manifest import read_manifest

STEPS = (Way(steps=1), DRIVEN, Way(steps=4), Way(steps=8, jump=False))
SPLITS: tuple[Split, ...] = ("held_out", "out_of_distribution")
OTHER, FLAT = "2 steps, control of another world", "mean colour"


def quality(weights: Path, count: int) -> dict[str, list[dict[str, Any]]]:
    """By split and style, and by what a clip was painted with.

    dB: peak signal to noise against the style's own picture; SSIM on luma. "control of another world" keeps words and
    scene and takes the control of the world before: how much is due to following the shot. "mean colour" paints each
    clip in its own mean: what a picture without content gets. "dream" has the caption alone. Fréchet: see `frechet`;
    "other worlds" is the distance between the style's own pictures of two halves of the worlds: what sets this small
    are apart anyhow.
    """
    styles = read_manifest(weights)["styles"]
    likes: dict[tuple[Split, str], list[tuple[float, float]]] = defaultdict(list)
    by_style: dict[tuple[Split, str], list[tuple[float, float]]] = defaultdict(list)
    features: dict[str, list[np.ndarray]] = defaultdict(list)
    for split in SPLITS:
        before: World | None = None
        for number, world in enumerate(worlds_of(split, count)):
            for style in styles:
                true = world.pictured(style)
                for name, picture in _pictures(weights, world, before, style, split, true).items():
                    like = decibel(picture, true), similarity(picture, true)
                    likes[split, name].append(like)
                    if name == "2 steps":
                        by_style[split, style].append(like)
                    if split == SPLITS[0]:
                        features[name].append(features_of(picture))
                if split == SPLITS[0]:
                    features[f"true {number % 2}"].append(features_of(true))
            before = world
    return {
        "Quality by style": [_row("style", s, split, found) for (split, s), found in by_style.items()],
        "Quality by steps": [_row("painted_with", n, split, found) for (split, n), found in likes.items()],
        "Fréchet distance": _distances(features),
    }


def _pictures(
    weights: Path, world: World, before: World | None, style: str, split: Split, true: np.ndarray
) -> dict[str, np.ndarray]:
    """All ways to paint a clip on held-out worlds; two steps and the mean colour beyond them."""
    flat = np.broadcast_to(true.mean((0, 1, 2)), true.shape)
    if split != SPLITS[0]:
        return {"2 steps": painted(weights, world, style), FLAT: flat}
    pictures = {
        f"{way.steps} step{'s' * (way.steps > 1)}{'' if way.jump else ', Euler'}": painted(
            weights, world, style, way
        )
        for way in STEPS
    }
    if before is not None:
        pictures[OTHER] = painted(weights, world, style, controlled_by=before)
    return pictures | {"2 steps, dream": painted(weights, world, style, DREAM), FLAT: flat}


def _row(column: str, name: str, split: Split, found: list[tuple[float, float]]) -> dict[str, Any]:
    """Means, and the standard error of the first."""
    decibels = [each[0] for each in found]
    error = statistics.stdev(decibels) / math.sqrt(len(decibels)) if len(decibels) > 1 else None
    return {
        "worlds": NAMES[split],
        column: name,
        "dB": statistics.mean(decibels),
        "standard_error": error,
        "SSIM": statistics.mean(each[1] for each in found),
        "clips": len(found),
    }


def _distances(features: dict[str, list[np.ndarray]]) -> list[dict[str, Any]]:
    """Rows of those sets that are large enough; small sets are farther from everything."""
    halves = [np.concatenate(features.pop(name)) for name in ("true 0", "true 1") if name in features]
    wanted = np.concatenate(halves)
    pairs = {name: (np.concatenate(found), wanted) for name, found in features.items()}
    if len(halves) == 2:
        pairs = {"other worlds, the style's own pictures": (halves[0], halves[1]), **pairs}
    return [
        {"set": name, "distance": frechet(*pair), "blocks": len(pair[0])}
        for name, pair in pairs.items()
        if min(map(len, pair)) >= LEAST_BLOCKS
    ]
