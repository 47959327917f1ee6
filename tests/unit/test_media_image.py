"""PNG pictures, sequences of them, contact sheets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from kinema.errors import MediaError, UsageError
from kinema.media.image import PngSequence, contact_sheet, png_bytes, read_png, thumbnail, write_png


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 33), st.integers(1, 33), st.sampled_from([np.uint8, np.uint16]), st.integers(0, 99))
def test_pixels_come_back(
    tmp_path_factory: pytest.TempPathFactory, rows: int, columns: int, kind: type, seed: int
) -> None:
    path = tmp_path_factory.mktemp("png") / "a.png"
    picture = np.random.default_rng(seed).integers(0, np.iinfo(kind).max + 1, (rows, columns, 3)).astype(kind)
    write_png(path, picture)
    got = read_png(path)
    assert got.dtype == kind
    np.testing.assert_array_equal(got, picture)


def test_another_reader_agrees(tmp_path: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (9, 14, 3)).astype(np.uint8)
    write_png(tmp_path / "a.png", picture)
    with Image.open(tmp_path / "a.png") as other:
        np.testing.assert_array_equal(np.asarray(other), picture)
        assert "srgb" in other.info
    assert png_bytes(picture) == (tmp_path / "a.png").read_bytes()


def test_refusals(tmp_path: Path) -> None:
    (tmp_path / "junk.png").write_bytes(b"\x89PNG\r\n\x1a\nno")
    for path in (tmp_path / "junk.png", tmp_path / "absent.png"):
        with pytest.raises(MediaError, match="PNG"):
            read_png(path)
    with pytest.raises(MediaError, match="writable"):
        write_png(tmp_path / "no" / "a.png", np.zeros((2, 2, 3), np.uint8))
    with pytest.raises(UsageError, match="view transform"):
        png_bytes(np.zeros((2, 2, 3), np.float32))  # pyright: ignore[reportArgumentType]


def test_sequence_is_whole_or_not_there(tmp_path: Path) -> None:
    frames = [np.full((4, 6, 3), level, np.uint8) for level in (10, 20)]
    folder = tmp_path / "frames"
    with pytest.raises(RuntimeError):
        _interrupted(folder, frames[0])
    assert not list(tmp_path.iterdir())
    for _ in range(2):  # the second run replaces the first
        with PngSequence(folder, first=7) as sequence:
            for frame in frames:
                sequence.write(frame)
    assert sorted(path.name for path in folder.iterdir()) == ["frame.000007.png", "frame.000008.png"]
    np.testing.assert_array_equal(read_png(folder / "frame.000008.png"), frames[1])


def _interrupted(folder: Path, frame: np.ndarray) -> None:
    with PngSequence(folder) as sequence:
        sequence.write(frame)
        raise RuntimeError


def test_sequence_deletes_only_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    folder.mkdir()
    (folder / "holiday.jpg").write_text("mine")
    with pytest.raises(MediaError, match="other files"), PngSequence(folder) as sequence:
        sequence.write(np.zeros((4, 6, 3), np.uint8))
    assert (folder / "holiday.jpg").read_text() == "mine"


def test_contact_sheet_keeps_order() -> None:
    pictures = [np.full((30, 40, 3), 20 * n, np.uint8) for n in range(1, 6)]
    sheet = contact_sheet(pictures, columns=3, width=400, gap=4)
    each = (400 - 4 * 4) // 3
    height = round(30 * each / 40)
    centres = [
        sheet[4 + row * (height + 4) + height // 2, 4 + column * (each + 4) + each // 2, 0]
        for row in range(2)
        for column in range(3)
    ]
    assert centres == [20, 40, 60, 80, 100, 16]
    with pytest.raises(UsageError):
        contact_sheet([])


def test_thumbnail_keeps_shape_and_mean() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (90, 160, 3)).astype(np.uint8)
    small = thumbnail(picture, 40)
    assert small.shape == (22, 40, 3)
    assert abs(float(small.mean()) - float(picture.mean())) < 1
