"""What is said, as tokens: a small transformer over words, and rows of numbers with a kind.

Words are pre-normed blocks with learned places, bidirectional; the vocabulary is closed, so a few layers suffice.
Rows go through sines of four octaves (arXiv 2006.10739) and a perceptron of their kind. Absent words and rows are
learned tokens of their own: then nothing needs a mask, and an empty scene is a row of "nothing".
"""

from __future__ import annotations

import math

import torch
from einops import rearrange
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from kinema.diffusion.model.attention import attend
from kinema.diffusion.sizes import HEAD, SCENE_KINDS, SCENE_NUMBERS, VOCABULARY, WORDS

NOTHING = -1
"""Kind of a scene row that is not there."""
_OCTAVES = 3


class TextEncoder(nn.Module):
    """B m ids → B m d. Token 0 is "no word"."""

    def __init__(self, width: int, depth: int) -> None:
        super().__init__()
        self.words = _Table(VOCABULARY, width)
        self.places = _Table(WORDS, width)
        self.layers = nn.ModuleList([_Layer(width) for _ in range(depth)])
        self.norm = nn.RMSNorm(width, eps=1e-6)

    def forward(self, ids: Int[Tensor, "batch word"]) -> Float[Tensor, "batch word width"]:
        """Words in their context."""
        x = self.words(ids) + self.places.table[: ids.shape[1]]
        for layer in self.layers:
            x = layer(x)
        return self.norm(x)


class SceneEncoder(nn.Module):
    """B n 48 numbers and B n kinds → B n d. Kind -1 is "no row"."""

    def __init__(self, width: int) -> None:
        super().__init__()
        inputs = SCENE_NUMBERS * (1 + 2 * _OCTAVES)
        self.kinds = _Table(SCENE_KINDS + 1, width)
        self.enter = nn.Linear(inputs, width)
        self.inner = nn.Linear(width, width)
        self.norm = nn.RMSNorm(width, eps=1e-6)

    def forward(
        self, numbers: Float[Tensor, "batch row 48"], kinds: Int[Tensor, "batch row"]
    ) -> Float[Tensor, "batch row width"]:
        """Rows have no order, so no places."""
        octaves = [numbers * (math.pi / 2 * 2**k) for k in range(_OCTAVES)]
        waves = torch.cat([numbers, *(f(x) for x in octaves for f in (torch.sin, torch.cos))], dim=-1)
        there = (kinds >= 0)[..., None]
        kind = self.kinds(kinds + 1)
        hidden = functional.silu(self.enter(waves * there) + kind)
        return self.norm(kind + self.inner(hidden) * there)


class _Table(nn.Module):
    """Rows of numbers by index."""

    def __init__(self, rows: int, width: int) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn(rows, width) * 0.02)

    def forward(self, index: Int[Tensor, "*any"]) -> Float[Tensor, "*any width"]:
        """Look up."""
        return functional.embedding(index, self.table)


class _Layer(nn.Module):
    """Attention and perceptron, pre-normed."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = width // HEAD
        self.norms = nn.ModuleList([nn.RMSNorm(width, eps=1e-6) for _ in range(2)])
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.widen = nn.Linear(width, 4 * width)
        self.narrow = nn.Linear(4 * width, width)

    def forward(self, x: Float[Tensor, "batch word width"]) -> Float[Tensor, "batch word width"]:
        """B m d → the same."""
        q, k, v = rearrange(
            self.qkv(self.norms[0](x)), "B m (three H D) -> three B H m D", three=3, H=self.heads
        )
        x = x + self.out(rearrange(attend(q, k, v), "B H m D -> B m (H D)"))
        return x + self.narrow(functional.gelu(self.widen(self.norms[1](x)), approximate="tanh"))
