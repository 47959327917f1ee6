"""Day for night: moonlight, blue and nearly colourless, mist that deepens with distance, glints that stay."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from kinema.diffusion.control import DEPTH, NORMAL
from kinema.diffusion.styles.paper import vignette
from kinema.diffusion.styles.style import Style
from kinema.diffusion.styles.tone import luma, shown, signed, smoothstep
from kinema.render.frame import Passes

_MOON = np.array([0.62, 0.80, 1.25], np.float32)
_MIST = np.array([0.055, 0.095, 0.165], np.float32)


def paint(
    colour: Float[np.ndarray, "row column 3"],
    passes: Passes,
    control: Float[np.ndarray, "row column 14"],
    seed: int,  # noqa: ARG001 - nothing in it is random
) -> Float[np.ndarray, "row column 3"]:
    """See `style.Paint`."""
    from scipy.ndimage import gaussian_filter, minimum_filter

    rows = len(colour)
    body = passes.piece >= 0
    light = np.maximum(colour, 0)
    # Rods see no colour and peak towards blue (Purkinje): a fifth of the colour is left.
    grey = (light @ np.array([0.12, 0.55, 0.33], np.float32))[..., None]
    level = max(float(np.median(grey)), 1e-3)
    dim = (0.78 * grey + 0.22 * light) / level * 0.10 * _MOON
    # A bright sky of day is a dim one of night.
    dim = np.where(body[..., None], dim, 0.13 * dim / (0.13 + dim) * _MOON)
    dim = dim + 0.05 * _moonlit(control)[..., None] * _MOON * body[..., None]
    # Not at outlines: there the pixels hold some of the sky.
    glint = np.maximum(grey / level - 2.8, 0) * 0.16 * minimum_filter(body, 3)[..., None]
    dim = dim + glint + gaussian_filter(glint, (0.02 * rows, 0.02 * rows, 0), mode="nearest") * 0.8 * _MOON
    dim = _misted(dim, control, body)
    picture = shown((dim * (1 - 0.5 * vignette(*body.shape)[..., None])).astype(np.float32))
    value = luma(picture)[..., None]
    # Cameras at night lift the blacks into blue.
    return signed(picture * 1.12 + (1 - value) ** 3 * np.array([0.012, 0.024, 0.060]))


def _moonlit(control: np.ndarray) -> Float[np.ndarray, "row column"]:
    """The moon: high, behind on the left."""
    normal = control[..., NORMAL].astype(np.float32)
    return np.clip(normal @ np.array([-0.55, 0.78, -0.1], np.float32), 0, 1) ** 1.5


def _misted(dim: np.ndarray, control: np.ndarray, body: np.ndarray) -> Float[np.ndarray, "row column 3"]:
    """Air between: none at the nearest matter, most at the farthest and in the sky, which pales to the horizon."""
    near = control[..., DEPTH][..., 0].astype(np.float32)
    closest = float(near.max()) if body.any() else 1.0
    far = np.where(body, smoothstep(1.0, 0.2, near / max(closest, 1e-3)), 1.0)[..., None]
    height = np.linspace(0, 1, len(dim), dtype=np.float32)[:, None, None]
    return dim + far * (0.30 * (_MIST * (0.5 + 0.7 * height) - dim) + 0.02 * _MIST)


STYLE = Style(name="night", title="Day for night: blue moonlight, mist, glints", paint=paint)
