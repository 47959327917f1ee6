"""The MPEG-7 frame signature (ISO/IEC 15938-3:2002/Amd 4:2010): 380 ternary numbers of one picture.

Every element is compared with the third of its category that is nearest to nothing: below it is 0, within 1, above 2.
All is integer arithmetic, and to the bit what the `signature` filter of FFmpeg 5.1.9 and 9.0.2 computes: that filter is
in all ISCC tools, and the standard's own program in none. Where it rounds, above some 8 million pixels, and where
its 64 bits wrap around, so does this.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Int64, UInt8, UInt64

from kinema.provenance.iscc.elements import SIDE, categories

ELEMENTS: Final = 380
NEAR: Final = 0.333
"""Share of a category that is too near to nothing to have a sign."""
_EXACT: Final = 476_985_600
"""A multiple of the size of every block, so that no average is rounded."""
_ROUNDED: Final = 65_536
_MOST: Final = (2**63 - 1) // (_EXACT * 255)
"""Of the filter's estimate of a picture's size, beyond which it rounds."""


def signature_of(luma: UInt8[np.ndarray, "row column"]) -> UInt8[np.ndarray, " element"]:
    """Of a picture's luma, code values as they are stored; at least 32 px each way. 0, 1 or 2 for each element."""
    cells, one = _cells(luma)
    parts = []
    for category in categories():
        value = _averages(category.first, cells)
        value -= np.int64(128 * one) if category.averages else _averages(category.second, cells)
        size = np.abs(value)
        near = np.sort(size)[int(len(value) * NEAR)]
        parts.append(1 + (value > near).astype(np.int8) - (value < -near).astype(np.int8))
    return np.concatenate(parts).astype(np.uint8)


def _averages(blocks: np.ndarray, cells: UInt64[np.ndarray, " cell"]) -> Int64[np.ndarray, " element"]:
    return (blocks.astype(np.uint64) @ cells // blocks.sum(1).astype(np.uint64)).astype(np.int64)


def _cells(luma: UInt8[np.ndarray, "row column"]) -> tuple[UInt64[np.ndarray, " cell"], int]:
    """Averages of the 32 x 32 cells in units of `one`, which stands for one code value.

    Where 32 does not divide a length, cells are of two sizes: each sum is weighted by the other size.
    """
    height, width = luma.shape
    (top, tall, rows), (left, wide, columns) = _spans(height), _spans(width)
    bands = np.add.reduceat(luma, top, axis=0, dtype=np.uint32)
    sums = np.add.reduceat(bands, left, axis=1, dtype=np.uint64)
    weighted = (sums * tall[:, None] * wide).ravel()
    whole = rows * columns
    if (width // SIDE) * (width // SIDE + 1) * (height // SIDE * height // SIDE + 1) > _MOST:
        return weighted * np.uint64(_ROUNDED) // np.uint64(whole), _ROUNDED
    return weighted * np.uint64(_EXACT), _EXACT * whole


def _spans(length: int) -> tuple[np.ndarray, UInt64[np.ndarray, " cell"], int]:
    """Where each of 32 cells begins, the weight of its sum, and its size times its weight, the same for all."""
    begins = -(-np.arange(SIDE + 1) * length // SIDE)
    less, whole = length // SIDE, length // SIDE * (length // SIDE + 1)
    if length % SIDE == 0:
        return begins[:-1], np.ones(SIDE, np.uint64), less
    return begins[:-1], (whole // np.diff(begins)).astype(np.uint64), whole
