"""Finding a ball by its colour, wherever in a picture it is: the parser of PhyWorld's worlds.

Each ball and the ground have a mean colour, taken from the procedural picture's first frame. A pixel belongs to the
colour it is nearest to (CIELAB); the ball is the largest connected patch of its colour, its place that patch's centre,
each pixel weighted by how far it is from the ground's colour towards the ball's. Soft edges so give fractions of a
pixel. A patch much smaller or larger than the ball is none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from diffusion_proof.colour import lab
from diffusion_proof.morphology import grown, largest_patch, shrunk

SMALLEST, LARGEST = 0.25, 4.0
"""Of the ball's area when the clip starts."""


@dataclass(frozen=True)
class Blob:
    """What to look for."""

    colour: Float[np.ndarray, " 3"]
    """L*a*b*"""
    ground: Float[np.ndarray, " 3"]
    """L*a*b* of what is behind."""
    area: float
    """[px]"""


def colours_of(
    picture: Float[np.ndarray, "row column 3"], masks: list[Bool[np.ndarray, "row column"]]
) -> list[Blob]:
    """Of bodies whose masks are known. A ball that is out of the picture gets no pixel, and is never found."""
    colours = lab(picture)
    anywhere = grown(np.any(masks, axis=0), 3)
    ground = np.median(colours[~anywhere], axis=0)
    blobs = []
    for mask in masks:
        core = shrunk(mask, 1)
        inside = colours[core if core.any() else mask]
        colour = inside.mean(0) if len(inside) else np.full(3, np.inf)
        blobs.append(Blob(colour, ground, float(mask.sum())))
    return blobs


def centre_of(
    picture: Float[np.ndarray, "row column 3"], ball: Blob, all_balls: list[Blob]
) -> Float[np.ndarray, " 2"]:
    """Right and down [px], pixel centres at halves; not a number if it is nowhere."""
    colours = lab(picture)
    candidates = np.stack([ball.ground, *(each.colour for each in all_balls)])
    apart = np.linalg.norm(colours[:, :, None] - candidates, axis=-1)
    nearest = np.argmin(apart, axis=-1) == 1 + _index(ball, all_balls)
    found = largest_patch(nearest)
    if not SMALLEST * ball.area <= found.sum() <= LARGEST * ball.area or not found.any():
        return np.full(2, np.nan)
    patch = grown(found, 2)
    towards = ball.colour - ball.ground
    weight = np.clip((colours - ball.ground) @ towards / (towards @ towards), 0, 1) * patch
    rows, columns = np.mgrid[: patch.shape[0], : patch.shape[1]] + 0.5
    return np.array([(weight * columns).sum(), (weight * rows).sum()]) / weight.sum()


def _index(ball: Blob, all_balls: list[Blob]) -> int:
    return next(k for k, each in enumerate(all_balls) if each is ball)
