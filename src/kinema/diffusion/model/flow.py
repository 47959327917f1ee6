"""Rectified flow with x-prediction, and the flow map that jumps.

Along z(t) = (1 - t) x + t e, from a picture x at time 0 to noise e at time 1, the velocity is v = e - x (Liu et al.,
arXiv 2209.03003). The network predicts x, because pictures lie near a low-dimensional sheet and noise does not, but
its error is weighed as one of v = (z - x) / t (JiT, 2511.13720). A flow map has one more argument, the span s = t - r:
its u = (z - x) / t is the mean velocity from t down to r, so z - s u lands at r (MeanFlow, 2505.13447; AnyFlow,
2605.13724). Times are one a latent frame; frames at time 0 are given. Axes: B batch, C channel, t latent frame.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from kinema.diffusion.model.autoencoder import Latent
from kinema.diffusion.model.transformer import Times

Denoiser = Callable[[Latent, Times, Times], Latent]
"""(noisy, time, span) → clean."""
Target = Callable[[Denoiser, Latent, Latent, Times, Times], Latent]
"""(denoise, noisy, e - x, time, span) → the mean velocity that is to be learned."""
Weight = Float[Tensor, "channel 1 1 1"]
"""Of a channel's error, 1 on average."""
LEAST = 1e-5
"""Time that counts as 0."""


def wide(time: Times) -> Float[Tensor, "batch 1 latent_frame 1 1"]:
    """Beside latents."""
    return time[:, None, :, None, None]


def noised(clean: Latent, noise: Latent, time: Times) -> Latent:
    """z(t)."""
    return (1 - wide(time)) * clean + wide(time) * noise


def velocity(noisy: Latent, clean: Latent, time: Times, least: float = LEAST) -> Latent:
    """v, or u, of a prediction of x; 0 where time is 0."""
    return (noisy - clean) / wide(time.clamp(min=least))


def clean_of(noisy: Latent, velocity: Latent, time: Times) -> Latent:
    """x, of a prediction of v or u."""
    return noisy - wide(time) * velocity


def shifted(time: Tensor, shift: float) -> Tensor:
    """More noise for `shift` > 1: larger pictures need it (Esser et al., arXiv 2403.03206, section 5.3.2)."""
    return shift * time / (1 + (shift - 1) * time)


def draw_times(
    generator: torch.Generator, batch: int, frames: int, *, shift: float, spread: float, known_share: float
) -> Times:
    """Logit-normal times (2403.03206, section 3.1).

    A share of the clips has its first 0 to t - 1 latent frames given, at time 0, and one time for the rest, as when
    a clip is streamed or continued; the others have a time a frame (diffusion forcing, 2407.01392).
    """
    each = torch.randn(batch, frames, generator=generator) * spread
    known = torch.randint(frames, (batch, 1), generator=generator)
    forced = torch.rand(batch, 1, generator=generator) < known_share
    logit = torch.where(forced, each[:, -1:], each)
    time = shifted(logit.sigmoid(), shift)
    return time.masked_fill(forced & (torch.arange(frames)[None] < known), 0.0)


def flow_loss(
    denoise: Denoiser, clean: Latent, noise: Latent, time: Times, weight: Weight, *, least: float
) -> Tensor:
    """Mean squared error of v over what is not given. Weights of channels move effort, not the optimum."""
    noisy = noised(clean, noise, time)
    predicted = denoise(noisy, time, torch.zeros_like(time))
    return _mean_over_unknown((predicted.float() - clean) / wide(time.clamp(min=least)), time, weight)


def jump_loss(
    denoise: Denoiser,
    clean: Latent,
    noise: Latent,
    time: Times,
    span: Times,
    weight: Weight,
    target: Target,
    *,
    least: float,
) -> Tensor:
    """Squared error of the mean velocity against a target that the network itself helps to find, held fixed.

    Targets are found in float32: bfloat16's rounding over a short span would be noise as large as u.
    """
    noisy, along = noised(clean, noise, time), noise - clean
    with torch.no_grad(), torch.autocast(noisy.device.type, enabled=False):
        wanted = target(denoise, noisy, along, time, span)
    u = velocity(noisy, denoise(noisy, time, span).float(), time, least)
    return _mean_over_unknown(u - wanted, time, weight)


def mean_flow_target(
    denoise: Denoiser, noisy: Latent, along: Latent, time: Times, span: Times, *, difference: float
) -> Latent:
    """MeanFlow's identity, u = v - s du/dt at a fixed end r, with v = e - x (iMF, arXiv 2512.02012).

    du/dt along the path is a central difference of `difference` times the time: two passes without gradient cost what
    a forward-mode one does, and any kernel will do.
    """
    step = time * difference
    ahead, behind = (_mean_velocity(denoise, noisy, along, time, span, s) for s in (step, -step))
    return along - wide(span) * (ahead - behind) / (2 * wide(step.clamp(min=LEAST)))


def shortcut_target(denoise: Denoiser, noisy: Latent, along: Latent, time: Times, span: Times) -> Latent:
    """Two jumps of half the span (shortcut models, arXiv 2410.12557); v = e - x where there is none."""
    half = span / 2
    first = velocity(noisy, denoise(noisy, time, half).float(), time)
    there = noisy - wide(half) * first
    second = velocity(there, denoise(there, time - half, half).float(), time - half)
    return torch.where(wide(span) > 0, (first + second) / 2, along)


def _mean_velocity(
    denoise: Denoiser, noisy: Latent, along: Latent, time: Times, span: Times, step: Times
) -> Latent:
    """u at t + step with the same end: the span grows as time does."""
    moved = time + step
    there = noisy + wide(step) * along
    return velocity(there, denoise(there, moved, span + step).float(), moved)


def _mean_over_unknown(error: Latent, time: Times, weight: Weight) -> Tensor:
    unknown: Bool[Tensor, "batch latent_frame"] = time > LEAST
    square = (error.square() * weight).mean(dim=(1, 3, 4)) * unknown
    return square.sum() / unknown.sum().clamp(min=1)
