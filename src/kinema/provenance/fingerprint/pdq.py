"""PDQ picture hashes of many views of a frame at once, by two matrix products.

PDQ (Facebook, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", 2019) blurs luma by two
passes of a box (Jarosz), picks 64 x 64 samples, takes the 16 x 16 lowest frequencies of their cosine transform
without the constant ones, and sets a bit for each above the median. All steps but the last are linear in rows and in
columns, so one 16-row matrix per window holds them: coefficients = R L Cᵀ. Any crop is another window, and all views
of a frame share the product L Cᵀ.

A mirrored or turned picture has the same coefficients with other signs, or transposed: its hash needs no pixels.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from jaxtyping import Float, UInt8, UInt64

SAMPLES: Final = 64
SIDE: Final = 16
BITS: Final = SIDE * SIDE

TURNS: Final = (
    "as it was",
    "mirrored",
    "upside down",
    "turned by 180 degrees",
    "mirrored on the diagonal",
    "turned left",
    "turned right",
    "mirrored on the other diagonal",
)
"""What the eight variants of `turned` undo: how a picture was changed if its variant with this number matches."""

_FREQUENCY = np.arange(1, SIDE + 1)
_SIGN: Final = (-1.0) ** _FREQUENCY
"""Of each frequency of a picture read backwards: cos(k(π − x)) = (−1)^k cos(kx)."""
TRANSFORM: Final = np.sqrt(2 / SAMPLES) * np.cos(
    np.pi / (2 * SAMPLES) * np.outer(_FREQUENCY, 2 * np.arange(SAMPLES) + 1)
)
"""The cosine transform of 64 samples, without its constant row: frequency, sample."""


def luma_of(frame: UInt8[np.ndarray, "row column 3"]) -> Float[np.ndarray, "row column"]:
    """Rec.601 luma, 0 to 255, as PDQ wants it."""
    return frame.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)


@lru_cache(maxsize=64)
def sampling(length: int, start: float, share: float) -> Float[np.ndarray, "sample pixel"]:
    """64 blurred samples along one side of a picture, of the window that begins at `start` and has this `share` of
    the side (both 0 to 1). Two passes of PDQ's box, then its decimation."""
    first = round(start * length)
    count = max(round(share * length), 1)
    box = (count + 2 * SAMPLES - 1) // (2 * SAMPLES)
    half = (box + 2) // 2
    here = np.arange(count)
    low, high = np.maximum(here + half - box, 0), np.minimum(here + half, count)
    blur = ((here >= low[:, None]) & (here < high[:, None])) / (high - low)[:, None]
    picked = ((np.arange(SAMPLES) + 0.5) * count / SAMPLES).astype(int)
    out = np.zeros((SAMPLES, length), np.float32)
    out[:, first : first + count] = blur[picked] @ blur
    return out


@lru_cache(maxsize=64)
def cosines(length: int, start: float, share: float) -> Float[np.ndarray, "frequency pixel"]:
    """The sixteen lowest frequencies but the constant one, of those samples."""
    return (TRANSFORM @ sampling(length, start, share)).astype(np.float32)


def quality_of(luma: Float[np.ndarray, "row column"]) -> int:
    """`detail_of` a whole picture."""
    height, width = luma.shape
    return detail_of(sampling(height, 0.0, 1.0) @ luma @ sampling(width, 0.0, 1.0).T)


def detail_of(samples: Float[np.ndarray, "sample sample"]) -> int:
    """PDQ's quality, 0 to 100, of 64 x 64 samples: below 50 a picture is too flat for its hash to mean much."""
    steps = sum(int(np.abs(np.trunc(np.diff(samples, axis=a) * 100 / 255)).sum()) for a in (0, 1))
    return min(steps // 90, 100)


def turned(
    coefficients: Float[np.ndarray, "*many frequency frequency"],
) -> Float[np.ndarray, "8 *many frequency frequency"]:
    """Coefficients of the picture as it is, mirrored, upside down, both, and the same of it transposed."""
    rows, columns = _SIGN[:, None], _SIGN[None, :]
    flips = [np.ones((SIDE, SIDE)), np.broadcast_to(columns, (SIDE, SIDE)), rows * np.ones((1, SIDE))]
    flips.append(rows * columns)
    across = np.swapaxes(coefficients, -1, -2)
    return np.stack([*(coefficients * f for f in flips), *(across * f for f in flips)]).astype(np.float32)


def packed(coefficients: Float[np.ndarray, "*many frequency frequency"]) -> UInt64[np.ndarray, "*many 4"]:
    """A bit for each coefficient above the median; bit 16 i + j is row i, column j, lowest first."""
    flat = coefficients.reshape(*coefficients.shape[:-2], BITS)
    median = np.partition(flat, BITS // 2 - 1, axis=-1)[..., BITS // 2 - 1 : BITS // 2]
    return np.packbits(flat > median, axis=-1, bitorder="little").view("<u8").astype(np.uint64)


def hex_of(hash_: UInt64[np.ndarray, "4"]) -> str:
    """64 hex digits in the order PDQ prints them."""
    return hash_.astype("<u8").tobytes()[::-1].hex()


def distance(
    a: UInt64[np.ndarray, "*many 4"], b: UInt64[np.ndarray, "*many 4"]
) -> UInt8[np.ndarray, "*many"]:
    """Bits that differ, 0 to 256."""
    return np.bitwise_count(a ^ b).sum(axis=-1, dtype=np.uint16)
