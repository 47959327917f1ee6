"""Clips from disk: what the file says it is, and its frames.

libav would open whatever a name or a file names: `http://…`, `concat:…`, a playlist's other files. Here it reads one
file, in one of the formats that hold their own pictures.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import UInt8

from kinema.errors import MediaError

MOST_PIXELS: Final = 2**26
"""Of a frame: a picture of a few kilobytes that unpacks to more is refused before it is."""
_FORMATS: Final = (
    "mov,matroska,avi,mpegts,mpeg,mpegvideo,mxf,flv,ogg,asf,ivf,obu,h264,hevc,"
    "gif,apng,image2,png_pipe,jpeg_pipe,webp_pipe,webp,tiff_pipe,bmp_pipe"
)
_LIMITS: Final = {"max_pixels": str(MOST_PIXELS)}
_SAFE: Final = {
    "format_whitelist": _FORMATS,
    "protocol_whitelist": "file",
    "pattern_type": "none",  # a name with %d in it is that file, and not a sequence
}
_LUMA_APART: Final = (
    *("gray", "yuv410p", "yuv411p", "yuv420p", "yuv422p", "yuv440p", "yuv444p", "yuvj411p", "yuvj420p"),
    *("yuvj422p", "yuvj444p", "yuvj440p", "nv12", "nv21"),
)
"""Pixel formats of 8 bits whose first plane is luma; others are converted to one of them."""

# ITU-T H.273 code points, those that occur in video files.
_PRIMARIES = {1: "bt709", 5: "bt470bg", 6: "smpte170m", 9: "bt2020", 11: "smpte431", 12: "smpte432"}
_TRANSFER = {1: "bt709", 6: "smpte170m", 8: "linear", 13: "srgb", 14: "bt2020_10", 16: "pq", 18: "hlg"}
_MATRIX = {0: "rgb", 1: "bt709", 5: "bt470bg", 6: "smpte170m", 9: "bt2020"}
_RANGE = {1: "tv", 2: "pc"}


@dataclass(frozen=True, kw_only=True)
class ClipFacts:
    """What a clip is, read from container and stream."""

    codec: str
    pixel_format: str
    width: int
    height: int
    rate: Fraction
    """Frames per second."""
    frames: int
    """Pictures in the file, counted."""
    duration: Fraction
    """[s]"""
    primaries: str
    transfer: str
    matrix: str
    range: str
    """`tv` = limited, `pc` = full; `unknown` wherever a tag is missing."""


def read_clip(path: str | Path) -> ClipFacts:
    """Facts without decoding every frame. Raises `MediaError` for a file that is not a clip."""
    with _opened(path) as (container, stream):
        context = stream.codec_context
        if not 0 < context.width * context.height <= MOST_PIXELS:
            raise ValueError(f"{context.width}x{context.height} pixels, at most {MOST_PIXELS} are read")
        count = sum(1 for packet in container.demux(stream) if packet.size)
        rate = Fraction(stream.average_rate or 0)
        length = stream.duration
        seconds = Fraction(length) * stream.time_base if length else count / rate if rate else Fraction(0)
        return ClipFacts(
            codec=context.name,
            pixel_format=context.pix_fmt or "unknown",
            width=context.width,
            height=context.height,
            rate=rate,
            frames=count,
            duration=seconds,
            primaries=_PRIMARIES.get(int(context.color_primaries), "unknown"),
            transfer=_TRANSFER.get(int(context.color_trc), "unknown"),
            matrix=_MATRIX.get(int(context.colorspace), "unknown"),
            range=_RANGE.get(int(context.color_range), "unknown"),
        )


def read_frames(path: str | Path) -> Iterator[UInt8[np.ndarray, "row column 3"]]:
    """Display code values of every frame, in order, full range. Raises `MediaError`."""
    from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

    exact = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
    reformatter = VideoReformatter()
    with _opened(path) as (container, stream):
        for frame in container.decode(stream):
            rgb = reformatter.reformat(
                frame,
                format="rgb24",
                src_colorspace=Colorspace.ITU709,
                dst_colorspace=Colorspace.ITU709,
                src_color_range=ColorRange.MPEG,
                dst_color_range=ColorRange.JPEG,
                interpolation=exact,
                threads=1,
            )
            yield rgb.to_ndarray()


def read_luma(path: str | Path, rate: int) -> Iterator[UInt8[np.ndarray, "row column"]]:
    """The stored luma of `rate` pictures a second, 8 bits, as FFmpeg's `fps` filter chooses them: some twice, some not
    at all, counted from where the file begins. Raises `MediaError`."""
    import av
    from av.filter import Graph

    with _opened(path) as (container, stream):
        graph = Graph()
        chain = [
            graph.add_buffer(template=stream),
            graph.add("fps", f"fps={rate}"),
            graph.add("format", "pix_fmts=" + "|".join(_LUMA_APART)),
            graph.add("buffersink"),
        ]
        for one, next_ in pairwise(chain):
            one.link_to(next_)
        graph.configure()
        begin = Fraction(container.start_time or 0, av.time_base) / stream.time_base
        for frame in container.decode(stream):
            if frame.pts is not None:
                frame.pts -= round(begin)
            graph.push(frame)
            yield from _pulled(graph)
        graph.push(None)
        yield from _pulled(graph)


def _pulled(graph: Any) -> Iterator[UInt8[np.ndarray, "row column"]]:
    """What a filter graph has ready: the first plane of each picture, without the padding of its rows."""
    while True:
        try:
            plane = (frame := graph.pull()).planes[0]
        except (BlockingIOError, EOFError):
            return
        yield np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: frame.height, : frame.width]


@contextmanager
def _opened(path: str | Path) -> Iterator[tuple[Any, Any]]:
    """Container and first video stream; whatever libav raises inside becomes a `MediaError`."""
    import av
    from av.error import FFmpegError

    try:
        with av.open(f"file:{path}", options={**_SAFE, **_LIMITS}) as container:
            if not container.streams.video:
                raise ValueError("no video stream")
            stream = container.streams.video[0]
            if stream.codec_context is None:
                raise ValueError("a video stream of an unknown codec")
            stream.codec_context.options = _LIMITS
            yield container, stream
    except (FFmpegError, OSError, ValueError) as error:
        raise MediaError(
            str(path), "must be a readable clip", got=str(error)[:160], next_step="Encode it again."
        ) from error
