"""The embedder: one pattern for the whole clip, laid under every frame as strongly as the eye allows there."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
from jaxtyping import Float, Num, UInt8, UInt16

from kinema.errors import ProvenanceError, UsageError
from kinema.media.encode import View
from kinema.provenance.watermark.lattice import CANONICAL, PERIOD, tile

Frame = UInt8[np.ndarray, "row column 3"] | UInt16[np.ndarray, "row column 3"]
"""Display code values, full range."""
GENTLE: Final = 45.0
"""[dB] PSNR of a marked frame against the frame, over all channels: hard to see on a plain wall. VMAF about 95."""
SMALLEST: Final = 32
"""Pixels of a picture's short side."""
STURDY: Final = 42.2
"""[dB] For clips that will be squeezed to CRF 40 and beyond; seen on a plain wall by those who look for it."""


class Watermark:
    """Marks frames of any size with one id. Frames may come in any order; each is marked by itself."""

    def __init__(self, key: bytes, identity: int, *, distortion: float = GENTLE) -> None:
        """`identity`: 64 bits. `distortion`: PSNR of every marked frame [dB], never less, 30 to 52.

        Raises `ProvenanceError` for a key too short, an id too large, a distortion out of range.
        """
        if not 0 <= identity < 1 << 64:
            raise ProvenanceError(
                "watermark id", "must fit in 64 bits", got=hex(identity), next_step="Take 8 bytes of a hash."
            )
        if not 30 <= distortion <= 52:
            raise ProvenanceError(
                "watermark distortion",
                "must be 30 to 52 dB",
                got=distortion,
                next_step=f"Leave it out for {GENTLE:.0f} dB.",
            )
        self._tile = tile(key, identity)
        self._distortion = distortion
        self._pattern = np.zeros((0, 0), np.float32)
        self._pool = ThreadPoolExecutor(2)

    def embed(self, frame: Frame) -> Frame:
        """A marked copy. Raises `UsageError` for what is not a picture."""
        picture = frame.ndim == 3 and frame.shape[2] == 3 and min(frame.shape[:2]) >= SMALLEST
        if not picture or frame.dtype not in (np.uint8, np.uint16):
            raise UsageError(
                "frame",
                f"must be uint8 or uint16 of shape (row, column, 3), {SMALLEST} px or more on a side",
                got=f"{frame.dtype} {frame.shape}",
                next_step="Convert to RGB of 8 or 16 bits first.",
            )
        if self._pattern.shape != frame.shape[:2]:
            self._pattern = laid(self._tile, *frame.shape[:2])
        return self._laid_under(np.ascontiguousarray(frame))

    def _laid_under(self, frame: Frame) -> Frame:
        """Both halves of the picture at once."""
        from kinema.provenance.watermark.embedder_kernel import BLOCK, deviations, lay, strengths

        height, width, _ = frame.shape
        shift = 8 * (frame.itemsize - 1)
        deviation = np.empty((height // BLOCK, width // BLOCK), np.float32)
        self._halves(len(deviation), lambda a, b: deviations(frame, shift, a, b, deviation))
        strength = strengths(deviation)
        # The pattern has variance 1 and does not know the picture, so the mean of both squares is the product of means.
        rounding = 1 / 12
        gain = np.sqrt((255.0**2 * 10 ** (-self._distortion / 10) - rounding) / np.mean(np.square(strength)))
        out = np.empty_like(frame)
        self._halves(height, lambda a, b: lay(frame, shift, self._pattern, strength, gain, a, b, out))
        return out

    def _halves(self, count: int, work: Callable[[int, int], None]) -> None:
        """`work` on either half of `count` rows, in two threads."""
        list(self._pool.map(work, (0, count // 2), (count // 2, count)))


class Marked:
    """A view whose pictures carry a mark. Wraps any view of `media`; the clip is then written as ever."""

    def __init__(self, view: View, mark: Watermark) -> None:
        self._view, self._mark = view, mark

    def __call__(self, light: Num[np.ndarray, "row column 3"], bits: int = 8) -> Frame:
        """The view's code values, with the mark under them."""
        return self._mark.embed(self._view(light, bits))


def laid(square: Float[np.ndarray, "y x"], height: int, width: int) -> Float[np.ndarray, "row column"]:
    """The tile repeated over a picture of this size, stretched so that CANONICAL lines fill its short side."""
    scale = CANONICAL / min(height, width)
    if scale == 1:
        return np.tile(square, (-(-height // PERIOD), -(-width // PERIOD)))[:height, :width].astype(
            np.float32
        )
    # Few waves and all of them known: summed where they are wanted, not interpolated.
    spectrum = np.fft.fft2(square) / PERIOD**2
    numbers = np.fft.fftfreq(PERIOD, 1 / PERIOD)
    used = np.flatnonzero(np.abs(spectrum).max(axis=0) > 1e-9)
    rows = np.exp(2j * np.pi / PERIOD * np.outer((np.arange(height) + 0.5) * scale - 0.5, numbers))
    columns = np.exp(2j * np.pi / PERIOD * np.outer(numbers[used], (np.arange(width) + 0.5) * scale - 0.5))
    return (rows @ spectrum[:, used] @ columns).real.astype(np.float32)
