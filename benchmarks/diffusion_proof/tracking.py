"""How far a body moved in a picture, read from its pixels alone.

A template, the pixels under a mask in one frame, is laid over the next frame at every whole shift within reach; the
best is where the mean squared difference over the mask is least (Lewis 1995 gives the sums by correlation), refined
to fractions of a pixel by Gauss and Newton's method (Lucas and Kanade 1981). It knows nothing of rotation or scale, so
tumbling bodies cost it tenths of a pixel: its error on the true picture is always stated beside what it measures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy.ndimage import map_coordinates
from scipy.signal import correlate

LEAST_INSIDE = 0.6
"""Share of the template that must stay inside the picture at a shift for the shift to count."""
ITERATIONS = 8
"""Of the refinement."""
REST = 1e-8
"""Added to the squared difference for each squared pixel of a shift: where a picture is even, and all shifts fit alike,
nothing moved. At 24 px along both axes it is that of half a code value."""


@dataclass(frozen=True)
class Shift:
    """Where a template was found."""

    right: float
    """[px]"""
    down: float
    """[px]"""
    difference: float
    """Root of the mean squared difference left over, in units of the picture."""


def shift_of(
    before: Float[np.ndarray, "row column 3"],
    after: Float[np.ndarray, "row column 3"],
    mask: Bool[np.ndarray, "row column"],
    reach: int,
) -> Shift:
    """Shift of what is under `mask` in `before`, found in `after` no more than `reach` px away along each axis."""
    left_over = _differences(before, after, mask, reach)
    away = np.arange(-reach, reach + 1) ** 2
    left_over = left_over + REST * (away[:, None] + away)
    down, right = np.unravel_index(int(np.argmin(left_over)), left_over.shape)
    least = max(float(left_over[down, right]), 0.0)
    whole = np.array([down - reach, right - reach], float)
    down_refined, right_refined = _refined(before, after, mask, whole)
    return Shift(float(right_refined), float(down_refined), least**0.5)


def _differences(
    before: Float[np.ndarray, "row column 3"],
    after: Float[np.ndarray, "row column 3"],
    mask: Bool[np.ndarray, "row column"],
    reach: int,
) -> Float[np.ndarray, "down right"]:
    """Mean squared difference over the mask at every whole shift from -reach to reach; inf outside the picture."""
    rows, columns = (np.flatnonzero(mask.any(axis)) for axis in (1, 0))
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    weight = mask[box].astype(float)
    template = before[box].astype(float) * weight[..., None]
    sides = ((reach, reach), (reach, reach))
    padded = np.pad(after.astype(float), (*sides, (0, 0)))
    inside = np.pad(np.ones(mask.shape), sides)
    window = np.s_[rows[0] : rows[-1] + 1 + 2 * reach, columns[0] : columns[-1] + 1 + 2 * reach]
    padded, inside = padded[window], inside[window]
    seen = correlate(inside, weight, mode="valid", method="fft")
    own = correlate(inside, (template**2).sum(-1), mode="valid", method="fft")
    there = correlate((padded**2).sum(-1), weight, mode="valid", method="fft")
    both = sum(correlate(padded[..., c], template[..., c], mode="valid", method="fft") for c in range(3))
    mean = (own + there - 2 * both) / np.maximum(seen, 1e-9)
    return np.where(seen > LEAST_INSIDE * weight.sum(), mean, np.inf)


def _refined(
    before: Float[np.ndarray, "row column 3"],
    after: Float[np.ndarray, "row column 3"],
    mask: Bool[np.ndarray, "row column"],
    whole: Float[np.ndarray, " 2"],
) -> Float[np.ndarray, " 2"]:
    """The shift (down, right) near a whole one where the squared difference is least; the whole one if it runs away.

    Gauss and Newton with the template's own gradient (inverse composition, Baker and Matthews 2004), which is
    unbiased where a parabola through neighbouring whole shifts is not: those cover other ground at the outline.
    """
    rows, columns = np.nonzero(mask)
    low = np.array([max(rows.min() - 2, 0), max(columns.min() - 2, 0)])
    template = before[low[0] : rows.max() + 3, low[1] : columns.max() + 3].astype(float)
    local = (rows - low[0], columns - low[1])
    slope = np.stack([np.gradient(template, axis=axis)[local].ravel() for axis in (0, 1)], -1)
    curvature = slope.T @ slope
    if np.linalg.cond(curvature) > 1e6:
        return whole
    start = np.maximum(low + np.floor(whole).astype(int) - 3, 0)
    end = low + template.shape[:2] + np.ceil(whole).astype(int) + 3
    near = after[start[0] : end[0], start[1] : end[1]].astype(float)
    shift, wanted = whole.copy(), template[local].ravel()
    for _ in range(ITERATIONS):
        place = np.stack([rows + shift[0] - start[0], columns + shift[1] - start[1]])
        seen = np.stack(
            [map_coordinates(near[..., c], place, order=3, mode="nearest") for c in range(3)], -1
        ).ravel()
        change = np.linalg.solve(curvature, slope.T @ (seen - wanted))
        shift = shift - change
        if np.abs(shift - whole).max() > 1:
            return whole
        if np.abs(change).max() < 1e-3:
            break
    return shift


def chain_of(
    pictures: Float[np.ndarray, "time row column 3"], mask: Bool[np.ndarray, "row column"], reach: int
) -> Float[np.ndarray, "time 2"]:
    """Where what is under `mask` in the first picture is in each, from there: right and down [px]. The template is
    taken anew in each frame where the last one was found, so a body may turn and change; errors add up."""
    places = np.zeros((len(pictures), 2))
    for now in range(len(pictures) - 1):
        moved = _moved(mask, places[now])
        if not moved.any():  # out of the picture: it stays where it was lost
            places[now + 1] = places[now]
            continue
        shift = shift_of(pictures[now], pictures[now + 1], moved, reach)
        places[now + 1] = places[now] + (shift.right, shift.down)
    return places


def _moved(
    mask: Bool[np.ndarray, "row column"], by: Float[np.ndarray, " 2"]
) -> Bool[np.ndarray, "row column"]:
    """The mask at the nearest whole shift; what leaves the picture is lost."""
    out = np.zeros_like(mask)
    rows, columns = np.nonzero(mask)
    rows, columns = rows + round(float(by[1])), columns + round(float(by[0]))
    inside = (rows >= 0) & (rows < mask.shape[0]) & (columns >= 0) & (columns < mask.shape[1])
    out[rows[inside], columns[inside]] = True
    return out
