"""Do painted pixels end where bodies end? The picture's edges, registered with the exact passes' outlines.

The gradient of the picture is averaged along all outlines of the id pass, and along the same outlines shifted by up to
`REACH` pixels each way: their cross-correlation. If the picture shows what the passes say, it peaks at no shift and
stands out from shifts of `FAR` and more; if it shows something else, it is flat and peaks anywhere. Needs no colours,
no segmentation and no trained eye, so it holds for line drawings as for paintings.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

REACH: Final = 8
"""Shifts tried, each way [px]."""
FAR: Final = 5
"""Shifts that count as elsewhere, at least [px]."""
LEAST: Final = 64
"""Pixels of outline below which a frame says nothing."""


class Registration(NamedTuple):
    """Of one frame's paint with its outlines."""

    offset: float
    """Distance of the peak from no shift [px]."""
    contrast: float
    """Mean gradient along the outlines, unshifted, over the median of that along outlines shifted far."""
    length: int
    """Pixels of outline; with fewer than `LEAST` the others are 0."""


def register(shown: Float[np.ndarray, "row column 3"], body: Int[np.ndarray, "row column"]) -> Registration:
    """`shown`: linear light of the screen, 0 to 1. `body`: index of the body that each pixel sees, -1 = none."""
    outline = outlines_of(body)
    outline[:REACH] = outline[-REACH:] = False
    outline[:, :REACH] = outline[:, -REACH:] = False
    length = int(outline.sum())
    if length < LEAST:
        return Registration(0.0, 0.0, length)
    steep = _gradient(shown)
    rows, columns = np.nonzero(outline)
    shifts = np.arange(-REACH, REACH + 1)
    along = np.array([[steep[rows + y, columns + x].mean() for x in shifts] for y in shifts])
    distance = np.hypot(*np.meshgrid(shifts, shifts))
    elsewhere = float(np.median(along[distance >= FAR]))
    peak = np.unravel_index(np.argmax(along), along.shape)
    return Registration(float(distance[peak]), float(along[REACH, REACH]) / max(elsewhere, 1e-6), length)


def outlines_of(body: Int[np.ndarray, "row column"]) -> Bool[np.ndarray, "row column"]:
    """Pixels on either side of where one body ends."""
    found = np.zeros(body.shape, bool)
    across, down = body[:, 1:] != body[:, :-1], body[1:] != body[:-1]
    found[:, 1:] |= across
    found[:, :-1] |= across
    found[1:] |= down
    found[:-1] |= down
    return found


def _gradient(shown: Float[np.ndarray, "row column 3"]) -> Float[np.ndarray, "row column"]:
    """Size of the gradient of luma, in the screen's code values: what an eye takes for an edge."""
    luma = np.sqrt(np.clip(shown, 0, 1)) @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    down, right = np.gradient(luma)
    return np.hypot(down, right)
