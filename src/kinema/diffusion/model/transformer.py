"""The diffusion transformer: noisy latents and control in, clean latents out.

A DiT (arXiv 2212.09748) over tokens of 16 x 16 pixels and 8 frames that predicts the clean latent itself (JiT,
2511.13720), with a time for each latent frame (diffusion forcing, 2407.01392) and the span to the time it is to jump
to (flow maps; AnyFlow, 2605.13724). Scene and text are tokens of the same blocks that see themselves alone, at time
0: their keys are computed once a shot. The style goes where the time goes, into every norm (class labels in DiT): as
words and rows among many it was found late, and colours with it. Axes: B batch, t latent frame, h row, w column,
n = h w, d width.
"""

from __future__ import annotations

import math

import torch
from einops import rearrange
from jaxtyping import Float, Int
from torch import Tensor, nn

from kinema.diffusion.model.attention import Layout
from kinema.diffusion.model.autoencoder import Latent
from kinema.diffusion.model.block import Block, KeyValue, Modulation, Sight
from kinema.diffusion.model.rope import angles
from kinema.diffusion.model.stem import Condition
from kinema.diffusion.sizes import CONDITION, LATENT, STYLES, ModelSizes

Times = Float[Tensor, "batch latent_frame"]
Style = Int[Tensor, " batch"]
"""Its number in `styles.NAMES`."""
_WAVES = 32
_HIGHEST = 16.0
"""Cycles of the fastest wave from time 0 to 1: slow enough for the flow map to differentiate (sCM, 2410.11081)."""


class Transformer(nn.Module):
    """One dial, `sizes.depth`."""

    def __init__(self, sizes: ModelSizes) -> None:
        super().__init__()
        width = sizes.width
        self.sizes = sizes
        self.enter = nn.Linear(LATENT + CONDITION, width)
        self.clock = Clock(width)
        self.blocks = nn.ModuleList([Block(width) for _ in range(sizes.depth)])
        self.norm = nn.RMSNorm(width, elementwise_affine=False, eps=1e-6)
        self.table = nn.Parameter(torch.zeros(2, width))
        self.leave = nn.Linear(width, LATENT)
        nn.init.zeros_(self.leave.weight)
        self.rough = nn.Parameter(torch.full((LATENT,), 0.5))
        """How much of the rough picture's components, the first of `control`, the prediction starts from."""

    def forward(
        self,
        noisy: Latent,
        control: Condition,
        time: Times,
        span: Times,
        style: Style,
        scene: Float[Tensor, "batch row width"],
        text: Float[Tensor, "batch word width"],
        *,
        full: bool = False,
    ) -> Latent:
        """A whole clip. `time` 1 = noise, 0 = picture; `span` = time - target time, 0 for the velocity at `time`.
        `full`: every latent frame sees all others; else it sees a window of earlier ones."""
        context = self.context(style, scene, text)
        make = Layout.full if full else Layout.windowed
        layout = make(noisy.shape[2], self.sizes.window, noisy.device)
        rows, columns = (torch.arange(n, device=noisy.device).float() for n in noisy.shape[3:])
        return self.walk(noisy, control, time, span, style, context, None, layout, rows, columns)[0]

    def context(
        self, style: Style, scene: Float[Tensor, "batch row width"], text: Float[Tensor, "batch word width"]
    ) -> list[KeyValue]:
        """Of each block, what latent frames see of scene and text; once a shot."""
        tokens = torch.cat([scene, text], dim=1)[:, None]
        still = torch.zeros(tokens.shape[0], 1, device=tokens.device)
        modulation, _ = self.clock(still, still, style)
        memories = []
        for block in self.blocks:
            assert isinstance(block, Block)
            tokens, memory = block.context(tokens, modulation)
            memories.append(memory)
        return memories

    def walk(
        self,
        noisy: Latent,
        control: Condition,
        time: Times,
        span: Times,
        style: Style,
        context: list[KeyValue],
        past: list[KeyValue] | None,
        layout: Layout,
        rows: Float[Tensor, " row"],
        columns: Float[Tensor, " column"],
    ) -> tuple[Latent, list[KeyValue]]:
        """Through the blocks: clean latents, and of each block what later frames may see."""
        height, width = noisy.shape[3:]
        tokens = self.enter(rearrange(torch.cat([noisy, control], dim=1), "B C t h w -> B t (h w) C"))
        modulation, last = self.clock(time, span, style)
        sight = _sight(layout, rows, columns)
        memories = []
        for number, block in enumerate(self.blocks):
            assert isinstance(block, Block)
            before = None if past is None else past[number]
            tokens, memory = block(tokens, modulation, sight, context[number], before)
            memories.append(memory)
        shift, scale = (last[:, :, None] + self.table).unbind(dim=2)
        tokens = self.norm(tokens) * (1 + scale[:, :, None]) + shift[:, :, None]
        clean = rearrange(self.leave(tokens), "B t (h w) C -> B C t h w", h=height, w=width)
        start = rearrange(self.rough, "C -> C 1 1 1") * control[:, :LATENT]
        return clean + start, memories


class Clock(nn.Module):
    """Time, span and style → six vectors for the blocks and one for the end."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.time = nn.Sequential(nn.Linear(2 * _WAVES, width), nn.SiLU(), nn.Linear(width, width))
        self.span = nn.Sequential(nn.Linear(2 * _WAVES, width), nn.SiLU(), nn.Linear(width, width))
        self.table = nn.Embedding(STYLES, width)
        self.six = nn.Linear(width, 6 * width)
        nn.init.zeros_(self.table.weight)
        for last in (self.span[2], self.six):
            assert isinstance(last, nn.Linear)
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)

    def forward(
        self, time: Times, span: Times, style: Style
    ) -> tuple[Modulation, Float[Tensor, "batch latent_frame width"]]:
        """B t, B t and B → B t 6 d and B t d."""
        # What a span adds is nothing at 0, so course two cannot teach it anything that course three must unlearn.
        far = self.span(_waves(span)) - self.span(_waves(torch.zeros_like(span)))
        hidden = self.time(_waves(time)) + far + self.table(style)[:, None]
        active = nn.functional.silu(hidden)
        return rearrange(self.six(active), "B t (six d) -> B t six d", six=6), active


def _waves(time: Times) -> Float[Tensor, "batch latent_frame 64"]:
    """Sines and cosines from a quarter of a cycle to `_HIGHEST`."""
    octaves = torch.linspace(math.log(0.25), math.log(_HIGHEST), _WAVES, device=time.device)
    phase = 2 * math.pi * time[..., None].float() * octaves.exp()
    return torch.cat([phase.sin(), phase.cos()], dim=-1)


def _sight(layout: Layout, rows: Float[Tensor, " row"], columns: Float[Tensor, " column"]) -> Sight:
    own = torch.full((), layout.own, device=rows.device)
    return Sight(
        layout,
        rearrange(angles(own, rows, columns), "h w p -> (h w) p"),
        rearrange(angles(layout.slots, rows, columns), "t K h w p -> t K (h w) p"),
    )
