"""The burned-in label: inside the safe area, readable on anything, and nothing else touched."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinema.errors import UsageError
from kinema.media.decode import read_frames
from kinema.media.encode import ClipWriter
from kinema.media.picture import PictureTransform
from kinema.policy.label import SAFE, TEXTS, Label, Labelled, Stamp, label_for

SIZES = [(854, 480), (1920, 1080), (480, 854), (1080, 1080), (320, 240)]
RANDOM = np.random.default_rng(7)


def luminance(code: np.ndarray) -> np.ndarray:
    """WCAG 2.2 relative luminance of sRGB code values."""
    v = code / 255
    linear = np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


def contrast(a: float, b: float) -> float:
    """WCAG 2.2 contrast ratio."""
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)


@pytest.mark.parametrize("corner", ["lower left", "lower right", "upper left", "upper right"])
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_it_lies_in_the_safe_area_and_changes_nothing_else(width: int, height: int, corner: str) -> None:
    frame = RANDOM.integers(0, 256, (height, width, 3), dtype=np.uint8)
    before = frame.copy()
    stamp = Stamp(Label(text=TEXTS["generated"], corner=corner), width, height)  # type: ignore[arg-type]
    marked = stamp.on(frame)
    left, top, right, bottom = stamp.box
    assert round(SAFE * width) <= left < right <= width - round(SAFE * width)
    assert round(SAFE * height) <= top < bottom <= height - round(SAFE * height)
    outside = np.ones((height, width), bool)
    outside[top:bottom, left:right] = False
    assert (frame == before).all()  # the frame given is not written to
    assert (marked[outside] == frame[outside]).all()
    assert (marked[~outside] != frame[~outside]).mean() > 0.9


@given(st.tuples(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255)))
def test_text_stands_out_whatever_lies_under_it(colour: tuple[int, int, int]) -> None:
    """At least 7:1 between the whitest and the commonest colour of the plate, WCAG 2.2 criterion 1.4.6."""
    frame = np.full((480, 854, 3), colour, np.uint8)
    stamp = Stamp(Label(text=TEXTS["deepfake"]), 854, 480)
    left, top, right, bottom = stamp.box
    inside = luminance(stamp.on(frame)[top:bottom, left:right])
    assert contrast(float(inside.max()), float(np.median(inside))) >= 7


def test_noise_does_not_hide_it() -> None:
    """The plate flattens what lies under it: what is left of noise is far below the text's contrast."""
    frame = RANDOM.integers(0, 256, (480, 854, 3), dtype=np.uint8)
    stamp = Stamp(Label(text=TEXTS["political"]), 854, 480)
    left, top, right, bottom = stamp.box
    inside = luminance(stamp.on(frame)[top:bottom, left:right])
    plate = inside[inside < 0.3]
    assert contrast(float(inside.max()), float(plate.max())) >= 3
    assert contrast(float(inside.max()), float(np.median(plate))) >= 7


def test_it_grows_with_the_picture() -> None:
    heights = [Stamp(Label(text="A"), w, h).box[3] - Stamp(Label(text="A"), w, h).box[1]
               for w, h in ((854, 480), (1708, 960), (3416, 1920))]  # fmt: skip
    # Twice and four times as high, to a pixel of rounding in each of line and padding.
    assert heights[1] == pytest.approx(2 * heights[0], abs=4)
    assert heights[2] == pytest.approx(4 * heights[0], abs=8)


def test_sixteen_bits_say_what_eight_bits_say() -> None:
    """Code values of 16 bits are 257 times those of 8; rounding is half a step of the coarser."""
    frame = RANDOM.integers(0, 256, (480, 854, 3), dtype=np.uint8)
    stamp = Stamp(Label(text=TEXTS["generated"]), 854, 480)
    fine = stamp.on(frame.astype(np.uint16) * 257)
    assert np.abs(fine / 257 - stamp.on(frame)).max() <= 0.5 + 1 / 257


def test_a_clip_is_written_with_it(tmp_path: Path) -> None:
    """Through the encoder and back: the corner is dark with white letters, the rest is as without."""
    frame = np.full((240, 428, 3), 0.5, np.float32)
    clips = []
    plain = PictureTransform(display="bt1886")
    for name, view in (
        ("plain", plain),
        ("marked", Labelled(plain, Stamp(Label(text="Made with AI"), 428, 240))),
    ):
        with ClipWriter(tmp_path / f"{name}.mp4", "h264", 428, 240, Fraction(24), view=view) as writer:
            writer.write(frame)
        clips.append(next(read_frames(tmp_path / f"{name}.mp4")).astype(int))
    left, top, right, bottom = Stamp(Label(text="Made with AI"), 428, 240).box
    box = clips[1][top:bottom, left:right]
    assert np.median(box) < 60
    assert box.max() > 220
    # H.264 works in blocks of 16: beyond one block of the plate nothing may differ by more than its noise.
    far = np.abs(clips[0] - clips[1])
    far[top - 16 : bottom + 16, left - 16 : right + 16] = 0
    assert far.max() <= 3


def test_every_frame_gets_the_same() -> None:
    stamp = Stamp(Label(text="A"), 854, 480)
    frame = np.full((480, 854, 3), 90, np.uint8)
    assert (stamp.on(frame) == stamp.on(frame)).all()


def test_the_mark_makes_it_wider() -> None:
    def width(mark: bool) -> int:
        box = Stamp(Label(text="Made with AI", mark=mark), 854, 480).box
        return box[2] - box[0]

    assert width(True) > width(False)


def test_a_picture_too_small_or_of_another_size_is_refused() -> None:
    with pytest.raises(UsageError, match="to be read"):
        Stamp(Label(text="Made with AI"), 64, 48)
    with pytest.raises(UsageError, match="854x480"):
        Stamp(Label(text="A"), 854, 480).on(np.zeros((480, 852, 3), np.uint8))


@pytest.mark.parametrize("text", ["Mit KI erzeugt", "Généré par IA", "Vytvořeno AI", "Създадено с ИИ",
                                  "Δημιουργήθηκε με ΤΝ", "Mākslīgais intelekts", "Wygenerowano – SI"])  # fmt: skip
def test_the_languages_of_the_union_can_be_written(text: str) -> None:
    Stamp(Label(text=text), 854, 480)


@pytest.mark.parametrize("text", ["人工智能生成", "Made with AI ☃", "", " "])
def test_what_the_font_cannot_write_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="letters"):
        Stamp(Label(text=text), 854, 480)


def test_which_label_is_shown() -> None:
    assert label_for(()) is None
    assert label_for(("generated", "deepfake")) == Label(text=TEXTS["deepfake"])
    assert label_for(("generated",)) == Label(text=TEXTS["generated"])
    assert label_for(("House mark",)) == Label(text="House mark")
