"""The battery: VideoSeal's validation list, which Omni Seal Bench shares; a subset of VideoMarkBench; and the studio.

Parameters are those of the lists. Pictures are turned and bent by OpenCV with bilinear interpolation, black beyond the
border, the size kept, as torchvision does in those lists; JPEG is Pillow's; codecs are real (`codecs`).
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from watermark_proof.codecs import Clip, coded

Attack = Callable[[Clip], Clip]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table."""

    name: str
    suite: str
    """Whose list it is from."""
    attack: Attack
    target: float | None
    """True positives asked for; None = measured and reported."""


def each(work: Callable[[np.ndarray], np.ndarray]) -> Attack:
    """The same to every frame."""
    return lambda clip: np.stack([work(frame) for frame in clip])


def rounded(values: np.ndarray) -> np.ndarray:
    """To code values."""
    return np.clip(values + 0.5, 0, 255).astype(np.uint8)


# --- geometry ----------------------------------------------------------------------------------------------------


def rotate(degrees: float) -> Attack:
    """About the centre; a quarter turn exchanges the sides."""
    import cv2

    if degrees == 90:
        return lambda clip: np.ascontiguousarray(np.rot90(clip, axes=(1, 2)))

    def turn(frame: np.ndarray) -> np.ndarray:
        height, width, _ = frame.shape
        matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1.0)
        return cv2.warpAffine(frame, matrix, (width, height), flags=cv2.INTER_LINEAR)

    return each(turn)


def resize(share: float) -> Attack:
    """Both sides times `share`, antialiased."""
    return lambda clip: scaled(clip, round(clip.shape[1] * share), round(clip.shape[2] * share))


def scaled(clip: Clip, height: int, width: int) -> Clip:
    """To another size: area average down, cubic up."""
    import cv2

    how = cv2.INTER_AREA if height < clip.shape[1] else cv2.INTER_CUBIC
    return np.stack([cv2.resize(frame, (width, height), interpolation=how) for frame in clip])


def crop(share: float) -> Attack:
    """`share` of both sides, a third of the way in; not scaled back."""

    def cut(clip: Clip) -> Clip:
        _, height, width, _ = clip.shape
        high, wide = round(height * share), round(width * share)
        top, left = (height - high) // 3, (width - wide) // 3
        return clip[:, top : top + high, left : left + wide]

    return cut


def perspective(distortion: float, seed: int = 3) -> Attack:
    """torchvision's: every corner moves inwards by up to half of `distortion` times the side. One draw a seed."""
    import cv2

    def bend(frame: np.ndarray) -> np.ndarray:
        height, width, _ = frame.shape
        draw = np.random.default_rng(seed).uniform(0, distortion / 2, (4, 2)) * (width, height)
        inwards = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])
        corners = np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], np.float32)
        matrix = cv2.getPerspectiveTransform(corners, (corners + inwards * draw).astype(np.float32))
        return cv2.warpPerspective(frame, matrix, (width, height), flags=cv2.INTER_LINEAR)

    return each(bend)


# --- colour and sharpness ----------------------------------------------------------------------------------------


def _grey(frame: np.ndarray) -> np.ndarray:
    return frame.astype(np.float32) @ np.array([0.2989, 0.587, 0.114], np.float32)


def brightness(factor: float) -> Attack:
    """Code values times `factor`."""
    return each(lambda f: rounded(f.astype(np.float32) * factor))


def contrast(factor: float) -> Attack:
    """About the mean of the grey picture."""
    return each(lambda f: rounded(_grey(f).mean() * (1 - factor) + f.astype(np.float32) * factor))


def saturation(factor: float) -> Attack:
    """Between grey and colour, or beyond."""
    return each(lambda f: rounded(_grey(f)[..., None] * (1 - factor) + f.astype(np.float32) * factor))


def hue(turn: float) -> Attack:
    """Round the circle of HSV by `turn` of a whole turn."""
    import cv2

    def shift(frame: np.ndarray) -> np.ndarray:
        circle = cv2.cvtColor(frame, cv2.COLOR_RGB2HSV_FULL)
        circle[..., 0] += np.uint8(round(256 * turn))
        return cv2.cvtColor(circle, cv2.COLOR_HSV2RGB_FULL)

    return each(shift)


def grayscale(clip: Clip) -> Clip:
    """Luma in all three."""
    return np.stack([np.repeat(rounded(_grey(f))[..., None], 3, axis=2) for f in clip])


def jpeg(quality: int) -> Attack:
    """Every frame a JPEG, 4:2:0."""
    from PIL import Image

    def press(frame: np.ndarray) -> np.ndarray:
        file = io.BytesIO()
        Image.fromarray(frame).save(file, "JPEG", quality=quality)
        return np.asarray(Image.open(file).convert("RGB"))

    return each(press)


def gaussian_blur(kernel: int) -> Attack:
    """With the deviation that torchvision and OpenCV give a kernel of this size: 1.7 px for 9."""
    import cv2

    return each(lambda f: cv2.GaussianBlur(f, (kernel, kernel), 0))


def blur_sigma(sigma: float) -> Attack:
    """By deviation [px]."""
    import cv2

    return each(lambda f: cv2.GaussianBlur(f, (0, 0), sigma))


def median(kernel: int) -> Attack:
    """Of each channel."""
    import cv2

    return each(lambda f: cv2.medianBlur(np.ascontiguousarray(f), kernel))


def noise(sigma: float) -> Attack:
    """White, `sigma` of full range."""

    def add(clip: Clip) -> Clip:
        draw = np.random.default_rng(5)
        return np.stack(
            [rounded(f + draw.standard_normal(f.shape, np.float32) * np.float32(255 * sigma)) for f in clip]
        )

    return add


# --- time --------------------------------------------------------------------------------------------------------


def speed(factor: float) -> Attack:
    """Frames left out, or shown twice."""
    return lambda clip: clip[
        (np.arange(round(len(clip) / factor)) * factor).astype(int).clip(0, len(clip) - 1)
    ]


def window_average(window: int) -> Attack:
    """Every frame the mean of `window` neighbours."""

    def average(clip: Clip) -> Clip:
        padded = np.concatenate(
            [clip[:1]] * (window // 2) + [clip] + [clip[-1:]] * (window - 1 - window // 2)
        )
        return np.stack([rounded(padded[k : k + window].mean(0)) for k in range(len(clip))])

    return average


def drop(share: float) -> Attack:
    """Frames at random."""
    return lambda clip: clip[np.random.default_rng(7).random(len(clip)) >= share]


def swap(share: float) -> Attack:
    """Neighbours change places."""

    def exchange(clip: Clip) -> Clip:
        places, draw = np.arange(len(clip)), np.random.default_rng(8)
        for k in range(len(clip) - 1):
            if draw.random() < share:
                places[[k, k + 1]] = places[[k + 1, k]]
        return clip[places]

    return exchange


def reorder(window: int, share: float) -> Attack:
    """Windows of frames shuffled within."""

    def shuffle(clip: Clip) -> Clip:
        places, draw = np.arange(len(clip)), np.random.default_rng(9)
        for k in range(0, len(clip) - window + 1, window):
            if draw.random() < share:
                places[k : k + window] = draw.permutation(places[k : k + window])
        return clip[places]

    return shuffle


def conformed(clip: Clip, before: Fraction, after: Fraction) -> Clip:
    """Another frame rate at the same speed: the nearest earlier frame."""
    count = int(len(clip) * after / before)
    return clip[[int(k * before / after) for k in range(count)]]


# --- codecs and chains -------------------------------------------------------------------------------------------


def codec(name: str, crf: int) -> Attack:
    """At a constant rate factor."""
    return lambda clip: coded(clip, name, {"crf": str(crf)})


def chain(*steps: Attack) -> Attack:
    """One after the other."""

    def run(clip: Clip) -> Clip:
        for step in steps:
            clip = step(clip)
        return clip

    return run


VIDEOSEAL: tuple[Row, ...] = (
    Row(name="identity", suite="VideoSeal", attack=lambda clip: clip, target=0.99),
    Row(
        name="horizontal flip",
        suite="VideoSeal",
        attack=lambda c: np.ascontiguousarray(c[:, :, ::-1]),
        target=None,
    ),
    Row(name="rotate 10", suite="VideoSeal", attack=rotate(10), target=0.99),
    Row(name="rotate 90", suite="VideoSeal", attack=rotate(90), target=None),
    *(Row(name=f"resize {s}", suite="VideoSeal", attack=resize(s), target=0.99) for s in (0.55, 0.71)),
    Row(name="crop 0.55", suite="VideoSeal", attack=crop(0.55), target=None),
    Row(name="crop 0.71", suite="VideoSeal", attack=crop(0.71), target=0.99),
    Row(name="perspective 0.5", suite="VideoSeal", attack=perspective(0.5), target=None),
    *(Row(name=f"brightness {s}", suite="VideoSeal", attack=brightness(s), target=0.99) for s in (0.5, 1.5)),
    *(Row(name=f"contrast {s}", suite="VideoSeal", attack=contrast(s), target=0.99) for s in (0.5, 1.5)),
    *(Row(name=f"saturation {s}", suite="VideoSeal", attack=saturation(s), target=0.99) for s in (0.5, 1.5)),
    Row(name="hue 0.25", suite="VideoSeal", attack=hue(0.25), target=0.99),
    Row(name="grayscale", suite="VideoSeal", attack=grayscale, target=0.99),
    Row(name="JPEG 40", suite="VideoSeal", attack=jpeg(40), target=0.99),
    Row(name="gaussian blur 9", suite="VideoSeal", attack=gaussian_blur(9), target=0.99),
    Row(name="median 9", suite="Omni Seal", attack=median(9), target=None),
    *(
        Row(
            name=f"{title} CRF {crf}",
            suite="VideoSeal",
            attack=codec(name, crf),
            target=0.99 if crf <= 40 else None,
        )
        for title, name in (("H.264", "libx264"), ("H.264 RGB", "libx264rgb"), ("H.265", "libx265"))
        for crf in (23, 30, 40, 50)
    ),
    Row(name="VP9", suite="VideoSeal", attack=codec("libvpx-vp9", 32), target=0.99),
    *(
        Row(
            name=f"H.264 CRF {crf}, crop 0.71, brightness 0.5",
            suite="VideoSeal",
            attack=chain(codec("libx264", crf), crop(0.71), brightness(0.5)),
            target=0.95 if crf == 30 else None,
        )
        for crf in (23, 30, 40, 50)
    ),
    *(Row(name=f"speed {s}", suite="VideoSeal, off", attack=speed(s), target=None) for s in (0.5, 2.0)),
    Row(name="window averaging 3", suite="VideoSeal, off", attack=window_average(3), target=None),
    *(Row(name=f"drop frames {s}", suite="VideoSeal, off", attack=drop(s), target=None) for s in (0.2, 0.5)),
    Row(name="reorder 4 (0.7)", suite="VideoSeal, off", attack=reorder(4, 0.7), target=None),
    Row(name="AV1 CRF 35", suite="VideoSeal, off", attack=codec("libsvtav1", 35), target=0.99),
)

VIDEOMARKBENCH: tuple[Row, ...] = (
    *(Row(name=f"noise {s}", suite="VideoMarkBench", attack=noise(s), target=None) for s in (0.01, 0.1, 0.2)),
    *(
        Row(name=f"blur sigma {s}", suite="VideoMarkBench", attack=blur_sigma(s), target=None)
        for s in (0.5, 1.5)
    ),
    *(Row(name=f"JPEG {q}", suite="VideoMarkBench", attack=jpeg(q), target=None) for q in (90, 20)),
    *(Row(name=f"crop {s}", suite="VideoMarkBench", attack=crop(s), target=None) for s in (0.98, 0.9)),
    Row(name="frame average 5", suite="VideoMarkBench", attack=window_average(5), target=None),
    Row(name="swap 0.2", suite="VideoMarkBench", attack=swap(0.2), target=None),
    Row(name="remove 0.2", suite="VideoMarkBench", attack=drop(0.2), target=None),
    Row(name="MPEG-4", suite="VideoMarkBench", attack=lambda clip: coded(clip, "mpeg4"), target=None),
)
