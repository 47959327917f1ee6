"""Radiance RGBE pictures (.hdr): the reader, by the format's description in Ward, Graphics Gems II (1991)."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8

from kinema.errors import MediaError

_MAX_PIXELS = 1 << 25
"""8192 x 4096: 0.4 GB as float32. Runs are unpacked 60-fold."""


def read_hdr(path: Path) -> Float[np.ndarray, "row column 3"]:
    """Linear RGB, float32, row 0 at the top. Raises `MediaError` for what is not a `-Y h +X w` RGBE
    picture."""
    content = path.read_bytes()
    head = re.match(rb"#\?\w+\n(?:.*\n)*?\n-Y (\d+) \+X (\d+)\n", content[:65536])
    if head is None:
        raise _wrong(path, "no header")
    height, width = int(head[1]), int(head[2])
    if not 0 < height * width <= _MAX_PIXELS:
        raise _wrong(path, f"{width} x {height} pixels")
    light = np.empty((height, width, 3), np.float32)
    rgbe = np.empty((width, 4), np.uint8)
    at = head.end()
    for row in light:
        at = _scanline(path, content, at, rgbe)
        scale = np.ldexp(1.0, rgbe[:, 3:].astype(int) - 136)
        row[:] = np.where(rgbe[:, 3:] > 0, (rgbe[:, :3] + 0.5) * scale, 0.0)
    return light


def _scanline(path: Path, content: bytes, at: int, row: UInt8[np.ndarray, "column 4"]) -> int:
    """Decode one line into `row`; return where the next begins."""
    width = len(row)
    if content[at : at + 2] != b"\x02\x02" or int.from_bytes(content[at + 2 : at + 4], "big") != width:
        flat = np.frombuffer(content[at : at + 4 * width], np.uint8)
        if len(flat) < 4 * width:
            raise _wrong(path, "a short line")
        row[:] = flat.reshape(width, 4)
        return at + 4 * width
    at += 4
    for channel in range(4):
        column = 0
        while column < width:
            if at + 1 >= len(content):
                raise _wrong(path, "a short line")
            count = content[at]
            run = count > 128
            count = count - 128 if run else count
            if count == 0 or column + count > width:
                raise _wrong(path, "a run past the line's end")
            if run:
                row[column : column + count, channel] = content[at + 1]
                at += 2
            else:
                literal = content[at + 1 : at + 1 + count]
                if len(literal) < count:
                    raise _wrong(path, "a short line")
                row[column : column + count, channel] = np.frombuffer(literal, np.uint8)
                at += 1 + count
            column += count
    return at


def _wrong(path: Path, got: str) -> MediaError:
    return MediaError(str(path), "must be a Radiance RGBE picture", got=got, next_step="Convert it to .exr.")
