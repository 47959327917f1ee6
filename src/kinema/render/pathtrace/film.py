"""Rounds of samples: camera rays through the pixels asked for, traced and averaged.

A box filter keeps the noise of neighbouring pixels independent, which the denoiser needs, and makes a pixel's
mean a plain block sum: the same order each time, so the same bits each time.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from kinema.interruption import stop_if_asked
from kinema.render.blackbody import LUMINANCE
from kinema.render.pathtrace.integrator import trace
from kinema.render.pathtrace.lamps import NITS
from kinema.render.pathtrace.scene import Stage
from kinema.render.pathtrace.sobol import Sobol, pixel_scramble
from kinema.render.pathtrace.variant import aligned, drjit, mitsuba

mi, dr = mitsuba(), drjit()

ROUND = 4
"""Samples per pixel in one round."""
WAVEFRONT = 1 << 22
"""Most samples in flight: 0.4 GB of paths' state."""


class Round(NamedTuple):
    """Means over the samples of one round, for the pixels asked for, float32."""

    nits: Float[np.ndarray, "pixel 3"]
    albedo: Float[np.ndarray, "pixel 3"]
    normal: Float[np.ndarray, "pixel 3"]
    direct: Float[np.ndarray, "pixel 1"]
    """Share of the samples whose guides count."""
    spread: Float[np.ndarray, " pixel"]
    """Variance of the luminance of `nits`, were its samples independent."""


def expose(
    stage: Stage,
    size: tuple[int, int],
    pixels: Int[np.ndarray, " pixel"],
    *,
    seed: int,
    number: int | Int[np.ndarray, " pixel"],
    clamp_nits: float,
) -> Round:
    """Round `number`, or each its own, of the pixels (row * width + column) of a picture of `size` (width,
    height), with the stage as it stands. A pixel may be there several times. Paths' indirect light is bounded by
    `clamp_nits` [cd/m²]. Every size uses one kernel."""
    step = WAVEFRONT // ROUND
    numbers = np.broadcast_to(np.asarray(number, np.uint32), pixels.shape)
    parts = [
        _expose(stage, size, pixels[start : start + step], seed, numbers[start : start + step], clamp_nits)
        for start in range(0, len(pixels), step)
    ]
    image = np.concatenate(parts, 1)
    luminance = np.einsum("c,cp->p", LUMINANCE.astype(np.float32), image[:3])
    spread = np.maximum(image[10] - luminance * luminance, 0) / (ROUND - 1)
    return Round(image[:3].T, image[3:6].T, image[6:9].T, image[9:10].T, spread)


def _expose(
    stage: Stage,
    size: tuple[int, int],
    pixels: Int[np.ndarray, " pixel"],
    seed: int,
    numbers: Int[np.ndarray, " pixel"],
    clamp_nits: float,
) -> Float[np.ndarray, "11 pixel"]:
    """Colour, albedo, normal, the share of samples whose guides count, and the mean square of luminance."""
    if len(pixels) == 1:  # an array of one is a constant to dr.jit, and would be another kernel
        return _expose(stage, size, pixels.repeat(2), seed, numbers.repeat(2), clamp_nits)[:, :1]
    stop_if_asked()  # an exception while dr.jit records a kernel leaves it recording
    width, height = size
    lane = dr.arange(mi.UInt32, len(pixels) * ROUND)
    pixel = dr.gather(mi.UInt32, mi.UInt32(aligned(pixels, np.uint32)), lane // ROUND)
    number = dr.gather(mi.UInt32, mi.UInt32(aligned(numbers, np.uint32)), lane // ROUND)
    sampler = Sobol(pixel_scramble(pixel, seed), number * ROUND + lane % ROUND, mi.UInt32(0))
    corner = mi.Point2f(mi.Float(pixel % width), mi.Float(pixel // width))
    place = (corner + sampler.next_2d()) / mi.ScalarVector2f(width, height)
    # Mitsuba traces four wavelengths at once, a quarter of the range apart: a round steps through one quarter
    # evenly, so that its samples never repeat each other's wavelengths.
    wavelength = sampler.next_even(ROUND) / 4
    ray, importance = stage.sensor.sample_ray(0.0, wavelength, place, sampler.next_2d())
    clamp = dr.opaque(mi.Float, clamp_nits / NITS)
    seen = trace(stage.scene, stage.tables, sampler, ray, clamp, mi.Bool(True))
    colour = mi.spectrum_to_srgb(seen.radiance * importance, ray.wavelengths) * NITS
    # A path that met a triangle of no area may be not a number: dark, rather than spread by the denoiser.
    colour = dr.select(dr.all(dr.isfinite(colour)), colour, 0)
    square = dr.square(sum(float(w) * c for w, c in zip(LUMINANCE, colour, strict=True)))
    channels: list[Any] = [*colour, *seen.albedo, *seen.normal, seen.direct, square]
    dr.eval(channels)  # once: each block sum would trace all paths anew
    return np.stack([np.array(dr.block_sum(channel, ROUND)) for channel in channels]) / np.float32(ROUND)
