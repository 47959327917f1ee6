"""The distribution keeps its promises; files are bytes of their content; bad orders are refused in one line."""

from __future__ import annotations

import json
import tarfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from kinema.cli import app
from kinema.diffusion.dataset.clip import Format
from kinema.diffusion.dataset.distribution import SPLITS, draw_shot, world_seed
from kinema.diffusion.dataset.held_out import HELD_OUT
from kinema.diffusion.dataset.make import Order, make_dataset
from kinema.diffusion.dataset.phenomena import TRAINED
from kinema.diffusion.dataset.reader import Clips
from kinema.diffusion.dataset.shard import npz
from kinema.errors import KinemaError, MediaError, UsageError
from kinema.shot.body import Box, Cylinder
from kinema.shot.files import dump_shot, parse_shot

seeds = st.integers(0, 2**32 - 1)


@given(seeds, st.sampled_from(SPLITS))
@settings(max_examples=60)
def test_a_seed_is_a_shot(seed, split):
    first, second = draw_shot(seed, split, 17), draw_shot(seed, split, 17)
    assert first == second
    assert 1 <= sum(body.motion == "dynamic" for body in first.shot.bodies) <= 12
    assert first.shot.timing.frames == 17
    # A shot like any other: it can be written and read.
    assert parse_shot(dump_shot(first.shot)) == first.shot


@given(seeds)
@settings(max_examples=150)
def test_training_never_shows_what_is_held_out(seed):
    shot = draw_shot(seed, "train", 17).shot
    assert not shot.forces.joints
    assert not shot.forces.pushes
    for body in shot.bodies:
        if body.motion == "dynamic" and isinstance(body.shape, Box | Cylinder):
            x, y, z = (
                body.shape.size
                if isinstance(body.shape, Box)
                else (2 * body.shape.radius,) * 2 + (body.shape.height,)
            )
            assert z <= 1.5 * min(x, y) * (1 + 1e-9)


@given(seeds)
@settings(max_examples=60)
def test_out_of_distribution_is_beyond_training(seed):
    def numbers(split):
        shot = draw_shot(seed, split, 17).shot
        return -shot.forces.gravity[2]

    assert round(numbers("train"), 2) in (0.0, 1.62, 3.71, 9.81, 24.79)
    beyond = numbers("out_of_distribution")
    assert beyond == 0 or 0.2 <= beyond <= 0.8 or 14 <= beyond <= 20 or 32 <= beyond <= 50


def test_splits_share_no_phenomenon_and_no_seed():
    assert not set(TRAINED) & set(HELD_OUT)
    drawn = {world_seed(0, split, index) for split in SPLITS for index in range(300)}
    assert len(drawn) == 900
    names = {draw_shot(world_seed(0, "train", i), "train", 17).phenomenon for i in range(150)}
    assert names == set(TRAINED)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20)
def test_npz_is_its_content(seed):
    import io

    array = np.random.default_rng(seed).integers(0, 255, (3, 5, 2), np.uint8)
    blob = npz(a=array, b=array[0])
    assert blob == npz(a=array, b=array[0])
    with np.load(io.BytesIO(blob)) as stored:
        np.testing.assert_array_equal(stored["a"], array)
        np.testing.assert_array_equal(stored["b"], array[0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--size", "100x64"], "multiples of 16"),
        (["--size", "64"], "multiples of 16"),
        (["--frames", "16"], "1 \\+ 8 k"),
        (["--styles", "pianted"], "Did you mean painted"),
        (["--styles", "ink,ink"], "once"),
        (["--worlds", "-1"], "--worlds"),
        (["--workers", "0"], "from 1"),
    ],
)
def test_bad_orders_are_refused(tmp_path, arguments, message):
    result = CliRunner().invoke(app, ["dataset", "make", "-o", str(tmp_path / "set"), *arguments])
    assert isinstance(result.exception, KinemaError)
    assert result.exception.exit_code == 2
    with pytest.raises(KinemaError, match=message):
        raise result.exception
    assert not (tmp_path / "set").exists()


def test_a_folder_of_other_things_is_left_alone(tmp_path):
    (tmp_path / "novel.txt").write_text("Chapter one")
    order = Order(Format(16, 16, 1, ("ink",)), {"train": 1})
    with pytest.raises(UsageError, match="empty or a data set"):
        make_dataset(order, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["novel.txt"]


def test_reading_what_is_no_data_set(tmp_path):
    with pytest.raises(MediaError, match="must be a data set"):
        Clips(tmp_path, "train")
    record = {"schema": "kinema.dataset/1", "styles": ["ink"], "width": 16, "height": 16, "frames": 1}
    (tmp_path / "dataset.json").write_text(json.dumps(record))
    assert len(Clips(tmp_path, "train")) == 0
    with pytest.raises(UsageError, match="split"):
        Clips(tmp_path, "test")
    (tmp_path / "train-0000000-0000001.tar").write_bytes(b"no tar" * 300)
    with pytest.raises(MediaError, match="shard"):
        Clips(tmp_path, "train")
    with tarfile.open(tmp_path / "train-0000000-0000001.tar", "w") as tar:
        tar.addfile(tarfile.TarInfo("0000000.ink.json"))  # and no control before it
    with pytest.raises(MediaError, match="shard"):
        Clips(tmp_path, "train")
