"""How many samples, and where: rounds go to the pixels that are noisy, as many as their noise asks for.

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
"""[px]: motion is bounded by tiles of this side."""
NEAR = 3
"""[px]: a pixel's spread is judged with its neighbours'. Edges of glass are a pixel or two wide, and in tiles of 8
most samples would go to the calm ground beside them; four samples of one pixel alone are too few to judge by, and
what they are worth would depend on what they saw."""
WORST = 5.0
"""A pixel goes on until its error, as the spread within its rounds has it, is below this times the picture's target.
Half of the 5 is stratification, which that spread does not see; the rest is that error is not spread evenly over a
picture: glass has many times that of the ground beside it."""
NEYMAN = 4
"""Rounds from which on a pixel gets them in proportion to its spread, no longer to the square of it: for a given
number of samples that makes the sum of squared errors least (Neyman 1934), where equal error everywhere would spend
most of them on a few hopeless glints."""
_OUTLIER = 2.0
"""Relative spread of one pixel's round above which it counts as this: one firefly is not a noisy place."""


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
        self.rounds[pixels] += 1
        self._total[pixels] += channels
        self._square[pixels] += luminance_of(taken.nits) ** 2
        self._within[pixels] += taken.spread

    def image(self) -> Float[np.ndarray, "row column 9"]:
        """Mean colour [cd/m²]; albedo, mean over the samples whose guides count; mean normal."""
        mean = self._total[:, :9] / np.maximum(self.rounds, 1)[:, None]
        mean[:, 3:6] = self._total[:, 3:6] / np.maximum(self._total[:, 9:], 1e-6)
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

    def rounds_for(self, target: float) -> Float[np.ndarray, "row column"]:
        """Rounds that each pixel needs in all."""
        from scipy.ndimage import uniform_filter

        relative = self._within / np.maximum(self.rounds, 1)
        relative = relative / np.maximum(self._luminance(), self.floor) ** 2
        relative = np.minimum(relative, _OUTLIER**2).reshape(self.height, self.width)
        # Running sums may end a hair below nothing.
        spread = np.sqrt(np.maximum(uniform_filter(relative, NEAR), 0)) / (WORST * target)
        knee = np.sqrt(NEYMAN)
        return np.where(spread < knee, spread**2, knee * spread)

    def _luminance(self) -> Float[np.ndarray, " pixel"]:
        return luminance_of(self._total[:, :3]) / np.maximum(self.rounds, 1)


def luminance_of(nits: Float[np.ndarray, "pixel 3"]) -> Float[np.ndarray, " pixel"]:
    """Luminance in doubles. Not by `@`: threads of BLAS spin after it, on cores the next round needs."""
    return np.einsum("pc,c->p", nits.astype(float), LUMINANCE)


def per_pixel(tiles: Int[np.ndarray, "y x"], width: int, height: int) -> Int[np.ndarray, "row column"]:
    """What each tile needs, by its pixels."""
    return np.repeat(np.repeat(tiles, TILE, 0), TILE, 1)[:height, :width]


def pixels_of(mask: Bool[np.ndarray, "row column"]) -> Int[np.ndarray, " pixel"]:
    """Pixels (row * width + column) of a mask, in raster order."""
    return np.flatnonzero(mask.ravel())
