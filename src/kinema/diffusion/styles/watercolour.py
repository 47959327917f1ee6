"""Watercolour: transparent pigment that pools at edges and settles in the tooth of the paper."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from kinema.diffusion.control import NOISE
from kinema.diffusion.styles.flow import smeared, smoothed_flat, stroke_flow
from kinema.diffusion.styles.grain import dabs, grain, mean_by
from kinema.diffusion.styles.lines import silhouettes
from kinema.diffusion.styles.paper import tooth
from kinema.diffusion.styles.style import Style
from kinema.diffusion.styles.tone import luma, saturated, shown, signed
from kinema.render.frame import Passes

_PAPER = np.array([0.975, 0.965, 0.94], np.float32)


def paint(
    colour: Float[np.ndarray, "row column 3"],
    passes: Passes,
    control: Float[np.ndarray, "row column 14"],
    seed: int,
) -> Float[np.ndarray, "row column 3"]:
    """See `style.Paint`."""
    from scipy.ndimage import gaussian_filter

    rows = len(colour)
    seen = shown(colour)
    # Watercolour has no white but the paper: the middle of the picture is a light wash, whatever the exposure.
    white = float(np.clip(1.75 * np.median(seen.max(-1)), 0.35, 1.0))
    lifted = np.clip(_pigment(saturated(seen / white, 1.1)), 0, 1) ** 0.66
    flat = smoothed_flat(lifted, 0.045)
    wash = _washes(flat, passes.piece, control, seed)
    # Density of pigment: layers multiply, so what is laid on thicker is darker and purer (Beer-Lambert).
    density = -np.log(np.clip(wash / _PAPER, 0.06, 1.0))
    pooled = 1 + 0.42 * grain(control, 1.3, seed + 5, octaves=2)
    rim = _rims(wash, max(0.010 * rows, 0.6))
    edge = silhouettes(passes, control, 0.004)
    dark = np.minimum(density.mean(-1), 1.2)
    settle = 1 + 0.07 * tooth(*dark.shape, seed) * np.clip(0.35 + dark, 0, 1)
    amount = pooled * settle + 1.3 * rim + 0.8 * edge * (dark > 0.05)
    density = density * np.maximum(amount, 0.15)[..., None] + 0.16 * edge[..., None]
    light = _PAPER * np.exp(-density)
    # Wet in wet: a little of each wash runs into the next.
    bled = gaussian_filter(light, (0.012 * rows, 0.012 * rows, 0), mode="nearest")
    return signed(0.72 * light + 0.28 * bled + 0.008 * tooth(*dark.shape, seed)[..., None])


def _pigment(colour: np.ndarray) -> Float[np.ndarray, "row column 3"]:
    """No pigment is as pure as a screen: chroma bends over beyond what pans of paint reach."""
    grey = luma(colour)[..., None]
    chroma = colour - grey
    size = np.linalg.norm(chroma, axis=-1, keepdims=True)
    return grey + chroma / (1 + 0.55 * size)


def _washes(
    flat: np.ndarray, piece: np.ndarray, control: np.ndarray, seed: int
) -> Float[np.ndarray, "row column 3"]:
    """Colour in large even pools that stay on their body."""
    flow = stroke_flow(control, 0.06, lean=0.0)
    wide = smeared(control[..., NOISE].astype(np.float32), flow, piece, 0.06)
    number, _ = dabs(wide, piece, 2.2, seed)
    return 0.55 * mean_by(number, flat) + 0.45 * flat


def _rims(wash: np.ndarray, pixels: float) -> Float[np.ndarray, "row column"]:
    """Where a wash is darker than what is about it: water carries pigment to the rim of a drying pool."""
    from scipy.ndimage import gaussian_filter

    value = wash.mean(-1)
    near, far = gaussian_filter(value, 0.5 * pixels), gaussian_filter(value, 2.0 * pixels)
    return np.clip(6 * (far - near), 0, 1) * np.clip(4 * np.abs(far - near) + 0.4, 0, 1)


STYLE = Style(
    name="watercolour", title="Transparent washes, dark rims, pigment in the tooth of the paper", paint=paint
)
