"""What is given to a dream: how it is said, which latent frames it gives, and what is refused."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given as cases
from hypothesis import strategies as some
from PIL import Image

from kinema.diffusion.given import Given, Placed, read_given
from kinema.diffusion.grid import Grid
from kinema.diffusion.plates import Plate, hashes_of, notes_of, refuse_unusable, starts_of
from kinema.errors import UsageError
from kinema.footage import refuse_impossible
from kinema.job import Job
from kinema.media.encode import ClipWriter
from kinema.media.picture import PictureTransform
from kinema.policy.gather import request_of
from kinema.shot.change import change
from kinema.shot.files import load_shot

WIDTH, HEIGHT = 64, 48
FRAMES = 24
GRID = Grid.covering(frames=FRAMES, height=HEIGHT, width=WIDTH)
SHOT = change(load_shot(Path(__file__).parents[2] / "examples/dominoes.yaml"), "timing.frames", str(FRAMES))


class Means:
    """Stands for an encoder that knows brightness alone, and writes down what it was asked: here only places count.
    The real one is held to torch's in tests/integration/test_diffusion.py."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, bool]] = []

    def own(self, array):
        return array

    def encode(self, rgb, tails):
        assert rgb.shape[:2] == (1, 3)
        assert rgb.shape[3:] == (GRID.height, GRID.width)
        assert rgb.shape[2] == (1 if tails is None else 8)
        self.calls.append((rgb.shape[2], tails is not None))
        return rgb.mean(axis=(1, 2, 3, 4), keepdims=True), []


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> Path:
    """A clip of 17 grey frames that get lighter, a still, a mask with a hole, and things that are neither."""
    folder = tmp_path_factory.mktemp("given")
    with ClipWriter(
        folder / "clip.mp4", "h264", WIDTH, HEIGHT, Fraction(24), view=PictureTransform(display="bt1886")
    ) as writer:
        for index in range(17):
            writer.write(np.full((HEIGHT, WIDTH, 3), light_of(index), np.float32))
    Image.new("RGB", (WIDTH, HEIGHT), (200, 200, 200)).save(folder / "still.png")
    Image.new("RGB", (100, 100), (200, 200, 200)).save(folder / "square.jpg")
    mask = Image.new("L", (WIDTH, HEIGHT), 0)
    mask.paste(255, (20, 20, 40, 30))
    mask.save(folder / "mask.png")
    (folder / "words.txt").write_text("neither")
    (folder / "cut.png").write_bytes((folder / "still.png").read_bytes()[:40])
    return folder


def light_of(index: int) -> float:
    return (0.2 + 0.04 * index) ** 2.4


def starts(given: Given, network: Means | None = None) -> list[Any]:
    return starts_of(given, network or Means(), GRID, frames=FRAMES, width=WIDTH, height=HEIGHT)  # type: ignore[arg-type]


@cases(at=some.integers(-99999999, 99999999), name=some.text(min_size=1).filter(lambda n: ":" not in n))
def test_a_place_is_read_as_it_is_said(at, name):
    assert read_given([f"{at}:{name}", name]).pictures == (Placed(file=name, at=at), Placed(file=name))


@cases(some.text())
def test_any_text_is_a_place_or_refused(text):
    try:
        (placed,) = read_given([text]).pictures
    except UsageError:
        return
    assert text.endswith(placed.file)


def test_a_mask_alone_forgets_and_pictures_alone_stay():
    assert read_given(["a"]).strength == 0
    assert read_given(["a"], mask="m").strength == 1
    assert read_given(["a"], mask="m", strength=0.3).strength == 0.3
    assert read_given([], loop=True) == Given(loop=True)


@pytest.mark.parametrize(
    ("said", "option"),
    [
        ({"places": ["a"], "strength": 1.1}, "--strength"),
        ({"places": ["a"], "strength": float("nan")}, "--strength"),
        ({"places": ["a"], "mask": "m", "strength": 0.0}, "--mask"),
        ({"places": [], "mask": "m"}, "--given"),
        ({"places": [], "strength": 0.5}, "--given"),
        ({"places": ["3:"]}, "--given"),
    ],
)
def test_contradictions_are_refused(said, option):
    with pytest.raises(UsageError, match=option):
        read_given(**said)


# 24 frames are latent frames of frames 0, 1 to 8, 9 to 16, 17 to 23.
@pytest.mark.parametrize(
    ("name", "at", "given"),
    [
        ("still.png", 0, [0]),
        ("still.png", 3, [1]),
        ("still.png", -1, [3]),
        ("clip.mp4", 0, [0, 1, 2]),
        ("clip.mp4", -1, [2, 3]),
        ("clip.mp4", 1, [1, 2]),
        ("clip.mp4", -16, [0, 1]),
        ("clip.mp4", 20, []),
    ],
)
def test_a_latent_frame_is_given_if_all_its_frames_are(files, name, at, given):
    found = starts(Given(pictures=(Placed(file=str(files / name), at=at),)))
    assert [n for n, start in enumerate(found) if start is not None] == given


def test_frames_come_as_they_were_filmed_and_in_their_places(files):
    """Mean brightness of latent frames 0 to 2, in sRGB of the light that was filmed."""
    found = starts(Given(pictures=(Placed(file=str(files / "clip.mp4")),)))
    light = np.array([light_of(n) for n in range(17)])
    code = 2 * (1.055 * light ** (1 / 2.4) - 0.055) - 1
    wanted = [code[0], code[1:9].mean(), code[9:17].mean()]
    # two codes of 255, in [-1, 1]: 8-bit YCbCr rounds by one, the codec of flat grey by another
    np.testing.assert_allclose([s.latent.item() for s in found[:3]], wanted, atol=2 * 2 / 255)


def test_a_clip_inside_starts_as_if_it_had_stood_still(files):
    network = Means()
    starts(Given(pictures=(Placed(file=str(files / "clip.mp4"), at=1),)), network)
    assert network.calls == [(1, False), (8, True), (8, True)]


def test_later_pictures_lie_over_earlier_ones(files):
    clip, still = (Placed(file=str(files / name)) for name in ("clip.mp4", "still.png"))
    over = starts(Given(pictures=(clip, still)))
    assert over[0].latent.item() == pytest.approx(200 / 127.5 - 1)
    assert over[1] is not None
    under = starts(Given(pictures=(still, clip)))
    assert under[0].latent.item() < 0.2


def test_tokens_under_any_white_are_not_kept(files):
    placed = (Placed(file=str(files / "still.png")),)
    found = starts(Given(pictures=placed, strength=1.0, mask=str(files / "mask.png")))
    hole = np.zeros((GRID.rows, GRID.columns))
    hole[1, 1:3] = 1  # columns 20 to 39 and rows 20 to 29, in tokens of 16 pixels
    np.testing.assert_array_equal(found[0].kept[0, 0, 0], 1 - hole)
    np.testing.assert_array_equal(starts(Given(pictures=placed))[0].kept, 0)


def test_other_sizes_are_fitted_and_said(files):
    given = Given(pictures=(Placed(file=str(files / "square.jpg")),))
    assert starts(given)[0] is not None
    assert notes_of(given, FRAMES, WIDTH, HEIGHT) == [f"{files / 'square.jpg'}: 100x100, fitted to 64x48."]
    same = Given(pictures=(Placed(file=str(files / "still.png")),))
    assert notes_of(same, FRAMES, WIDTH, HEIGHT) == []


@pytest.mark.parametrize(
    ("name", "at", "rule"),
    [
        ("none.png", 0, "can be read"),
        ("words.txt", 0, "can be read"),
        ("cut.png", 0, "can be read"),
        (".", 0, "can be read"),
        ("still.png", FRAMES, "lie within"),
        ("still.png", -FRAMES - 1, "lie within"),
        ("clip.mp4", 20, "fill a latent frame"),
    ],
)
def test_bad_files_and_places_are_refused_before_the_work(files, name, at, rule):
    given = Given(pictures=(Placed(file=str(files / name), at=at),))
    with pytest.raises(UsageError, match=rule):
        refuse_impossible(change(SHOT, "look", "dream"), Job(width=WIDTH, height=HEIGHT, given=given))


def test_a_bad_mask_is_refused(files):
    still = (Placed(file=str(files / "still.png")),)
    with pytest.raises(UsageError, match="can be read"):
        refuse_unusable(Given(pictures=still, strength=1.0, mask=str(files / "words.txt")), FRAMES)


@pytest.mark.parametrize("look", ["natural", "painted", "ink"])
def test_only_dreams_start_from_pictures(files, look):
    for given in (Given(loop=True), Given(pictures=(Placed(file=str(files / "still.png")),))):
        with pytest.raises(UsageError, match="look dream"):
            refuse_impossible(change(SHOT, "look", look), Job(width=WIDTH, height=HEIGHT, given=given))


def test_hashes_are_of_the_files(files):
    given = Given(
        pictures=(Placed(file=str(files / "still.png")),), strength=1.0, mask=str(files / "mask.png")
    )
    found = hashes_of(given)
    assert list(found) == [str(files / "still.png"), str(files / "mask.png")]
    assert all(len(digest) == 64 for digest in found.values())


def test_given_pictures_are_looked_at_for_faces(files):
    placed = (Placed(file=str(files / "still.png")),)
    request = request_of(change(SHOT, "look", "dream"), Job(given=Given(pictures=placed)))
    assert request.plates == (files / "still.png",)


def test_a_plate_knows_whether_it_is_a_still(files):
    assert Plate.opened(Placed(file=str(files / "still.png")), FRAMES).still
    assert not Plate.opened(Placed(file=str(files / "clip.mp4")), FRAMES).still
