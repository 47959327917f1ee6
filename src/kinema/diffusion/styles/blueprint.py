"""A blueprint: white line on Prussian blue, hatching in the shade, a grid on the sheet."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jaxtyping import Float

from kinema.diffusion.control import NORMAL, SHADING
from kinema.diffusion.styles.flow import smeared, stroke_flow
from kinema.diffusion.styles.grain import grain
from kinema.diffusion.styles.lines import creases, silhouettes
from kinema.diffusion.styles.paper import tooth, vignette
from kinema.diffusion.styles.style import Style
from kinema.diffusion.styles.tone import signed, smoothstep
from kinema.render.frame import Passes

_BLUE = np.array([0.055, 0.205, 0.435], np.float32)
_LINE = np.array([0.88, 0.945, 1.0], np.float32)
_CELLS = 12
"""Squares of the grid to the picture's height."""


def paint(
    colour: Float[np.ndarray, "row column 3"],  # noqa: ARG001 - a blueprint has none
    passes: Passes,
    control: Float[np.ndarray, "row column 14"],
    seed: int,
) -> Float[np.ndarray, "row column 3"]:
    """See `style.Paint`."""
    part = control.astype(np.float32)
    body = passes.piece >= 0
    fall = part[..., SHADING][..., 0]
    rows, columns = fall.shape
    outline = silhouettes(passes, control, 0.0065)
    inner = creases(control, 0.0035, paint=0.5)
    line = np.maximum(outline, 0.75 * inner)
    flow = stroke_flow(control, 0.08, lean=0.785)
    streak = smeared(grain(control, 10.0, seed, octaves=2)[..., None], flow, passes.piece, 0.06)[..., 0]
    shade = smoothstep(0.42, 0.18, fall) * body
    hatch = smoothstep(0.01, 0.09, streak) * (0.12 + 0.33 * shade) * body
    # Faces that look up are a little lighter, as wash on a working drawing.
    face = 0.10 * np.clip(part[..., NORMAL][..., 1], 0, 1) + 0.13 * fall
    sheet = _BLUE * (
        1 + 0.05 * tooth(rows, columns, seed)[..., None] - 0.28 * vignette(rows, columns)[..., None]
    )
    grid = 0.11 * _grid(rows, columns) * (1 - 0.6 * body)
    cover = 1 - (1 - 0.95 * line) * (1 - 0.5 * hatch) * (1 - grid) * (1 - face * body)
    return signed(sheet + cover[..., None] * (_LINE - sheet))


@lru_cache(maxsize=16)
def _grid(rows: int, columns: int) -> Float[np.ndarray, "row column"]:
    """Lines of the sheet, heavier at every fourth, from its middle."""
    cell = rows / _CELLS
    out = np.zeros((rows, columns), np.float32)
    for count, axis in ((rows, 0), (columns, 1)):
        for number in range(-int(count / cell), int(count / cell) + 1):
            at = round(count / 2 + number * cell)
            if 0 <= at < count:
                line = out[at] if axis == 0 else out[:, at]
                np.maximum(line, 1.0 if number % 4 == 0 else 0.5, out=line)
    return out


STYLE = Style(name="blueprint", title="Blueprint: white line on Prussian blue", paint=paint)
