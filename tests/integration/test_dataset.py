"""Four worlds, end to end: made, read, verified, stopped and gone on with, and the same bytes every time."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from kinema.cli import app
from kinema.diffusion.caption import encode
from kinema.diffusion.dataset.clip import Format
from kinema.diffusion.dataset.make import Order, make_dataset
from kinema.diffusion.dataset.reader import Clips, read_clips
from kinema.diffusion.dataset.stats import stats_of
from kinema.diffusion.dataset.verify import verify_dataset
from kinema.errors import UsageError
from kinema.physics.tape import file_hash

ORDER = Order(
    Format(64, 64, 9, ("painted", "ink")),
    {"train": 2, "held_out": 1, "out_of_distribution": 1},
    seed=5,
    shard=1,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("data") / "set"
    make_dataset(ORDER, made)
    return made


def hashes(folder):
    return {path.name: file_hash(path) for path in sorted(folder.glob("*.tar"))}


def test_clips_are_what_they_say(folder):
    clips = Clips(folder, "train")
    assert len(clips) == 4
    for clip in read_clips(folder, "train"):
        assert clip.rgb.shape == (9, 64, 64, 3)
        assert clip.control.shape == (9, 64, 64, 14)
        assert clip.control.dtype == np.float16
        assert np.abs(clip.signed).max() <= 1
        assert len(clip.tokens) == len(clip.kinds) <= 32
        manifest = clip.manifest
        assert manifest["schema"] == "kinema.clip/1"
        assert manifest["licence"] == "CC0-1.0"
        assert [encode(text).ids for text in manifest["captions"]] == manifest["tokens"]
    # The styles of a world share one control, and differ.
    a, b = clips[0], clips[1]
    assert a.manifest["style"], b.manifest["style"] == ("painted", "ink")
    np.testing.assert_array_equal(a.control, b.control)
    assert (a.rgb != b.rgb).any()


def test_seeds_give_the_same_clips_again(folder):
    found = verify_dataset(folder, worlds=2)
    assert len(found) == 8
    assert [clip.wrong for clip in found] == [()] * 8


def test_a_second_run_writes_the_same_bytes(folder, tmp_path):
    make_dataset(ORDER, tmp_path / "set", workers=2)
    assert hashes(tmp_path / "set") == hashes(folder)


def test_a_stopped_run_goes_on(folder, tmp_path):
    copy = tmp_path / "set"
    shutil.copytree(folder, copy)
    before = hashes(copy)
    (kept, lost, *_) = sorted(copy.glob("*.tar"))
    stamp = kept.stat().st_mtime_ns
    lost.unlink()
    (copy / "train-0000001-0000002.partial").write_bytes(b"half a shard")
    make_dataset(ORDER, copy)
    assert hashes(copy) == before
    assert kept.stat().st_mtime_ns == stamp
    assert not list(copy.glob("*.partial"))


def test_another_order_is_refused(folder):
    with pytest.raises(UsageError, match="seed 5"):
        make_dataset(replace(ORDER, seed=6), folder)


def test_a_changed_picture_is_found(folder, tmp_path):
    copy = tmp_path / "set"
    shutil.copytree(folder, copy)
    clips = Clips(copy, "train")
    place = clips._clips[0]["rgb"]
    with place.path.open("r+b") as file:
        file.seek(place.offset + place.size // 2)
        byte = file.read(1)[0]
        file.seek(place.offset + place.size // 2)
        file.write(bytes([byte ^ 1]))
    result = CliRunner().invoke(app, ["dataset", "verify", str(copy), "--worlds", "2"])
    assert result.exit_code == 3
    assert "rgb: not the file of the manifest" in result.stdout
    assert "7 of 8" in result.stdout


def test_stats_count(folder):
    found = stats_of(folder)
    assert (found.clips, found.worlds, found.frames, found.size) == (8, 4, 72, (64, 64))
    assert found.splits == {"train": 4, "held_out": 2, "out_of_distribution": 2}
    assert sum(found.phenomena["held_out"].values()) == 1
    assert set(found.phenomena["held_out"]) <= {"swing", "topple"}
    result = CliRunner().invoke(app, ["dataset", "stats", str(folder), "--json"])
    assert json.loads(result.stdout)["clips"] == 8
