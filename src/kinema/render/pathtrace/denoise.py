"""Intel Open Image Denoise, guided by what the paths saw first, and corrected where it errs."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from kinema.render.blackbody import LUMINANCE

_WINDOW = 5
"""[px] over which error is judged."""
_SURE = 4.0
"""Only what the denoiser moved by more than two standard errors returns: the variance of a few rounds is itself too
uncertain for less, and gave a clear pane its noise back as specks."""


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


def corrected(
    clean: Float[np.ndarray, "row column 3"],
    colour: Float[np.ndarray, "row column 3"],
    variance: Float[np.ndarray, "row column"],
) -> Float[np.ndarray, "row column 3"]:
    """Give back what the denoiser took for noise: hairline cracks, glints.

    Where it moved a neighbourhood by more than the noise there explains, the rest is its own error, and that share
    of the traced colour returns (James and Stein 1961; for rendering Gu et al., ACM TOG 41(6), 2022). `variance` is
    of the luminance of `colour`.
    """
    from scipy.ndimage import uniform_filter

    moved = (((colour - clean) @ LUMINANCE.astype(np.float32)) ** 2).astype(np.float32)
    moved = uniform_filter(moved, _WINDOW)
    noise = uniform_filter(variance.astype(np.float32), _WINDOW)
    share = np.clip(1 - _SURE * noise / np.maximum(moved, 1e-12), 0, 1)
    return clean + share[..., None] * (colour - clean)
