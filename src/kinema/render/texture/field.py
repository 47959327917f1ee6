"""Random fields on a torus, so that every texture made of them tiles without a seam.

Noise is white noise filtered in the frequency domain: periodic by construction. Cells (Worley 1996) come from
a periodic nearest-neighbour search.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int


class Field:
    """A square of `size` x `size` texels that spans `period` metres and repeats. One seed, many fields."""

    def __init__(self, size: int, period: float, seed: int) -> None:
        self.size, self.period = size, period
        self.random = np.random.default_rng(seed)
        steps = np.fft.fftfreq(size, period / size)  # [cycles/m]
        self._fu, self._fv = np.meshgrid(np.fft.rfftfreq(size, period / size), steps)
        at = (np.arange(size) + 0.5) / size * period
        self.u, self.v = np.meshgrid(at, at)
        """Coordinates of texel centres [m]; u along columns, v along rows."""

    def _fixed_white(self) -> Float[np.ndarray, "v u"]:
        """White noise whose low frequencies do not depend on `size`: drawn at 512² and refined by finer
        draws."""
        base = min(self.size, 512)
        spectrum = np.fft.rfft2(self.random.standard_normal((base, base))) / base
        if base == self.size:
            return spectrum
        full = np.fft.rfft2(self.random.standard_normal((self.size, self.size))) / self.size
        half = base // 2
        full[:half, :half] = spectrum[:half, :half]
        full[-half + 1 :, :half] = spectrum[-half + 1 :, :half]
        return full

    def noise(
        self, feature: float, *, slope: float = 0.0, stretch: float = 1.0, octaves: float = 8.0
    ) -> Float[np.ndarray, "v u"]:
        """Gaussian field, mean 0, deviation 1, with features of about `feature` metres.

        Power falls as f**-slope from 1/feature over `octaves` (0 = one octave only, 2 to 4 = clouds).
        `stretch` above 1 draws features out along u.
        """
        f = np.hypot(self._fu * stretch, self._fv) * feature
        low = f**4 / (1 + f**4)
        if slope == 0:
            gain = f**2 * np.exp(-(f**2))
        else:
            gain = np.where(f > 0, low * np.maximum(f, 1e-9) ** (-slope / 2), 0.0) * np.exp(
                -((f / 2**octaves) ** 2)
            )
        field = np.fft.irfft2(self._fixed_white() * gain, (self.size, self.size))
        return (field - field.mean()) / max(float(field.std()), 1e-12)

    def blur(self, image: Float[np.ndarray, "v u"], width: float) -> Float[np.ndarray, "v u"]:
        """Gaussian blur, deviation `width` [m], round the torus."""
        gain = np.exp(-2 * (np.pi * width) ** 2 * (self._fu**2 + self._fv**2))
        return np.fft.irfft2(np.fft.rfft2(image) * gain, (self.size, self.size))

    def warp(
        self, image: Float[np.ndarray, "v u"], du: Float[np.ndarray, "v u"], dv: Float[np.ndarray, "v u"]
    ) -> Float[np.ndarray, "v u"]:
        """`image` read at (u + du, v + dv) [m], bilinear, round the torus."""
        scale = self.size / self.period
        x, y = (self.u + du) * scale - 0.5, (self.v + dv) * scale - 0.5
        x0, y0 = np.floor(x).astype(int), np.floor(y).astype(int)
        fx, fy = x - x0, y - y0
        x0, y0, x1, y1 = x0 % self.size, y0 % self.size, (x0 + 1) % self.size, (y0 + 1) % self.size
        top = image[y0, x0] * (1 - fx) + image[y0, x1] * fx
        return top * (1 - fy) + (image[y1, x0] * (1 - fx) + image[y1, x1] * fx) * fy

    def scatter(self, density: float) -> Float[np.ndarray, "point 2"]:
        """Points strewn evenly at random, `density` per m²; (u, v) [m]."""
        count = max(1, round(density * self.period**2))
        return self.random.random((count, 2)) * self.period

    def spread(self, spacing: float, jitter: float = 0.9) -> Float[np.ndarray, "point 2"]:
        """One point per cell of a grid of about `spacing` metres, moved at random inside it; (u, v) [m]."""
        count = max(2, round(self.period / spacing))
        grid = np.stack(np.meshgrid(np.arange(count), np.arange(count)), -1).reshape(-1, 2)
        moved = grid + 0.5 + jitter * (self.random.random(grid.shape) - 0.5)
        return (moved / count * self.period) % self.period

    def nearest(
        self,
        points: Float[np.ndarray, "point 2"],
        *,
        k: int = 2,
        offset: Float[np.ndarray, "v u 2"] | None = None,
    ) -> tuple[Float[np.ndarray, "v u k"], Int[np.ndarray, "v u k"]]:
        """Distances [m] to, and numbers of, the `k` nearest points round the torus, optionally seen from
        texels moved by `offset` [m]."""
        from scipy.spatial import KDTree

        at = np.stack([self.u, self.v], -1)
        if offset is not None:
            at = at + offset
        tree = KDTree(points % self.period, boxsize=self.period)
        distance, index = tree.query((at % self.period).reshape(-1, 2), k=k, workers=1)
        shape = (self.size, self.size, k)
        return np.reshape(distance, shape), np.reshape(index, shape)

    def dots(
        self, points: Float[np.ndarray, "point 2"], radii: Float[np.ndarray, " point"], *, ragged: float = 0.0
    ) -> Float[np.ndarray, "v u"]:
        """Round pits: depth 1 at each point, 0 from its radius [m] on. `ragged` (0 to 1) dents their
        outlines."""
        depth = np.zeros((self.size, self.size))
        texel = self.period / self.size
        edge = (
            1 + ragged * self.noise(float(radii.mean()) * 1.5, slope=1.0, octaves=1.0)
            if ragged
            else np.ones_like(depth)
        )
        for (u, v), radius in zip(points, radii, strict=True):
            reach = int(np.ceil(radius * (1 + ragged) / texel)) + 1
            column, row = int(u / texel), int(v / texel)
            cols = (np.arange(column - reach, column + reach + 1)) % self.size
            rows = (np.arange(row - reach, row + reach + 1)) % self.size
            du = (np.arange(column - reach, column + reach + 1) + 0.5) * texel - u
            dv = (np.arange(row - reach, row + reach + 1) + 0.5) * texel - v
            window = np.ix_(rows, cols)
            r = np.hypot(du[None, :], dv[:, None]) * edge[window] / max(radius, texel * 0.6)
            depth[window] = np.maximum(depth[window], np.clip(1 - r * r, 0, 1))
        return depth


def smoothstep(low: float, high: float, x: Float[np.ndarray, "*grid"]) -> Float[np.ndarray, "*grid"]:
    """0 below `low`, 1 above `high`, 3t² - 2t³ between."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return t * t * (3 - 2 * t)


def tinted(
    value: Float[np.ndarray, "v u"],
    tint: tuple[float, float, float],
    amount: Float[np.ndarray, "v u"] | float = 1.0,
) -> Float[np.ndarray, "v u 3"]:
    """`value` as a colour, pulled towards `tint` (multiplier) by `amount`."""
    weight = np.broadcast_to(np.asarray(amount, float), value.shape)[..., None]
    return value[..., None] * (1 + weight * (np.array(tint) - 1))
