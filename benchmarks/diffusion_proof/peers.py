"""Other people's video transformers at our size: `diffusers`' Wan and LTX-Video, randomly initialised.

What a network computes does not depend on its weights, so speed needs none. Depth, width, heads and tokens are ours;
their own patches, rotary positions and cross-attention to text stay as they ship; torch casts as it would for anyone.
Text is 72 tokens, as ours. Full attention, as they use.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

from kinema.diffusion.grid import Grid
from kinema.diffusion.sizes import HEAD, WORDS
from kinema.diffusion.training.precision import has_bfloat16

STEPS = 50
"""What both pipelines take by default."""


@dataclass(frozen=True)
class Peer:
    """A network ready to be timed."""

    name: str
    parameters: int
    step: Callable[[], object]
    """All tokens of a clip through the transformer, once."""


def available() -> str | None:
    """Version of diffusers, or None."""
    return version("diffusers") if find_spec("diffusers") else None


def peers(depth: int, grid: Grid) -> list[Peer]:
    """Both, for one thread; in bfloat16 by torch's autocast where the CPU has it, as ours then is."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    width = 32 * depth
    sized = {"num_attention_heads": width // HEAD, "attention_head_dim": HEAD, "num_layers": depth}
    wan = _diffusers().WanTransformer3DModel(**sized, text_dim=width, ffn_dim=4 * width)
    ltx = _diffusers().LTXVideoTransformer3DModel(**sized, cross_attention_dim=width, caption_channels=width)
    shape = {"num_frames": grid.latent_frames, "height": grid.rows, "width": grid.columns}
    words = {"encoder_hidden_states": torch.randn(1, WORDS, width)}
    latent = torch.randn(1, 16, grid.latent_frames, 2 * grid.rows, 2 * grid.columns)  # patches of 1 x 2 x 2
    tokens = torch.randn(1, grid.tokens, 128)
    return [
        _peer(f"Wan, depth {depth}", wan, hidden_states=latent, **words),
        _peer(
            f"LTX-Video, depth {depth}",
            ltx,
            hidden_states=tokens,
            encoder_attention_mask=torch.ones(1, WORDS),
            **words,
            **shape,
        ),
    ]


def _peer(name: str, network: Any, **inputs: Any) -> Peer:
    import torch

    network.eval()
    half = has_bfloat16(torch.device("cpu"))

    @torch.no_grad()
    @torch.autocast("cpu", torch.bfloat16, enabled=half)
    def step() -> object:
        return network(timestep=torch.tensor([500]), return_dict=False, **inputs)

    return Peer(name, sum(parameter.numel() for parameter in network.parameters()), step)


def decoders(grid: Grid) -> dict[str, Callable[[], float]]:
    """CPU-seconds to decode a clip of this grid with each one's own autoencoder, as it ships, at random weights.
    Wan's takes 4 k + 1 frames in latents of 8 x 8 x 4, LTX-Video's 8 k + 1 in 32 x 32 x 8."""
    return {
        "Wan": partial(_decoding, "AutoencoderKLWan", grid, channels=16, stride=4, side=8),
        "LTX-Video": partial(_decoding, "AutoencoderKLLTXVideo", grid, channels=128, stride=8, side=32),
    }


def _decoding(made_by: str, grid: Grid, *, channels: int, stride: int, side: int) -> float:
    import torch

    network = getattr(_diffusers(), made_by)().eval()
    frames = 1 + (grid.frames - 1) // stride
    latent = torch.randn(1, channels, frames, grid.height // side, grid.width // side)
    with torch.no_grad():
        start = time.process_time()
        network.decode(latent, return_dict=False)
        return time.process_time() - start


def _diffusers() -> Any:
    """Imported by name: it is no dependency, and who type-checks need not have it."""
    return import_module("diffusers")
