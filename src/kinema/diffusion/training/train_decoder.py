"""Course four: the decoder once more, on what the transformer paints instead of what the encoder sees.

A transformer of two steps predicts near the mean of what a token could be: fine strokes are missing, and a colour that
is wrong is wrong in the same way everywhere. A decoder that has seen only true latents paints that as it is told. Here
it learns what was meant. Latents stay what they were, and with them everything that reads or makes them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, Shaped, UInt8
from torch import Tensor

from kinema.diffusion.grid import SPACE
from kinema.diffusion.model.autoencoder import Autoencoder, Latent, Scene
from kinema.diffusion.model.causal import Tails, Video
from kinema.diffusion.training.painted import Painted
from kinema.diffusion.training.pictures import control_video, filmstrips, video_of
from kinema.diffusion.training.recipe import AutoencoderRecipe, DecoderRecipe
from kinema.diffusion.training.train_autoencoder import decoding_losses, shown


class DecoderCourse:
    """Course one's losses of pictures. Clips are cropped along tokens and not mirrored: latents have no mirror image.
    Those of a step are of one size; a size is drawn as often as it has tokens."""

    def __init__(
        self,
        recipe: DecoderRecipe,
        losses: AutoencoderRecipe,
        clips: Sequence[Painted],
        held_out: Painted,
        autoencoder: Autoencoder,
    ) -> None:
        """`losses`: course one's, for their weights. `autoencoder`: trained, on the clips' device."""
        self.model = autoencoder.train()
        if autoencoder.encoder is not None:
            autoencoder.encoder.requires_grad_(False)
        for part in (autoencoder.decoder, autoencoder.shader):
            part.requires_grad_(True)
        self.recipe, self.weights, self.clips, self.held_out = recipe, losses, clips, held_out
        self.device = autoencoder.shift.device
        self.sizes = torch.tensor([float(each.latent[:, 0].numel()) for each in clips])

    def losses(self, generator: torch.Generator, batch: int) -> dict[str, Tensor]:
        """Of a batch drawn by `generator`; a share of its clips has true latents, which dreams give back."""
        painted = self.clips[int(torch.multinomial(self.sizes, 1, generator=generator))]
        rgb, latent, scene = self._batch(painted, generator, batch)
        true = torch.rand(batch, 1, 1, 1, 1, generator=generator) < self.recipe.true_share
        given = torch.rand(batch, generator=generator) >= self.weights.drop_control
        with torch.no_grad():
            seen = self.model.posterior(rgb, Tails(None))[0]
        told = torch.where(true.to(self.device), seen, self.model.coloured(latent))
        scene = scene._replace(given=given.float().to(self.device))
        return decoding_losses(self.model, self.weights, told, rgb, scene, generator)

    @torch.no_grad()
    def picture(self, averaged: torch.nn.Module) -> UInt8[np.ndarray, "row column 3"]:
        """Held-out clips: the original above what is decoded of the painted latents, first to last frame."""
        assert isinstance(averaged, Autoencoder)
        strips, pixels = [], self.held_out.latents.pixels
        for index in shown(len(self.held_out)):
            clip, latent = pixels[int(index)], self.held_out.latent[int(index)][None].float()
            control = control_video(clip.control[None]).to(self.device)
            scene = Scene.of(control, torch.tensor([clip.style], device=self.device))
            strips += [video_of(clip.rgb[None])[0], averaged.decode(latent, scene)[0].cpu()]
        return filmstrips(strips)

    def _batch(self, painted: Painted, generator: torch.Generator, batch: int) -> tuple[Video, Latent, Scene]:
        """Crops of clips, of what was painted of them, and of what they are of."""
        pixels, (rows, columns) = painted.latents.pixels, painted.latent.shape[-2:]
        chosen = torch.randint(len(painted), (batch,), generator=generator)
        side = [min(self.weights.grid.height // SPACE, rows), min(self.weights.grid.width // SPACE, columns)]
        room = torch.tensor([rows - side[0], columns - side[1]]) + 1
        corners = (torch.rand(batch, 2, generator=generator) * room).long()
        parts = [_Part(int(y), int(x), *side) for y, x in corners]
        drawn = list(zip(chosen.tolist(), parts, strict=True))
        rgb = torch.stack([part.of_pixels(pixels.rgb[clip]) for clip, part in drawn])
        control = torch.stack([part.of_pixels(pixels.control[pixels.of[clip]]) for clip, part in drawn])
        latent = torch.stack([part.of_tokens(painted.latent[clip]) for clip, part in drawn])
        style = pixels.style[chosen].to(self.device)
        scene = Scene.of(control_video(control).to(self.device), style)
        return video_of(rgb).to(self.device), latent.float(), scene


class _Part:
    """A crop along tokens."""

    def __init__(self, row: int, column: int, rows: int, columns: int) -> None:
        self._tokens = np.s_[..., row : row + rows, column : column + columns]
        down, across = (slice(SPACE * at, SPACE * (at + n)) for at, n in ((row, rows), (column, columns)))
        self._pixels = np.s_[:, down, across]

    def of_tokens(self, latent: Float[Tensor, "48 t h w"]) -> Float[Tensor, "48 t row column"]:
        """Of a clip's latents."""
        return latent[self._tokens]

    def of_pixels(
        self, clip: Shaped[Tensor, "time row column channel"]
    ) -> Shaped[Tensor, "time row column channel"]:
        """The same of its pixels."""
        return clip[self._pixels]
