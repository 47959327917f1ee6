"""Stop-motion clay: soft light, plain colours, round edges, the maker's thumb on everything."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from kinema.diffusion.control import ALBEDO, NOISE, NORMAL
from kinema.diffusion.styles.flow import smoothed_flat
from kinema.diffusion.styles.grain import grain
from kinema.diffusion.styles.style import Style
from kinema.diffusion.styles.tone import luma, shown, signed, smoothstep
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
    seen = shown(colour)
    body = passes.piece >= 0
    matter = _plasticine(smoothed_flat(control[..., ALBEDO].astype(np.float32), 0.03))
    # Light as it falls, softened: clay scatters it under the skin.
    base = np.maximum(luma(control[..., ALBEDO].astype(np.float32) ** 2.2), 0.02)
    fall = np.clip(luma(np.maximum(colour, 0)) / base, 0, 2.5)
    soft = gaussian_filter(fall, 0.010 * rows, mode="nearest")
    level = max(float(np.median(soft[body])), 1e-3) if body.any() else 1.0
    tint = _tint(colour, body)
    light = _lit(control, soft / level, seed)
    sheen = 0.10 * np.clip(_normal(control, rows)[..., 1] * 0.6 + 0.55, 0, 1) ** 6
    picture = matter * light[..., None] ** np.array([0.92, 1.0, 1.08]) * tint + sheen[..., None]
    return signed(np.where(body[..., None], picture, _backdrop(seen, rows)))


def _plasticine(albedo: np.ndarray) -> Float[np.ndarray, "row column 3"]:
    """Colours one can buy in a bar: no black, no white, more chroma; display values."""
    grey = luma(albedo)[..., None]
    return 0.13 + 0.74 * np.clip(grey + 1.45 * (albedo - grey), 0, 1)


def _tint(colour: np.ndarray, body: np.ndarray) -> Float[np.ndarray, " rgb"]:
    """A third of the colour of the light, guessed from the picture's mean."""
    mean = np.maximum(colour[body].mean(0) if body.any() else np.ones(3), 1e-4)
    return (mean / luma(mean)) ** 0.12


def _normal(control: np.ndarray, rows: int) -> Float[np.ndarray, "row column 3"]:
    """Normals rounded over edges."""
    from scipy.ndimage import gaussian_filter

    sigma = 0.008 * rows
    normal = gaussian_filter(control[..., NORMAL].astype(np.float32), (sigma, sigma, 0), mode="nearest")
    return normal / np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-6)


def _lit(control: np.ndarray, fall: np.ndarray, seed: int) -> Float[np.ndarray, "row column"]:
    """Half the shot's light, half a big soft lamp over the camera's left shoulder, over dented matter."""
    rows = len(control)
    normal = _normal(control, rows)
    lamp = np.clip(normal @ np.array([-0.45, 0.62, 0.64], np.float32), 0, 1)
    shade = 0.30 + 0.32 * smoothstep(0.0, 1.7, fall) * 1.6 + 0.34 * lamp
    height = 0.55 * grain(control, 2.2, seed, octaves=2) + _thumbs(control, seed)
    down, right = np.gradient(height.astype(np.float32))
    relief = np.clip(-(0.5 * right + 0.8 * down) * rows / 216, -0.25, 0.25)
    return np.clip(shade * (1 + 0.9 * relief), 0.02, 1.3)


def _thumbs(control: np.ndarray, seed: int) -> Float[np.ndarray, "row column"]:
    """Ridges of prints: level sets of the instance noise, in patches."""
    noise = control[..., NOISE].astype(np.float32)
    pressed = smoothstep(0.05, 0.35, grain(control, 1.1, seed + 2))
    rows = len(control)
    down, right = np.gradient(noise[..., 0])
    # Ridges finer than three pixels would only shimmer.
    fine = np.hypot(down, right) * 11.0
    return (
        pressed
        * smoothstep(0.36, 0.2, fine)
        * np.sin(2 * np.pi * 11.0 * noise[..., 0])
        * min(rows / 200, 1)
        * 0.22
    )


def _backdrop(seen: np.ndarray, rows: int) -> Float[np.ndarray, "row column 3"]:
    """Painted card behind the set."""
    from scipy.ndimage import gaussian_filter

    soft = gaussian_filter(seen, (0.03 * rows, 0.03 * rows, 0), mode="nearest")
    return 0.12 + 0.78 * soft


STYLE = Style(name="clay", title="Stop-motion clay: soft light, thumb marks, round edges", paint=paint)
