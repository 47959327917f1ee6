"""Colour as the eye counts it: sRGB in [-1, 1] to linear light, luminance and CIELAB (D65), and differences in it."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
"""Of linear Rec.709."""
_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE = _TO_XYZ.sum(1)


def linear(picture: Float[np.ndarray, "*shape 3"]) -> Float[np.ndarray, "*shape 3"]:
    """sRGB in [-1, 1] → linear light, 0 to 1 (IEC 61966-2-1)."""
    code = np.clip((np.asarray(picture, float) + 1) / 2, 0, 1)
    return np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)


def luminance(picture: Float[np.ndarray, "*shape 3"]) -> Float[np.ndarray, "*shape"]:
    """sRGB in [-1, 1] → relative luminance, 0 to 1."""
    return linear(picture) @ LUMINANCE


def lab(picture: Float[np.ndarray, "*shape 3"]) -> Float[np.ndarray, "*shape 3"]:
    """sRGB in [-1, 1] → CIE 1976 L*a*b*, white D65."""
    ratio = linear(picture) @ _TO_XYZ.T / _WHITE
    cube = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = np.moveaxis(cube, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)


def mean_difference(
    one: Float[np.ndarray, "row column 3"],
    other: Float[np.ndarray, "row column 3"],
    mask: Bool[np.ndarray, "row column"],
) -> float:
    """Difference (CIE 1976) between the mean colours of two pictures under a mask; 2.3 is just noticeable."""
    return float(np.linalg.norm(lab(one[mask]).mean(0) - lab(other[mask]).mean(0)))
