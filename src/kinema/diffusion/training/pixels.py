"""What courses read their batches from: pictures and control of a split, unpacked once, on disk beside each other.

pixels/
  rgb.npy       clip time row column 3, uint8
  control.npy   world time row column 14, float16; the styles of a world share it
  of.npy        world of each clip; style.npy its style's number in `styles.NAMES`
  pixels.json   what they were unpacked from; written last, so a folder with it is whole

A crop of a mapped array costs its own bytes; a crop of a packed clip costs the clip's, ten times as much as the
training step it is for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int, UInt8

from kinema.diffusion.dataset.reader import Clips
from kinema.diffusion.styles import NAMES
from kinema.errors import TrainingError


@dataclass(frozen=True)
class Drawn:
    """A clip's picture, and the control it was drawn by."""

    rgb: UInt8[np.ndarray, "time row column 3"]
    control: Float[np.ndarray, "time row column 14"]
    style: int
    """Number in `styles.NAMES`."""


@dataclass(frozen=True)
class Pixels(Sequence[Drawn]):
    """A folder of them, read where needed."""

    rgb: UInt8[np.ndarray, "clip time row column 3"]
    control: Float[np.ndarray, "world time row column 14"]
    of: Int[np.ndarray, " clip"]
    style: Int[np.ndarray, " clip"]

    @classmethod
    def load(cls, folder: Path) -> Pixels:
        """Mapped, not read."""
        return cls(
            **{name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in cls.__dataclass_fields__}
        )

    def __len__(self) -> int:
        return len(self.of)

    def __getitem__(self, index: int) -> Drawn:  # type: ignore[override]
        return Drawn(self.rgb[index], self.control[self.of[index]], int(self.style[index]))


def unpacked(folder: Path, clips: Clips, report: Callable[[str], None]) -> Pixels:
    """The pixels of a split, unpacked now if they are not there."""
    made_from = {"data": clips.format, "split": clips.split, "clips": len(clips)}
    record = folder / "pixels.json"
    if record.is_file() and json.loads(record.read_text("utf-8")) == made_from:
        return Pixels.load(folder)
    if not len(clips):
        raise TrainingError("the data set", "must hold clips", got="none", next_step="kinema dataset make")
    folder.mkdir(parents=True, exist_ok=True)
    record.unlink(missing_ok=True)
    manifests = [clips.manifest(index) for index in range(len(clips))]
    shape = clips[0].rgb.shape[:3]
    seeds = [manifest["seed"] for manifest in manifests]  # styles of a world follow one another
    of = np.cumsum([0] + [a != b for a, b in pairwise(seeds)])
    rgb = _array(folder / "rgb.npy", np.uint8, (len(of), *shape, 3))
    control = _array(
        folder / "control.npy", np.float16, (int(of[-1]) + 1, *shape, clips[0].control.shape[-1])
    )
    for index, world in enumerate(of):
        clip = clips[index]
        rgb[index], control[world] = clip.rgb, clip.control
        if (index + 1) % 500 == 0:
            report(f"unpacked {index + 1} of {len(of)}")
    np.save(folder / "of.npy", of)
    np.save(folder / "style.npy", np.array([NAMES.index(manifest["style"]) for manifest in manifests]))
    record.write_text(json.dumps(made_from, indent=2) + "\n", "utf-8")
    return Pixels.load(folder)


def _array(path: Path, kind: type[np.generic], shape: tuple[int, ...]) -> np.ndarray:
    return np.lib.format.open_memmap(path, mode="w+", dtype=kind, shape=shape)
