"""How many samples, and where: rounds go to the tiles that are noisy, as many as their noise asks for.

Two estimates of a pixel's error. From the spread of samples within its rounds: known after one round, but blind to
stratification, so it may be some times too high; it only steers. From the spread of its rounds: what is reported.
Rounds share one stratified sequence, so the mean is in truth still somewhat better than that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float, Int

from kinema.render.blackbody import LUMINANCE

if TYPE_CHECKING:
    from kinema.render.pathtrace.film import Round

TILE = 8
"""[px]"""
WORST = 5.0
"""A tile goes on until its error, as the spread within its rounds has it, is below this times the picture's target.
Half of the 5 is stratification, which that spread does not see; the rest is that error is not spread evenly over a
picture: glass has many times that of the ground beside it."""
NEYMAN = 4
"""Rounds from which on a tile gets them in proportion to its spread, no longer to the square of it: for a given
number of samples that makes the sum of squared errors least (Neyman 1934), where equal error everywhere would spend
most of them on a few hopeless glints."""
_OUTLIER = 2.0
"""Relative spread of one pixel's round above which it counts as this: one firefly is not a noisy tile."""


class Estimate:
    """Running sums of each pixel's rounds."""

    def __init__(self, width: int, height: int, floor: float) -> None:
        self.width, self.height = width, height
        self.floor = floor
        """Luminance below which noise is measured against this instead [cd/m²]: too dark to see noise in."""
        self.rounds = np.zeros(width * height, np.int32)
        self._total = np.zeros((width * height, 10), np.float32)
        self._square = np.zeros(width * height)
        """Of the rounds' luminance."""
        self._within = np.zeros(width * height)
        """Variances of the rounds, were their samples independent."""

    def add(self, pixels: Int[np.ndarray, " pixel"], taken: Round) -> None:
        """One more round of some pixels, each there once."""
        channels = np.concatenate([taken.nits, taken.albedo, taken.normal, taken.direct], 1)
        where = slice(None) if len(pixels) == len(self.rounds) else pixels
        self.rounds[where] += 1
        self._total[where] += channels
        self._square[where] += (taken.nits.astype(float) @ LUMINANCE) ** 2
        self._within[where] += taken.spread

    def image(self) -> Float[np.ndarray, "row column 9"]:
        """Mean colour [cd/m²]; albedo and normal, means over the samples whose guides count."""
        mean = self._total[:, :9] / np.maximum(self.rounds, 1)[:, None]
        mean[:, 3:] = self._total[:, 3:9] / np.maximum(self._total[:, 9:], 1e-6)
        return mean.reshape(self.height, self.width, 9)

    def variance(self) -> Float[np.ndarray, "row column"]:
        """Of each pixel's mean luminance [(cd/m²)²], from the spread of its rounds; of their samples, if it has but
        one."""
        count = np.maximum(self.rounds, 1)
        between = self._square / count - self._luminance() ** 2
        between = np.maximum(between, 0) / np.maximum(count - 1, 1)
        return np.where(count > 1, between, self._within).reshape(self.height, self.width)

    def error(self) -> Float[np.ndarray, "row column"]:
        """Standard error of each pixel's mean over its luminance, as a guess whose median is right."""
        freedom = np.maximum(self.rounds - 1, 1)
        # Few rounds: the median of a chi distribution lies below its scale (Wilson and Hilferty 1931).
        bias = (1 - 2 / (9 * freedom)) ** 1.5
        standard = np.sqrt(self.variance().ravel()) / np.where(self.rounds > 1, bias, 1)
        return (standard / np.maximum(self._luminance(), self.floor)).reshape(self.height, self.width)

    def rounds_for(self, target: float) -> Float[np.ndarray, "y x"]:
        """Rounds that each tile needs in all."""
        relative = self._within / np.maximum(self.rounds, 1)
        relative = relative / np.maximum(self._luminance(), self.floor) ** 2
        relative = np.minimum(relative, _OUTLIER**2).reshape(self.height, self.width)
        spread = np.sqrt(tile_means(relative)) / (WORST * target)
        knee = np.sqrt(NEYMAN)
        return np.where(spread < knee, spread**2, knee * spread)

    def _luminance(self) -> Float[np.ndarray, " pixel"]:
        return self._total[:, :3].astype(float) @ LUMINANCE / np.maximum(self.rounds, 1)


def tile_means(image: Float[np.ndarray, "row column"]) -> Float[np.ndarray, "y x"]:
    """Mean over each tile; at the picture's edge its last pixels count again."""
    rows, columns = image.shape
    padded = np.pad(image, ((0, -rows % TILE), (0, -columns % TILE)), mode="edge")
    return padded.reshape(padded.shape[0] // TILE, TILE, padded.shape[1] // TILE, TILE).mean((1, 3))


def pixels_of(tiles: Bool[np.ndarray, "y x"], width: int, height: int) -> Int[np.ndarray, " pixel"]:
    """Pixels (row * width + column) of some tiles, in raster order."""
    mask = np.repeat(np.repeat(tiles, TILE, 0), TILE, 1)[:height, :width]
    return np.flatnonzero(mask.ravel())
