"""Course two: the painter's network learns the velocity; course three, `FlowMapCourse`, to jump."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from kinema.diffusion.model.autoencoder import Autoencoder, Scene
from kinema.diffusion.model.flow import Denoiser, draw_times, flow_loss, flow_map_loss
from kinema.diffusion.model.network import PainterNetwork
from kinema.diffusion.model.sampler import noise_like, sample
from kinema.diffusion.schedule import times
from kinema.diffusion.training.latents import CAPTIONS, Latents
from kinema.diffusion.training.pictures import filmstrips
from kinema.diffusion.training.recipe import DistillRecipe, TransformerRecipe
from kinema.diffusion.training.train_autoencoder import SHOWN, shown


@dataclass(frozen=True)
class Batch:
    """One step's clips, noise and times, and the network with their conditions."""

    denoise: Denoiser
    clean: Tensor
    noise: Tensor
    time: Tensor


class TransformerCourse:
    """Rectified flow with x-prediction, from cached latents."""

    steps, jump = 8, False
    """Of a picture's samples."""

    def __init__(
        self,
        recipe: TransformerRecipe,
        latents: Latents,
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

    def losses(self, generator: torch.Generator, batch: int) -> dict[str, Tensor]:
        """Of a batch drawn by `generator`."""
        b = self.draw(generator, batch)
        return {
            "loss": flow_loss(b.denoise, b.clean, b.noise, b.time, self.weight, least=self.recipe.least_time)
        }

    def draw(self, generator: torch.Generator, batch: int) -> Batch:
        """Clips, captions, dropped conditions, noise, times."""
        r = self.recipe
        clips = torch.randint(len(self.latents), (batch,), generator=generator).numpy()
        caption = torch.randint(CAPTIONS, (batch,), generator=generator).numpy()
        drops = torch.rand(3, batch, generator=generator) < torch.tensor(
            [[r.drop_control], [r.drop_text], [r.drop_scene]]
        )
        control, text, scene = drops.to(self.device)
        full = bool(torch.rand((), generator=generator) < r.full_share)
        mean, deviation = self.latents.posterior(clips, self.device)
        clean = mean + deviation * torch.randn(mean.shape, generator=generator).to(self.device)
        noise = torch.randn(mean.shape, generator=generator).to(self.device)
        time = draw_times(
            generator, batch, mean.shape[2], shift=r.shift, spread=r.spread, known_share=r.known_share
        ).to(self.device)
        conditions = self.latents.conditions(clips, caption, self.device)
        denoise = self.model.conditioned(
            conditions, full=full, drop_control=control, drop_text=text, drop_scene=scene
        )
        return Batch(denoise, clean, noise, time)

    @torch.no_grad()
    def picture(self, averaged: torch.nn.Module) -> UInt8[np.ndarray, "row column 3"]:
        """Held-out clips: what the autoencoder makes of the original, above what the network paints."""
        assert isinstance(averaged, PainterNetwork)
        clips = shown(len(self.held_out))
        mean, _ = self.held_out.posterior(clips, self.device)
        conditions = self.held_out.conditions(clips, np.zeros(SHOWN, int), self.device)
        kept = torch.zeros(SHOWN, dtype=torch.bool, device=self.device)
        denoise = averaged.conditioned(
            conditions, full=False, drop_control=kept, drop_text=kept, drop_scene=kept
        )
        noise = noise_like(tuple(mean.shape), seed=0).to(self.device)
        painted = sample(denoise, noise, times(self.steps, shift=self.recipe.shift), jump=self.jump)
        style = torch.from_numpy(self.held_out.pixels.style[clips]).to(self.device)
        scene = Scene.of(self.held_out.control(clips, self.device), style)
        decode = self.autoencoder.decode
        strips = zip(decode(mean, scene), decode(painted, scene), strict=True)
        return filmstrips([clip for pair in strips for clip in pair])


class FlowMapCourse(TransformerCourse):
    """The same network, taught to land where it is told: MeanFlow's identity, and the velocity kept alongside."""

    steps, jump = 2, True

    def __init__(
        self,
        recipe: TransformerRecipe,
        distill: DistillRecipe,
        latents: Latents,
        held_out: Latents,
        autoencoder: Autoencoder,
        *,
        seed: int,
        device: torch.device,
    ) -> None:
        super().__init__(recipe, latents, held_out, autoencoder, seed=seed, device=device)
        self.distill = distill

    def losses(self, generator: torch.Generator, batch: int) -> dict[str, Tensor]:
        """Of a batch drawn by `generator`; a share of its clips has span 0."""
        b, d = self.draw(generator, batch), self.distill
        moving = torch.rand(batch, 1, generator=generator) >= d.instantaneous_share
        span = (b.time.cpu() * torch.rand(batch, 1, generator=generator) * moving).to(self.device)
        loss = flow_map_loss(
            b.denoise,
            b.clean,
            b.noise,
            b.time,
            span,
            self.weight,
            least=self.recipe.least_time,
            difference=d.difference,
        )
        return {"loss": loss, "span": span.mean()}
