"""A thermal camera: matter glows by what it is and how the light warms it, in the iron palette."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from kinema.diffusion.control import ALBEDO, DEPTH, MOTION, NORMAL, SHADING
from kinema.diffusion.styles.flow import smoothed_flat
from kinema.diffusion.styles.grain import grain
from kinema.diffusion.styles.style import Style
from kinema.diffusion.styles.tone import luma, ramp, signed, smoothstep
from kinema.render.frame import Passes

_IRON = (
    (0.00, (0.00, 0.00, 0.07)),
    (0.16, (0.14, 0.00, 0.42)),
    (0.34, (0.48, 0.00, 0.60)),
    (0.52, (0.83, 0.16, 0.35)),
    (0.68, (0.95, 0.43, 0.06)),
    (0.84, (1.00, 0.76, 0.12)),
    (1.00, (1.00, 0.99, 0.88)),
)
"""The palette thermographers call iron or ironbow."""


def paint(
    colour: Float[np.ndarray, "row column 3"],  # noqa: ARG001 - a thermal camera does not see it
    passes: Passes,
    control: Float[np.ndarray, "row column 14"],
    seed: int,
) -> Float[np.ndarray, "row column 3"]:
    """See `style.Paint`."""
    from scipy.ndimage import gaussian_filter

    rows = len(control)
    body = passes.piece >= 0
    warmth = _ranged(_warmth(control, seed))
    warmth = np.where(body, warmth, 0.04 + 0.12 * control[..., SHADING][..., 0].astype(np.float32))
    # Germanium lenses are soft, and hot things spill over.
    soft = gaussian_filter(warmth.astype(np.float32), 0.006 * rows, mode="nearest")
    halo = gaussian_filter(np.maximum(warmth - 0.5, 0), 0.03 * rows, mode="nearest")
    return signed(ramp(np.clip(soft + 0.35 * halo, 0, 1), _IRON))


def _warmth(control: np.ndarray, seed: int) -> Float[np.ndarray, "row column"]:
    """0 cold to 1 hot: dark matter takes up more of the light that falls on it, what moves is warm from work, what
    faces the camera shows more of its heat."""
    part = control.astype(np.float32)
    fall = part[..., SHADING][..., 0]
    taken = 1 - 0.55 * luma(smoothed_flat(part[..., ALBEDO], 0.03))
    work = smoothstep(0.02, 0.5, np.abs(part[..., MOTION]).max(-1))
    facing = np.clip(part[..., NORMAL][..., 2], 0, 1)
    level = 0.16 + 0.62 * fall * taken + 0.45 * work + 0.20 * (facing - 0.5)
    uneven = 0.045 * grain(control, 1.0, seed, octaves=2)
    return level + uneven - 0.10 * (1 - part[..., DEPTH][..., 0])


def _ranged(warmth: np.ndarray) -> Float[np.ndarray, "row column"]:
    """The camera's range is locked: an automatic one would pump as hot things come and go."""
    return np.clip(0.08 + 1.9 * (warmth - 0.20), 0, 1.05)


STYLE = Style(name="thermal", title="Thermal camera in the iron palette", paint=paint)
