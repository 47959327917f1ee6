"""How many samples, and where: rounds until every tile of the picture is on target.

The spread of a pixel's rounds measures the error of their mean. Rounds share one stratified sequence, so the
mean is in truth somewhat better than that: the estimate is an upper one.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int

from kinema.render.blackbody import LUMINANCE

TILE = 8
"""[px]"""
LEAST_ROUNDS = 2
WORST = 2.5
"""A tile goes on until its own median error is below this times the picture's target. Error is not spread
evenly over a picture: glass has many times that of the ground beside it."""


class Estimate:
    """Running mean of each pixel's rounds, and the running spread of their luminance (Welford 1962)."""

    def __init__(self, width: int, height: int, floor: float) -> None:
        self.width, self.height = width, height
        self.floor = floor
        """Luminance below which noise is measured against this instead [cd/m²]: too dark to see noise in."""
        self.rounds = np.zeros(width * height, np.int32)
        self.mean = np.zeros((width * height, 9))
        """Colour [cd/m²], albedo and normal."""
        self._spread = np.zeros(width * height)

    def add(self, pixels: Int[np.ndarray, " pixel"], channels: Float[np.ndarray, "pixel 9"]) -> None:
        """One more round of some pixels."""
        self.rounds[pixels] += 1
        weight = 1 / self.rounds[pixels]
        mean = self.mean[pixels]
        before = (channels[:, :3] - mean[:, :3]) @ LUMINANCE
        mean += (channels - mean) * weight[:, None]
        after = (channels[:, :3] - mean[:, :3]) @ LUMINANCE
        self.mean[pixels] = mean
        self._spread[pixels] += before * after

    def error(self) -> Float[np.ndarray, "row column"]:
        """Standard error of each pixel's mean over its luminance, as a guess whose median is right."""
        count = np.maximum(self.rounds, 2)
        standard = np.sqrt(self._spread / (count * (count - 1)))
        # Few rounds: the median of a chi distribution lies below its scale (Wilson and Hilferty 1931).
        standard = standard / (1 - 2 / (9 * (count - 1))) ** 1.5
        relative = standard / np.maximum(self.mean[:, :3] @ LUMINANCE, self.floor)
        return np.where(self.rounds < 2, np.inf, relative).reshape(self.height, self.width)

    def image(self) -> Float[np.ndarray, "row column 9"]:
        """The means."""
        return self.mean.reshape(self.height, self.width, 9)


def unfinished(
    error: Float[np.ndarray, "row column"], target: float, rounds: int, wanted: Int[np.ndarray, "y x"]
) -> Bool[np.ndarray, "y x"]:
    """Tiles that need another round: noisy ones, and those that move and want more instants of the
    shutter."""
    return (tile_medians(error) > WORST * target) | (wanted > rounds)


def tile_medians(image: Float[np.ndarray, "row column"]) -> Float[np.ndarray, "y x"]:
    """Median over each tile; at the picture's edge its last pixels count again."""
    rows, columns = image.shape
    padded = np.pad(image, ((0, -rows % TILE), (0, -columns % TILE)), mode="edge")
    tiles = padded.reshape(padded.shape[0] // TILE, TILE, padded.shape[1] // TILE, TILE)
    return np.median(tiles.swapaxes(1, 2).reshape(tiles.shape[0], tiles.shape[2], -1), -1)


def pixels_of(tiles: Bool[np.ndarray, "y x"], width: int, height: int) -> Int[np.ndarray, " pixel"]:
    """Pixels (row * width + column) of some tiles, in raster order."""
    mask = np.repeat(np.repeat(tiles, TILE, 0), TILE, 1)[:height, :width]
    return np.flatnonzero(mask.ravel())
