"""Does texture stick to matter? Luminance is followed along exact motion; what sticks does not vary.

Points start at the centres of pixels of a frame and go where the pass `motion` says, frame by frame, for as long as
the pixel they come to sees the same piece. Shading may change along the way, so what is followed is fine detail:
luminance of code values less its Gaussian blur (`BLUR` px). Pixels within `BORDER` px of an outline are left out, for
there the blur mixes matter with what lies behind it.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int
from scipy.ndimage import gaussian_filter, map_coordinates, maximum_filter, minimum_filter

BLUR = 2.0
BORDER = 3
LEAST_POINTS = 50


def detail_of(pictures: Float[np.ndarray, "time row column 3"]) -> Float[np.ndarray, "time row column"]:
    """Luma in [-1, 1] less its blur."""
    luma = pictures @ np.array([0.2126, 0.7152, 0.0722])
    return luma - gaussian_filter(luma, (0, BLUR, BLUR))


def slip(
    detail: Float[np.ndarray, "time row column"],
    motion: Float[np.ndarray, "time row column 2"],
    piece: Int[np.ndarray, "time row column"],
) -> tuple[float, float] | None:
    """(Variance of detail along motion, variance of detail over all points and frames); the first is 0 of what
    sticks, and as much as the second of noise that is new in each frame. None if too few points last."""
    values = _followed(detail, motion, piece)
    if values.shape[1] < LEAST_POINTS:
        return None
    return float(values.var(axis=0).mean()), float(values.var())


def _followed(
    detail: Float[np.ndarray, "time row column"],
    motion: Float[np.ndarray, "time row column 2"],
    piece: Int[np.ndarray, "time row column"],
) -> Float[np.ndarray, "time point"]:
    """Detail at points that are seen in all frames. `motion`: [px], right and down, to the next frame."""
    inner = _inner(piece)
    rows, columns = np.nonzero(inner[0])
    identity = piece[0, rows, columns]
    place = np.stack([rows, columns]).astype(float)
    kept = np.ones(len(rows), bool)
    values = [detail[0, rows, columns]]
    for now in range(len(detail) - 1):
        step = [map_coordinates(motion[now, ..., axis], place, order=1, mode="nearest") for axis in (1, 0)]
        place = place + np.stack(step)
        row, column = np.rint(place).astype(int)
        within = (row >= 0) & (row < piece.shape[1]) & (column >= 0) & (column < piece.shape[2])
        row, column = np.where(within, row, 0), np.where(within, column, 0)
        kept &= within & inner[now + 1, row, column] & (piece[now + 1, row, column] == identity)
        values.append(map_coordinates(detail[now + 1], place, order=3, mode="nearest"))
    return np.stack(values)[:, kept]


def _inner(piece: Int[np.ndarray, "time row column"]) -> np.ndarray:
    """Pixels of bodies all of whose neighbours within `BORDER` px see the same piece."""
    size = (1, 2 * BORDER + 1, 2 * BORDER + 1)
    return (piece >= 0) & (minimum_filter(piece, size) == maximum_filter(piece, size))
