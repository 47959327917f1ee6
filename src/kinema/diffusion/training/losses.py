"""What the autoencoder is asked for besides the right colours: edges, motion and texture.

An L1 loss alone is content with a blur. Differences between neighbours and Haar bands weigh fine detail as much as
colour (LTX-Video, arXiv 2501.00103, section 2.1.4, has a wavelet loss for the same reason). Axes: B C T H W.
"""

from __future__ import annotations

import torch
from einops import rearrange
from torch import Tensor

from kinema.diffusion.model.causal import Video


def gradient_l1(rgb: Video, target: Video) -> Tensor:
    """Mean absolute error of forward differences in time, down and across; axes shorter than two have none."""
    error = rgb - target
    terms = [error.diff(dim=axis).abs().mean() for axis in (2, 3, 4) if error.shape[axis] > 1]
    return torch.stack(terms).mean()


def wavelet_l1(rgb: Video, target: Video, *, levels: int = 2) -> Tensor:
    """Mean absolute error of the Haar bands of each frame, orthonormal, over octaves; low-pass only at the end."""
    low, terms = rgb - target, []
    for _ in range(levels):
        a, b, c, d = rearrange(low, "B C T (H h) (W w) -> (h w) B C T H W", h=2, w=2)
        terms += [((a - b + c - d) / 2), ((a + b - c - d) / 2), ((a - b - c + d) / 2)]
        low = (a + b + c + d) / 2
    return torch.stack([band.abs().mean() for band in (*terms, low)]).mean()


def divergence(mean: Tensor, logvar: Tensor) -> Tensor:
    """KL of the posterior from a standard normal, mean over latent numbers [nat] (Kingma & Welling, 1312.6114)."""
    return 0.5 * (mean.square() + logvar.exp() - 1 - logvar).mean()
