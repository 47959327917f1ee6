"""The shader: the decoder's last stage, at half the resolution, which sees the control.

Deferred neural shading (Thies et al., arXiv 1904.12356; DiffusionRenderer, 2501.18590). The control says to the pixel
what is where; latents have only to say how it is lit and painted. So outlines are the world's and cannot drift, and the
48 numbers of a token need not hold them. Each frame by itself: whatever moves does so in the control. Without a
control, as in a dream, a learned constant stands for it. The style is told as well and scales and shifts each block
(FiLM, arXiv 1709.07871): left to be guessed from latents, ink had no lines. Axes: B batch, C channel, T time, H row, W
column.
"""

from __future__ import annotations

import torch
from einops import rearrange
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from kinema.diffusion.model.causal import PositionNorm, Video, conv_in_frame, fold, unfold
from kinema.diffusion.sizes import CONTROL, STYLES

FOLD = 2
"""Pixels folded at each end, across and down."""


class Shader(nn.Module):
    """What the decoder drew, its features at a quarter of the resolution, and the control → what the drawing lacks."""

    def __init__(self, features: int, width: int, *, blocks: int) -> None:
        super().__init__()
        self.enter = nn.Conv3d(features, width * FOLD**2, 1)
        self.drawn = conv_in_frame(3 * FOLD**2, width)
        self.see = conv_in_frame(CONTROL * FOLD**2, width)
        self.nothing = nn.Parameter(torch.zeros(width))
        self.blocks = nn.ModuleList([_Block(width) for _ in range(blocks)])
        self.table = nn.Embedding(STYLES, 2 * width * blocks)
        nn.init.zeros_(self.table.weight)
        self.norm = PositionNorm(width)
        self.leave = conv_in_frame(width, 3 * FOLD**2)
        nn.init.zeros_(self.leave.weight)  # starts as no change
        nn.init.zeros_(self.leave.bias)  # type: ignore[arg-type]

    def forward(
        self,
        features: Video,
        drawn: Video,
        control: Video,
        given: Float[Tensor, " batch"],
        style: Int[Tensor, " batch"],
    ) -> Video:
        """B C T H/4 W/4, B 3 T H W, B 14 T H W → B 3 T H W. `given`: 1, or 0 for clips whose control is not known.
        `style`: its number in `styles.NAMES`."""
        known = rearrange(given, "B -> B 1 1 1 1").to(features.dtype)
        seen = known * self.see(fold(control, time=1, space=FOLD))
        seen = seen + (1 - known) * rearrange(self.nothing, "C -> C 1 1 1")
        x = (
            unfold(self.enter(features), time=1, space=FOLD)
            + self.drawn(fold(drawn, time=1, space=FOLD))
            + seen
        )
        told = rearrange(self.table(style), "B (N two C) -> N two B C 1 1 1", N=len(self.blocks), two=2)
        for block, (scale, shift) in zip(self.blocks, told.unbind(0), strict=True):
            x = block(x, scale, shift)
        return unfold(self.leave(functional.silu(self.norm(x))), time=1, space=FOLD)


class _Block(nn.Module):
    """Residual block within each frame."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList([PositionNorm(channels) for _ in range(2)])
        self.convs = nn.ModuleList([conv_in_frame(channels, channels) for _ in range(2)])
        nn.init.zeros_(self.convs[1].weight)  # type: ignore[arg-type]  # a new block is nearly the identity

    def forward(self, x: Video, scale: Tensor, shift: Tensor) -> Video:
        """B C T H W → the same; scale and shift B C 1 1 1."""
        y = self.convs[0](functional.silu(self.norms[0](x)))
        return x + self.convs[1](functional.silu(self.norms[1](y) * (1 + scale) + shift))
