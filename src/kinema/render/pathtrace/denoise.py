"""Intel Open Image Denoise, guided by what the paths saw first."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float


def denoised(
    colour: Float[np.ndarray, "row column 3"],
    albedo: Float[np.ndarray, "row column 3"],
    normal: Float[np.ndarray, "row column 3"],
    quality: str = "high",
) -> Float[np.ndarray, "row column 3"]:
    """Scene-linear colour without its noise; guides are noisy too, and are means over the same samples."""
    import pyoidn

    return pyoidn.denoise(
        np.ascontiguousarray(colour, np.float32),
        albedo=np.ascontiguousarray(np.clip(albedo, 0, 1), np.float32),
        normal=np.ascontiguousarray(normal, np.float32),
        hdr=True,
        quality=quality,
    )
