"""Clips written and read back: colour, tags, rate, bytes, and what happens when it goes wrong."""

from __future__ import annotations

import hashlib
import struct
from fractions import Fraction
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from kinema.errors import MediaError, UsageError
from kinema.media.codec import RECIPES, Codec, container_of
from kinema.media.decode import read_clip, read_frames
from kinema.media.encode import ClipWriter
from kinema.media.yuv import to_frame

CODECS = list(RECIPES)
FILM = Fraction(24000, 1001)

PATCHES = np.array(
    [
        [[235, 20, 20], [20, 200, 30], [10, 20, 220], [128, 128, 128]],
        [[255, 255, 255], [0, 0, 0], [200, 180, 20], [20, 200, 190]],
        [[255, 0, 0], [0, 255, 0], [0, 0, 255], [60, 30, 90]],
    ],
    np.uint8,
)
PICTURE = np.kron(PATCHES, np.ones((16, 16, 1), np.uint8))  # 64 x 48


def written(path: Path, codec: str, frames: int = 3, *, rate: Fraction = FILM, deep: bool = False) -> Path:
    picture = PICTURE.astype(np.uint16) * 257 if deep else PICTURE
    with ClipWriter(path, cast(Codec, codec), 64, 48, rate) as writer:
        for _ in range(frames):
            writer.write(picture)
    return path


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("deep", [False, True])
def test_colour_patches_come_back(tmp_path: Path, codec: str, deep: bool) -> None:
    """Within 2 of 255: a step of limited-range luma is 1.16, one of chroma 1.8, and CRF 16 adds less than one."""
    clip = written(tmp_path / f"clip.{container_of(cast(Codec, codec))}", codec, deep=deep)
    for frame in read_frames(clip):
        centres = frame[8::16, 8::16].astype(int)
        assert np.abs(centres - PATCHES).max() <= 2


@pytest.mark.parametrize("codec", CODECS)
def test_tags_stand_in_stream_and_container(tmp_path: Path, codec: str) -> None:
    container = container_of(cast(Codec, codec))
    clip = written(tmp_path / f"clip.{container}", codec)
    facts = read_clip(clip)
    assert (facts.primaries, facts.transfer, facts.matrix, facts.range) == ("bt709", "bt709", "bt709", "tv")
    box = clip.read_bytes().split(b"colr")[1]
    # ISO 14496-12 `nclx` has a full-range bit after the three code points; QuickTime's `nclc` has none.
    kind, *points = struct.unpack(">4s3H", box[:10])
    assert points == [1, 1, 1]
    assert kind == (b"nclx" if container == "mp4" else b"nclc")
    if container == "mp4":
        assert box[10] == 0


@pytest.mark.parametrize("rate", [Fraction(24), FILM, Fraction(25), Fraction(30000, 1001), Fraction(60)])
def test_rate_and_duration_are_exact(tmp_path: Path, rate: Fraction) -> None:
    facts = read_clip(written(tmp_path / "clip.mp4", "h264", 7, rate=rate))
    assert (facts.rate, facts.frames, facts.duration) == (rate, 7, 7 / rate)
    assert (facts.width, facts.height, facts.codec, facts.pixel_format) == (64, 48, "h264", "yuv420p")


@pytest.mark.parametrize("codec", CODECS)
def test_equal_frames_give_equal_bytes(tmp_path: Path, codec: str) -> None:
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, (6, 48, 64, 3)).astype(np.uint8)
    digests = set()
    for name in ("a", "b"):
        path = tmp_path / f"{name}.{container_of(cast(Codec, codec))}"
        with ClipWriter(path, cast(Codec, codec), 64, 48, FILM) as writer:
            for frame in frames:
                writer.write(frame)
        digests.add(hashlib.sha256(path.read_bytes()).hexdigest())
    assert len(digests) == 1


def test_index_comes_before_the_pictures(tmp_path: Path) -> None:
    data = written(tmp_path / "clip.mp4", "h264").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    assert b"Lavf" not in data  # no writer's version: it would change the bytes


def test_frames_may_be_reused_by_the_caller(tmp_path: Path) -> None:
    """`write` copies: a renderer that draws into one buffer must not repaint what waits in the queue."""
    buffer = np.zeros((48, 64, 3), np.uint8)
    with ClipWriter(tmp_path / "clip.mp4", "h264", 64, 48, FILM) as writer:
        for level in (40, 120, 200):
            buffer[:] = level
            writer.write(buffer)
    levels = [float(frame.mean()) for frame in read_frames(tmp_path / "clip.mp4")]
    assert levels == pytest.approx([40, 120, 200], abs=2)


def test_view_in_the_encoding_thread_gives_the_same_bytes(tmp_path: Path) -> None:
    """Light written to a clip with a view, and its code values to one without."""
    light = np.random.default_rng(0).random((5, 48, 64, 3)).astype(np.float32)

    def view(linear: np.ndarray, bits: int) -> np.ndarray:
        return np.rint(linear * (2**bits - 1)).astype(np.uint8)

    with ClipWriter(tmp_path / "light.mp4", "h264", 64, 48, FILM, view=view) as writer:
        for frame in light:
            writer.write(frame)
    with ClipWriter(tmp_path / "codes.mp4", "h264", 64, 48, FILM) as writer:
        for frame in light:
            writer.write(view(frame, 8))
    assert (tmp_path / "light.mp4").read_bytes() == (tmp_path / "codes.mp4").read_bytes()


def gloomy(clip: Path) -> None:
    def view(_linear: np.ndarray, _bits: int) -> np.ndarray:
        raise UsageError("look", "must be a look", got="gloom", next_step="Choose another.")

    with ClipWriter(clip, "h264", 64, 48, FILM, view=view) as writer:
        for _ in range(20):
            writer.write(np.zeros((48, 64, 3), np.float32))


def test_what_a_view_finds_wrong_reaches_the_caller(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="gloom"):
        gloomy(tmp_path / "clip.mp4")
    assert not list(tmp_path.iterdir())


def interrupted(clip: Path) -> None:
    with ClipWriter(clip, "h264", 64, 48, FILM) as writer:
        writer.write(PICTURE)
        raise RuntimeError("lights out")


def test_error_leaves_what_was_there(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"the earlier take")
    with pytest.raises(RuntimeError, match="lights out"):
        interrupted(clip)
    assert clip.read_bytes() == b"the earlier take"
    assert list(tmp_path.iterdir()) == [clip]


def test_failing_encoder_neither_hangs_nor_publishes(tmp_path: Path) -> None:
    """More frames than the queue holds: the writer must learn of the failure, not wait for room."""
    (tmp_path / ".clip.mp4.partial").mkdir()
    with pytest.raises(MediaError, match="libx264"):
        written(tmp_path / "clip.mp4", "h264", 50)
    assert not (tmp_path / "clip.mp4").exists()


@pytest.mark.parametrize(
    ("codec", "size", "step"),
    [
        ("h264", (65, 48), "66x48"),
        ("h264", (64, 49), "64x50"),
        ("prores_hq", (65, 49), "66x49"),
        ("av1", (8, 8), "16"),
    ],
)
def test_sizes_a_codec_cannot_hold(tmp_path: Path, codec: Codec, size: tuple[int, int], step: str) -> None:
    with pytest.raises(UsageError, match=step):
        ClipWriter(tmp_path / "clip", codec, *size, FILM)


def test_444_takes_odd_sizes(tmp_path: Path) -> None:
    with ClipWriter(tmp_path / "clip.mov", "prores_4444", 65, 49, FILM) as writer:
        writer.write(np.full((49, 65, 3), 90, np.uint8))
    facts = read_clip(tmp_path / "clip.mov")
    assert (facts.width, facts.height) == (65, 49)


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="h264"):
        ClipWriter(tmp_path / "clip", cast(Codec, "divx"), 64, 48, FILM)
    with pytest.raises(UsageError, match="rate"):
        ClipWriter(tmp_path / "clip", "h264", 64, 48, Fraction(0))
    with (
        pytest.raises(MediaError, match="folder"),
        ClipWriter(tmp_path / "no" / "clip.mp4", "h264", 64, 48, FILM),
    ):
        pass
    with (
        pytest.raises(UsageError, match="uint8 or uint16"),
        ClipWriter(tmp_path / "clip.mp4", "h264", 64, 48, FILM) as writer,
    ):
        writer.write(np.zeros((48, 32, 3), np.uint8))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"", b"\0" * 4096, b"not a clip at all" * 100])
def test_what_is_no_clip(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    with pytest.raises(MediaError, match=r"clip\.mp4"):
        read_clip(path)
    with pytest.raises(MediaError, match=r"clip\.mp4"):
        list(read_frames(path))
    with pytest.raises(MediaError):
        read_clip(tmp_path / "absent.mp4")


# --- the matrix -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pixel_format", "bits", "step"),
    [
        ("yuv444p10le", 10, (1, 1)),
        ("yuv422p10le", 10, (1, 2)),
        ("yuv420p", 8, (2, 2)),
        ("yuv420p10le", 10, (2, 2)),
    ],
)
def test_planes_equal_the_formula_of_bt709(pixel_format: str, bits: int, step: tuple[int, int]) -> None:
    """The plain twin, in float64, straight from ITU-R BT.709-6; float32 may fall on the other side of a half."""
    rgb = np.random.default_rng(1).integers(0, 65536, (16, 32, 3)).astype(np.uint16)
    r, g, b = np.moveaxis(rgb / 65535, -1, 0)
    y = 0.2126 * r + 0.7152 * g + 0.0722 * b
    scale = 2 ** (bits - 8)
    cb, cr = (b - y) / 1.8556, (r - y) / 1.5748
    if step[1] == 2:
        cb, cr = (_half_band(c) for c in (cb, cr))
    if step[0] == 2:
        cb, cr = ((c[::2] + c[1::2]) / 2 for c in (cb, cr))
    wanted = [(16 + 219 * y) * scale, (128 + 224 * cb) * scale, (128 + 224 * cr) * scale]
    frame = to_frame(rgb, pixel_format)
    for plane, exact in zip(frame.planes, wanted, strict=True):
        sample = np.uint8 if bits == 8 else np.uint16
        got = np.frombuffer(plane, sample).reshape(plane.height, -1)[:, : plane.width]
        assert np.abs(got - exact).max() < 0.502


def _half_band(chroma: np.ndarray) -> np.ndarray:
    wide = np.pad(chroma, ((0, 0), (1, 1)), mode="edge")
    return (wide[:, :-2] + 2 * wide[:, 1:-1] + wide[:, 2:])[:, ::2] / 4


def test_grey_has_no_chroma() -> None:
    """All 256 greys: exactly neutral, and luma within rounding, so a grey ramp cannot be tinted."""
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2).repeat(2, axis=0)
    frame = to_frame(ramp, "yuv420p")
    luma, cb, cr = (np.frombuffer(p, np.uint8).reshape(p.height, -1)[:, : p.width] for p in frame.planes)
    assert (cb == 128).all()
    assert (cr == 128).all()
    np.testing.assert_array_equal(luma[0], np.floor(16 + 219 * np.arange(256) / 255 + 0.5))
