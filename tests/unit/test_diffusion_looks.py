"""Painted looks, and pictures that are shown as they are."""

from __future__ import annotations

import hashlib
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from kinema.diffusion.grid import Grid
from kinema.diffusion.looks import DREAM, painted_looks, refuse_unknown, style_of
from kinema.diffusion.manifest import SCHEMA, read_manifest
from kinema.diffusion.painter import ahead, chunks, linear, noises
from kinema.diffusion.schedule import times
from kinema.diffusion.stream import stream
from kinema.diffusion.styles import NAMES
from kinema.errors import MachineError, TrainingError, UsageError
from kinema.job import Job
from kinema.media.look import looks
from kinema.media.picture import PictureTransform
from kinema.shot.prompt import compile_prompt
from kinema.take import make_take


def test_every_style_is_a_look_and_no_grade():
    assert {style_of(look) for look in painted_looks() if look != DREAM} == set(NAMES)
    assert not set(painted_looks()) & set(looks())
    for look in (*looks(), *painted_looks()):
        refuse_unknown(look)
    with pytest.raises(UsageError, match="Did you mean dream"):
        refuse_unknown("draem")


def test_a_painted_picture_is_shown_as_it_is():
    codes = np.arange(256, dtype=np.float32)
    grey = np.repeat(codes[:, None, None], 3, axis=2) / 127.5 - 1
    light = linear(grey)
    shown = PictureTransform(display="srgb").codes(light)[:, 0, 0] * 255
    # float32 there and back through a power of 2.4: a hundredth of a code value
    np.testing.assert_allclose(shown, codes, atol=0.01)
    video = PictureTransform(display="bt1886").codes(light)
    np.testing.assert_allclose(video**2.4, light, atol=1e-6)


def test_grids_cover_any_size_and_count_chunks():
    grid = Grid.covering(frames=20, height=480, width=854)
    assert (grid.frames, grid.height, grid.width, grid.tokens) == (25, 480, 864, 4 * 30 * 54)
    assert [list(grid.chunk(k))[-1] for k in range(grid.latent_frames)] == [0, 8, 16, 24]
    assert grid.padded(np.zeros((20, 480, 854, 2))).shape == (25, 480, 864, 2)
    with pytest.raises(ValueError, match="multiples"):
        Grid(frames=8, height=16, width=16)


def test_chunks_are_one_then_eights():
    assert [len(chunk) for chunk in chunks(iter(range(20)))] == [1, 8, 8, 3]


def test_noise_depends_on_seed_and_place_alone():
    grid = Grid(frames=9, height=32, width=32)
    first, second = noises(grid, 3), noises(grid, 3)
    next(first)
    later = next(first)
    next(second)
    np.testing.assert_array_equal(later, next(second))
    assert not np.array_equal(next(noises(grid, 4)), next(noises(grid, 3)))


def test_damaged_weights_are_refused(tmp_path):
    (tmp_path / "step.bin").write_bytes(b"weights")
    manifest = {
        "schema": SCHEMA,
        "depth": 2,
        "heads": 1,
        "window": 2,
        "recipe": "smoke",
        "styles": ["painted"],
        "grid": {"frames": 9, "width": 32, "height": 32},
        "files": {"step.bin": hashlib.sha256(b"weights").hexdigest()},
    }
    (tmp_path / "weights.json").write_text(json.dumps(manifest))
    assert read_manifest(tmp_path) == manifest
    (tmp_path / "step.bin").write_bytes(b"weighty")
    with pytest.raises(TrainingError, match="SHA-256"):
        read_manifest(tmp_path)
    (tmp_path / "weights.json").unlink()
    with pytest.raises(MachineError, match="must have weights"):
        read_manifest(tmp_path)


def test_a_painted_look_without_weights_is_refused_before_anything_is_made(tmp_path, monkeypatch):
    monkeypatch.setenv("KINEMA_WEIGHTS", str(tmp_path / "none"))
    shot = compile_prompt("A ball falls.").shot.model_copy(update={"look": "painted"})
    with pytest.raises(MachineError, match="KINEMA_WEIGHTS"):
        make_take(shot, tmp_path / "a.take", Job(quality="draft"))
    assert not (tmp_path / "a.take").exists()


def test_the_next_item_is_made_while_one_is_used():
    begun = threading.Event()

    def items():
        yield 0
        begun.set()
        yield 1
        raise ValueError("no third")

    with ThreadPoolExecutor(1) as thread:
        coming = ahead(thread, items())
        assert next(coming) == 0
        assert begun.wait(30)  # nobody asked for the second yet
        assert next(coming) == 1
        with pytest.raises(ValueError, match="no third"):
            next(coming)


def test_latent_frames_are_read_for_those_after_them_alone():
    """Two steps each, and one pass to be remembered by for all but the last; all see who is before them."""
    passes = []

    class Counting:
        window = 2

        def step(self, noisy, condition, time, span, past):  # noqa: ARG002 - the protocol's signature
            passes.append((condition, time, past))
            return noisy, condition

    painted = list(stream(Counting(), range(4), [0.0] * 4, times(2), jump=True))
    assert len(painted) == 4
    assert [(c, t) for c, t, _ in passes if t == 0.0] == [(c, 0.0) for c in range(3)]
    seen = {condition: past for condition, _, past in passes}
    assert seen == {0: [None, None], 1: [None, 0], 2: [0, 1], 3: [0, 2]}
