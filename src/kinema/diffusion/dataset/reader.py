"""Reading a data set: clips in order or at random, as numpy arrays, without torch and in constant memory."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import Float, Int, UInt8

from kinema.diffusion.dataset.distribution import SPLITS
from kinema.diffusion.dataset.make import read_record
from kinema.errors import MediaError, UsageError
from kinema.media.arrays import array_in, unpacked

MEMBERS: Final = {"control", "rgb", "tokens", "json"}
"""Of each clip."""
MOST: Final = 2**30
"""Bytes that a member may unpack to: 50 frames of control at 854x480 are 0.57 GB."""


@dataclass(frozen=True)
class Clip:
    """One clip of one style."""

    rgb: UInt8[np.ndarray, "time row column 3"]
    """sRGB code values."""
    control: Float[np.ndarray, "time row column 14"]
    """float16; see `control.CHANNELS`. Shared with the other styles of the world: do not write to it."""
    tokens: Float[np.ndarray, "row number"]
    """Scene tokens, float32."""
    kinds: Int[np.ndarray, " row"]
    """Index of each row's kind in `scene_tokens.KINDS`, int64."""
    manifest: dict[str, Any]
    """Schema `kinema.clip/1`: `captions` and their `tokens`, `style`, `seed`, ..."""

    @property
    def signed(self) -> Float[np.ndarray, "time row column 3"]:
        """The picture as networks take it: float32 in [-1, 1]."""
        return self.rgb.astype(np.float32) / 127.5 - 1


@dataclass(frozen=True)
class _Place:
    """Where the bytes of a member are."""

    path: Path
    offset: int
    size: int


class Clips(Sequence[Clip]):
    """The clips of a split, by index: the worlds in order, in each the styles in order. Files are indexed when it is
    made; arrays are read when asked for. May be handed to other processes."""

    def __init__(self, folder: str | Path, split: str) -> None:
        if split not in SPLITS:
            raise UsageError(
                "split",
                f"must be one of {', '.join(SPLITS)}",
                got=repr(split),
                next_step="Choose one of them.",
            )
        self.folder, self.split = Path(folder), split
        record = read_record(self.folder)
        self.format: dict[str, Any] = record
        self._clips = [clip for shard in sorted(self.folder.glob(f"{split}-*.tar")) for clip in _index(shard)]

    def __len__(self) -> int:
        return len(self._clips)

    def __getitem__(self, index: int) -> Clip:  # type: ignore[override]
        tokens, kinds = self.tokens(index)
        return Clip(
            rgb=self.rgb(index),
            control=_control(self._clips[index]["control"]),
            tokens=tokens,
            kinds=kinds,
            manifest=self.manifest(index),
        )

    def rgb(self, index: int) -> UInt8[np.ndarray, "time row column 3"]:
        """The picture alone."""
        return _array(self._clips[index]["rgb"], "rgb", UInt8[np.ndarray, "time row column 3"])

    def control(self, index: int) -> Float[np.ndarray, "time row column 14"]:
        """The control alone, read anew."""
        return _read_control(self._clips[index]["control"])

    def tokens(self, index: int) -> tuple[Float[np.ndarray, "row number"], Int[np.ndarray, " row"]]:
        """Scene tokens alone, and their kinds."""
        place = self._clips[index]["tokens"]
        tokens = _array(place, "tokens", Float[np.ndarray, "row number"])
        kinds = _array(place, "kinds", Int[np.ndarray, " row"])
        if len(tokens) != len(kinds):
            raise _damaged(place.path, "kinds of other rows")
        return tokens, kinds

    def manifest(self, index: int) -> dict[str, Any]:
        """The manifest alone, without the arrays."""
        place = self._clips[index]["json"]
        try:
            manifest = json.loads(_bytes(place))
        except (ValueError, RecursionError) as error:
            raise _damaged(place.path, error) from error
        if not isinstance(manifest, dict):
            raise _damaged(place.path, "a manifest that is no object")
        return manifest

    def blob(self, index: int, name: str) -> bytes:
        """The stored bytes of `rgb`, `control`, `tokens` or `json`."""
        return _bytes(self._clips[index][name])


def read_clips(folder: str | Path, split: str) -> Iterator[Clip]:
    """All clips of a split, in order."""
    yield from Clips(folder, split)


def _index(shard: Path) -> list[dict[str, _Place]]:
    """Of each clip, where its members are."""
    clips: dict[str, dict[str, _Place]] = {}
    control: dict[str, _Place] = {}
    try:
        with tarfile.open(shard, "r:") as tar:
            for entry in tar:
                key, _, rest = entry.name.partition(".")
                place = _Place(shard, entry.offset_data, entry.size)
                if rest == "control.npz":
                    control[key] = place
                    continue
                style, _, kind = rest.partition(".")
                clip = clips.setdefault(f"{key}.{style}", {"control": control[key]})
                clip[kind.removesuffix(".npz")] = place
    except (OSError, ValueError, tarfile.TarError, KeyError) as error:
        raise _damaged(shard, error) from error
    if bare := next((key for key, members in clips.items() if not members.keys() >= MEMBERS), None):
        raise _damaged(shard, f"{bare!r} without all of {', '.join(sorted(MEMBERS))}")
    return list(clips.values())


def _bytes(place: _Place) -> bytes:
    with place.path.open("rb") as file:
        file.seek(place.offset)
        return file.read(place.size)


def _array(place: _Place, name: str, kind: Any) -> np.ndarray:
    """One array of a member, of the `kind` that it must be."""
    try:
        with unpacked(io.BytesIO(_bytes(place)), most=MOST) as archive:
            array = array_in(archive, f"{name}.npy")
    except (OSError, ValueError) as error:
        raise _damaged(place.path, error) from error
    if not isinstance(array, kind):
        raise _damaged(place.path, f"{name} of {array.dtype} {array.shape}")
    return array


def _read_control(place: _Place) -> np.ndarray:
    return _array(place, "control", Float[np.ndarray, "time row column 14"])


@lru_cache(maxsize=4)
def _control(place: _Place) -> np.ndarray:
    """Kept for the world's other styles."""
    control = _read_control(place)
    control.setflags(write=False)
    return control


def _damaged(path: Path, error: Exception | str) -> MediaError:
    return MediaError(
        str(path),
        "must be a shard of a kinema data set",
        got=str(error)[:120],
        next_step="Delete it and make the data set again: only this shard will be made.",
    )
