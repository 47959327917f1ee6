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

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from kinema.errors import MediaError
from kinema.media.cryptomatte import Matte, layers, metadata

# ITU-R BT.709 primaries and D65, as OpenEXR's attribute orders them: red, green, blue, white.
_CHROMATICITIES = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290)
_HALF_MAX = 65504.0
_UP = np.array([1, -1], np.float32)
"""From y down to v up."""


@dataclass(frozen=True, kw_only=True)
class Plate:
    """The arrays of one frame, in kinema's conventions: row 0 on top, motion with y down."""

    colour: Float[np.ndarray, "row column 3"]
    """Scene-linear."""
    depth: Float[np.ndarray, "row column"]
    normal: Float[np.ndarray, "row column 3"]
    motion: Float[np.ndarray, "row column 2"]
    albedo: Float[np.ndarray, "row column 3"]
    piece: Int[np.ndarray, "row column"]
    """-1 = nothing."""


@dataclass(frozen=True, kw_only=True)
class Slate:
    """What is written on the board: it goes into the header."""

    frame: int
    rate: Fraction
    ev100: float
    software: str = "kinema"


def as_stored(colour: Float[np.ndarray, "row column 3"]) -> Float[np.ndarray, "row column 3"]:
    """Colour rounded to half and back: what `read_exr` will give, so that a clip made from frames in memory
    and one made from frames on disk are the same clip."""
    return as_half(colour).astype(np.float32)


def write_exr(path: str | Path, plate: Plate, slate: Slate, mattes: Sequence[Matte] = ()) -> None:
    """Atomically. Raises `MediaError` if the disk refuses."""
    import OpenEXR

    exr: Any = OpenEXR
    path = Path(path)
    partial = path.with_name(f".{path.name}.partial")
    base = {"compression": exr.ZIP_COMPRESSION, "type": exr.scanlineimage}
    board: dict[str, Any] = {
        "software": slate.software,
        "kinema/frame": slate.frame,
        "kinema/ev100": float(slate.ev100),
        "kinema/rate": f"{slate.rate.numerator}/{slate.rate.denominator}",
        "framesPerSecond": float(slate.rate),
    }
    if (code := _timecode(slate)) is not None:
        board["timeCode"] = exr.TimeCode(*code, *(0,) * 14)
    colours = {"chromaticities": _CHROMATICITIES, "colorInteropID": "lin_rec709_scene"}
    for matte in mattes:  # in the first part too: many readers look only there
        board |= metadata(matte)
    # A dict of its own for each part: OpenEXR writes the part's name into it.
    parts = [
        exr.Part({**base, **board, **colours}, _split("", "RGB", as_half(plate.colour)), "rgb"),
        exr.Part(dict(base), {"Z": _flat(plate.depth, np.float32)}, "depth"),
        exr.Part(dict(base), _split("N.", "XYZ", as_half(plate.normal)), "N"),
        exr.Part(dict(base), _split("forward.", "uv", plate.motion * _UP), "forward"),
        exr.Part({**base, **colours}, _split("albedo.", "RGB", as_half(plate.albedo)), "albedo"),
        exr.Part(dict(base), {"id.piece": _flat(plate.piece + 1, np.uint32)}, "id"),
    ]
    for matte in mattes:
        for number, layer in enumerate(layers(matte)):
            name = f"{matte.name}{number:02d}"
            parts.append(exr.Part({**base, **metadata(matte)}, _split(f"{name}.", "RGBA", layer), name))
    try:
        exr.File(parts).write(str(partial))
        partial.replace(path)
    except (OSError, RuntimeError) as error:
        partial.unlink(missing_ok=True)
        raise MediaError(
            str(path), "must be writable", got=str(error)[:160], next_step="Check the folder and the disk."
        ) from error


def read_exr(path: str | Path) -> Plate:
    """The frame that `write_exr` wrote, to the bit (colour as `as_stored`). Raises `MediaError`."""
    channels = read_channels(path)
    try:
        return Plate(
            colour=_stack(channels, "", "RGB"),
            depth=channels["Z"],
            normal=_stack(channels, "N.", "XYZ"),
            motion=_stack(channels, "forward.", "uv") * _UP,
            albedo=_stack(channels, "albedo.", "RGB"),
            piece=channels["id.piece"].astype(np.int32) - 1,
        )
    except KeyError as error:
        raise MediaError(
            str(path),
            "must hold all passes of a kinema frame",
            got=f"no channel {error}",
            next_step="Draw it again.",
        ) from error


def read_channels(path: str | Path) -> dict[str, np.ndarray]:
    """Every channel of every part by its full name. Raises `MediaError`."""
    import OpenEXR

    try:
        with OpenEXR.File(str(path), separate_channels=True) as file:
            return {name: channel.pixels for part in file.parts for name, channel in part.channels.items()}
    except (OSError, RuntimeError, ValueError, TypeError) as error:
        raise MediaError(
            str(path), "must be an OpenEXR file", got=str(error)[:160], next_step="Draw it again."
        ) from error


def as_half(values: Float[np.ndarray, "row column channel"]) -> np.ndarray:
    """Half floats; what is too bright for them becomes the brightest."""
    return np.clip(values, -_HALF_MAX, _HALF_MAX).astype(np.float16)


def _flat(values: np.ndarray, dtype: type) -> np.ndarray:
    return np.ascontiguousarray(values, dtype)


def _split(prefix: str, letters: str, values: np.ndarray) -> dict[str, np.ndarray]:
    return {prefix + letter: np.ascontiguousarray(values[..., i]) for i, letter in enumerate(letters)}


def _stack(channels: dict[str, np.ndarray], prefix: str, letters: str) -> np.ndarray:
    return np.stack([channels[prefix + letter].astype(np.float32) for letter in letters], axis=-1)


def _timecode(slate: Slate) -> tuple[int, int, int, int] | None:
    """Hours, minutes, seconds, frame: SMPTE ST 12-1 non-drop at the nearest whole rate; None above 60 Hz,
    where the standard has no frame count."""
    base = round(slate.rate)
    if not 1 <= base <= 60:
        return None
    seconds, frame = divmod(slate.frame, base)
    return seconds // 3600 % 24, seconds // 60 % 60, seconds % 60, frame
