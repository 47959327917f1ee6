"""Oil and gouache: dabs of one colour each that lie along form, bristles in relief, warm light and cool shadow."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from kinema.diffusion.control import NOISE
from kinema.diffusion.styles.flow import smeared, smoothed_flat, stroke_flow
from kinema.diffusion.styles.grain import dabs, grain, mean_by
from kinema.diffusion.styles.style import Style
from kinema.diffusion.styles.tone import luma, saturated, shown, signed, smoothstep
from kinema.render.frame import Passes


def paint(
    colour: Float[np.ndarray, "row column 3"],
    passes: Passes,
    control: Float[np.ndarray, "row column 14"],
    seed: int,
) -> Float[np.ndarray, "row column 3"]:
    """See `style.Paint`."""
    seen = saturated(shown(colour), 1.25)
    flow = stroke_flow(control, 0.03)
    piece = passes.piece
    ground = smoothed_flat(seen, 0.03)
    # Coordinates drawn out along the flow make cells drawn out along it: strokes.
    along = smeared(control[..., NOISE].astype(np.float32), flow, piece, 0.05)
    number, middle = dabs(along, piece, 7.0, seed)
    stroke = mean_by(number, ground)
    # No two dabs are mixed alike.
    shade = _mix(number, seed) * (piece >= 0)
    stroke = stroke * (1 + 0.10 * shade[..., None]) + 0.012 * shade[..., None] * np.array([1.0, 0.2, -1.0])
    detail = smoothstep(0.02, 0.12, np.abs(seen - ground).sum(-1))[..., None]
    picture = stroke + detail * (0.75 * ground + 0.25 * seen - stroke)
    picture = _relief(picture, control, flow, piece, middle, seed)
    return signed(_warm_and_cool(picture))


def _mix(number: np.ndarray, seed: int) -> Float[np.ndarray, "row column"]:
    """A number in [-1, 1] for each dab."""
    return np.random.default_rng(seed).uniform(-1, 1, int(number.max()) + 1).astype(np.float32)[number]


def _relief(
    picture: np.ndarray,
    control: np.ndarray,
    flow: np.ndarray,
    piece: np.ndarray,
    middle: np.ndarray,
    seed: int,
) -> Float[np.ndarray, "row column 3"]:
    """Bristle marks and the rims of dabs, lit from the upper left."""
    hair = smeared(grain(control, 14.0, seed + 1, octaves=2)[..., None], flow, piece, 0.03)[..., 0]
    height = 1.6 * hair + 0.35 * middle * (piece >= 0)
    down, right = np.gradient(height)
    light = np.clip(-(0.6 * right + 0.8 * down), -0.5, 0.5)
    return picture * (1 + 0.30 * light[..., None]) + 0.05 * np.maximum(light, 0)[..., None]


def _warm_and_cool(picture: np.ndarray) -> Float[np.ndarray, "row column 3"]:
    """Lights towards ochre, darks towards blue, and no black: what painters are taught."""
    value = np.clip(luma(picture), 0, 1)[..., None]
    warm, cool = np.array([0.035, 0.012, -0.035]), np.array([-0.010, 0.004, 0.045])
    return 0.035 + 0.955 * picture + value * warm + (1 - value) ** 2 * cool


STYLE = Style(
    name="painted", title="Oil and gouache: strokes along form, warm light, cool shadow", paint=paint
)
