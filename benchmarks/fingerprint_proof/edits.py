"""What happens to clips on the web, with the parameters of VideoSeal's validation and of a studio's day.

Pixels are edited with Pillow and numpy; every clip is then encoded, by H.264 at CRF 23 where nothing else is said.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from av.video.stream import VideoStream
from PIL import Image, ImageEnhance, ImageFilter

from kinema.media.priority import ordinary

Pixels = Callable[[Image.Image, np.random.Generator], Image.Image]


@dataclass(frozen=True)
class Edit:
    """One row of the table."""

    kind: str
    pixels: Pixels | None = None
    """What is done to each frame; the generator is the same for all frames of a clip."""
    codec: str = "libx264"
    options: dict[str, str] = field(default_factory=lambda: {"crf": "23"})
    rate: Fraction = Fraction(24)
    span: tuple[float, float] = (0.0, 1.0)
    """Share of the clip that is kept."""
    times: int = 1
    """How often it is encoded."""
    promised: bool = True
    """False: measured and reported, no bound."""


def written(path: Path, frames: np.ndarray, edit: Edit, seed: int) -> Path:
    """The clip after the edit."""
    first, last = (round(share * len(frames)) for share in edit.span)
    pictures = [Image.fromarray(frame) for frame in frames[first:last]]
    if edit.pixels is not None:
        pictures = [edit.pixels(picture, np.random.default_rng(seed)).convert("RGB") for picture in pictures]
    _encode(path, pictures, edit)
    for _ in range(edit.times - 1):
        with av.open(str(path)) as container:
            pictures = [frame.to_image() for frame in container.decode(video=0)]
        _encode(path, pictures, edit)
    return path


def _encode(path: Path, pictures: list[Image.Image], edit: Edit) -> None:
    with av.open(str(path), "w") as container:
        stream = cast(VideoStream, container.add_stream(edit.codec, rate=edit.rate, options=edit.options))
        stream.width, stream.height = (side // 2 * 2 for side in pictures[0].size)
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = 2
        with ordinary():
            stream.codec_context.open()
        for picture in pictures:
            frame = av.VideoFrame.from_image(picture.crop((0, 0, stream.width, stream.height)))
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def _enhanced(kind: Callable[[Image.Image], Any], factor: float) -> Pixels:
    return lambda picture, _: kind(picture).enhance(factor)


def _hue(picture: Image.Image, _: np.random.Generator) -> Image.Image:
    hsv = np.array(picture.convert("HSV"))
    hsv[..., 0] += 64  # a quarter of the circle
    return Image.fromarray(hsv, "HSV")


def _jpeg(picture: Image.Image, _: np.random.Generator) -> Image.Image:
    packed = BytesIO()
    picture.save(packed, "JPEG", quality=40)
    return Image.open(packed)


def _median(picture: Image.Image, _: np.random.Generator) -> Image.Image:
    """Of luma alone: Pillow's takes a quarter of a second a channel."""
    y, *chroma = picture.convert("YCbCr").split()
    return Image.merge("YCbCr", (y.filter(ImageFilter.MedianFilter(9)), *chroma))


def _resized(share: float) -> Pixels:
    return lambda picture, _: picture.resize([round(share * side) for side in picture.size])


def _cropped(share: float, *, anywhere: bool = False) -> Pixels:
    def crop(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
        room = [(1 - share) * side for side in picture.size]
        left, top = (rng.uniform(0, r) if anywhere else r / 2 for r in room)
        right, bottom = left + share * picture.width, top + share * picture.height
        return picture.crop((round(left), round(top), round(right), round(bottom)))

    return crop


def _tall(picture: Image.Image, _: np.random.Generator) -> Image.Image:
    width = round(picture.height * 9 / 16)
    left = (picture.width - width) // 2
    return picture.crop((left, 0, left + width, picture.height))


def _boxed(picture: Image.Image, _: np.random.Generator) -> Image.Image:
    out = Image.new("RGB", (picture.width, round(picture.width / 4 * 3)))
    out.paste(picture, (0, (out.height - picture.height) // 2))
    return out


def _titled(picture: Image.Image, _: np.random.Generator) -> Image.Image:
    out = picture.copy()
    width, height = out.size
    out.paste(
        (240, 240, 240),
        (round(0.86 * width), round(0.05 * height), round(0.96 * width), round(0.13 * height)),
    )
    for n in range(24):  # two lines of letters, as bright bars
        left, top = round((0.2 + 0.05 * (n % 12)) * width), round((0.82 + 0.07 * (n // 12)) * height)
        out.paste((250, 250, 250), (left, top, left + width // 40, top + height // 22))
    return out


def _perspective(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Corners move by up to half of half a side, as torchvision's distortion scale .5."""
    width, height = picture.size
    shift = rng.uniform(0, 0.25, (4, 2)) * (width, height)
    old = np.array([(0, 0), (width, 0), (width, height), (0, height)], float)
    new = old + shift * [(1, 1), (-1, 1), (-1, -1), (1, -1)]
    rows, values = [], []
    for (x, y), (u, v) in zip(new, old, strict=True):  # Pillow asks where an output pixel comes from
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return picture.transform(
        picture.size, Image.Transform.PERSPECTIVE, np.linalg.solve(rows, values).tolist()
    )


def _noisy(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    noise = rng.normal(0, 0.1 * 255, (picture.height, picture.width, 3))
    return Image.fromarray(np.clip(np.array(picture) + noise, 0, 255).astype(np.uint8))


def _all_three(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    return _enhanced(ImageEnhance.Brightness, 0.5)(_cropped(0.71, anywhere=True)(picture, rng), rng)


def _h264(crf: int) -> dict[str, str]:
    return {"crf": str(crf)}


_QUIET = {"x265-params": "log-level=none"}
EDITS: dict[str, Edit] = {
    "identity": Edit("codec", options=_h264(16)),
    **{f"H.264 CRF {crf}": Edit("codec", options=_h264(crf)) for crf in (23, 30, 40, 50)},
    **{
        f"H.265 CRF {c}": Edit("codec", codec="libx265", options={"crf": str(c), "preset": "fast", **_QUIET})
        for c in (23, 30, 40, 50)
    },
    "VP9 CRF 40": Edit(
        "codec", codec="libvpx-vp9", options={"crf": "40", "b": "0", "deadline": "realtime", "cpu-used": "6"}
    ),
    "AV1 CRF 45": Edit("codec", codec="libsvtav1", options={"crf": "45", "preset": "10"}),
    "three generations, CRF 35": Edit("codec", options=_h264(35), times=3),
    "JPEG 40": Edit("codec", _jpeg),
    "brightness 0.5": Edit("colour", _enhanced(ImageEnhance.Brightness, 0.5)),
    "brightness 1.5": Edit("colour", _enhanced(ImageEnhance.Brightness, 1.5)),
    "contrast 0.5": Edit("colour", _enhanced(ImageEnhance.Contrast, 0.5)),
    "contrast 1.5": Edit("colour", _enhanced(ImageEnhance.Contrast, 1.5)),
    "saturation 0.5": Edit("colour", _enhanced(ImageEnhance.Color, 0.5)),
    "saturation 1.5": Edit("colour", _enhanced(ImageEnhance.Color, 1.5)),
    "hue 0.25": Edit("colour", _hue),
    "grey": Edit("colour", _enhanced(ImageEnhance.Color, 0.0)),
    "blur 9": Edit("blur", lambda picture, _: picture.filter(ImageFilter.GaussianBlur(1.7))),
    "median 9": Edit("blur", _median),
    "noise 0.1": Edit("blur", _noisy),
    "resize 0.55": Edit("size", _resized(0.55)),
    "resize 0.71": Edit("size", _resized(0.71)),
    "mirrored": Edit("turn", lambda picture, _: picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)),
    "rotate 90": Edit("turn", lambda picture, _: picture.transpose(Image.Transpose.ROTATE_90)),
    "rotate 10": Edit("turn", lambda picture, _: picture.rotate(10), promised=False),
    "perspective 0.5": Edit("turn", _perspective, promised=False),
    "crop 0.71, centred": Edit("crop", _cropped(0.71)),
    "crop 0.55, centred": Edit("crop", _cropped(0.55)),
    "crop 0.71, anywhere": Edit("crop", _cropped(0.71, anywhere=True), promised=False),
    "crop 0.55, anywhere": Edit("crop", _cropped(0.55, anywhere=True), promised=False),
    "9:16": Edit("crop", _tall),
    "letterbox 4:3": Edit("crop", _boxed),
    "logo and subtitles": Edit("crop", _titled, promised=False),
    "1 s of it": Edit("time", span=(0.4, 0.4 + 1 / 3)),
    "25 frames a second": Edit("time", rate=Fraction(25)),
    "1.25 times faster": Edit("time", rate=Fraction(30), promised=False),
    "1 s, 25 fps, 0.55, CRF 35": Edit(
        "time", _resized(0.55), options=_h264(35), rate=Fraction(25), span=(0.4, 0.4 + 1 / 3)
    ),
    "crop 0.71, brightness 0.5, CRF 30": Edit("crop", _all_three, options=_h264(30), promised=False),
}
