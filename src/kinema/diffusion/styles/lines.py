"""Drawn lines: silhouettes where the piece changes, creases where the normal turns."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from kinema.diffusion.control import ALBEDO, DEPTH, NORMAL
from kinema.diffusion.styles.tone import smoothstep
from kinema.render.frame import Passes


def silhouettes(
    passes: Passes, control: Float[np.ndarray, "row column 14"], width: float
) -> Float[np.ndarray, "row column"]:
    """0 to 1 where bodies end, `width` of the picture's height thick; full where the depth jumps most."""
    depth = control[..., DEPTH][..., 0].astype(np.float32)
    piece = passes.piece
    out = np.zeros(piece.shape, np.float32)
    for axis in (0, 1):
        changed = np.diff(piece, axis=axis) != 0
        jump = np.abs(np.diff(depth, axis=axis)) / np.maximum(_pairwise_max(depth, axis), 1e-3)
        strength = changed * (0.45 + 0.55 * smoothstep(0.005, 0.08, jump))
        _spread(out, strength.astype(np.float32), axis)
    return _inked(out, width * len(piece))


def creases(
    control: Float[np.ndarray, "row column 14"], width: float, *, paint: float = 0.35
) -> Float[np.ndarray, "row column"]:
    """0 to 1 where a surface folds, or, weaker by `paint`, where its colour changes."""
    normal, albedo = control[..., NORMAL].astype(np.float32), control[..., ALBEDO].astype(np.float32)
    out = np.zeros(control.shape[:2], np.float32)
    for axis in (0, 1):
        fold = np.linalg.norm(np.diff(normal, axis=axis), axis=-1)
        tint = np.linalg.norm(np.diff(albedo, axis=axis), axis=-1)
        strength = np.maximum(smoothstep(0.35, 0.9, fold), paint * smoothstep(0.12, 0.4, tint))
        _spread(out, strength.astype(np.float32), axis)
    return _inked(out, width * len(control))


def _pairwise_max(values: np.ndarray, axis: int) -> np.ndarray:
    first = np.take(values, range(values.shape[axis] - 1), axis)
    return np.maximum(first, np.take(values, range(1, values.shape[axis]), axis))


def _spread(out: np.ndarray, strength: np.ndarray, axis: int) -> None:
    """Between two pixels: to the one before, so that lines are a pixel wide."""
    into = out[:-1] if axis == 0 else out[:, :-1]
    np.maximum(into, strength, out=into)


def _inked(line: np.ndarray, pixels: float) -> Float[np.ndarray, "row column"]:
    """Thicker than a pixel by a soft brush; thinner by less ink."""
    from scipy.ndimage import gaussian_filter

    if pixels <= 1:
        return line * np.float32(0.4 + 0.6 * pixels)
    soft = gaussian_filter(line, pixels / 2.5, mode="nearest") * np.float32(pixels)
    return np.clip(soft, 0, 1)
