"""Pen and brush: contours of living width, hatching that follows form and thickens with the dark, on warm paper."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from kinema.diffusion.styles.flow import smeared, smoothed_flat, stroke_flow
from kinema.diffusion.styles.grain import grain
from kinema.diffusion.styles.lines import creases, silhouettes
from kinema.diffusion.styles.paper import tooth
from kinema.diffusion.styles.style import Style
from kinema.diffusion.styles.tone import luma, shown, signed, smoothstep
from kinema.render.frame import Passes

_PAPER = np.array([0.955, 0.935, 0.895], np.float32)
_INK = np.array([0.085, 0.095, 0.135], np.float32)


def paint(
    colour: Float[np.ndarray, "row column 3"],
    passes: Passes,
    control: Float[np.ndarray, "row column 14"],
    seed: int,
) -> Float[np.ndarray, "row column 3"]:
    """See `style.Paint`."""
    value = luma(smoothed_flat(shown(colour), 0.012))
    tone = _tone(value)
    flow = stroke_flow(control, 0.05, lean=0.6)
    across = np.stack([-flow[..., 1], flow[..., 0]], -1)
    wash = _wash(tone, control, seed)
    first = _hatch(control, flow, passes.piece, tone, 0.66, seed)
    second = _hatch(control, across, passes.piece, tone, 0.40, seed + 7)
    solid = 0.92 * smoothstep(0.13, 0.05, tone)
    # A line swells where its side is dark, and thins in the light.
    pressure = 0.6 + 0.4 * (1 - tone)
    line = np.maximum(silhouettes(passes, control, 0.007), 0.7 * creases(control, 0.005)) * pressure
    cover = 1 - (1 - 0.75 * first) * (1 - 0.7 * second) * (1 - solid) * (1 - line) * (1 - wash)
    sheet = _PAPER + 0.012 * tooth(*tone.shape, seed)[..., None]
    return signed(sheet + cover[..., None] * (_INK - sheet))


def _tone(value: np.ndarray) -> Float[np.ndarray, "row column"]:
    """0 to 1. The middle of the picture becomes a middle tone: what is darker is hatched, what is lighter is paper. The
    median hardly moves when things come and go, so the tone of a clip is steady."""
    stretched = np.clip((value - 0.03) / 0.80, 0, 1)
    middle = float(np.clip(np.median(stretched), 0.08, 0.85))
    return np.asarray(stretched ** (np.log(0.58) / np.log(middle)), np.float32)


def _wash(tone: np.ndarray, control: np.ndarray, seed: int) -> Float[np.ndarray, "row column"]:
    """Thinned ink in three steps, uneven as it dries."""
    uneven = tone + 0.06 * grain(control, 1.5, seed + 3, octaves=2)
    steps = sum(smoothstep(edge + 0.03, edge - 0.03, uneven) for edge in (0.66, 0.42, 0.2))
    return np.asarray(0.15 * steps, np.float32)


def _hatch(
    control: np.ndarray, flow: np.ndarray, piece: np.ndarray, tone: np.ndarray, until: float, seed: int
) -> Float[np.ndarray, "row column"]:
    """Strokes along the flow where it is darker than `until`, the more of them the darker."""
    streak = smeared(grain(control, 9.0, seed, octaves=2)[..., None], flow, piece, 0.045)[..., 0]
    spread = max(float(np.std(streak[piece >= 0])), 1e-3) if (piece >= 0).any() else 1.0
    need = 2.2 * (tone / until) - 0.8  # in deviations of the streaks: all ink at tone 0, none above `until`
    return smoothstep(-0.35, 0.35, streak / spread - need) * smoothstep(until + 0.08, until - 0.08, tone)


STYLE = Style(name="ink", title="Pen and brush: contour, hatching along form, thin wash", paint=paint)
