"""Rotary positions in time, row and column (RoFormer, arXiv 2104.09864; in three axes as in Wan, 2503.20314).

Only differences of positions reach the attention. A head of 64 numbers is 32 pairs: 8 turn with time, 12 with the
row, 12 with the column, at wavelengths from 2π to 200π positions.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from kinema.diffusion.sizes import TURNING, TURNING_BASE


def angles(
    times: Float[Tensor, "*frame"], rows: Float[Tensor, " row"], columns: Float[Tensor, " column"]
) -> Float[Tensor, "*frame row column 32"]:
    """Of each position, for each pair of a head [rad]."""
    time, row, column = (
        x[..., None] * _frequencies(n, x) for x, n in zip((times, rows, columns), TURNING, strict=True)
    )
    # Sums with zeros, not `expand`: an exported graph must not remember the size it was traced at.
    plane = 0 * (rows[:, None, None] + columns[:, None])
    every = 0 * times[..., None, None, None] + plane
    parts = (time[..., None, None, :] + plane, row[:, None, :] + every, column + every)
    return torch.cat(parts, dim=-1)


def rotate(x: Float[Tensor, "*any 64"], angle: Float[Tensor, "*any 32"]) -> Float[Tensor, "*any 64"]:
    """Turn pair k, which is numbers k and k + 32 of a head, by angle k."""
    a, b = x.float().chunk(2, dim=-1)
    cosine, sine = angle.cos(), angle.sin()
    return torch.cat([a * cosine - b * sine, a * sine + b * cosine], dim=-1).to(x.dtype)


def _frequencies(pairs: int, like: Tensor) -> Float[Tensor, " pair"]:
    """[rad/position]"""
    return TURNING_BASE ** -(torch.arange(pairs, device=like.device, dtype=torch.float32) / pairs)
