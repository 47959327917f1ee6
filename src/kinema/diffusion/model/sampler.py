"""Sampling whole clips: from noise, from a picture, from given ends. The slow twin of the stream.

`Given` covers what a clip may start from: latent frames that stay (image to video, extend, connect), a mask of
tokens (inpaint), or a clip to start from part of the way (SDEdit, arXiv 2108.01073).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from kinema.diffusion.model.autoencoder import Latent
from kinema.diffusion.model.flow import Denoiser, noised
from kinema.diffusion.schedule import descend


@dataclass(frozen=True, kw_only=True)
class Given:
    """What is known of a clip beforehand."""

    latent: Latent
    frames: Bool[Tensor, " latent_frame"]
    """These stay, and the network is told so by their time 0."""
    tokens: Bool[Tensor, "latent_frame row column"]
    """These stay too, but share a frame with unknown ones: they are noised along (RePaint, arXiv 2201.09865)."""

    @classmethod
    def whole_frames(cls, latent: Latent, known: list[int]) -> Given:
        """Latent frames by index; negative ones from the end. First: image to video. First few: extend. First and
        last: connect, with full attention. First = last: loop."""
        frames = torch.zeros(latent.shape[2], dtype=torch.bool)
        frames[known] = True
        return cls(latent=latent, frames=frames, tokens=torch.zeros(latent.shape[2:], dtype=torch.bool))


def noise_like(shape: tuple[int, ...], seed: int) -> Float[Tensor, "*shape"]:
    """Standard normal, drawn on the CPU: a seed starts from the same noise on every device."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def guided(with_: Denoiser, without: Denoiser, scale: float) -> Denoiser:
    """Classifier-free guidance (arXiv 2207.12598) of the prediction: 1 = none."""

    def denoise(noisy: Latent, time: Tensor, span: Tensor) -> Latent:
        without_conditions = without(noisy, time, span)
        return without_conditions + scale * (with_(noisy, time, span) - without_conditions)

    return denoise


@torch.no_grad()
def sample(
    denoise: Denoiser,
    noise: Latent,
    visits: tuple[float, ...],
    *,
    jump: bool,
    given: Given | None = None,
    start: Latent | None = None,
) -> Latent:
    """Noise (B 48 t h w) to a clean clip. `start`: a clip to set out from at `visits[0]` < 1 instead of noise."""
    frames = noise.shape[2]
    known = torch.zeros(frames, dtype=torch.bool) if given is None else given.frames
    moving = (~known).float().to(noise.device).expand(noise.shape[0], -1)

    def along(noisy: Latent, time: float, span: float) -> Latent:
        clean = denoise(_held(noisy, noise, given, time), moving * time, moving * span)
        return clean if given is None else _held(clean, noise, given, 0.0)

    first = noise if start is None else noised(start, noise, torch.full_like(moving, visits[0]))
    clean = descend(along, _held(first, noise, given, visits[0]), visits, jump=jump)
    return _held(clean, noise, given, 0.0)


def _held(latent: Latent, noise: Latent, given: Given | None, time: float) -> Latent:
    """Known tokens put back as they are at this time, known frames as they are."""
    if given is None:
        return latent
    known = given.latent.to(latent.device)
    again = noised(known, noise, torch.full((latent.shape[0], latent.shape[2]), time, device=latent.device))
    latent = torch.where(given.tokens.to(latent.device), again, latent)
    return torch.where(given.frames.to(latent.device)[:, None, None], known, latent)
