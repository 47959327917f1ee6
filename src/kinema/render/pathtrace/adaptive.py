"""How many samples: rounds until the picture's noise is on target.

Each round is an independent estimate of every pixel, so the spread of the rounds measures the error of their mean
without knowing how the samples within a round are correlated.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from kinema.render.blackbody import LUMINANCE

LEAST_ROUNDS = 4
"""Below this the spread of rounds says too little: with 4 the median over a picture is good to a few per cent."""


@dataclass
class Estimate:
    """Running mean of rounds, and the running spread of their luminance (Welford 1962)."""

    floor: float
    """Luminance below which noise is compared with this instead [cd/m²]: shadow no one can see into."""
    rounds: int = 0
    colour: Float[np.ndarray, "row column 3"] | None = None
    albedo: Float[np.ndarray, "row column 3"] | None = None
    normal: Float[np.ndarray, "row column 3"] | None = None
    _luminance: Float[np.ndarray, "row column"] = field(default_factory=lambda: np.zeros((1, 1)))
    _spread: Float[np.ndarray, "row column"] = field(default_factory=lambda: np.zeros((1, 1)))

    def add(
        self,
        colour: Float[np.ndarray, "row column 3"],
        albedo: Float[np.ndarray, "row column 3"],
        normal: Float[np.ndarray, "row column 3"],
    ) -> None:
        """One more round."""
        self.rounds += 1
        weight = 1 / self.rounds
        luminance = colour @ LUMINANCE
        if self.colour is None or self.albedo is None or self.normal is None:
            self.colour, self.albedo, self.normal = (part.astype(np.float64) for part in (colour, albedo, normal))
            self._luminance, self._spread = luminance.astype(np.float64), np.zeros(luminance.shape)
            return
        self.colour += (colour - self.colour) * weight
        self.albedo += (albedo - self.albedo) * weight
        self.normal += (normal - self.normal) * weight
        before = luminance - self._luminance
        self._luminance += before * weight
        self._spread += before * (luminance - self._luminance)

    @property
    def error(self) -> Float[np.ndarray, "row column"]:
        """Standard error of the mean of each pixel over its luminance."""
        if self.rounds < 2:
            return np.full(self._spread.shape, np.inf)
        standard = np.sqrt(self._spread / (self.rounds * (self.rounds - 1)))
        return standard / np.maximum(self._luminance, self.floor)

    @property
    def noise(self) -> float:
        """Median relative standard error over the picture."""
        return float(np.median(self.error))


def rounds_needed(rounds: int, noise: float, target: float, most: int) -> int:
    """Rounds in all that should reach the target: error falls with the root of their number."""
    if noise <= target:
        return rounds
    return min(most, max(rounds + 1, int(np.ceil(rounds * (noise / target) ** 2))))
