"""Other people's video transformers at our size: `diffusers`' Wan and LTX-Video, randomly initialised.

What a network computes does not depend on its weights, so speed needs none. Depth, width, heads and tokens are ours;
their own patches, rotary positions, cross-attention to text and float32 in torch stay as they ship. Text is 72
tokens, as ours. Full attention, as they use.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

from kinema.diffusion.grid import Grid
from kinema.diffusion.sizes import HEAD, WORDS

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
    """Both, in float32, for one thread."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    return [_wan(depth, grid), _ltx(depth, grid)]


def _wan(depth: int, grid: Grid) -> Peer:
    import torch

    width = 32 * depth
    network = (
        _diffusers()
        .WanTransformer3DModel(
            num_attention_heads=width // HEAD,
            attention_head_dim=HEAD,
            text_dim=width,
            ffn_dim=4 * width,
            num_layers=depth,
        )
        .eval()
    )
    latent = torch.randn(1, 16, grid.latent_frames, 2 * grid.rows, 2 * grid.columns)  # patches of 1 x 2 x 2
    words = torch.randn(1, WORDS, width)

    @torch.no_grad()
    def step() -> object:
        return network(latent, torch.tensor([500]), words, return_dict=False)

    return Peer(f"Wan, depth {depth}", _count(network), step)


def _ltx(depth: int, grid: Grid) -> Peer:
    import torch

    width = 32 * depth
    network = (
        _diffusers()
        .LTXVideoTransformer3DModel(
            num_attention_heads=width // HEAD,
            attention_head_dim=HEAD,
            cross_attention_dim=width,
            num_layers=depth,
            caption_channels=width,
        )
        .eval()
    )
    tokens, words = torch.randn(1, grid.tokens, 128), torch.randn(1, WORDS, width)
    mask = torch.ones(1, WORDS)

    @torch.no_grad()
    def step() -> object:
        return network(
            tokens,
            encoder_hidden_states=words,
            timestep=torch.tensor([500]),
            encoder_attention_mask=mask,
            num_frames=grid.latent_frames,
            height=grid.rows,
            width=grid.columns,
            return_dict=False,
        )

    return Peer(f"LTX-Video, depth {depth}", _count(network), step)


def decoders(grid: Grid) -> dict[str, Callable[[], float]]:
    """CPU-seconds to decode a clip of this grid with each one's own autoencoder, as it ships, at random weights.
    Wan's takes 4 k + 1 frames in latents of 8 x 8 x 4, LTX-Video's 8 k + 1 in 32 x 32 x 8."""
    import torch

    def wan() -> float:
        network = _diffusers().AutoencoderKLWan().eval()
        frames = 1 + (grid.frames - 1) // 4
        return _decoding(network, torch.randn(1, 16, frames, grid.height // 8, grid.width // 8))

    def ltx() -> float:
        network = _diffusers().AutoencoderKLLTXVideo().eval()
        frames = 1 + (grid.frames - 1) // 8
        return _decoding(network, torch.randn(1, 128, frames, grid.height // 32, grid.width // 32))

    return {"Wan": wan, "LTX-Video": ltx}


def _decoding(network: Any, latent: Any) -> float:
    import torch

    with torch.no_grad():
        start = time.process_time()
        network.decode(latent, return_dict=False)
        return time.process_time() - start


def _diffusers() -> Any:
    """Imported by name: it is no dependency, and who type-checks need not have it."""
    return import_module("diffusers")


def _count(network: Any) -> int:
    return sum(parameter.numel() for parameter in network.parameters())
