"""From scene-linear light to paint: display values, luminance, and small moves of colour."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jaxtyping import Float

from kinema.config import read_config
from kinema.media.view import ViewTransform

LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""Of Rec.709."""


@lru_cache(maxsize=4)
def view_of(look: str) -> ViewTransform:
    """The view transform of a look for sRGB pictures, its table read once."""
    return ViewTransform(look, display="srgb", cache=read_config().cache)


def shown(
    colour: Float[np.ndarray, "row column 3"], look: str = "natural"
) -> Float[np.ndarray, "row column 3"]:
    """Display values in [0, 1], float32."""
    return view_of(look).codes(colour)


def luma(shown: Float[np.ndarray, "*pixel 3"]) -> Float[np.ndarray, "*pixel"]:
    """Weighted sum of display values."""
    return shown @ LUMA


def saturated(shown: Float[np.ndarray, "row column 3"], amount: float) -> Float[np.ndarray, "row column 3"]:
    """Colourfulness times `amount`, about each pixel's luma."""
    grey = luma(shown)[..., None]
    return grey + amount * (shown - grey)


def ramp(
    value: Float[np.ndarray, "*pixel"], stops: tuple[tuple[float, tuple[float, float, float]], ...]
) -> Float[np.ndarray, "*pixel 3"]:
    """Colour by value, linear between `stops` (value, display colour)."""
    at = [stop for stop, _ in stops]
    columns = np.array([colour for _, colour in stops], np.float32).T
    return np.stack([np.interp(value, at, column) for column in columns], -1).astype(np.float32)


def smoothstep(low: float, high: float, x: Float[np.ndarray, "*pixel"]) -> Float[np.ndarray, "*pixel"]:
    """0 below `low`, 1 above `high`, 3t² - 2t³ between."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return t * t * (3 - 2 * t)


def signed(shown: Float[np.ndarray, "row column 3"]) -> Float[np.ndarray, "row column 3"]:
    """[0, 1] to [-1, 1], clipped: what a style returns."""
    return (np.clip(shown, 0.0, 1.0) * 2 - 1).astype(np.float32)
