"""Uploaded pictures: a face holds them for a receipt, and so does not being able to look."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kinema.config import Config
from kinema.media.encode import ClipWriter
from kinema.media.picture import PictureTransform
from kinema.policy.consent.faces import MAX_PIXELS, most_faces
from kinema.policy.consent.receipt import Receipt
from kinema.policy.consent.store import ConsentStore
from kinema.policy.decide import decide
from kinema.policy.request import Purpose, Request

PORTRAIT = Path(__file__).parent / "data" / "portrait.jpg"
DOCS = Path(__file__).parents[3] / "docs" / "images"
PLATE = Request(text="A walk.", plates=(PORTRAIT,), purpose=Purpose(use="film"), day=date(2026, 11, 26))


def scene(faces: int, folder: Path) -> Path:
    """A grey picture of 854x480 with the portrait pasted in so many times."""
    picture = Image.new("L", (854, 480), 120)
    for i in range(faces):
        picture.paste(Image.open(PORTRAIT).resize((150, 176)), (100 + 300 * i, 100 + 60 * i))
    path = folder / f"{faces}.png"
    picture.save(path)
    return path


@pytest.mark.parametrize("faces", [0, 1, 2])
def test_faces_are_counted(tmp_path: Path, faces: int) -> None:
    assert most_faces(scene(faces, tmp_path)) == faces


@pytest.mark.parametrize("turn", [Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270,
                                  Image.Transpose.FLIP_LEFT_RIGHT])  # fmt: skip
def test_turned_and_mirrored_faces_are_found(tmp_path: Path, turn: Image.Transpose) -> None:
    Image.open(PORTRAIT).transpose(turn).save(tmp_path / "turned.png")
    assert most_faces(tmp_path / "turned.png") == 1


@pytest.mark.parametrize("name", ["glass.jpg", "materials.jpg", "dream.png"])
def test_shards_and_spheres_are_no_faces(name: str) -> None:
    assert most_faces(DOCS / name) == 0


def test_one_frame_of_a_clip_is_enough(tmp_path: Path) -> None:
    """Thirty frames, the face in frames 12 to 23 alone; every twelfth is looked at."""
    blank = np.full((240, 320, 3), 0.2, np.float32)
    grey = np.asarray(Image.open(PORTRAIT).resize((150, 176)), np.float32) / 255
    shown = blank.copy()
    shown[30:206, 80:230] = grey[..., None]
    writer = ClipWriter(tmp_path / "plate.mp4", "h264", 320, 240, Fraction(24), draft=True,
                        view=PictureTransform(display="bt1886"))  # fmt: skip
    with writer:
        for i in range(30):
            writer.write(shown if 12 <= i < 24 else blank)
    assert most_faces(tmp_path / "plate.mp4") == 1


def test_a_picture_that_moves_is_looked_at_beyond_its_first_frame(tmp_path: Path) -> None:
    blank = Image.new("L", (854, 480), 120)
    shown = Image.open(scene(1, tmp_path))
    blank.save(tmp_path / "moving.gif", save_all=True, append_images=[blank] * 5 + [shown] * 14)
    assert most_faces(tmp_path / "moving.gif") == 1


def test_a_plate_with_a_face_waits_for_a_receipt_that_lists_it(
    config: Config, store: ConsentStore, granted: Callable[..., tuple[Receipt, str]], tmp_path: Path
) -> None:
    assert decide(PLATE, config).rule_ids == ("kinema.likeness.faces",)
    granted()  # of no picture
    assert not decide(PLATE, config).allowed
    receipt, _ = granted(pictures=(hashlib.sha256(PORTRAIT.read_bytes()).hexdigest(),))
    assert decide(PLATE, config).allowed
    assert decide(replace(PLATE, purpose=Purpose(use="advertising")), config).rule_ids == (
        "kinema.likeness.faces",
    )
    store.revoke(receipt.id)
    assert decide(replace(PLATE, act="export"), config).rule_ids == ("kinema.likeness.faces",)
    assert decide(replace(PLATE, plates=(scene(0, tmp_path),)), config).allowed


def test_what_cannot_be_looked_at_waits(config: Config, tmp_path: Path) -> None:
    for name, content in (("broken.png", b"\x89PNG\r\n"), ("text.jpg", b"hello"), ("empty.mp4", b"")):
        (tmp_path / name).write_bytes(content)
        decision = decide(replace(PLATE, plates=(tmp_path / name,)), config)
        assert decision.rule_ids == ("kinema.likeness.faces",)
        assert "could not be looked at" in str(decision.reasons[0])
    assert not decide(replace(PLATE, plates=(tmp_path / "nothing.png",)), config).allowed


def test_a_picture_that_unpacks_to_too_much_waits(config: Config, tmp_path: Path) -> None:
    side = int(MAX_PIXELS**0.5) + 100
    Image.new("1", (side, side)).save(tmp_path / "bomb.png")
    decision = decide(replace(PLATE, plates=(tmp_path / "bomb.png",)), config)
    assert "at most" in str(decision.reasons[0])


def test_without_a_detector_plates_wait(
    config: Config, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    decision = decide(replace(PLATE, plates=(scene(0, tmp_path),)), config)
    assert decision.rule_ids == ("kinema.likeness.faces",)
    assert "kinema[faces]" in str(decision.reasons[0])
