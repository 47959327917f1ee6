"""Colour negative and print: warm highlights, teal shadows, halation, a soft shoulder, grain."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from kinema.diffusion.styles.grain import grain
from kinema.diffusion.styles.paper import vignette
from kinema.diffusion.styles.style import Style
from kinema.diffusion.styles.tone import luma, saturated, shown, signed
from kinema.render.frame import Passes


def paint(
    colour: Float[np.ndarray, "row column 3"],
    passes: Passes,  # noqa: ARG001 - film sees light alone
    control: Float[np.ndarray, "row column 14"],
    seed: int,
) -> Float[np.ndarray, "row column 3"]:
    """See `style.Paint`."""
    from scipy.ndimage import gaussian_filter

    rows, columns, _ = colour.shape
    light = np.minimum(np.maximum(colour, 0), 12.0) * (1 - 0.42 * vignette(rows, columns)[..., None])
    # Light that crosses the emulsion comes back from the base and exposes the red layer round it.
    bright = np.maximum(luma(light) - 0.7, 0)
    halo = gaussian_filter(bright, 0.022 * rows, mode="nearest")[..., None] * np.array([0.55, 0.16, 0.04])
    bloom = gaussian_filter(light, (0.035 * rows, 0.035 * rows, 0), mode="nearest")
    exposed = (0.93 * light + 0.07 * bloom + halo).astype(np.float32)
    picture = saturated(shown(exposed), 1.12)
    value = np.clip(luma(picture), 0, 1)[..., None]
    # A printer's lights: shadows to teal, highlights to straw, blacks not quite black.
    shadows, lights = np.array([-0.030, 0.012, 0.030]), np.array([0.045, 0.018, -0.045])
    toned = picture + (1 - value) ** 2 * shadows * np.minimum(value * 6, 1) + value**2 * lights
    toned = 0.022 + 0.965 * toned
    speck = grain(control, 11.0, seed, octaves=2)[..., None] * (4 * value * (1 - value) + 0.2)
    return signed(toned + 0.030 * speck)


STYLE = Style(name="film", title="Colour print film: halation, warm lights, teal shadows, grain", paint=paint)
