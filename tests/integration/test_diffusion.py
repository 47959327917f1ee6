"""The whole line on a toy: data, four courses, export, and a take painted without torch."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from kinema.diffusion.dataset.clip import Format
from kinema.diffusion.dataset.make import Order, make_dataset
from kinema.diffusion.dream import Dreamer, Start
from kinema.diffusion.model.autoencoder import Scene
from kinema.diffusion.model.block import KeyValue
from kinema.diffusion.model.network import PainterNetwork, TorchStepper
from kinema.diffusion.openvino_network import OpenVinoNetwork
from kinema.diffusion.recipes import of_depth, of_length, recipe_named
from kinema.diffusion.stream import stream
from kinema.diffusion.torch_network import Torch, restored
from kinema.diffusion.training import checkpoint, courses
from kinema.diffusion.training.taking_over import take_over
from kinema.errors import TrainingError, UsageError
from kinema.progress import Quiet

torch.set_num_threads(1)  # arrays are small: threads would only wait for one another
CPU = Torch(device=torch.device("cpu"), precision="float32", backend=None)
HALF = 5e-3
"""Weights are half floats: 2 ** -11 each, and a sum of some layers of independent roundings is a few times that."""


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """A folder with data, runs and weights of the recipe `smoke`."""
    folder = tmp_path_factory.mktemp("smoke")
    data, wide = folder / "data", folder / "wide"  # one model of both sizes
    for path, size in ((data, (32, 32)), (wide, (64, 32))):
        worlds = {"train": 2, "held_out": 0, "out_of_distribution": 0}
        order = Order(format=Format(*size, 9, ("painted",)), worlds=worlds, seed=0)  # type: ignore[arg-type]
        make_dataset(order, path, workers=1, progress=Quiet())
    stint = courses.Stint(device="cpu", until=None, minutes=None, threads=1, report=lambda _: None)
    vae, dit, jump, decoder = (folder / name for name in ("vae", "dit", "jump", "decoder"))
    smoke = recipe_named("smoke")
    courses.autoencoder(smoke, [data, wide], vae, stint)
    courses.transformer(smoke, [data, wide], vae, dit, stint)
    courses.distill(smoke, [data, wide], vae, dit, jump, stint, method="flow-map")
    courses.decoder(smoke, [data, wide], vae, jump, decoder, stint)
    courses.exported(vae, jump, folder / "weights")
    return folder


def test_every_course_leaves_numbers_and_pictures(trained):
    for name, steps in (("vae", 6), ("dit", 6), ("jump", 4), ("decoder", 4)):
        run = trained / name
        assert len((run / "journal.jsonl").read_text().splitlines()) == steps
        assert list((run / "pictures").glob("*.png"))


def test_openvino_is_torch(trained):
    """The stream and the decoder, both ways, in float32."""
    device = torch.device("cpu")
    autoencoder = courses.trained_autoencoder(trained / "vae", device)
    painter = courses.trained_network(trained / "jump")
    network = OpenVinoNetwork(trained / "weights", rows=3, columns=2, cache=None, precision="float32")
    rng = np.random.default_rng(0)
    control = [rng.normal(size=(1, 14, n, 48, 32)).astype(np.float32) for n in (1, 8, 8)]
    noise = [rng.normal(size=(1, 48, 1, 3, 2)).astype(np.float32) for _ in control]
    scene = rng.normal(size=(1, 32, 48)).astype(np.float32)
    kinds = rng.integers(-1, 5, (1, 32))
    words = rng.integers(0, 99, (1, 72))

    conditions = [network.condition(chunk) for chunk in control]
    visits = (1.0, 0.4, 0.0)
    latents = list(stream(network.read(1, scene, kinds, words), conditions, noise, visits, jump=True))
    frames, tails = [], None
    for latent, chunk in zip(latents, control, strict=True):
        rgb, tails = network.decode(latent, chunk, 1, tails)
        frames.append(rgb)
    dreamt = network.decode(latents[0], None, 1, None)[0]

    with torch.no_grad():
        condition = painter.stem(torch.from_numpy(np.concatenate(control, axis=2)))
        said = painter.scene(*map(torch.from_numpy, (scene, kinds))), painter.text(torch.from_numpy(words))
        stepper = TorchStepper(painter.transformer, torch.tensor([1]), *said)
        noises = [torch.from_numpy(each) for each in noise]
        painted = torch.cat(list(stream(stepper, condition.split(1, 2), noises, visits, jump=True)), dim=2)
        seen = torch.from_numpy(np.concatenate(control, axis=2))
        style, first = torch.tensor([1]), painted[:, :, :1]
        rgb = autoencoder.decode(painted, Scene.of(seen, style))
        unseen = autoencoder.decode(first, Scene.unseen(first, style))
    assert distance(np.concatenate(conditions, axis=2), condition) < HALF
    assert distance(np.concatenate(latents, axis=2), painted) < HALF
    assert distance(np.concatenate(frames, axis=2), rgb) < HALF
    assert distance(dreamt, unseen) < HALF


@pytest.mark.parametrize("use", ["image to video", "backwards", "connect", "loop", "edit", "inpaint"])
def test_dreams_without_torch_are_torch(trained, use):
    """Encoder, turned memories and the dream around what is given, in float32."""
    device = torch.device("cpu")
    autoencoder = courses.trained_autoencoder(trained / "vae", device)
    painter = courses.trained_network(trained / "jump")
    network = OpenVinoNetwork(trained / "weights", rows=3, columns=2, cache=None, precision="float32")
    rng = np.random.default_rng(0)
    rgb = rng.uniform(-1, 1, (1, 3, 25, 48, 32)).astype(np.float32)
    latents, tails = [], None
    for chunk in np.split(rgb, (1, 9, 17), axis=2):
        latent, tails = network.encode(chunk, tails)
        latents.append(latent)
    wanted = autoencoder.encode(torch.from_numpy(rgb))[0]
    assert distance(np.concatenate(latents, axis=2), wanted) < HALF

    scene, kinds = rng.normal(size=(1, 32, 48)).astype(np.float32), np.full((1, 32), -1)
    words = rng.integers(0, 99, (1, 72))
    noise = [rng.normal(size=(1, 48, 1, 3, 2)).astype(np.float32) for _ in range(4)]
    kept = np.zeros((1, 1, 1, 3, 2), np.float32)
    if use == "inpaint":
        kept[..., 0, :] = 1
    strength = {"edit": 0.6, "inpaint": 1.0}.get(use, 0.0)
    places = {"image to video": [0], "backwards": [3], "connect": [0, 3], "loop": []}.get(use, range(4))

    def starts(arrays):
        return [Start(*arrays(n)) if n in places else None for n in range(4)]

    context = network.read(1, scene, kinds, words)
    dreamer = Dreamer(context, context.no_control, 2)
    dreamt = list(dreamer.dream(starts(lambda n: (latents[n], strength, kept)), noise, loop=use == "loop"))
    with torch.no_grad():
        said = painter.scene(*map(torch.from_numpy, (scene, kinds))), painter.text(torch.from_numpy(words))
        stepper = TorchStepper(painter.transformer, torch.tensor([1]), *said)
        condition = painter.no_control[:, None, None, None].expand(-1, 1, 3, 2)[None]
        given = wanted.split(1, dim=2)
        torch_starts = starts(lambda n: (given[n], strength, torch.from_numpy(kept)))
        noises = [torch.from_numpy(each) for each in noise]
        twin = Dreamer(stepper, condition, 2).dream(torch_starts, noises, loop=use == "loop")
        assert distance(np.concatenate(dreamt, axis=2), torch.cat(list(twin), dim=2)) < HALF


def test_turning_a_memory_is_turning_it_in_torch(trained):
    """All of a circle and more, both ways."""
    network = OpenVinoNetwork(trained / "weights", rows=3, columns=2, cache=None, precision="float32")
    context = network.read(0, np.zeros((1, 32, 48), np.float32), np.full((1, 32), -1), None)
    key, value = np.random.default_rng(0).normal(size=(2, 2, 1, 1, 1, 6, 64)).astype(np.float32)
    memory = [KeyValue(*map(torch.from_numpy, pair)) for pair in zip(key, value, strict=True)]
    for by in (-3.0, 1.0, 8.0):
        turned, same = context.turned((key, value), by)
        twin = TorchStepper.turned(None, memory, by)  # type: ignore[arg-type]  # it needs no network
        np.testing.assert_array_equal(same, value)
        # float32 cosines of up to eight radians, times numbers up to four
        np.testing.assert_allclose(turned, torch.stack([block.key for block in twin]), atol=5e-6)
    back, _ = context.turned(context.turned((key, value), 5.0), -5.0)
    np.testing.assert_allclose(back, key, atol=5e-6)


def distance(found: np.ndarray, wanted: torch.Tensor) -> float:
    """Relative, of all numbers together."""
    return float(np.linalg.norm(found - wanted.numpy()) / np.linalg.norm(wanted.numpy()))


def test_graphs_give_every_weight_back(trained):
    """What ships is all that torch needs: the same numbers, as half floats hold them."""
    cpu = torch.device("cpu")
    originals = (courses.trained_autoencoder(trained / "vae", cpu), courses.trained_network(trained / "jump"))
    for model, original in zip(restored(trained / "weights"), originals, strict=True):
        found, wanted = (linear_of(each.state_dict()) for each in (model, original))
        assert found.keys() == wanted.keys()
        for name, value in wanted.items():
            # 2 ** -11 is the rounding of a half float, atol that of its smallest ones; one made of the other has two
            rounding = 2**-10 if name in ("product", "quotient") else 1.01 * 2**-11
            torch.testing.assert_close(found[name], value, rtol=rounding, atol=2**-24)


def linear_of(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Components and their spread are used as product and quotient alone, and were written so."""
    basis, spread = state.pop("basis", None), state.pop("spread", None)
    if basis is None or spread is None:
        return state
    return state | {"product": basis * spread[:, None], "quotient": basis / spread[:, None]}


def test_a_decoder_is_finished_under_the_same_latents(trained, tmp_path):
    """So it may take the place of the one it came from, and nothing else need change."""
    cpu = torch.device("cpu")
    before, after = (courses.trained_autoencoder(trained / name, cpu) for name in ("vae", "decoder"))
    assert after.identity() == before.identity()
    changed = {
        name.partition(".")[0]
        for (name, old), new in zip(before.state_dict().items(), after.state_dict().values(), strict=True)
        if not torch.equal(old, new)
    }
    assert changed == {"decoder", "shader"}
    said = json.loads(courses.exported(trained / "decoder", trained / "jump", tmp_path).read_text())
    assert said["autoencoder"]["step"] == 6
    assert said["decoder"]["step"] == 4


def test_what_ships_can_be_trained_on(trained, tmp_path):
    """Exported again it says the same; and both runs go on from their step."""
    vae, dit = tmp_path / "vae", tmp_path / "dit"
    take_over(trained / "weights", vae, dit)
    courses.exported(vae, dit, tmp_path / "again")
    for once, again in zip(restored(trained / "weights"), restored(tmp_path / "again"), strict=True):
        for name, value in linear_of(once.state_dict()).items():
            # Halved twice; of a product that was taken apart in between, an ulp of a half float more
            torch.testing.assert_close(linear_of(again.state_dict())[name], value, rtol=2**-10, atol=2**-24)
    stint = courses.Stint(device="cpu", until=None, minutes=None, threads=1, report=lambda _: None)
    data = [trained / "data", trained / "wide"]
    courses.autoencoder(of_length(recipe_named("smoke"), "autoencoder", 8), data, vae, stint)
    courses.transformer(of_length(recipe_named("smoke"), "transformer", 8), data, vae, dit, stint)
    assert checkpoint.step_of(vae) == checkpoint.step_of(dit) == 8
    with pytest.raises(TrainingError, match="no run yet"):
        take_over(trained / "weights", tmp_path / "other", dit)


def test_a_run_of_the_other_network_is_refused(trained):
    """--vae and --dit are easily swapped."""
    with pytest.raises(TrainingError, match="must be a run of the autoencoder"):
        courses.trained_autoencoder(trained / "jump", torch.device("cpu"))
    with pytest.raises(TrainingError, match="must be a run of the transformer"):
        courses.trained_network(trained / "decoder")


def test_depth_is_the_one_dial(trained, tmp_path):
    """Of the transformer, and of the jumps taught to it by whatever recipe."""
    stint = courses.Stint(device="cpu", until=1, minutes=None, threads=1, report=lambda _: None)
    data, smoke = [trained / "data"], recipe_named("smoke")
    courses.transformer(of_depth(smoke, 4), data, trained / "vae", tmp_path / "dit", stint)
    run = courses.distill(
        smoke, data, trained / "vae", tmp_path / "dit", tmp_path / "jump", stint, method="flow-map"
    )
    assert isinstance(run.model, PainterNetwork)
    assert (run.model.sizes.depth, run.model.sizes.width) == (4, 128)
    assert courses.trained_network(tmp_path / "jump").sizes.depth == 4
    with pytest.raises(UsageError, match="even"):
        of_depth(smoke, 3)


def test_compiled_blocks_train_on_where_they_stopped(trained, tmp_path):
    """Clips of two sizes, full and windowed sight; the names of weights are as ever, and so are the bits."""
    data, smoke = [trained / "data", trained / "wide"], recipe_named("smoke")

    def weights(name: str, until: int) -> dict[str, torch.Tensor]:
        torch.compiler.reset()  # a run that goes on is another process
        report, backend = (lambda _: None), "aot_eager"
        stint = courses.Stint(
            device="cpu", until=until, minutes=None, threads=1, report=report, compiler=backend
        )
        return courses.transformer(smoke, data, trained / "vae", tmp_path / name, stint).model.state_dict()

    once = weights("once", 4)
    weights("twice", 2)
    twice = weights("twice", 4)
    assert once.keys() == courses.trained_network(trained / "dit").state_dict().keys()
    assert all(torch.equal(value, twice[name]) for name, value in once.items())


PAINT = """
import sys, kinema
from kinema.shot.change import change
shot = kinema.load_shot(sys.argv[1])
for path, value in (("timing.frames", "12"), ("look", sys.argv[3])):
    shot = change(shot, path, value)
take = kinema.make_take(shot, sys.argv[2], kinema.Job(quality="draft", width=48, height=32))
assert take.clip.is_file()
assert take.record["renderer"].startswith("painter smoke"), take.record
assert "torch" not in sys.modules
"""


@pytest.mark.parametrize("look", ["painted", "dream"])
def test_a_take_is_painted_without_torch(trained, tmp_path, look, monkeypatch):
    monkeypatch.setenv("KINEMA_WEIGHTS", str(trained / "weights"))
    shot = Path(__file__).parents[2] / "examples" / "dominoes.yaml"
    done = subprocess.run(
        [sys.executable, "-c", PAINT, str(shot), str(tmp_path / "a.take"), look],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("runtime", [None, CPU], ids=["openvino", "torch"])
def test_a_frame_depends_on_its_index_alone(trained, runtime):
    from kinema.diffusion.painter import Painter
    from kinema.physics.analytic import Analytic
    from kinema.physics.build import build_world
    from kinema.render.frame import Picture
    from kinema.shot.files import validate_shot

    shot = validate_shot(
        {
            "title": "A ball",
            "bodies": [
                {"name": "ball", "shape": {"kind": "sphere", "radius": 0.2}, "position": [0, 0, 1]},
                {"name": "floor", "shape": {"kind": "plane"}},
            ],
            "lights": [{"kind": "sun", "name": "sun"}],
            "camera": {"position": [0, -3, 1], "aim": [0, 0, 0.5]},
            "timing": {"frames": 12},
        }
    )
    tape = Analytic().simulate(build_world(shot))
    painter = Painter("painted", weights=trained / "weights", runtime=runtime)
    assert ("torch" if runtime else "openvino") in painter.name
    picture = Picture(width=40, height=24)
    every = list(painter.draw(shot, tape, picture, range(12)))
    some = list(painter.draw(shot, tape, picture, range(7, 10)))
    assert [frame.index for frame in every] == list(range(12))
    for frame in some:
        np.testing.assert_array_equal(frame.colour, every[frame.index].colour)
    assert every[0].colour.shape == (24, 40, 3)
    assert float(every[0].colour.min()) >= 0
    assert float(every[0].colour.max()) <= 1
