"""Shards: plain tar files of worlds, whole or absent, the same bytes for the same seed.

A world is one group of members. `<key>.control.npz` stands once; for each style follow `<key>.<style>.json` (the
clip's manifest), `<key>.<style>.rgb.npz` and `<key>.<style>.tokens.npz`.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np

from kinema.diffusion.caption import captions, encode
from kinema.diffusion.dataset.clip import Format, World, make_world
from kinema.diffusion.dataset.distribution import FPS, Split, world_seed
from kinema.errors import MediaError

SCHEMA: Final = "kinema.clip/1"
CAPTIONS: Final = 4
"""Phrasings of each clip."""
PACKAGES: Final = ("kinema", "numpy", "scipy", "numba", "rapier3d", "opencolorio")
"""Whose versions can change a clip."""


def shard_name(split: str, start: int, stop: int) -> str:
    """Of the worlds from `start` to `stop` - 1."""
    return f"{split}-{start:07d}-{stop:07d}.tar"


def write_shard(
    folder: Path,
    split: Split,
    worlds: range,
    seed: int,
    asked: Format,
    report: Callable[[int], None] = lambda _done: None,
) -> Path:
    """Make the worlds of a shard and write it, atomically. `report` hears of every world done."""
    path = folder / shard_name(split, worlds.start, worlds.stop)
    partial = path.with_suffix(".partial")
    try:
        with tarfile.open(partial, "w", format=tarfile.USTAR_FORMAT) as tar:
            for done, index in enumerate(worlds, 1):
                world = make_world(world_seed(seed, split, index), split, asked)
                for name, blob in members(world, f"{index:07d}"):
                    entry = tarfile.TarInfo(
                        name
                    )  # its date is 0, its owner nobody: bytes depend on content alone
                    entry.size = len(blob)
                    tar.addfile(entry, io.BytesIO(blob))
                report(done)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise MediaError(
            str(path), "must be writable", got=str(error), next_step="Check the folder and the disk."
        ) from error
    return path


def members(world: World, key: str) -> list[tuple[str, bytes]]:
    """(Name, bytes) of each file of a world, in order."""
    control = npz(control=world.control)
    found = [(f"{key}.control.npz", control)]
    for style, rgb in world.rgb.items():
        blobs = {
            "rgb": npz(rgb=rgb),
            "tokens": npz(tokens=world.tokens[style].rows, kinds=world.tokens[style].kinds),
        }
        hashes = {name: sha256(blob) for name, blob in {"control": control, **blobs}.items()}
        text = json.dumps(manifest(world, style, hashes), sort_keys=True, indent=1)
        found.append((f"{key}.{style}.json", text.encode()))
        found += [(f"{key}.{style}.{name}.npz", blob) for name, blob in blobs.items()]
    return found


def manifest(world: World, style: str, hashes: dict[str, str]) -> dict[str, Any]:
    """What a clip is, where it comes from, and how to make it again."""
    phrases = captions(world.shot, style, world.seed, count=CAPTIONS)
    frames, height, width, _ = world.control.shape
    return {
        "schema": SCHEMA,
        "seed": world.seed,
        "split": world.split,
        "style": style,
        "phenomenon": world.phenomenon,
        "attempt": world.attempt,
        "licence": "CC0-1.0",
        "size": [width, height],
        "frames": frames,
        "fps": FPS,
        "slow_motion": str(world.shot.timing.slow_motion),
        "captions": phrases,
        "tokens": [encode(phrase).ids for phrase in phrases],
        "engine": world.engine,
        "versions": _versions(),
        "hashes": hashes,
    }


@lru_cache(maxsize=1)
def _versions() -> dict[str, str]:
    return {name: version(name) for name in PACKAGES}


def npz(**arrays: np.ndarray) -> bytes:
    """A compressed npz file whose bytes depend on the arrays alone."""
    buffer = io.BytesIO()
    # Level 1: a fifth larger than level 6 and four times as quick.
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, array in arrays.items():
            part = io.BytesIO()
            np.lib.format.write_array(part, np.ascontiguousarray(array), allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, part.getvalue(), compresslevel=1)
    return buffer.getvalue()


def sha256(blob: bytes) -> str:
    """Hexadecimal."""
    return hashlib.sha256(blob).hexdigest()
