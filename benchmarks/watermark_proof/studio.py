"""What happens to a clip in a cutting room and on its way to a telephone."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import numpy as np

from watermark_proof.attacks import (
    Row,
    blur_sigma,
    brightness,
    chain,
    codec,
    conformed,
    crop,
    perspective,
    rounded,
    scaled,
)
from watermark_proof.codecs import Clip, coded

_FILM, _PAL = Fraction(24000, 1001), Fraction(25)


def letterbox(clip: Clip) -> Clip:
    """Black bars to 4:3 at the same width."""
    frames, height, width, _ = clip.shape
    tall = round(width * 3 / 4)
    out = np.zeros((frames, tall, width, 3), np.uint8)
    top = (tall - height) // 2
    out[:, top : top + height] = clip
    return out


def portrait(clip: Clip) -> Clip:
    """The middle 9:16 of the picture, blown up to 480 x 854."""
    _, height, width, _ = clip.shape
    wide = round(height * 9 / 16)
    left = (width - wide) // 2
    return scaled(clip[:, :, left : left + wide], 854, 480)


def titled(clip: Clip) -> Clip:
    """A logo in a corner and two lines of subtitles, white on black edges."""
    import cv2

    out = clip.copy()
    _, height, width, _ = clip.shape
    cv2_text = ("A logo and two lines of subtitles", "cover what lies beneath them.")
    for frame in out:
        frame[20:70, width - 140 : width - 20] = (200, 30, 40)
        for n, line in enumerate(cv2_text):
            place = (width // 5, height - 70 + 34 * n)
            for colour, weight in (((0, 0, 0), 6), ((255, 255, 255), 2)):
                cv2.putText(frame, line, place, cv2.FONT_HERSHEY_SIMPLEX, 0.9, colour, weight, cv2.LINE_AA)
    return out


@cache
def _film_stock() -> np.ndarray:
    """A lookup table of the kind a colourist applies: a shoulder, a toe, warm lights and cold shadows."""
    x = np.arange(256) / 255
    s = x + 0.18 * np.sin(2 * np.pi * (x - 0.5)) / 2
    tint = np.stack([s + 0.04 * x, s, s + 0.05 * (1 - x) - 0.03 * x], axis=1)
    return rounded(255 * (0.03 + 0.94 * np.clip(tint, 0, 1)))


def graded(clip: Clip) -> Clip:
    """The table, channel by channel."""
    table = _film_stock()
    return np.stack([table[clip[..., c], c] for c in range(3)], axis=-1)


def ladder(clip: Clip) -> Clip:
    """1080, 720, 480 lines, coded at each: CRF 28, 30 and, in AV1, 35."""
    for height, name, crf in ((1080, "libx264", 28), (720, "libx264", 30), (480, "libsvtav1", 35)):
        width = 2 * round(clip.shape[2] * height / clip.shape[1] / 2)
        clip = coded(scaled(clip, height, width), name, {"crf": str(crf)})
    return clip


def trimmed(clip: Clip) -> Clip:
    """Cut out of the middle, 23.976 to 25 frames a second, up to 720 lines and down to 480, CRF 28 and 32.

    A clip of three seconds has nothing to trim: half a second goes at either end of it.
    """
    clip = conformed(clip[12:-12], _FILM, _PAL)
    clip = coded(scaled(clip, 720, 1280), "libx264", {"crf": "28"}, rate=_PAL)
    return coded(scaled(clip, 480, 854), "libx264", {"crf": "32"}, rate=_PAL)


def captured(clip: Clip) -> Clip:
    """A screen filmed: bent by 0.05, blurred, gamma 1.2, 30 frames a second, coded."""
    clip = conformed(clip, Fraction(24), Fraction(30))
    clip = blur_sigma(1.0)(perspective(0.05)(clip))
    table = rounded(255 * (np.arange(256) / 255) ** 1.2)
    return coded(table[clip], "libx264", {"crf": "26"}, rate=Fraction(30))


STUDIO: tuple[Row, ...] = (
    Row(name="ProRes", suite="studio", attack=lambda clip: coded(clip, "prores_ks"), target=None),
    Row(name="DNxHR", suite="studio", attack=lambda clip: coded(clip, "dnxhd"), target=None),
    Row(name="23.976 to 25", suite="studio", attack=lambda clip: conformed(clip, _FILM, _PAL), target=None),
    Row(name="trim, conform, 480p ladder", suite="studio", attack=trimmed, target=0.95),
    Row(name="letterbox 4:3", suite="studio", attack=letterbox, target=None),
    Row(name="9:16", suite="studio", attack=portrait, target=None),
    Row(name="logo and subtitles", suite="studio", attack=titled, target=None),
    Row(name="grade (LUT)", suite="studio", attack=graded, target=None),
    Row(name="1080, 720, 480, AV1", suite="studio", attack=ladder, target=None),
    Row(
        name="twice coded, H.264 28 then H.265 32",
        suite="studio",
        attack=chain(codec("libx264", 28), codec("libx265", 32)),
        target=None,
    ),
    Row(name="screen capture", suite="studio", attack=captured, target=None),
    Row(
        name="crop 0.9, H.264 CRF 28, brightness 1.5",
        suite="studio",
        attack=chain(crop(0.9), codec("libx264", 28), brightness(1.5)),
        target=None,
    ),
)
