"""Still pictures: PNG of 8 and 16 bit, thumbnails, contact sheets. Display code values, tagged sRGB."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8, UInt16

from kinema.errors import MediaError, UsageError
from kinema.media.decode import MOST_PIXELS

Pixels = UInt8[np.ndarray, "row column 3"] | UInt16[np.ndarray, "row column 3"]

_SRGB_PRIMARIES, _SRGB_TRANSFER = 1, 13  # ITU-T H.273


def png_bytes(rgb: Pixels) -> bytes:
    """A PNG file. uint8 gives 8 bits a channel, uint16 gives 16. Equal pixels give equal bytes."""
    import av

    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype not in (np.uint8, np.uint16):
        raise UsageError(
            "picture",
            "must be uint8 or uint16 of shape (row, column, 3)",
            got=f"{rgb.dtype} {rgb.shape}",
            next_step="Put it through a view transform first.",
        )
    deep = rgb.dtype == np.uint16
    encoder: Any = av.CodecContext.create("png", "w")
    encoder.height, encoder.width, _ = rgb.shape
    encoder.pix_fmt = "rgb48be" if deep else "rgb24"
    encoder.time_base = Fraction(1, 24)
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format=encoder.pix_fmt)
    frame.color_primaries, frame.color_trc = _SRGB_PRIMARIES, _SRGB_TRANSFER
    return b"".join(bytes(packet) for part in (frame, None) for packet in encoder.encode(part))


def write_png(path: str | Path, rgb: Pixels) -> None:
    """Atomically."""
    path = Path(path)
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_bytes(png_bytes(rgb))
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise MediaError(
            str(path), "must be writable", got=str(error), next_step="Check the folder and the disk."
        ) from error


def read_png(path: str | Path) -> Pixels:
    """Pixels as stored: uint8, or uint16 for 16 bits a channel. Raises `MediaError`."""
    import av
    from av.error import FFmpegError

    try:
        limits = {"max_pixels": str(MOST_PIXELS)}
        with av.open(f"file:{path}", format="png_pipe", options=limits) as container:
            container.streams.video[0].codec_context.options = limits
            frame = next(container.decode(video=0))
            deep = max(part.bits for part in frame.format.components) > 8
            return frame.to_ndarray(format="rgb48le" if deep else "rgb24")
    except (FFmpegError, OSError, ValueError, StopIteration) as error:
        raise MediaError(
            str(path), "must be a PNG picture", got=str(error)[:120], next_step="Draw it again."
        ) from error


def thumbnail(rgb: UInt8[np.ndarray, "row column 3"], width: int) -> UInt8[np.ndarray, "row column 3"]:
    """Scaled to `width`, same shape of picture; Lanczos."""
    from PIL import Image

    height = max(1, round(rgb.shape[0] * width / rgb.shape[1]))
    return np.asarray(Image.fromarray(rgb).resize((width, height), Image.Resampling.LANCZOS))


def contact_sheet(
    pictures: Sequence[UInt8[np.ndarray, "row column 3"]],
    *,
    columns: int = 4,
    width: int = 1280,
    gap: int = 6,
) -> UInt8[np.ndarray, "row column 3"]:
    """Pictures of one size in a grid, row by row, on near-black."""
    if not pictures:
        raise UsageError(
            "contact sheet", "must have pictures", got="none", next_step="Draw at least one frame."
        )
    columns = min(columns, len(pictures))
    small = [thumbnail(picture, (width - gap * (columns + 1)) // columns) for picture in pictures]
    height, each, _ = small[0].shape
    rows = -(-len(small) // columns)
    sheet = np.full((gap + rows * (height + gap), gap + columns * (each + gap), 3), 16, np.uint8)
    for index, picture in enumerate(small):
        top, left = gap + index // columns * (height + gap), gap + index % columns * (each + gap)
        sheet[top : top + height, left : left + each] = picture
    return sheet


class PngSequence:
    """Frames as numbered PNG files; the folder appears under its name only when it is whole."""

    def __init__(self, folder: str | Path, *, first: int = 0) -> None:
        self.folder = Path(folder)
        self._partial = self.folder.with_name(f".{self.folder.name}.partial")
        self._next = first

    def __enter__(self) -> PngSequence:
        _remove_frames(self._partial)
        self._partial.mkdir(parents=True)
        return self

    def write(self, rgb: Pixels) -> None:
        """Add the next frame."""
        write_png(self._partial / f"frame.{self._next:06d}.png", rgb)
        self._next += 1

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is None:
            _remove_frames(self.folder)
            self._partial.replace(self.folder)
        else:
            _remove_frames(self._partial)


def _remove_frames(folder: Path) -> None:
    """Only our own frames: a folder that holds anything else is not ours to delete."""
    if not folder.exists():
        return
    for frame in folder.glob("frame.*.png"):
        frame.unlink()
    try:
        folder.rmdir()
    except OSError as error:
        raise MediaError(
            str(folder),
            "must be free for frames",
            got="other files in it",
            next_step="Choose another folder.",
        ) from error
