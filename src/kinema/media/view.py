"""From scene-linear light to the code values of a screen: grade, then ACES 2.0 for a 100 nit Rec.709 display.

The transform is OpenColorIO's own, from its built-in ACES config; it is baked once per look into a lattice
that a compiled kernel reads (`cube`). `reference` is the slow twin, straight through OpenColorIO.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from dataclasses import fields
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, UInt8, UInt16

from kinema.errors import MediaError
from kinema.media.cube import BRIGHTEST, TOLERANCE, Cube, bake, interpolate, quantise
from kinema.media.dither import blue_noise
from kinema.media.look import Grade, grade_named

CONFIG = "cg-config-v4.0.0_aces-v2.0_ocio-v2.5"
VIEW = "ACES 2.0 - SDR 100 nits (Rec.709)"
_DISPLAYS = {"bt1886": "Rec.1886 Rec.709 - Display", "srgb": "sRGB - Display"}
HEADROOM = 2**0.5
"""A frame's 1.0 is ISO 12232's saturation, half a stop above a diffuse white (18 % grey lies at 12.7 %);
ACES's 1.0 is that white."""
# Raise when what is baked changes although nothing in the key below does.
_BAKE_VERSION = 3

Display = Literal["bt1886", "srgb"]
"""`bt1886` for video (tagged Rec.709), `srgb` for pictures and web pages."""


class ViewTransform:
    """Scene-linear Rec.709 to display-referred Rec.709.

    `cache`: a folder for baked tables; baking takes about two CPU-seconds, reading them some milliseconds.
    """

    def __init__(
        self, look: str = "natural", *, display: Display = "bt1886", cache: Path | None = None
    ) -> None:
        self.grade = grade_named(look)
        self.display: Display = display
        self._cache = cache
        self._processor: Any = None

    @property
    def name(self) -> str:
        """For the record."""
        return f"OpenColorIO {CONFIG}; {_DISPLAYS[self.display]}; {VIEW}; look {self.grade.name}"

    def __call__(
        self, linear: Float[np.ndarray, "row column 3"], bits: int = 8
    ) -> UInt8[np.ndarray, "row column 3"] | UInt16[np.ndarray, "row column 3"]:
        """Code values of 8 bits, dithered, or 16. Negative and not-a-number light is shown as black."""
        if bits == 8:
            return quantise(self.codes(linear), blue_noise(), 255, np.uint8)
        return quantise(self.codes(linear), np.full_like(blue_noise(), 0.5), 65535, np.uint16)

    def codes(self, linear: Float[np.ndarray, "row column 3"]) -> Float[np.ndarray, "row column 3"]:
        """Code values 0 to 1, float32, before rounding."""
        linear = np.ascontiguousarray(linear, np.float32)
        out = np.empty(linear.shape, np.float32)
        doubtful = interpolate(linear, self.cube, out)
        if doubtful.any():
            out[doubtful] = self.reference(linear[doubtful])
        return out

    def reference(self, linear: Float[np.ndarray, "*pixel 3"]) -> Float[np.ndarray, "*pixel 3"]:
        """The slow twin of `codes`: OpenColorIO itself, on the same domain."""
        if self._processor is None:
            self._processor = _processor(self.grade, self.display)
        colours = np.nan_to_num(
            np.array(linear, np.float32, order="C"), nan=0.0, posinf=BRIGHTEST, neginf=0.0
        )
        colours = (np.clip(colours, 0.0, BRIGHTEST) * HEADROOM).reshape(-1, 3)
        self._processor.applyRGB(colours)
        return np.clip(colours, 0.0, 1.0).reshape(np.shape(linear))

    @cached_property
    def cube(self) -> Cube:
        """The baked table: read from the cache, or baked and put there."""
        if self._cache is None:
            return bake(self.reference)
        import PyOpenColorIO

        recipe = (_BAKE_VERSION, PyOpenColorIO.__version__, CONFIG, VIEW, self.display, self.grade)
        key = hashlib.sha256(repr((*recipe, TOLERANCE, BRIGHTEST, HEADROOM)).encode()).hexdigest()
        path = self._cache / "view" / f"{key[:20]}.npz"
        if (stored := _load(path)) is not None:
            return stored
        _make_folder(path.parent)  # before the work, not after it
        cube = bake(self.reference)
        _store(cube, path)
        return cube


def _processor(grade: Grade, display: Display) -> Any:
    import PyOpenColorIO

    ocio: Any = PyOpenColorIO  # a compiled module without type stubs
    config = ocio.Config.CreateFromBuiltinConfig(CONFIG)
    cdl = ocio.CDLTransform(slope=grade.slope, offset=grade.offset, power=grade.power, sat=grade.saturation)
    # Unclamped: ACEScct of bright light is above 1, and a clamp there would cut all highlights.
    cdl.setStyle(ocio.CDL_NO_CLAMP)
    view = ocio.DisplayViewTransform(src="ACEScct", display=_DISPLAYS[display], view=VIEW)
    chain = [ocio.ColorSpaceTransform(src="Linear Rec.709 (sRGB)", dst="ACEScct"), cdl, view]
    return config.getProcessor(ocio.GroupTransform(chain)).getDefaultCPUProcessor()


def _load(path: Path) -> Cube | None:
    """None if absent or damaged: then it is baked again."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            return Cube(**{field.name: stored[field.name] for field in fields(Cube)})
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return None


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from error


def _store(cube: Cube, path: Path) -> None:
    partial = path.with_suffix(f".{os.getpid()}.partial.npz")
    try:
        np.savez(partial, **{field.name: getattr(cube, field.name) for field in fields(Cube)})
        partial.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> MediaError:
    return MediaError(
        str(path),
        "must be writable",
        got=str(error),
        next_step="Set KINEMA_CACHE to a folder you may write to.",
    )
