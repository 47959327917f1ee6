"""Frames for compositing: multi-part OpenEXR, scene-linear Rec.709, lossless (ZIP).

part                channels                             type
rgb                 R G B                                half
depth               Z          along the axis [m]        float; inf = nothing there
N                   N.X N.Y N.Z   world frame            half
forward             forward.u forward.v                  float; to the next frame [px], u right, v UP
albedo              albedo.R albedo.G albedo.B           half
id                  id.piece   index + 1; 0 = nothing    uint
CryptoObject00 …    CryptoObject00.R .G .B .A            float, see `cryptomatte`
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from jaxtyping import Float, Int

from kinema.errors import MediaError
from kinema.media.cryptomatte import Matte, layers, metadata

# ITU-R BT.709 primaries and D65, as OpenEXR's attribute orders them: red, green, blue, white.
_COLOUR = {
    "chromaticities": (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290),
    "colorInteropID": "lin_rec709_scene",
}
_HALF_MAX = 65504.0
MOST_VALUES: Final = 2**28
"""Numbers of a file, all channels together: 24 channels at 4096x2304."""
_UP = np.array([1, -1], np.float32)
"""From y down to v up."""


class PassArrays(Protocol):
    """The exact passes of a frame, in kinema's conventions: row 0 on top, motion y down, piece -1 = none."""

    @property
    def depth(self) -> Float[np.ndarray, "row column"]: ...
    @property
    def normal(self) -> Float[np.ndarray, "row column 3"]: ...
    @property
    def motion(self) -> Float[np.ndarray, "row column 2"]: ...
    @property
    def albedo(self) -> Float[np.ndarray, "row column 3"]: ...
    @property
    def piece(self) -> Int[np.ndarray, "row column"]: ...


@dataclass(frozen=True, kw_only=True)
class Plate:
    """Passes read back."""

    depth: Float[np.ndarray, "row column"]
    normal: Float[np.ndarray, "row column 3"]
    motion: Float[np.ndarray, "row column 2"]
    albedo: Float[np.ndarray, "row column 3"]
    piece: Int[np.ndarray, "row column"]


@dataclass(frozen=True, kw_only=True)
class Slate:
    """What is written on the board: it goes into the header."""

    frame: int
    rate: Fraction
    ev100: float
    software: str = "kinema"


def write_exr(
    path: str | Path,
    colour: Float[np.ndarray, "row column 3"],
    slate: Slate,
    passes: PassArrays | None = None,
    mattes: Sequence[Matte] = (),
) -> None:
    """Atomically; scene-linear `colour` is rounded to half. Raises `MediaError` if the disk refuses."""
    import OpenEXR

    exr: Any = OpenEXR
    path = Path(path)
    partial = path.with_name(f".{path.name}.partial")
    kind = {"compression": exr.ZIP_COMPRESSION, "type": exr.scanlineimage}
    board = _board(slate)
    for matte in mattes:  # in the first part too: many readers look only there
        board |= metadata(matte)
    # A dict of its own for each part: OpenEXR writes the part's name into it.
    parts = [exr.Part({**kind, **_COLOUR, **board}, _split("", "RGB", as_half(colour)), "rgb")]
    if passes is not None:
        parts += [
            exr.Part({**kind, **extra}, channels, name) for name, channels, extra in _pass_parts(passes)
        ]
    for matte in mattes:
        for number, layer in enumerate(layers(matte)):
            name = f"{matte.name}{number:02d}"
            parts.append(exr.Part({**kind, **metadata(matte)}, _split(f"{name}.", "RGBA", layer), name))
    try:
        exr.File(parts).write(str(partial))
        partial.replace(path)
    except (OSError, RuntimeError) as error:
        partial.unlink(missing_ok=True)
        raise MediaError(
            str(path), "must be writable", got=str(error)[:160], next_step="Check the folder and the disk."
        ) from error


def _board(slate: Slate) -> dict[str, Any]:
    import OpenEXR

    board: dict[str, Any] = {
        "software": slate.software,
        "kinema/frame": slate.frame,
        "kinema/ev100": float(slate.ev100),
        "kinema/rate": f"{slate.rate.numerator}/{slate.rate.denominator}",
        "framesPerSecond": float(
            slate.rate
        ),  # the standard's own type, a rational, cannot be written from Python
    }
    if (code := _timecode(slate)) is not None:
        time_code: Any = OpenEXR.TimeCode
        board["timeCode"] = time_code(*code, *(0,) * 14)
    return board


def _pass_parts(passes: PassArrays) -> list[tuple[str, dict[str, np.ndarray], dict[str, Any]]]:
    """Name, channels and further attributes of each."""
    return [
        ("depth", {"Z": _flat(passes.depth, np.float32)}, {}),
        ("N", _split("N.", "XYZ", as_half(passes.normal)), {}),
        ("forward", _split("forward.", "uv", np.asarray(passes.motion, np.float32) * _UP), {}),
        ("albedo", _split("albedo.", "RGB", as_half(passes.albedo)), _COLOUR),
        ("id", {"id.piece": _flat(passes.piece + 1, np.uint32)}, {}),
    ]


def read_colour(path: str | Path) -> Float[np.ndarray, "row column 3"]:
    """Scene-linear colour as stored, half. Raises `MediaError`."""
    return _stack(path, read_channels(path, only="rgb"), "", "RGB")


def read_passes(path: str | Path) -> Plate:
    """The passes as stored: depth, motion and piece to the bit, the others as half. Raises `MediaError`."""
    channels = read_channels(path)
    return Plate(
        depth=_stack(path, channels, "", "Z")[..., 0],
        normal=_stack(path, channels, "N.", "XYZ").astype(np.float32),
        motion=_stack(path, channels, "forward.", "uv") * _UP,
        albedo=_stack(path, channels, "albedo.", "RGB").astype(np.float32),
        piece=_stack(path, channels, "id.", ("piece",))[..., 0].astype(np.int32) - 1,
    )


def read_channels(path: str | Path, *, only: str | None = None) -> dict[str, np.ndarray]:
    """Every channel of every part (or of the part named `only`) by its full name. Raises `MediaError`."""
    try:
        with opened(path, separate_channels=True) as file:
            parts = [part for part in file.parts if only is None or part.name() == only]
            return {name: channel.pixels for part in parts for name, channel in part.channels.items()}
    except (OSError, RuntimeError, ValueError, TypeError) as error:
        raise MediaError(
            str(path), "must be an OpenEXR file", got=str(error)[:160], next_step="Draw it again."
        ) from error


@contextmanager
def opened(path: str | Path, *, separate_channels: bool = False) -> Iterator[Any]:
    """A file, all of whose parts are read. Raises `ValueError` where its header asks for more than `MOST_VALUES`:
    OpenEXR makes room before it reads; and where pixels are damaged: OpenEXR prints a warning and leaves a part out."""
    import OpenEXR

    with OpenEXR.File(str(path), header_only=True) as file:
        stated = len(file.parts)
        values = 0
        for part in file.parts:
            header = part.header
            low, high = (np.asarray(corner, np.int64) for corner in header["dataWindow"])
            values += int(np.prod(np.maximum(high - low + 1, 0))) * len(header["channels"])
    if values > MOST_VALUES:
        raise ValueError(f"{values} numbers, at most {MOST_VALUES} are read")
    with OpenEXR.File(str(path), separate_channels=separate_channels) as file:
        if len(file.parts) != stated:
            raise ValueError("damaged pixels")
        yield file


def as_half(values: Float[np.ndarray, "row column channel"]) -> np.ndarray:
    """Half floats; what is too bright for them becomes the brightest."""
    return np.clip(values, -_HALF_MAX, _HALF_MAX).astype(np.float16)


def _flat(values: np.ndarray, dtype: type) -> np.ndarray:
    return np.ascontiguousarray(values, dtype)


def _split(prefix: str, letters: str, values: np.ndarray) -> dict[str, np.ndarray]:
    return {prefix + letter: np.ascontiguousarray(values[..., i]) for i, letter in enumerate(letters)}


def _stack(
    path: str | Path, channels: dict[str, np.ndarray], prefix: str, letters: Sequence[str]
) -> np.ndarray:
    missing = [prefix + letter for letter in letters if prefix + letter not in channels]
    if missing:
        raise MediaError(
            str(path), f"must hold channel {missing[0]}", got=", ".join(channels), next_step="Draw it again."
        )
    return np.stack([channels[prefix + letter] for letter in letters], axis=-1)


def _timecode(slate: Slate) -> tuple[int, int, int, int] | None:
    """Hours, minutes, seconds, frame: SMPTE ST 12-1 non-drop at the nearest whole rate; None above 60 Hz,
    where the standard has no frame count."""
    base = round(slate.rate)
    if not 1 <= base <= 60:
        return None
    seconds, frame = divmod(slate.frame, base)
    return seconds // 3600 % 24, seconds // 60 % 60, seconds % 60, frame
