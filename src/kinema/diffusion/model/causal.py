"""Convolution over time that never looks ahead, and remembers what it needs of the past.

A pass over a whole clip and passes over its chunks give the same numbers, if each chunk starts with the `Tails` the
last one left: CausVid's and Wan's feature cache (Wan 2.1, arXiv 2503.20314, section 4.1). Axes: B batch, C channel,
T time, H row, W column.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

Video = Float[Tensor, "batch channel time row column"]

KERNEL = 3
"""Frames a temporal convolution sees: its own and two before."""


class Tails:
    """The last two frames that each temporal convolution saw, in the order the convolutions run."""

    def __init__(self, before: Sequence[Video] | None) -> None:
        """`before`: what the last chunk left in `after`; None at the start of a clip."""
        self.first = before is None
        self._before = iter(before or ())
        self.after: list[Video] = []

    def extend(self, x: Video) -> Video:
        """B C T H W → B C 2+T H W: the past in front. Before its first frame a clip stood still."""
        past = x[:, :, :1].expand(-1, -1, KERNEL - 1, -1, -1) if self.first else next(self._before)
        whole = torch.cat([past, x], dim=2)
        self.after.append(whole[:, :, 1 - KERNEL :])
        return whole


class CausalConv(nn.Module):
    """3 x 1 x 1 over time, C → C."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv3d(channels, channels, (KERNEL, 1, 1))

    def forward(self, x: Video, tails: Tails) -> Video:
        """B C T H W → the same."""
        return self.conv(tails.extend(x))


def conv_in_frame(channels: int, out: int) -> nn.Conv3d:
    """1 x 3 x 3 within each frame."""
    return nn.Conv3d(channels, out, (1, 3, 3), padding=(0, 1, 1))


class PositionNorm(nn.Module):
    """RMS over the channels of one position: no statistic crosses space or time, so tiles do not show."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(channels))

    def forward(self, x: Video) -> Video:
        """B C T H W → the same."""
        scale = torch.rsqrt(x.float().square().mean(dim=1, keepdim=True) + 1e-6).to(x.dtype)
        return x * scale * rearrange(self.gain.to(x.dtype), "C -> C 1 1 1")


class Block(nn.Module):
    """Residual "2+1D" block: in each frame, then along time, twice (R(2+1)D, arXiv 1711.11248)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList([PositionNorm(channels) for _ in range(2)])
        self.space = nn.ModuleList([conv_in_frame(channels, channels) for _ in range(2)])
        last = CausalConv(channels)
        nn.init.zeros_(last.conv.weight)  # a new block is nearly the identity
        self.time = nn.ModuleList([CausalConv(channels), last])

    def forward(self, x: Video, tails: Tails) -> Video:
        """B C T H W → the same."""
        y = x
        for norm, space, time in zip(self.norms, self.space, self.time, strict=True):
            y = time(space(functional.silu(norm(y))), tails)
        return x + y


class Down(nn.Module):
    """Fold `time` x `space` x `space` positions into channels and mix them; a mean of groups goes straight past
    (DC-AE's residual, arXiv 2410.10733)."""

    def __init__(self, channels: int, out: int, *, time: int, space: int) -> None:
        super().__init__()
        self.time, self.space, self.out = time, space, out
        self.mix = nn.Conv3d(channels * time * space**2, out, 1)

    def forward(self, x: Video, tails: Tails) -> Video:
        """B C T H W → B out T/time H/space W/space; the first frame of a clip is a group of its own."""
        if tails.first and self.time > 1:
            x = torch.cat([x[:, :, :1].expand(-1, -1, self.time - 1, -1, -1), x], dim=2)
        folded = fold(x, time=self.time, space=self.space)
        return self.mix(folded) + rearrange(folded, "B (C G) T H W -> B C G T H W", C=self.out).mean(dim=2)


class Up(nn.Module):
    """`Down` backwards: mix, unfold; repeated channels go straight past."""

    def __init__(self, channels: int, out: int, *, time: int, space: int) -> None:
        super().__init__()
        self.time, self.space = time, space
        wide = out * time * space**2
        self.mix = nn.Conv3d(channels, wide, 1)
        self.repeats = wide // channels

    def forward(self, x: Video, tails: Tails) -> Video:
        """B C T H W → B out T·time H·space W·space; of the first latent only its last frame is kept."""
        wide = self.mix(x) + x.repeat_interleave(self.repeats, dim=1)
        y = unfold(wide, time=self.time, space=self.space)
        return y[:, :, self.time - 1 :] if tails.first else y


def fold(x: Video, *, time: int, space: int) -> Video:
    """Positions into channels."""
    return rearrange(x, "B C (T t) (H h) (W w) -> B (C t h w) T H W", t=time, h=space, w=space)


def unfold(x: Video, *, time: int, space: int) -> Video:
    """Channels into positions."""
    return rearrange(x, "B (C t h w) T H W -> B C (T t) (H h) (W w)", t=time, h=space, w=space)
