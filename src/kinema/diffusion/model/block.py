"""A block of the transformer: attention and a perceptron, both steered by time (adaLN-single).

DiT's adaptive norm (arXiv 2212.09748) with PixArt-α's sharing (2310.00426): one network turns time into six vectors
for all blocks, to which each block adds its own. Gates start at zero, so a new block is the identity. Queries and
keys are RMS-normed (ViT-22B, 2302.05442). Axes: B batch, H head, t latent frame, n token, D 64 numbers, d width.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from kinema.diffusion.model.attention import Heads, Layout, attend, beside_context, bias_of, gathered
from kinema.diffusion.model.rope import rotate
from kinema.diffusion.sizes import HEAD

Tokens = Float[Tensor, "batch latent_frame token width"]
Modulation = Float[Tensor, "batch latent_frame 6 width"]


@dataclass(frozen=True)
class KeyValue:
    """What a block remembers of tokens: unturned keys, so that they can be turned to any slot, and values."""

    key: Heads
    value: Heads


@dataclass(frozen=True)
class Sight:
    """Whom the latent frames of a pass see, and where those are; the same for all blocks."""

    layout: Layout
    query: Float[Tensor, "token 32"]
    """Angles of the querying tokens."""
    keys: Float[Tensor, "latent_frame slot token 32"]
    """Angles of what lies in the slots."""


class Block(nn.Module):
    """B t n d → the same, and what later frames may see of it."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = width // HEAD
        self.norm = nn.RMSNorm(width, elementwise_affine=False, eps=1e-6)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.query_norm = nn.RMSNorm(HEAD, eps=1e-6)
        self.key_norm = nn.RMSNorm(HEAD, eps=1e-6)
        self.out = nn.Linear(width, width, bias=False)
        self.widen = nn.Linear(width, 4 * width)
        self.narrow = nn.Linear(4 * width, width)
        self.table = nn.Parameter(torch.zeros(6, width))

    def context(self, tokens: Tokens, modulation: Modulation) -> tuple[Tokens, KeyValue]:
        """Scene and text: one "frame" that sees itself alone and has no position."""
        shift, scale, gate, *mlp = (modulation + self.table).unbind(dim=2)
        query, own = self._project(self._steer(tokens, shift, scale))
        seen = attend(query[:, :, 0], own.key[:, :, 0], own.value[:, :, 0])
        tokens = tokens + gate[:, :, None] * self.out(rearrange(seen, "B H n D -> B 1 n (H D)"))
        return self._perceive(tokens, *mlp), own

    def forward(
        self, tokens: Tokens, modulation: Modulation, sight: Sight, context: KeyValue, past: KeyValue | None
    ) -> tuple[Tokens, KeyValue]:
        """`past` goes before the pass's own frames in the numbering of `sight.layout.frames`."""
        shift, scale, gate, *mlp = (modulation + self.table).unbind(dim=2)
        query, own = self._project(self._steer(tokens, shift, scale))
        every = own if past is None else _joined(past, own)
        frames = sight.layout.frames
        keys = rotate(gathered(every.key, frames), sight.keys)
        values = gathered(every.value, frames)
        batch, token = tokens.shape[0], tokens.shape[2]
        seen = attend(
            rearrange(rotate(query, sight.query), "B H t n D -> (B t) H n D"),
            beside_context(context.key[:, :, 0], keys),
            beside_context(context.value[:, :, 0], values),
            bias_of(sight.layout.seen, batch, token, context.key.shape[3], query.dtype),
        )
        heads = rearrange(seen, "(B t) H n D -> B t n (H D)", B=batch)
        tokens = tokens + gate[:, :, None] * self.out(heads)
        return self._perceive(tokens, *mlp), own

    def _steer(self, tokens: Tokens, shift: Tensor, scale: Tensor) -> Tokens:
        return self.norm(tokens) * (1 + scale[:, :, None]) + shift[:, :, None]

    def _project(self, tokens: Tokens) -> tuple[Heads, KeyValue]:
        query, key, value = rearrange(
            self.qkv(tokens), "B t n (three H D) -> three B H t n D", three=3, H=self.heads
        )
        return self.query_norm(query), KeyValue(self.key_norm(key).to(value.dtype), value)

    def _perceive(self, tokens: Tokens, shift: Tensor, scale: Tensor, gate: Tensor) -> Tokens:
        hidden = functional.gelu(self.widen(self._steer(tokens, shift, scale)), approximate="tanh")
        return tokens + gate[:, :, None] * self.narrow(hidden)


def _joined(past: KeyValue, own: KeyValue) -> KeyValue:
    key = torch.cat([past.key.to(own.key.dtype), own.key], dim=2)
    return KeyValue(key, torch.cat([past.value.to(own.value.dtype), own.value], dim=2))
