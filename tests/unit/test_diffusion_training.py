"""The loop: goes on where it stopped, to the bit; refuses nonsense; leaves shards that fit."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from kinema.diffusion.control import CHANNELS
from kinema.diffusion.recipes import recipe_named, recipes
from kinema.diffusion.training import checkpoint
from kinema.diffusion.training.checkpoint import SHARD
from kinema.diffusion.training.journal import Journal
from kinema.diffusion.training.loop import Run
from kinema.diffusion.training.losses import gradient_l1, wavelet_l1
from kinema.diffusion.training.muon import orthogonalised
from kinema.diffusion.training.pixels import Drawn
from kinema.diffusion.training.train_autoencoder import AutoencoderCourse, cropped
from kinema.errors import TrainingError, UsageError

torch.set_num_threads(1)  # arrays are small: threads would only wait for one another
SMOKE = recipe_named("smoke")


def clips() -> Sequence[Drawn]:
    """Of one colour, with a bar that moves; the control says where it is."""
    rng = np.random.default_rng(0)
    found = []
    for colour in rng.integers(0, 255, (4, 3)):
        rgb = np.broadcast_to(colour.astype(np.uint8), (9, 32, 48, 3)).copy()
        for t in range(9):
            rgb[t, :, 4 * t : 4 * t + 4] = 255 - colour
        control = np.zeros((9, 32, 48, 14), np.float16)
        control[..., 13] = (rgb != colour).any(-1)
        found.append(Drawn(torch.from_numpy(rgb), torch.from_numpy(control), style=0))
    return found


def run_in(folder: Path, **optimisation: Any) -> Run:
    recipe = replace(SMOKE.autoencoder, optimisation=replace(SMOKE.autoencoder.optimisation, **optimisation))
    course = AutoencoderCourse(recipe, clips(), clips(), seed=0, device=torch.device("cpu"))
    about = {"course": "autoencoder", "recipe": "smoke", "sizes": {}}
    return Run(course, recipe.optimisation, folder, seed=0, precision="float32", about=about)


def advance(run: Run, until: int) -> Run:
    run.advance(until=until, seconds=None, report=lambda _: None)
    return run


def test_six_steps_are_three_and_three_more(tmp_path):
    once = advance(run_in(tmp_path / "once"), 6)
    advance(run_in(tmp_path / "twice"), 3)
    twice = advance(run_in(tmp_path / "twice"), 6)
    assert once.step == twice.step == 6
    for mine, theirs in ((once.model, twice.model), (once.averaged, twice.averaged)):
        for name, value in mine.state_dict().items():
            assert torch.equal(value, theirs.state_dict()[name]), name
    kept, again = (checkpoint.load(checkpoint.required(tmp_path / n))[0] for n in ("once", "twice"))
    assert kept.keys() == again.keys()
    assert all(torch.equal(kept[name], again[name]) for name in kept)
    assert [line["step"] for line in Journal(tmp_path / "twice").read()] == [1, 2, 3, 4, 5, 6]


def test_an_interruption_waits_for_the_step_and_saves_it(tmp_path, monkeypatch):
    run = run_in(tmp_path)
    step = run.take_step

    def interrupted():
        if run.step == 1:
            signal.raise_signal(signal.SIGINT)
        return step()

    monkeypatch.setattr(run, "take_step", interrupted)
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        advance(run, 6)
    assert checkpoint.required(tmp_path).name == "step-000002"
    assert signal.getsignal(signal.SIGINT) is before


def test_a_course_learns(tmp_path):
    run = run_in(tmp_path, steps=100, warmup=2, save_every=100, picture_every=100)
    losses = [run.take_step()["l1"] for _ in range(100)]
    assert np.mean(losses[-5:]) < 0.6 * np.mean(losses[:5])


def test_a_mirrored_crop_points_the_other_way():
    """Motion and normals are of what the picture shows: a ramp that rises to the right has to the left its mirror."""
    columns = np.arange(48, dtype=np.uint8)
    rgb = np.broadcast_to(columns[None, None, :, None], (9, 32, 48, 3))
    control = np.zeros((9, 32, 48, 14), np.float16)
    control[..., CHANNELS.index("motion_right")] = control[..., CHANNELS.index("normal_right")] = 0.5
    control[..., CHANNELS.index("motion_down")] = control[..., CHANNELS.index("normal_up")] = 0.25
    seen = set()
    for seed in range(20):
        part = cropped(
            Drawn(torch.from_numpy(rgb.copy()), torch.from_numpy(control), style=0),
            SMOKE.autoencoder.grid,
            torch.Generator().manual_seed(seed),
        )
        rising = int(part.rgb[0, 0, 1, 0]) > int(part.rgb[0, 0, 0, 0])
        sign = 1 if rising else -1
        assert (part.control[..., CHANNELS.index("motion_right")] == 0.5 * sign).all()
        assert (part.control[..., CHANNELS.index("normal_right")] == 0.5 * sign).all()
        assert (part.control[..., CHANNELS.index("motion_down")] == 0.25).all()
        assert (part.control[..., CHANNELS.index("normal_up")] == 0.25).all()
        seen.add(rising)
    assert seen == {True, False}


def test_nonsense_stops_a_run_and_saves_nothing(tmp_path):
    run = run_in(tmp_path)
    with torch.no_grad():
        next(run.model.parameters()).fill_(float("nan"))
    with pytest.raises(TrainingError, match="finite"):
        run.take_step()
    assert checkpoint.newest(tmp_path) is None


def test_a_run_of_another_seed_is_refused(tmp_path):
    advance(run_in(tmp_path), 1)
    with pytest.raises(TrainingError, match="same recipe and seed"):
        Run(
            AutoencoderCourse(SMOKE.autoencoder, clips(), clips(), seed=1, device=torch.device("cpu")),
            SMOKE.autoencoder.optimisation,
            tmp_path,
            seed=1,
            precision="float32",
            about={"course": "autoencoder", "recipe": "smoke", "sizes": {}},
        )


def test_small_clips_are_refused():
    pixels = torch.zeros(9, 16, 16, 3, dtype=torch.uint8), torch.zeros(9, 16, 16, 14, dtype=torch.half)
    tiny = [Drawn(*pixels, style=0)]
    with pytest.raises(TrainingError, match="at least 32x32, 9 frames"):
        AutoencoderCourse(SMOKE.autoencoder, tiny, tiny, seed=0, device=torch.device("cpu"))


def test_shards_fit_and_large_tensors_are_cut(tmp_path):
    rows = SHARD // 4 // 100
    tensors = {"large": torch.randn(2 * rows + 5, 100), "small": torch.arange(7)}
    checkpoint.write_shards(tmp_path, tensors)
    headers = 4096
    assert all(path.stat().st_size <= SHARD + headers for path in tmp_path.iterdir())
    read = checkpoint.read_shards(tmp_path)
    assert all(torch.equal(read[name], value) for name, value in tensors.items())


def test_only_whole_checkpoints_count(tmp_path):
    for step in (1, 2, 3):
        checkpoint.save(tmp_path, step, {"x": torch.ones(1)}, {"seed": 0})
    assert [path.name for path in checkpoint.steps_of(tmp_path)] == ["step-000002", "step-000003"]
    (tmp_path / "step-000003" / "state.json").unlink()
    newest = checkpoint.newest(tmp_path)
    assert newest is not None
    assert newest.name == "step-000002"


@pytest.mark.parametrize("shape", [(8, 8), (16, 4), (4, 24)])
def test_muon_steps_along_orthogonal_matrices(shape):
    torch.manual_seed(0)
    singular = torch.linalg.svdvals(orthogonalised(torch.randn(shape)))
    # The quintic of five iterations lands between 0.7 and 1.2, by its authors' design
    assert float(singular.min()) > 0.6
    assert float(singular.max()) < 1.3


def test_losses_of_detail_see_edges_and_not_offsets():
    torch.manual_seed(0)
    clip = torch.rand(1, 3, 5, 8, 8)
    assert float(gradient_l1(clip + 0.3, clip)) < 1e-6
    assert float(gradient_l1(clip.flip(-1), clip)) > 0.1
    # A Haar transform is orthonormal: of an offset only the low band is left, 2 ** 2 times as large
    assert float(wavelet_l1(clip + 0.3, clip)) == pytest.approx(0.3 * 4 / 7, rel=1e-4)


def test_recipes_are_whole_and_known_by_name():
    for name in recipes():
        recipe = recipe_named(name)
        assert recipe.name == name
    with pytest.raises(UsageError, match="Did you mean small"):
        recipe_named("smal")
