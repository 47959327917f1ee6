"""Film noir: black and white, one hard light, deep blacks, a glow round what shines."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from kinema.diffusion.control import NORMAL
from kinema.diffusion.styles.grain import grain
from kinema.diffusion.styles.paper import vignette
from kinema.diffusion.styles.style import Style
from kinema.diffusion.styles.tone import luma, shown, signed
from kinema.render.frame import Passes


def paint(
    colour: Float[np.ndarray, "row column 3"],
    passes: Passes,
    control: Float[np.ndarray, "row column 14"],
    seed: int,
) -> Float[np.ndarray, "row column 3"]:
    """See `style.Paint`."""
    from scipy.ndimage import gaussian_filter

    rows = len(colour)
    # Orthochromatic stock: blind to red, so skies go pale and brick goes black.
    grey = np.maximum(colour, 0) @ np.array([0.10, 0.58, 0.32], np.float32)
    body = passes.piece >= 0
    # Exposed between what is there and the sky behind it.
    whole, matter = (float(np.median(part)) for part in (grey, grey[body] if body.any() else grey))
    light = np.minimum(grey / max(np.sqrt(whole * matter), 1e-3) * 0.30, 3.0)
    rim = _rim(control) * body
    light = light * (1 - 0.82 * vignette(*grey.shape)) + 0.10 * rim * np.clip(light * 2, 0.15, 1)
    glow = gaussian_filter(np.maximum(light - 0.55, 0), 0.035 * rows, mode="nearest")
    light = light + 0.55 * glow
    value = luma(shown(np.repeat(light[..., None].astype(np.float32), 3, -1), "noir"))
    value = value * value * (3 - 2 * value)
    value = value + 0.020 * grain(control, 9.0, seed, octaves=2)
    # Silver: blacks a little warm, whites a little cool.
    silver = np.array([0.010, 0.008, 0.006]) + value[..., None] * np.array([0.975, 0.98, 0.99])
    return signed(silver)


def _rim(control: np.ndarray) -> Float[np.ndarray, "row column"]:
    """A lamp behind, high on the right: bright where surfaces turn away from the camera."""
    normal = control[..., NORMAL].astype(np.float32)
    turned = np.clip(1 - normal[..., 2], 0, 1) ** 3
    return turned * np.clip(normal @ np.array([0.62, 0.72, -0.3], np.float32) + 0.1, 0, 1)


STYLE = Style(name="noir", title="Film noir: hard light, deep blacks, glow", paint=paint)
