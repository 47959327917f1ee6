"""Exact passes as the control pictures that open models were trained on. Nothing here is estimated from pixels.

Models learned from estimates (depth networks, Canny, optical flow), so the pictures follow those conventions: near is
white, lines are white on black, motion is a colour wheel on white.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from kinema.render.frame import Passes

CREASE: Final = math.cos(math.radians(30))
"""Neighbouring normals further apart than 30° are an edge."""
STEP: Final = 0.05
"""A bend of inverse depth above this part of itself is an edge. Inverse depth is affine in pixels on any plane, so
floors at grazing angles have none."""
GOLDEN: Final = 0x9E3779
"""Odd, so multiplication modulo 2**24 is a bijection; near the golden ratio, so neighbours land far apart."""


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What pictures of a whole clip are scaled by, so that brightness means the same in each."""

    nearest: float
    """Largest inverse depth [1/m]."""
    farthest: float
    """Smallest inverse depth [1/m] of what is seen of bodies."""
    fastest: float
    """Largest motion [px a frame]."""


def bounds_of(clip: Iterable[Passes]) -> Bounds:
    """Of some or all frames of a clip. Half a percent of the pixels of each may lie outside: a speck is no scale."""
    near, far, fast = [], [], []
    for passes in clip:
        inverse = 1 / passes.depth[np.isfinite(passes.depth)]
        if inverse.size:
            near.append(np.quantile(inverse, 0.995))
            far.append(np.quantile(inverse, 0.005))
        fast.append(np.quantile(np.hypot(*np.moveaxis(passes.motion, -1, 0)), 0.995))
    if not near:
        return Bounds(nearest=1.0, farthest=0.0, fastest=max(fast, default=0.0))
    return Bounds(nearest=float(max(near)), farthest=float(min(far)), fastest=float(max(fast)))


def depth_picture(
    depth: Float[np.ndarray, "row column"], bounds: Bounds
) -> UInt8[np.ndarray, "row column 3"]:
    """Inverse depth: the nearest of the clip is white, its farthest a dark grey, the background black."""
    inverse = np.where(np.isfinite(depth), 1 / np.maximum(depth, 1e-6), 0)
    span = max(bounds.nearest - bounds.farthest, 1e-9)
    grey = np.where(inverse > 0, 0.1 + 0.9 * (inverse - bounds.farthest) / span, 0)
    return _grey(np.clip(grey, 0, 1))


def edge_picture(passes: Passes) -> UInt8[np.ndarray, "row column 3"]:
    """White lines, one pixel wide, where pieces meet, a surface folds or hides itself; on the nearer side."""
    inverse = np.where(np.isfinite(passes.depth), 1 / np.maximum(passes.depth, 1e-6), 0)
    lines = _lines(passes.piece, passes.normal, inverse)
    lines |= _lines(passes.piece.T, passes.normal.swapaxes(0, 1), inverse.T).T
    return _grey(lines)


def _lines(
    piece: Int[np.ndarray, "row column"],
    normal: Float[np.ndarray, "row column 3"],
    inverse: Float[np.ndarray, "row column"],
) -> Bool[np.ndarray, "row column"]:
    """Pixels that differ from their left or right neighbour, and are the nearer one of the two."""
    left, right = (slice(None), slice(None, -1)), (slice(None), slice(1, None))
    solid = (piece[left] >= 0) & (piece[right] >= 0)
    turned = np.einsum("rcx,rcx->rc", normal[left], normal[right]) < CREASE
    step = np.diff(inverse, axis=1)
    around = np.pad(step, ((0, 0), (1, 1)), mode="edge")
    tolerance = STEP * np.minimum(inverse[left], inverse[right])
    # On a plane a step equals its neighbours; at a fold it equals one of them; at a jump neither.
    jumps = (np.abs(step - around[:, :-2]) > tolerance) & (np.abs(step - around[:, 2:]) > tolerance)
    split = (piece[left] != piece[right]) | (solid & (turned | jumps))
    nearer = inverse[left] >= inverse[right]
    lines = np.zeros(piece.shape, bool)
    lines[left] |= split & nearer
    lines[right] |= split & ~nearer
    return lines


def segment_picture(piece: Int[np.ndarray, "row column"]) -> UInt8[np.ndarray, "row column 3"]:
    """A colour for each piece, no two the same among 2**24 - 1; the background is black."""
    code = ((piece.astype(np.int64) + 1) * GOLDEN) % 2**24
    return np.stack([code >> 16, (code >> 8) & 255, code & 255], axis=-1).astype(np.uint8)


def motion_picture(
    motion: Float[np.ndarray, "row column 2"], bounds: Bounds
) -> UInt8[np.ndarray, "row column 3"]:
    """Hue by direction, saturation by speed, white at rest: the wheel of Baker et al., IJCV 92 (2011).

    Right is red, down yellow, left cyan, up violet.
    """
    wheel = colour_wheel()
    scaled = motion / max(bounds.fastest, 1e-6)
    speed = np.minimum(np.hypot(scaled[..., 0], scaled[..., 1]), 1)[..., None]
    turn = (np.arctan2(-scaled[..., 1], -scaled[..., 0]) / np.pi + 1) / 2 * (len(wheel) - 1)
    low = np.floor(turn).astype(int) % len(wheel)
    part = (turn - np.floor(turn))[..., None]
    hue = (1 - part) * wheel[low] + part * wheel[(low + 1) % len(wheel)]
    return np.rint(255 * (1 - speed * (1 - hue))).astype(np.uint8)


@lru_cache(maxsize=1)
def colour_wheel() -> Float[np.ndarray, "55 3"]:
    """Six ramps between red, yellow, green, cyan, blue and magenta, as long as the eye tells them apart."""
    corners = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 1, 1], [0, 0, 1], [1, 0, 1], [1, 0, 0]], float)
    ramps = [
        corner + (after - corner) * np.arange(length)[:, None] / length
        for corner, after, length in zip(corners[:-1], corners[1:], (15, 6, 4, 11, 13, 6), strict=True)
    ]
    return np.concatenate(ramps)


def _grey(value: np.ndarray) -> UInt8[np.ndarray, "row column 3"]:
    """0 to 1 → three equal channels."""
    return np.repeat(np.rint(255 * value.astype(np.float32)).astype(np.uint8)[..., None], 3, axis=-1)
