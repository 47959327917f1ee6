"""The mark under a picture: how strong it is, and that it is found wherever the picture goes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy.ndimage import affine_transform, gaussian_filter

from kinema.errors import ProvenanceError, UsageError
from kinema.provenance.watermark import Detection, Detector, Known, Watermark
from kinema.provenance.watermark.embedder import GENTLE, STURDY

KEY, IDENTITY = b"a key for the tests", 0xFEED_F00D_DEAD_BEEF
Frame = np.ndarray


@cache
def texture(height: int = 480, width: int = 640) -> Frame:
    """A picture with something of every scale in it: noise of a falling spectrum around a grey, flat on the left."""
    draw, total = np.random.default_rng(5), np.zeros((height, width, 3))
    for sigma in (1.0, 3.0, 9.0, 27.0):
        layer = gaussian_filter(draw.standard_normal((height, width, 3)), (sigma, sigma, 0))
        total += 6 * np.sqrt(sigma) * layer / layer.std()
    total[:, : width // 3] = np.linspace(0, 20, width // 3)[:, None]
    return np.clip(110 + total, 0, 255).astype(np.uint8)


@cache
def marked() -> Frame:
    return Watermark(KEY, IDENTITY).embed(texture())


def looked_at(frame: Frame, key: bytes = KEY) -> Detection:
    detector = Detector(key)
    detector.add(frame)
    return detector.result()


def decibel(one: Frame, other: Frame) -> float:
    return float(-10 * np.log10(np.mean((one.astype(float) - other) ** 2) / 255**2))


@pytest.mark.parametrize("size", [(480, 640), (270, 480), (720, 405)])
@pytest.mark.parametrize("distortion", [GENTLE, STURDY])
def test_distortion_is_what_was_asked(size: tuple[int, int], distortion: float) -> None:
    frame = texture(*size)
    after = decibel(frame, Watermark(KEY, IDENTITY, distortion=distortion).embed(frame))
    # The pattern's energy in one frame is its mean's but for the part of a tile at the border: a tenth, 0.4 dB.
    assert distortion - 0.4 < after < distortion + 0.6


@pytest.mark.parametrize("level", [0, 128, 255])
def test_plain_frames_are_marked_no_louder(level: int) -> None:
    frame = np.full((480, 640, 3), level, np.uint8)
    assert decibel(frame, Watermark(KEY, IDENTITY).embed(frame)) > GENTLE - 0.4


def test_frames_are_marked_alike_and_grey() -> None:
    mark = Watermark(KEY, IDENTITY)
    one = mark.embed(texture())
    np.testing.assert_array_equal(one, mark.embed(texture()))
    np.testing.assert_array_equal(one, marked())
    change = one.astype(int) - texture()
    inside = np.all((one > 0) & (one < 255), axis=2)
    # Luma alone: all channels move together, so colours keep their hue.
    assert np.all(change[inside] == change[inside][:, :1])


def test_sixteen_bits_are_marked_as_eight_are() -> None:
    deep = Watermark(KEY, IDENTITY).embed(texture().astype(np.uint16) * 257)
    assert deep.dtype == np.uint16
    # Eight bits round the pattern to whole code values: half of one, and the clip at 255.
    assert np.abs(deep / 257 - marked()).max() <= 0.51


def turned(degrees: float) -> Callable[[Frame], Frame]:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    # Output pixels (y, x) look up input pixels: the picture turns anticlockwise on the screen.
    matrix = np.array([[c, s], [-s, c]])

    def turn(frame: Frame) -> Frame:
        centre = (np.array(frame.shape[:2]) - 1) / 2
        offset: Any = centre - matrix @ centre
        return np.stack([affine_transform(frame[..., k], matrix, offset, order=1) for k in range(3)], axis=-1)

    return turn


CASES: dict[str, tuple[Callable[[Frame], Frame], float, float, bool]] = {
    # What is done; the pattern's scale beside an unaltered picture of the size; degrees; mirrored.
    "as it is": (lambda f: f, 1, 0, False),
    "cropped to 0.7": (lambda f: f[40:376, 70:518], 1 / 0.7, 0, False),
    "mirrored": (lambda f: f[:, ::-1], 1, 0, True),
    "on its side": (lambda f: np.rot90(f), 1, 90, False),
    "halved": (lambda f: f.reshape(240, 2, 320, 2, 3).mean(axis=(1, 3)).astype(np.uint8), 1, 0, False),
    "turned by 10 degrees": (turned(10.0), 1, 10, False),
    "darkened": (lambda f: f // 2, 1, 0, False),
}


@pytest.mark.parametrize("case", CASES)
def test_mark_and_geometry_are_found(case: str) -> None:
    change, scale, degrees, mirrored = CASES[case]
    seen = looked_at(np.ascontiguousarray(change(marked())))
    assert seen.id == IDENTITY
    assert seen.found
    # Half the pixels' width of a spectral line, 1 / (0.085 x 640 px), is 2 % of the scale or a degree; the peak is
    # found to a small part of its width.
    assert seen.geometry.scale / 0.5 == pytest.approx(scale, rel=0.01)
    assert (seen.geometry.rotation - degrees + 180) % 360 - 180 == pytest.approx(0, abs=0.5)
    assert seen.geometry.mirrored == mirrored


def test_crop_offset_is_read_off_the_tile() -> None:
    whole, part = (
        looked_at(marked()).geometry,
        looked_at(np.ascontiguousarray(marked()[40:376, 70:518])).geometry,
    )
    # The centres lie 70 + 224 - 320 to the right and 40 + 168 - 240 down, within a pixel of the analysed picture.
    moved = (np.array(part.shift) - whole.shift + 96) % 192 - 96
    np.testing.assert_allclose(moved, (-26, -32), atol=2.5)


@pytest.mark.parametrize("key", [b"the key of somebody", b"a key for the testt"])
def test_wrong_key_sees_nothing(key: bytes) -> None:
    seen = looked_at(marked(), key)
    # 24 places are looked at and p is bounded from above: below a thousandth by chance once in a thousand keys.
    assert seen.log10_p > -3
    assert not seen.found


def test_unmarked_picture_shows_nothing() -> None:
    assert looked_at(texture()).log10_p > -3


def test_frames_add_up() -> None:
    draw, detector = np.random.default_rng(9), Detector(KEY)
    single = None
    for _ in range(12):
        noisy = np.clip(marked() + 45 * draw.standard_normal(marked().shape), 0, 255).astype(np.uint8)
        detector.add(noisy)
        single = looked_at(noisy).log10_p if single is None else single
    assert single is not None
    assert detector.result().log10_p < single - 6


def test_known_ids_need_less_evidence() -> None:
    draw, detector = np.random.default_rng(10), Detector(KEY)
    # So much noise that 2^64 ids are too many to choose from.
    detector.add(np.clip(marked() + 60 * draw.standard_normal(marked().shape), 0, 255).astype(np.uint8))
    others = [int(n) for n in draw.integers(0, 2**63, 1000)]
    known = detector.result(Known([*others, IDENTITY]))
    assert known.id == IDENTITY
    assert known.found
    assert known.log10_p < detector.result().log10_p
    assert not detector.result(Known(others)).found


def test_refusals() -> None:
    with pytest.raises(ProvenanceError, match="64 bits"):
        Watermark(KEY, 1 << 64)
    with pytest.raises(ProvenanceError, match="30 to 52"):
        Watermark(KEY, 1, distortion=20)
    with pytest.raises(UsageError, match="uint8"):
        Watermark(KEY, 1).embed(np.zeros((64, 64, 3)))
    with pytest.raises(UsageError, match="32 px"):
        Detector(KEY).add(np.zeros((16, 64, 3), np.uint8))
    with pytest.raises(ProvenanceError, match="must have frames"):
        Detector(KEY).result()
    detector = Detector(KEY)
    detector.add(texture())
    with pytest.raises(ProvenanceError, match="size of the first"):
        detector.add(texture(270, 480))
    with pytest.raises(ProvenanceError, match="at least one"):
        Known([])
