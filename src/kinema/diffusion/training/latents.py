"""What the transformer trains from: latents, encoded once, on disk beside what is said of them; control is `pixels`'.

latents/
  mean.npy      clip 48 t h w, float16, whitened
  deviation.npy the same: of the posterior
  condition.npy world 104 t h w, float16: what the stem makes of its control, as nothing in the stem is trained
  scene.npy     clip 32 48, float32; kinds.npy clip 32, int64, -1 = no row
  words.npy     clip caption 72, int64, 0 = no word
  latents.json  what they were made from; written last, so a folder with it is whole
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from kinema.diffusion.dataset.reader import Clips
from kinema.diffusion.grid import Grid
from kinema.diffusion.model.autoencoder import Autoencoder
from kinema.diffusion.model.causal import Video
from kinema.diffusion.model.network import Conditions
from kinema.diffusion.model.stem import Stem
from kinema.diffusion.model.text import NOTHING
from kinema.diffusion.sizes import CONDITION, LATENT, SCENE_NUMBERS, SCENE_ROWS, WORDS
from kinema.diffusion.training.pictures import control_video, video_of
from kinema.diffusion.training.pixels import Pixels, mapped

CAPTIONS = 4
"""Of a clip."""
_AT_ONCE = 9
"""Clips encoded together."""


@dataclass(frozen=True)
class Latents:
    """A folder of them, of clips of one size: on the CPU read where needed, on a GPU all there; pixels stay on the
    CPU, since only pictures of a run need them."""

    pixels: Pixels
    of: Int[Tensor, " clip"]
    style: Int[Tensor, " clip"]
    mean: Float[Tensor, "clip 48 latent_frame latent_row latent_column"]
    deviation: Float[Tensor, "clip 48 latent_frame latent_row latent_column"]
    condition: Float[Tensor, "world 104 latent_frame latent_row latent_column"]
    scene: Float[Tensor, "clip 32 48"]
    kinds: Int[Tensor, "clip 32"]
    words: Int[Tensor, "clip 4 72"]

    @classmethod
    def load(cls, folder: Path, pixels: Pixels, device: torch.device) -> Latents:
        """Mapped on the CPU, not read."""
        names = ("mean", "deviation", "condition", "scene", "kinds", "words")
        arrays = {name: mapped(folder / f"{name}.npy", device) for name in names}
        return cls(pixels, pixels.of.to(device), pixels.style.to(device), **arrays)

    def __len__(self) -> int:
        return len(self.mean)

    @property
    def tokens(self) -> int:
        """Of a clip."""
        return self.mean[0, 0].numel()

    def control(self, clips: Int[Tensor, " batch"]) -> Video:
        """Of these clips."""
        worlds = self.of[clips]
        return control_video(self.pixels.control[worlds.cpu()].to(worlds.device))

    def conditions(self, clips: Int[Tensor, " batch"], caption: Int[Tensor, " batch"]) -> Conditions:
        """Of these clips, with these of their captions."""
        return Conditions(
            control=self.condition[self.of[clips]].float(),
            scene=self.scene[clips],
            kinds=self.kinds[clips],
            words=self.words[clips, caption],
            style=self.style[clips],
        )

    def posterior(self, clips: Int[Tensor, " batch"]) -> tuple[Tensor, Tensor]:
        """Mean and deviation of these clips' latents."""
        return self.mean[clips].float(), self.deviation[clips].float()


def cached(
    folder: Path, clips: Clips, pixels: Pixels, model: Autoencoder, report: Callable[[str], None]
) -> Latents:
    """The latents of a split, encoded now if they are not there."""
    made_from = {"data": clips.format, "clips": len(clips), "autoencoder": model.identity()}
    record = folder / "latents.json"
    if record.is_file() and json.loads(record.read_text("utf-8")) == made_from:
        return Latents.load(folder, pixels, model.shift.device)
    folder.mkdir(parents=True, exist_ok=True)
    record.unlink(missing_ok=True)
    report(f"encode {len(clips)} clips")
    _encode(folder, pixels, model)
    _say(folder, clips)
    record.write_text(json.dumps(made_from, indent=2) + "\n", "utf-8")
    return Latents.load(folder, pixels, model.shift.device)


@torch.no_grad()
def _encode(folder: Path, pixels: Pixels, model: Autoencoder) -> None:
    frames, height, width = pixels.rgb.shape[1:4]
    grid = Grid(frames=frames, height=height, width=width)
    place = (grid.latent_frames, grid.rows, grid.columns)
    mean, deviation = (
        _array(folder / f"{name}.npy", (len(pixels), LATENT, *place)) for name in ("mean", "deviation")
    )
    device = model.shift.device
    for start in range(0, len(pixels), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        middle, logvar = model.encode(video_of(pixels.rgb[part].to(device)))
        mean[part], deviation[part] = middle.cpu(), (0.5 * logvar).exp().cpu()
    stem = Stem().to(device)
    stem.span(model)
    condition = _array(folder / "condition.npy", (len(pixels.control), CONDITION, *place))
    for world, control in enumerate(pixels.control):
        condition[world] = stem(control_video(control[None].to(device)))[0].cpu()


def _say(folder: Path, clips: Clips) -> None:
    count = len(clips)
    scene = np.zeros((count, SCENE_ROWS, SCENE_NUMBERS), np.float32)
    kinds = np.full((count, SCENE_ROWS), NOTHING, np.int64)
    words = np.zeros((count, CAPTIONS, WORDS), np.int64)
    for index in range(count):
        rows, kinds_of_rows = clips.tokens(index)
        scene[index, : len(rows)], kinds[index, : len(rows)] = rows, kinds_of_rows
        words[index] = padded_words(clips.manifest(index)["tokens"])
    for name, array in (("scene", scene), ("kinds", kinds), ("words", words)):
        np.save(folder / f"{name}.npy", array)


def padded_words(captions: list[list[int]]) -> Int[np.ndarray, "4 72"]:
    """Captions as rows, in turn if there are fewer than four; cut where they are too long."""
    rows = np.zeros((CAPTIONS, WORDS), np.int64)
    for row in range(CAPTIONS):
        ids = captions[row % len(captions)][:WORDS]
        rows[row, : len(ids)] = ids
    return rows


def _array(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    return np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=shape)
