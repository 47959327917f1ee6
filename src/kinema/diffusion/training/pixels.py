"""What courses read their batches from: pictures and control of a split, unpacked once, on disk beside each other.

pixels/
  rgb.npy       clip time row column 3, uint8
  control.npy   world time row column 14, float16; the styles of a world share it
  of.npy        world of each clip; style.npy its style's number in `styles.NAMES`
  pixels.json   what they were unpacked from; written last, so a folder with it is whole

A crop of a mapped array costs its own bytes; a crop of a packed clip costs the clip's, ten times as much as the
training step it is for. A GPU holds them all: 1.5 MB a clip of 192x128, and a step there takes less than a crop's way.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from kinema.diffusion.dataset.reader import Clips
from kinema.diffusion.styles import NAMES
from kinema.errors import TrainingError

Item = TypeVar("Item")


@dataclass(frozen=True)
class Drawn:
    """A clip's picture, and the control it was drawn by."""

    rgb: UInt8[Tensor, "time row column 3"]
    control: Float[Tensor, "time row column 14"]
    style: int
    """Number in `styles.NAMES`."""


@dataclass(frozen=True)
class Pixels(Sequence[Drawn]):
    """A folder of them: on the CPU read where needed, on a GPU all there."""

    rgb: UInt8[Tensor, "clip time row column 3"]
    control: Float[Tensor, "world time row column 14"]
    of: Int[Tensor, " clip"]
    style: Int[Tensor, " clip"]

    @classmethod
    def load(cls, folder: Path, device: torch.device) -> Pixels:
        """Mapped on the CPU, not read."""
        return cls(**{name: mapped(folder / f"{name}.npy", device) for name in cls.__dataclass_fields__})

    def __len__(self) -> int:
        return len(self.of)

    def __getitem__(self, index: int) -> Drawn:  # type: ignore[override]
        return Drawn(self.rgb[index], self.control[self.of[index]], int(self.style[index]))


@dataclass(frozen=True)
class Joined(Sequence[Item]):
    """Data sets of several sizes, one after the other."""

    parts: Sequence[Sequence[Item]]

    def __len__(self) -> int:
        return sum(len(part) for part in self.parts)

    def __getitem__(self, index: int) -> Item:  # type: ignore[override]
        for part in self.parts:
            if index < len(part):
                return part[index]
            index -= len(part)
        raise IndexError(index)


def mapped(path: Path, device: torch.device) -> Tensor:
    """An array of a file. Copied on write, since torch knows no arrays that may not be written to."""
    return torch.from_numpy(np.load(path, mmap_mode="c")).to(device)


def unpacked(folder: Path, clips: Clips, device: torch.device, report: Callable[[str], None]) -> Pixels:
    """The pixels of a split, unpacked now if they are not there."""
    made_from = {"data": clips.format, "split": clips.split, "clips": len(clips)}
    record = folder / "pixels.json"
    if record.is_file() and json.loads(record.read_text("utf-8")) == made_from:
        return Pixels.load(folder, device)
    if not len(clips):
        raise TrainingError("the data set", "must hold clips", got="none", next_step="kinema dataset make")
    folder.mkdir(parents=True, exist_ok=True)
    record.unlink(missing_ok=True)
    report(f"unpack {len(clips)} clips")
    _unpack(folder, clips)
    record.write_text(json.dumps(made_from, indent=2) + "\n", "utf-8")
    return Pixels.load(folder, device)


def _unpack(folder: Path, clips: Clips) -> None:
    manifests = [clips.manifest(index) for index in range(len(clips))]
    seeds = [manifest["seed"] for manifest in manifests]  # styles of a world follow one another
    of = np.cumsum([0] + [a != b for a, b in pairwise(seeds)])
    control = clips.control(0)
    shape, worlds = control.shape[:3], int(of[-1]) + 1
    rgbs = _array(folder / "rgb.npy", np.uint8, (len(of), *shape, 3))
    controls = _array(folder / "control.npy", np.float16, (worlds, *shape, control.shape[-1]))

    def unpack(world: int) -> None:
        mine = np.flatnonzero(of == world)
        controls[world] = clips.control(int(mine[0]))
        for index in mine:
            rgbs[index] = clips.rgb(int(index))

    with ThreadPoolExecutor(os.cpu_count()) as pool:  # zlib lets other threads run
        list(pool.map(unpack, range(worlds)))
    np.save(folder / "of.npy", of)
    np.save(folder / "style.npy", np.array([NAMES.index(manifest["style"]) for manifest in manifests]))


def _array(path: Path, kind: type[np.generic], shape: tuple[int, ...]) -> np.ndarray:
    return np.lib.format.open_memmap(path, mode="w+", dtype=kind, shape=shape)
