"""Does a body end where it should? Its outline as a picture shows it, against the exact mask.

Method: the mean colour of the body's core (the mask eroded by `CORE` px) and that of a ring of its surroundings
(`NEAR` to `FAR` px outside) are taken from the same picture; every pixel of the mask dilated by `BAND` px goes to the
nearer mean. What went to the core is what the picture shows as the body. Intersection over union with the mask. It
presumes that a body is of one colour and its surroundings of another, so it is less than 1 on the true picture too:
that row is the method's ceiling. Colours are compared in CIELAB.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float

from diffusion_proof.colour import lab
from diffusion_proof.morphology import grown, shrunk

CORE, BAND, NEAR, FAR = 2, 6, 3, 8
LEAST_CORE = 40
"""Pixels; smaller cores have no colour to speak of."""


def outline_overlap(
    picture: Float[np.ndarray, "row column 3"],
    mask: Bool[np.ndarray, "row column"],
    others: Bool[np.ndarray, "row column"],
) -> float | None:
    """Intersection over union of what looks like the body and the `mask`; None if its core is too small. `picture`:
    sRGB in [-1, 1]. `others`: pixels of other moving bodies, which are not counted as surroundings."""
    core = shrunk(mask, CORE)
    ring = grown(mask, FAR) & ~grown(mask, NEAR) & ~others
    if core.sum() < LEAST_CORE or ring.sum() < LEAST_CORE:
        return None
    colours = lab(picture)
    inside, outside = colours[core].mean(0), colours[ring].mean(0)
    nearer = np.linalg.norm(colours - inside, axis=-1) < np.linalg.norm(colours - outside, axis=-1)
    window = grown(mask, BAND) & (mask | ~others)
    return overlap(nearer & window, mask & window)


def contrast(picture: Float[np.ndarray, "row column 3"], mask: Bool[np.ndarray, "row column"]) -> float:
    """Difference (CIE 1976) between the mean colours of the mask and of a ring around it."""
    ring = grown(mask, FAR) & ~grown(mask, NEAR)
    if not mask.any() or not ring.any():
        return 0.0
    colours = lab(picture)
    return float(np.linalg.norm(colours[mask].mean(0) - colours[ring].mean(0)))


def overlap(one: Bool[np.ndarray, "row column"], other: Bool[np.ndarray, "row column"]) -> float:
    """Intersection over union; 1 of two empty masks."""
    union = int((one | other).sum())
    return int((one & other).sum()) / union if union else 1.0
