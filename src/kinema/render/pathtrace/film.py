"""One round of samples: camera rays through every pixel, traced and summed.

A box filter keeps the noise of neighbouring pixels independent, which the denoiser needs, and makes the sum of a
pixel's samples a plain block sum: the same order each time, so the same bits each time.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from kinema.render.pathtrace.integrator import trace
from kinema.render.pathtrace.lamps import NITS
from kinema.render.pathtrace.scene import Stage
from kinema.render.pathtrace.variant import drjit, mitsuba

mi, dr = mitsuba(), drjit()


class Round(NamedTuple):
    """Means over the samples of one round, float32."""

    nits: Float[np.ndarray, "row column 3"]
    albedo: Float[np.ndarray, "row column 3"]
    normal: Float[np.ndarray, "row column 3"]


class Film:
    """Takes rounds of `samples` per pixel. Built once per picture size; the kernel is compiled once."""

    def __init__(self, stage: Stage, width: int, height: int, samples: int) -> None:
        self.stage, self.width, self.height = stage, width, height
        self.sampler: Any = mi.load_dict({"type": "multijitter", "sample_count": samples})
        self.samples = int(self.sampler.sample_count())
        """As the sampler rounds it."""
        self.sampler.set_samples_per_wavefront(self.samples)

    def expose(self, seed: int, clamp_nits: float) -> Round:
        """One round with the stage as it stands. Paths' indirect light is bounded by `clamp_nits` [cd/m²]."""
        count = self.width * self.height * self.samples
        self.sampler.seed(seed, count)
        pixel = dr.arange(mi.UInt32, count) // self.samples
        corner = mi.Point2f(mi.Float(pixel % self.width), mi.Float(pixel // self.width))
        place = (corner + self.sampler.next_2d()) / mi.ScalarVector2f(self.width, self.height)
        ray, importance = self.stage.sensor.sample_ray(
            0.0, self.sampler.next_1d(), place, self.sampler.next_2d()
        )
        clamp = mi.Float(dr.opaque(mi.Float, clamp_nits / NITS))
        seen = trace(self.stage.scene, self.stage.tables, self.sampler, ray, clamp, mi.Bool(True))
        colour = mi.spectrum_to_srgb(seen.radiance * importance, ray.wavelengths) * NITS
        # A path that met a degenerate triangle may be not a number; it counts as dark rather than spreading.
        colour = dr.select(dr.all(dr.isfinite(colour)), colour, 0)
        channels = [*colour, *seen.albedo, *seen.normal]
        dr.eval(channels)  # once: each block sum would trace all paths anew
        sums = [dr.block_sum(channel, self.samples) for channel in channels]
        dr.eval(sums)
        image = np.stack([np.array(s) for s in sums], -1) / self.samples
        image = image.reshape(self.height, self.width, 9).astype(np.float32)
        return Round(image[..., :3], image[..., 3:6], image[..., 6:])
