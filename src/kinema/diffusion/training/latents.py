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

from kinema.diffusion.dataset.reader import Clip, Clips
from kinema.diffusion.grid import Grid
from kinema.diffusion.model.autoencoder import Autoencoder
from kinema.diffusion.model.causal import Video
from kinema.diffusion.model.network import Conditions
from kinema.diffusion.model.stem import Stem
from kinema.diffusion.model.text import NOTHING
from kinema.diffusion.sizes import CONDITION, LATENT, SCENE_NUMBERS, SCENE_ROWS, WORDS
from kinema.diffusion.training.pictures import control_to_torch, to_torch
from kinema.diffusion.training.pixels import Pixels
from kinema.errors import TrainingError

CAPTIONS = 4
"""Of a clip."""


@dataclass(frozen=True)
class Latents:
    """A folder of them, read where needed."""

    pixels: Pixels
    mean: Float[np.ndarray, "clip 48 latent_frame latent_row latent_column"]
    deviation: Float[np.ndarray, "clip 48 latent_frame latent_row latent_column"]
    condition: Float[np.ndarray, "world 104 latent_frame latent_row latent_column"]
    scene: Float[np.ndarray, "clip 32 48"]
    kinds: Int[np.ndarray, "clip 32"]
    words: Int[np.ndarray, "clip 4 72"]

    @classmethod
    def load(cls, folder: Path, pixels: Pixels) -> Latents:
        """Mapped, not read."""
        names = ("mean", "deviation", "condition", "scene", "kinds", "words")
        return cls(pixels, **{name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in names})

    def __len__(self) -> int:
        return len(self.mean)

    def control(self, clips: Int[np.ndarray, " batch"], device: torch.device) -> Video:
        """Of these clips."""
        return control_to_torch(self.pixels.control[self.pixels.of[clips]]).to(device)

    def conditions(
        self, clips: Int[np.ndarray, " batch"], caption: Int[np.ndarray, " batch"], device: torch.device
    ) -> Conditions:
        """Of these clips, with these of their captions."""
        return Conditions(
            control=torch.from_numpy(np.asarray(self.condition[self.pixels.of[clips]], np.float32)).to(
                device
            ),
            scene=torch.from_numpy(self.scene[clips]).to(device),
            kinds=torch.from_numpy(self.kinds[clips]).to(device),
            words=torch.from_numpy(self.words[clips, caption]).to(device),
        )

    def posterior(self, clips: Int[np.ndarray, " batch"], device: torch.device) -> tuple[Tensor, Tensor]:
        """Mean and deviation of these clips' latents."""
        mean, deviation = (
            torch.from_numpy(np.asarray(a[clips], np.float32)) for a in (self.mean, self.deviation)
        )
        return mean.to(device), deviation.to(device)


def cached(
    folder: Path,
    clips: Clips,
    pixels: Pixels,
    model: Autoencoder,
    grid: Grid,
    report: Callable[[str], None],
) -> Latents:
    """The latents of a split, encoded now if they are not there."""
    made_from = {
        "data": clips.format,
        "clips": len(clips),
        "autoencoder": model.identity(),
        "grid": vars(grid),
    }
    record = folder / "latents.json"
    if record.is_file() and json.loads(record.read_text("utf-8")) == made_from:
        return Latents.load(folder, pixels)
    folder.mkdir(parents=True, exist_ok=True)
    record.unlink(missing_ok=True)
    _encode(folder, clips, pixels, model, grid, report)
    record.write_text(json.dumps(made_from, indent=2) + "\n", "utf-8")
    return Latents.load(folder, pixels)


@torch.no_grad()
def _encode(
    folder: Path,
    clips: Clips,
    pixels: Pixels,
    model: Autoencoder,
    grid: Grid,
    report: Callable[[str], None],
) -> None:
    count, device = len(clips), model.shift.device
    shape = (count, LATENT, grid.latent_frames, grid.rows, grid.columns)
    mean, deviation = (_array(folder / f"{name}.npy", shape) for name in ("mean", "deviation"))
    _condition(folder / "condition.npy", pixels, model, shape[2:])
    scene = np.zeros((count, SCENE_ROWS, SCENE_NUMBERS), np.float32)
    kinds = np.full((count, SCENE_ROWS), NOTHING, np.int64)
    words = np.zeros((count, CAPTIONS, WORDS), np.int64)
    for index in range(count):
        clip = clips[index]
        _refuse_other(clip, grid)
        middle, logvar = model.encode(to_torch(clip.rgb[None]).to(device))
        mean[index], deviation[index] = middle[0].cpu(), (0.5 * logvar[0]).exp().cpu()
        rows = len(clip.kinds)
        scene[index, :rows], kinds[index, :rows] = clip.tokens, clip.kinds
        words[index] = padded_words(clip.manifest["tokens"])
        if (index + 1) % 200 == 0:
            report(f"encoded {index + 1} of {count}")
    for name, array in (("scene", scene), ("kinds", kinds), ("words", words)):
        np.save(folder / f"{name}.npy", array)


def _condition(path: Path, pixels: Pixels, model: Autoencoder, shape: tuple[int, ...]) -> None:
    device = model.shift.device
    stem = Stem().to(device)
    stem.span(model)
    condition = _array(path, (len(pixels.control), CONDITION, *shape))
    for world, control in enumerate(pixels.control):
        condition[world] = stem(control_to_torch(control[None]).to(device))[0].cpu()


def padded_words(captions: list[list[int]]) -> Int[np.ndarray, "4 72"]:
    """Captions as rows, in turn if there are fewer than four; cut where they are too long."""
    rows = np.zeros((CAPTIONS, WORDS), np.int64)
    for row in range(CAPTIONS):
        ids = captions[row % len(captions)][:WORDS]
        rows[row, : len(ids)] = ids
    return rows


def _array(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    return np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=shape)


def _refuse_other(clip: Clip, grid: Grid) -> None:
    if clip.rgb.shape[:3] != (grid.frames, grid.height, grid.width):
        time, row, column = clip.rgb.shape[:3]
        raise TrainingError(
            "the data set's clips",
            f"must be {grid.width}x{grid.height}, {grid.frames} frames, as the recipe says",
            got=f"{column}x{row}, {time} frames",
            next_step="Make them so, or train by another recipe.",
        )
