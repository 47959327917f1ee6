"""Masks grown, shrunk and parted, typed: neighbours are the four beside a pixel."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool
from scipy import ndimage

Mask = Bool[np.ndarray, "row column"]


def grown(mask: Mask, by: int) -> Mask:
    """By so many pixels."""
    return np.asarray(ndimage.binary_dilation(mask, iterations=by), bool)


def shrunk(mask: Mask, by: int) -> Mask:
    """By so many pixels; what is beyond the picture does not belong to it."""
    return np.asarray(ndimage.binary_erosion(mask, iterations=by), bool)


def edged(mask: Mask) -> bool:
    """Whether it touches the picture's border."""
    return bool(mask[[0, -1]].any() or mask[:, [0, -1]].any())


def largest_patch(mask: Mask) -> Mask:
    """The largest connected part; nothing of nothing."""
    numbers = np.zeros(mask.shape, np.int32)
    count = ndimage.label(mask, output=numbers)
    if not count:
        return np.zeros_like(mask)
    return numbers == 1 + int(np.argmax(np.bincount(numbers.ravel())[1:]))
