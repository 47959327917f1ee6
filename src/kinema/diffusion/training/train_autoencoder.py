"""Course one: the autoencoder learns to fold pictures into tokens and to unfold them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Float, Int, Shaped, UInt8
from torch import Tensor

from kinema.diffusion.control import CHANNELS
from kinema.diffusion.grid import SPACE, TIME, Grid
from kinema.diffusion.model.autoencoder import BLOCK, Autoencoder, Latent, Scene
from kinema.diffusion.model.causal import Tails, Video, fold
from kinema.diffusion.sizes import LATENT
from kinema.diffusion.training.chance import normal
from kinema.diffusion.training.losses import divergence, gradient_l1, wavelet_l1
from kinema.diffusion.training.pictures import control_video, filmstrips, video_of
from kinema.diffusion.training.pixels import Drawn
from kinema.diffusion.training.precision import has_bfloat16
from kinema.diffusion.training.recipe import AutoencoderRecipe
from kinema.errors import TrainingError

SHOWN = 4
"""Clips of a picture, spread over the data."""


class AutoencoderCourse:
    """L1, L1 of differences, L1 of Haar bands, and a little divergence. Clips are cropped and mirrored at random."""

    def __init__(
        self,
        recipe: AutoencoderRecipe,
        clips: Sequence[Drawn],
        held_out: Sequence[Drawn],
        *,
        seed: int,
        device: torch.device,
    ) -> None:
        _refuse_small(clips, recipe.grid)
        torch.manual_seed(seed)
        # oneDNN runs narrow bfloat16 convolutions five to ten times as fast with channels last, float32 at 0.7
        self.format = torch.channels_last_3d if has_bfloat16(device) else torch.contiguous_format
        self.model = Autoencoder(recipe.sizes).to(device, memory_format=self.format)  # type: ignore[call-overload]
        self.recipe, self.clips, self.held_out, self.device = recipe, clips, held_out, device

    def losses(self, generator: torch.Generator, batch: int) -> dict[str, Tensor]:
        """Of a batch drawn by `generator`."""
        r = self.recipe
        rgb, scene = self._batch(generator, batch)
        mean, logvar = self.model.posterior(rgb, Tails(None))
        noise = normal(mean.shape, generator, self.device)
        jitter = r.jitter * torch.rand(batch, 1, 1, 1, 1, generator=generator).to(self.device)
        given = (torch.rand(batch, generator=generator) >= r.drop_control).float().to(self.device)
        # Two independent noises are one of the sum of their variances.
        latent = mean + noise * (logvar.exp() + jitter.square()).sqrt()
        latent = latent * _coarse(generator, batch, r.truncate).to(self.device)
        kl = divergence(mean.float(), logvar.float())
        asked = decoding_losses(self.model, r, latent, rgb, scene._replace(given=given), generator)
        return asked | {"loss": asked["loss"] + r.divergence * kl, "kl": kl}

    @torch.no_grad()
    def picture(self, averaged: torch.nn.Module) -> UInt8[np.ndarray, "row column 3"]:
        """Held-out clips: the original above what comes back with its control and without, first to last frame."""
        assert isinstance(averaged, Autoencoder)
        strips = []
        for index in shown(len(self.held_out)):
            clip = self.held_out[int(index)]
            rgb = video_of(whole(clip.rgb, self.recipe.grid)[None])
            control = control_video(whole(clip.control, self.recipe.grid)[None])
            latent, style = averaged.encode(rgb)[0], torch.tensor([clip.style], device=self.device)
            scenes = Scene.of(control, style), Scene.unseen(latent, style)
            strips += [rgb[0], *(averaged.decode(latent, scene)[0] for scene in scenes)]
        return filmstrips(strips)

    def _batch(self, generator: torch.Generator, batch: int) -> tuple[Video, Scene]:
        """Pictures, and what they are of."""
        drawn = [
            cropped(self.clips[int(index)], self.recipe.grid, generator)
            for index in torch.randint(len(self.clips), (batch,), generator=generator)
        ]
        rgb = video_of(torch.stack([clip.rgb for clip in drawn]))
        control = control_video(torch.stack([clip.control.float() for clip in drawn]))
        rgb, control = (a.to(self.device, memory_format=self.format) for a in (rgb, control))
        return rgb, Scene.of(control, torch.tensor([clip.style for clip in drawn]).to(self.device))


def decoding_losses(
    model: Autoencoder,
    recipe: AutoencoderRecipe,
    latent: Latent,
    rgb: Video,
    scene: Scene,
    generator: torch.Generator,
) -> dict[str, Tensor]:
    """Of latents before whitening, decoded, against the pictures `rgb` that they are of."""
    features, drawn = model.drawn(latent, Tails(None))
    coarse = (drawn.float() - rgb).abs().mean()
    # Two frames that follow one another: a clip's others show the shader the same once more, at its full price.
    first = int(torch.randint(max(1, rgb.shape[2] - 1), (), generator=generator))
    pair = np.s_[:, :, first : first + 2]
    scene = scene._replace(control=scene.control[pair])
    rgb, restored = rgb[pair], model.shaded(features[pair], drawn[pair], scene).float()
    pixel = (restored - rgb).abs().mean()
    gradient, wavelet = gradient_l1(restored, rgb), wavelet_l1(restored, rgb)
    return {
        "loss": pixel + recipe.coarse * coarse + recipe.gradient * gradient + recipe.wavelet * wavelet,
        "l1": pixel,
        "coarse_l1": coarse,
        "gradient_l1": gradient,
        "wavelet_l1": wavelet,
        "psnr": -10 * torch.log10((restored.detach() - rgb).square().mean() / 4),
    }


def _coarse(generator: torch.Generator, batch: int, share: float) -> Float[Tensor, "batch 48 1 1 1"]:
    """1 for the channels that each clip keeps: all, or for a share of clips the first ones alone. Components are
    sorted by what they are worth; what a transformer is unsure of, it leaves near 0, and that is the last of them."""
    count = torch.randint(LATENT // 8, LATENT + 1, (batch, 1), generator=generator)
    kept = (torch.arange(LATENT) < count) | (torch.rand(batch, 1, generator=generator) >= share)
    return rearrange(kept.float(), "B C -> B C 1 1 1")


def shown(count: int) -> Int[np.ndarray, " clip"]:
    """Clips of a picture, spread over the data; one more than an even step, so that their styles differ."""
    return np.arange(SHOWN) * (count // SHOWN + 1) % count


def cropped(clip: Drawn, grid: Grid, generator: torch.Generator) -> Drawn:
    """A random part of a clip, half of them mirrored: then what points right points left."""
    frames, rows, columns, _ = clip.rgb.shape
    room = (frames - grid.frames, rows - grid.height, columns - grid.width)
    t, y, x = (int(torch.randint(n + 1, (), generator=generator)) for n in room)
    part = np.s_[t : t + grid.frames, y : y + grid.height, x : x + grid.width]
    rgb, control = clip.rgb[part], clip.control[part]
    if int(torch.randint(2, (), generator=generator)):
        rgb, control = rgb.flip(2), control.flip(2)
        for name in ("normal_right", "motion_right"):
            control[..., CHANNELS.index(name)] *= -1
    return Drawn(rgb, control, clip.style)


def whole(
    pixels: Shaped[Tensor, "time row column channel"], grid: Grid
) -> Shaped[Tensor, "time row column channel"]:
    """The middle of a clip from its first frame, as large as the grid."""
    y, x = (pixels.shape[1] - grid.height) // 2, (pixels.shape[2] - grid.width) // 2
    return pixels[: grid.frames, y : y + grid.height, x : x + grid.width]


@torch.no_grad()
def principal(clips: Sequence[Drawn], grid: Grid, *, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Components, deviations and mean of blocks of up to 256 clips, a dozen of each: what `Autoencoder.span` takes.

    A small part of the least deviation is kept, so that data of fewer than 48 directions divides by nothing.
    """
    rng = np.random.default_rng([seed, 48])
    blocks = []
    for index in rng.permutation(len(clips))[:256]:
        rgb = video_of(whole(clips[int(index)].rgb, grid)[None, 1:])
        of_clip = rearrange(fold(rgb, time=TIME, space=SPACE), "1 K t h w -> (t h w) K").cpu()
        blocks.append(of_clip[torch.from_numpy(rng.permutation(len(of_clip))[:12])])
    every = torch.cat(blocks)
    centre = every.mean(dim=0)
    _, singular, components = torch.linalg.svd(every - centre, full_matrices=False)
    basis, spread = torch.zeros(LATENT, BLOCK), torch.zeros(LATENT)
    count = min(LATENT, len(singular))
    basis[:count], spread[:count] = components[:count], singular[:count] / len(every) ** 0.5
    return basis, spread.clamp(min=1e-3 * float(spread[0]) + 1e-6), centre


@torch.no_grad()
def latent_statistics(
    model: Autoencoder, clips: Sequence[Drawn], grid: Grid
) -> tuple[Float[Tensor, " 48"], ...]:
    """Mean and deviation of each latent channel over up to 256 clips: what `Autoencoder.whiten` takes."""
    means = []
    for index in np.unique(np.linspace(0, len(clips) - 1, 256).astype(int)):
        rgb = video_of(whole(clips[int(index)].rgb, grid)[None])
        means.append(model.posterior(rgb, Tails(None))[0].flatten(2)[0])
    every = torch.cat(means, dim=1)
    return every.mean(dim=1), every.std(dim=1)


def _refuse_small(clips: Sequence[Drawn], grid: Grid) -> None:
    if not len(clips):
        raise TrainingError("the data set", "must hold clips", got="none", next_step="kinema dataset make")
    shape = min(tuple(clip.rgb.shape[:3]) for clip in clips)
    if any(have < need for have, need in zip(shape, (grid.frames, grid.height, grid.width), strict=True)):
        raise TrainingError(
            "the data set's clips",
            f"must be at least {grid.width}x{grid.height}, {grid.frames} frames",
            got=f"{shape[2]}x{shape[1]}, {shape[0]} frames",
            next_step="Make them larger, or train by another recipe.",
        )
