"""Where strokes run: along contours and form, found by a structure tensor; and smears along them."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from kinema.diffusion.control import ALBEDO, NORMAL, SHADING


def stroke_flow(
    control: Float[np.ndarray, "row column 14"], reach: float, *, lean: float = 0.35
) -> Float[np.ndarray, "row column 2"]:
    """Unit directions (right, down) along which form, colour and light change least, even over `reach` of the
    picture's height: the minor eigenvectors of the smoothed structure tensor (Kyprianidis, Kang, NPAR 2009).

    Where nothing changes, strokes lean by `lean` rad from level.
    """
    from scipy.ndimage import gaussian_filter

    channels = np.concatenate([control[..., NORMAL], control[..., ALBEDO], control[..., SHADING]], -1)
    channels = channels.astype(np.float32)
    down, right = np.gradient(channels, axis=0), np.gradient(channels, axis=1)
    sigma = max(reach * len(control), 0.7)
    xx, yy, xy = (
        gaussian_filter((a * b).sum(-1), sigma, mode="nearest")
        for a, b in ((right, right), (down, down), (right, down))
    )
    # A faint even tensor whose minor eigenvector is the lean.
    weak = 2e-4
    xx, yy, xy = (
        xx + weak * np.sin(lean) ** 2,
        yy + weak * np.cos(lean) ** 2,
        xy - weak * np.sin(lean) * np.cos(lean),
    )
    angle = 0.5 * np.arctan2(2 * xy, xx - yy) + np.pi / 2
    return np.stack([np.cos(angle), np.sin(angle)], -1).astype(np.float32)


def smeared(
    values: Float[np.ndarray, "row column channel"],
    flow: Float[np.ndarray, "row column 2"],
    region: Int[np.ndarray, "row column"],
    reach: float,
) -> Float[np.ndarray, "row column channel"]:
    """Means along the flow, `reach` of the picture's height each way, within a region: line integral convolution
    (Cabral, Leedom, SIGGRAPH 1993)."""
    from kinema.diffusion.styles.flow_kernel import smear

    values = np.ascontiguousarray(values, np.float32)
    out = np.empty_like(values)
    smear(values, flow, region, max(round(reach * len(values)), 1), out)
    return out


def smoothed_flat(
    shown: Float[np.ndarray, "row column 3"], reach: float
) -> Float[np.ndarray, "row column 3"]:
    """Edges kept, the rest flat: of the means of eight overlapping windows, weighted by how even each is
    (Kuwahara 1976, softened as Papari et al. 2007)."""
    from scipy.ndimage import uniform_filter

    size = 2 * max(round(reach * len(shown) / 2), 1) + 1
    shift = size // 2
    mean = uniform_filter(shown, size, mode="nearest", axes=(0, 1))
    spread = uniform_filter(shown**2, size, mode="nearest", axes=(0, 1)) - mean**2
    even = np.maximum(spread.sum(-1), 0.0)
    total, weight = np.zeros_like(shown), np.zeros(shown.shape[:2], np.float32)
    padded_mean = np.pad(mean, ((shift, shift), (shift, shift), (0, 0)), mode="edge")
    padded_even = np.pad(even, shift, mode="edge")
    rows, columns = shown.shape[:2]
    for i in (0, shift, 2 * shift):
        for j in (0, shift, 2 * shift):
            w = 1 / (1e-5 + padded_even[i : i + rows, j : j + columns]) ** 2
            total += w[..., None] * padded_mean[i : i + rows, j : j + columns]
            weight += w
    return total / weight[..., None]
