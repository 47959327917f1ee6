"""Course two: the painter's network learns the velocity; course three, `JumpCourse`, to jump."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from kinema.diffusion.model.autoencoder import Autoencoder, Scene
from kinema.diffusion.model.flow import (
    Denoiser,
    Target,
    draw_times,
    flow_loss,
    jump_loss,
    mean_flow_target,
    shortcut_target,
)
from kinema.diffusion.model.network import PainterNetwork
from kinema.diffusion.model.sampler import noise_like, sample
from kinema.diffusion.schedule import times
from kinema.diffusion.training.chance import normal
from kinema.diffusion.training.latents import CAPTIONS, Latents
from kinema.diffusion.training.pictures import filmstrips
from kinema.diffusion.training.recipe import DistillRecipe, TransformerRecipe
from kinema.diffusion.training.train_autoencoder import SHOWN, shown
from kinema.errors import UsageError


@dataclass(frozen=True)
class Batch:
    """One step's clips, noise and times, and the network with their conditions."""

    denoise: Denoiser
    clean: Tensor
    noise: Tensor
    time: Tensor


class TransformerCourse:
    """Rectified flow with x-prediction, from cached latents. Clips of one step are of one size; steps of all sizes cost
    about the same, and a size is drawn as often as it has tokens."""

    steps, jump = 8, False
    """Of a picture's samples."""

    def __init__(
        self,
        recipe: TransformerRecipe,
        latents: Sequence[Latents],
        held_out: Latents,
        autoencoder: Autoencoder,
        *,
        seed: int,
        device: torch.device,
    ) -> None:
        torch.manual_seed(seed)
        self.model = PainterNetwork(recipe.sizes).to(device)
        self.model.stem.span(autoencoder)
        self.recipe, self.latents, self.held_out = recipe, latents, held_out
        self.autoencoder, self.device = autoencoder, device
        self.weight = autoencoder.importance()
        self.sizes = torch.tensor([float(len(each) * each.tokens) for each in latents])

    def losses(self, generator: torch.Generator, batch: int) -> dict[str, Tensor]:
        """Of a batch drawn by `generator`."""
        b = self.draw(generator, batch)
        return {
            "loss": flow_loss(b.denoise, b.clean, b.noise, b.time, self.weight, least=self.recipe.least_time)
        }

    def draw(self, generator: torch.Generator, batch: int) -> Batch:
        """Clips, captions, dropped conditions, noise, times."""
        r = self.recipe
        latents = self.latents[int(torch.multinomial(self.sizes, 1, generator=generator))]
        batch = max(1, batch * self.latents[0].tokens // latents.tokens)
        clips = torch.randint(len(latents), (batch,), generator=generator).to(self.device)
        caption = torch.randint(CAPTIONS, (batch,), generator=generator).to(self.device)
        drops = torch.rand(3, batch, generator=generator) < torch.tensor(
            [[r.drop_control], [r.drop_text], [r.drop_scene]]
        )
        control, text, scene = drops.to(self.device)
        full = bool(torch.rand((), generator=generator) < r.full_share)
        mean, deviation = latents.posterior(clips)
        clean = mean + deviation * normal(mean.shape, generator, self.device)
        noise = normal(mean.shape, generator, self.device)
        time = draw_times(
            generator, batch, mean.shape[2], shift=r.shift, spread=r.spread, known_share=r.known_share
        ).to(self.device)
        conditions = latents.conditions(clips, caption)
        denoise = self.model.conditioned(
            conditions, full=full, drop_control=control, drop_text=text, drop_scene=scene
        )
        return Batch(denoise, clean, noise, time)

    @torch.no_grad()
    def picture(self, averaged: torch.nn.Module) -> UInt8[np.ndarray, "row column 3"]:
        """Held-out clips: what the autoencoder makes of the original, above what the network paints."""
        assert isinstance(averaged, PainterNetwork)
        clips = torch.from_numpy(shown(len(self.held_out))).to(self.device)
        mean, _ = self.held_out.posterior(clips)
        conditions = self.held_out.conditions(clips, torch.zeros_like(clips))
        kept = torch.zeros(SHOWN, dtype=torch.bool, device=self.device)
        denoise = averaged.conditioned(
            conditions, full=False, drop_control=kept, drop_text=kept, drop_scene=kept
        )
        noise = noise_like(tuple(mean.shape), seed=0).to(self.device)
        painted = sample(denoise, noise, times(self.steps, shift=self.recipe.shift), jump=self.jump)
        scene = Scene.of(self.held_out.control(clips), conditions.style)
        decode = self.autoencoder.decode
        strips = zip(decode(mean, scene), decode(painted, scene), strict=True)
        return filmstrips([clip for pair in strips for clip in pair])


class JumpCourse(TransformerCourse):
    """The same network, taught to land where it is told, and the velocity kept alongside."""

    steps, jump = 2, True

    def __init__(
        self,
        recipe: TransformerRecipe,
        distill: DistillRecipe,
        latents: Sequence[Latents],
        held_out: Latents,
        autoencoder: Autoencoder,
        *,
        method: str,
        seed: int,
        device: torch.device,
    ) -> None:
        super().__init__(recipe, latents, held_out, autoencoder, seed=seed, device=device)
        self.distill, self.target = distill, target_named(method, distill.difference)

    def losses(self, generator: torch.Generator, batch: int) -> dict[str, Tensor]:
        """Of a batch drawn by `generator`; a share of its clips has span 0."""
        b = self.draw(generator, batch)
        count = len(b.time)
        moving = torch.rand(count, 1, generator=generator) >= self.distill.instantaneous_share
        share = torch.rand(count, 1, generator=generator) * moving
        span = b.time * share.to(self.device)
        loss = jump_loss(
            b.denoise,
            b.clean,
            b.noise,
            b.time,
            span,
            self.weight,
            self.target,
            least=self.recipe.least_time,
        )
        return {"loss": loss, "span": span.mean()}


def target_named(method: str, difference: float) -> Target:
    """What jumps are taught by: `flow-map` or `shortcut`. Raises `UsageError`."""
    methods = {"flow-map": partial(mean_flow_target, difference=difference), "shortcut": shortcut_target}
    if method not in methods:
        raise UsageError(
            "--method", f"must be one of {', '.join(methods)}", got=method, next_step="Choose one of them."
        )
    return methods[method]
