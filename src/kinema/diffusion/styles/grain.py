"""Texture that sits on bodies: the instance noise of the control, read as coordinates of finer noise."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from kinema.diffusion.control import NOISE


def grain(
    control: Float[np.ndarray, "row column 14"], scale: float, seed: int, *, octaves: int = 1
) -> Float[np.ndarray, "row column"]:
    """Noise in [-1, 1], `scale` features to one feature of the instance noise; 0 where no body is.

    Near a pixel in size it fades to 0, as sampled noise would flicker.
    """
    from kinema.diffusion.styles.grain_kernel import fine_noise

    coordinates = np.ascontiguousarray(control[..., NOISE], np.float32)
    out = np.empty(coordinates.shape[:2], np.float32)
    fine_noise(coordinates, control[..., 13] > 0, float(scale), octaves, np.uint32(seed & 0xFFFFFFFF), out)
    return out


def dabs(
    coordinates: Float[np.ndarray, "row column 3"],
    piece: Int[np.ndarray, "row column"],
    scale: float,
    seed: int,
) -> tuple[Int[np.ndarray, "row column"], Float[np.ndarray, "row column"]]:
    """(Number of the dab of paint each pixel belongs to, 0 to 1 from its rim to its middle).

    Cells of Worley noise (SIGGRAPH 1996) in the space of `coordinates`, apart by piece; `scale` cells to a unit.
    """
    from kinema.diffusion.styles.grain_kernel import cells

    found = np.empty(piece.shape, np.uint32)
    depth = np.empty(piece.shape, np.float32)
    cells(
        np.ascontiguousarray(coordinates, np.float32),
        piece,
        float(scale),
        np.uint32(seed & 0xFFFFFFFF),
        found,
        depth,
    )
    return np.unique(found, return_inverse=True)[1].reshape(piece.shape), depth


def mean_by(
    number: Int[np.ndarray, "row column"], values: Float[np.ndarray, "row column 3"]
) -> Float[np.ndarray, "row column 3"]:
    """Each pixel's mean over all pixels of its number."""
    flat = number.ravel()
    count = np.bincount(flat)
    means = np.stack([np.bincount(flat, values[..., k].ravel()) / count for k in range(values.shape[-1])], -1)
    return means[number].astype(np.float32)
