"""The control stem: what the control says of each token, without a network.

48 numbers are the principal components of a rough picture, albedo times shading, in the units of the latents: for most
styles nearly the answer, and where the prediction starts from. 56 more are means of all fourteen channels over the four
quarters of the token. A convolutional stem had to find the same from nothing: after 300 steps of a CPU hour it had
found neither place nor colour, and cost twice the transformer. Joined to the noisy latent along channels: dense
conditioning was measured better than cross-attention to the passes. Axes: B batch, T time, H row, W column.
"""

from __future__ import annotations

from typing import Final

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from kinema.diffusion.grid import SPACE, TIME
from kinema.diffusion.model.autoencoder import BLOCK, Autoencoder
from kinema.diffusion.model.causal import Video, fold
from kinema.diffusion.sizes import LATENT

ALBEDO: Final = slice(4, 7)
SHADING: Final = slice(12, 13)
BODY: Final = slice(13, 14)
"""Channels of the control; see `diffusion.control`, which torch's side of the house does not import."""

Condition = Float[Tensor, "batch 104 latent_frame latent_row latent_column"]


class Stem(nn.Module):
    """B 14 T H W → B 104 t h w. Nothing in it is trained; its buffers are the autoencoder's components."""

    basis: Tensor
    """48 x 6144: whitened components of blocks of pixels."""
    offset: Tensor
    """What a black-and-white-less block of zeros comes to, negated."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("basis", torch.zeros(LATENT, BLOCK))
        self.register_buffer("offset", torch.zeros(LATENT))

    def span(self, autoencoder: Autoencoder) -> None:
        """Let rough pictures be taken apart as the linear part of this autoencoder takes pictures apart."""
        scale = autoencoder.scale.flatten()
        basis = autoencoder.basis / (autoencoder.spread * scale)[:, None]
        self.basis.copy_(basis)
        self.offset.copy_(basis @ autoencoder.centre + autoencoder.shift.flatten() / scale)

    def forward(self, control: Float[Tensor, "batch 14 time row column"]) -> Condition:
        """A clip from its start (1 + 8 k frames: the first stands for a whole token), or any whole tokens of one."""
        if control.shape[2] % TIME:
            control = torch.cat([control[:, :, :1].expand(-1, -1, TIME - 1, -1, -1), control], dim=2)
        weight = rearrange(self.basis, "C K -> C K 1 1 1")
        blocks = fold(rough(control), time=TIME, space=SPACE)
        components = functional.conv3d(blocks, weight) - rearrange(self.offset, "C -> C 1 1 1")
        means = functional.avg_pool3d(control, (TIME, SPACE // 2, SPACE // 2))
        return torch.cat([components, fold(means, time=1, space=2)], dim=1)


def rough(control: Float[Tensor, "batch 14 time row column"]) -> Video:
    """Albedo times shading, as a picture in [-1, 1]: white stands for the albedo of what is no body."""
    colour = torch.where(control[:, BODY] > 0.5, control[:, ALBEDO], torch.ones_like(control[:, ALBEDO]))
    return 2 * colour * control[:, SHADING].clamp(min=0).sqrt() - 1
