"""Is the data set what it says? Sampled worlds are made again from their seeds, and every byte is compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinema.diffusion.dataset.clip import Format, make_world
from kinema.diffusion.dataset.distribution import SPLITS
from kinema.diffusion.dataset.reader import Clips
from kinema.diffusion.dataset.shard import members, sha256
from kinema.errors import UsageError

FILES = ("control", "rgb", "tokens")


@dataclass(frozen=True)
class Checked:
    """What was found of one clip."""

    split: str
    index: int
    style: str
    seed: int
    wrong: tuple[str, ...]
    """Files that are not what they should be, and against what: empty if all is well."""


def verify_dataset(
    folder: str | Path,
    *,
    worlds: int = 4,
    seed: int = 0,
    report: Callable[[int, int], None] = lambda *_: None,
) -> list[Checked]:
    """Make `worlds` worlds of each split again, drawn by `seed`, and compare stored files with their manifests'
    hashes and with what the seed gives now. Raises `UsageError` if there are no clips."""
    rng, found = np.random.default_rng(seed), []
    splits = [clips for split in SPLITS if len(clips := Clips(folder, split))]
    if not splits:
        raise UsageError(
            str(folder), "must hold clips", got="none", next_step="Make some: `kinema dataset make`."
        )
    chosen = [(clips, start) for clips in splits for start in _sample(clips, worlds, rng)]
    for done, (clips, start) in enumerate(chosen, 1):
        found += _checked(clips, start)
        report(done, len(chosen))
    return found


def _sample(clips: Clips, worlds: int, rng: np.random.Generator) -> list[int]:
    """First clips of some worlds."""
    styles = len(clips.format["styles"])
    count = len(clips) // styles
    return sorted(int(n) * styles for n in rng.choice(count, min(worlds, count), replace=False))


def _checked(clips: Clips, start: int) -> list[Checked]:
    """All styles of a world."""
    style_names = tuple(clips.format["styles"])
    asked = Format(clips.format["width"], clips.format["height"], clips.format["frames"], style_names)
    first = clips.manifest(start)
    again = dict(members(make_world(first["seed"], first["split"], asked), ""))
    found = []
    for number, style in enumerate(style_names):
        manifest = clips.manifest(start + number)
        wrong = []
        for name in FILES:
            stored = sha256(clips.blob(start + number, name))
            made = sha256(again[".control.npz" if name == "control" else f".{style}.{name}.npz"])
            if stored != manifest["hashes"][name]:
                wrong.append(f"{name}: not the file of the manifest")
            if made != manifest["hashes"][name]:
                wrong.append(f"{name}: the seed gives another")
        found.append(Checked(first["split"], start + number, style, first["seed"], tuple(wrong)))
    return found
