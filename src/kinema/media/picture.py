"""Pictures that are finished: display-referred light to the code values of a screen, without a rendering.

A painted frame already is what the screen is to show, as linear light from 0 to 1 of its white; a view transform
made for scenes would grade it a second time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float, UInt8, UInt16

from kinema.media.cube import quantise
from kinema.media.dither import blue_noise
from kinema.media.view import Display


class PictureTransform:
    """Linear display light, Rec.709, to display codes: by the inverse of the display's own curve."""

    def __init__(self, *, display: Display) -> None:
        self.display: Display = display

    @property
    def name(self) -> str:
        """For the record."""
        return f"display-referred; {self.display}"

    def __call__(
        self, light: Float[np.ndarray, "row column 3"], bits: int = 8
    ) -> UInt8[np.ndarray, "row column 3"] | UInt16[np.ndarray, "row column 3"]:
        """Code values of 8 bits, dithered, or 16."""
        if bits == 8:
            return quantise(self.codes(light), blue_noise(), 255, np.uint8)
        return quantise(self.codes(light), np.full_like(blue_noise(), 0.5), 65535, np.uint16)

    def codes(self, light: Float[np.ndarray, "row column 3"]) -> Float[np.ndarray, "row column 3"]:
        """0 to 1, float32, before rounding. BT.1886 with black at zero is a power of 2.4; sRGB is IEC 61966-2-1."""
        inside: Any = np.clip(np.nan_to_num(np.asarray(light, np.float32)), 0, 1)
        if self.display == "bt1886":
            return inside ** np.float32(1 / 2.4)
        power = np.float32(1.055) * inside ** np.float32(1 / 2.4) - np.float32(0.055)
        return np.where(inside <= 0.0031308, np.float32(12.92) * inside, power)
