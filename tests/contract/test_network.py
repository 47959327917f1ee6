"""The painter's networks, by whoever runs them: one contract, and the same pictures from the weights that ship."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from kinema.config import read_config
from kinema.diffusion.dream import Dreamer, Start
from kinema.diffusion.manifest import weights_folder
from kinema.diffusion.model.autoencoder import Scene
from kinema.diffusion.network import Network
from kinema.diffusion.openvino_network import OpenVinoNetwork
from kinema.diffusion.schedule import times
from kinema.diffusion.stream import stream
from kinema.diffusion.torch_network import Torch, restored

torch.set_num_threads(1)  # arrays are small: threads would only wait for one another
ROWS, COLUMNS = 2, 3
NAMES = ("openvino", "torch", "torch, compiled")
SAME = 2e-3
"""Relative, of all numbers together. The graphs hold the frequencies of turning and of time as half floats, 2 ** -11
each, where torch computes them; all else is the same numbers in float32."""


@cache
def network_of(name: str) -> Network:
    if name == "openvino":
        place: dict[str, Any] = {"rows": ROWS, "columns": COLUMNS}
        cache = read_config().cache
        return OpenVinoNetwork(weights_folder(), **place, cache=cache, precision="float32", threads=1)
    backend = "aot_eager" if "compiled" in name else None
    runtime = Torch(device=torch.device("cpu"), precision="float32", backend=backend)
    return runtime.load(weights_folder(), rows=ROWS, columns=COLUMNS)


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


class Told:
    """What the networks are given: 17 frames of a world that has no rhyme."""

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        sides = (16 * ROWS, 16 * COLUMNS)
        self.control = [rng.normal(size=(1, 14, n, *sides)).astype(np.float32) for n in (1, 8, 8)]
        self.noise = [rng.normal(size=(1, 48, 1, ROWS, COLUMNS)).astype(np.float32) for _ in self.control]
        self.rgb = rng.uniform(-1, 1, (1, 3, 17, *sides)).astype(np.float32)
        self.scene = rng.normal(size=(1, 32, 48)).astype(np.float32)
        self.kinds, self.words = rng.integers(-1, 5, (1, 32)), rng.integers(0, 99, (1, 72))


TOLD = Told()


@cache
def painted_by(name: str) -> tuple[np.ndarray, np.ndarray]:
    return painted(network_of(name))


def painted(network: Network) -> tuple[np.ndarray, np.ndarray]:
    """Latents and pixels of a clip, streamed."""
    context = network.read(1, TOLD.scene, TOLD.kinds, TOLD.words)
    noise = map(network.own, TOLD.noise)
    latents = list(stream(context, map(network.condition, TOLD.control), noise, times(2), jump=True))
    frames, tails = [], None
    for latent, control in zip(latents, TOLD.control, strict=True):
        rgb, tails = network.decode(latent, control, 1, tails)
        frames.append(rgb)
    return joined(latents), np.concatenate(frames, axis=2)


@cache
def dreamt_by(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Latents between a given first frame and a given end, half kept, without words; and pixels of the first."""
    network = network_of(name)
    given, tails = [], None
    for chunk in np.split(TOLD.rgb, (1, 9), axis=2):
        latent, tails = network.encode(chunk, tails)
        given.append(latent)
    kept = np.zeros((1, 1, 1, ROWS, COLUMNS), np.float32)
    kept[..., 0] = 1
    starts = [Start(given[0], 0.0, network.own(kept)), None, Start(given[2], 0.6, network.own(kept))]
    context = network.read(2, 0 * TOLD.scene, 0 * TOLD.kinds - 1, None)
    dreamer = Dreamer(context, context.no_control, 2)
    latents = list(dreamer.dream(starts, map(network.own, TOLD.noise), loop=True))
    return joined(latents), network.decode(latents[0], None, 1, None)[0]


def joined(latents: list[Any]) -> np.ndarray:
    return np.concatenate([np.asarray(latent) for latent in latents], axis=2)


def distance(found: np.ndarray, wanted: np.ndarray) -> float:
    return float(np.linalg.norm(found - wanted) / np.linalg.norm(wanted))


@pytest.mark.parametrize("name", NAMES[1:])
def test_the_same_is_painted_by_all(name):
    for found, wanted in zip(painted_by(name), painted_by("openvino"), strict=True):
        assert found.dtype == np.float32
        assert distance(found, wanted) < SAME


@pytest.mark.parametrize("name", NAMES[1:])
def test_the_same_is_dreamt_by_all(name):
    for found, wanted in zip(dreamt_by(name), dreamt_by("openvino"), strict=True):
        assert distance(found, wanted) < SAME


def test_reading_leaves_nothing_behind(name):
    """OpenVINO's graph keeps the style of its first run: so the second clip was painted in two styles."""
    network = network_of(name)
    first, second = (network.read(1, TOLD.scene, TOLD.kinds, TOLD.words) for _ in range(2))
    noise, condition = network.own(TOLD.noise[0]), network.condition(TOLD.control[0])
    seen = [context.step(noise, condition, 0.5, 0.5, [None, None])[0] for context in (first, second)]
    np.testing.assert_array_equal(np.asarray(seen[0]), np.asarray(seen[1]))


def test_parts_side_by_side_are_the_same():
    """Frames of a chunk and rows of tokens go to several threads, whichever is free: where they come back to counts."""
    place: dict[str, Any] = {"rows": ROWS, "columns": COLUMNS, "cache": read_config().cache}
    pair = OpenVinoNetwork(weights_folder(), **place, precision="float32", threads=2)
    for found, wanted in zip(painted(pair), painted_by("openvino"), strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-5)  # of numbers near 1, in float32, by shared sums


def test_a_chunk_at_a_time_is_the_clip_at_once():
    """Torch decodes whole clips too; convolutions of other lengths sum in another order, so float32's rounding."""
    latents, frames = painted_by("torch")
    autoencoder, _ = restored(weights_folder())
    scene = Scene.of(torch.from_numpy(np.concatenate(TOLD.control, axis=2)), torch.tensor([1]))
    whole = autoencoder.decode(torch.from_numpy(latents), scene)
    np.testing.assert_allclose(frames, whole.numpy(), atol=1e-4)


def test_half_floats_are_near():
    """bfloat16, as on a GPU: 2 ** -9 a rounding, and a chain of some forty of them in eight blocks."""
    runtime = Torch(device=torch.device("cpu"), backend=None)
    latents, frames = painted(runtime.load(weights_folder(), rows=ROWS, columns=COLUMNS))
    wanted = painted_by("torch")
    assert distance(latents, wanted[0]) < 0.05
    assert distance(frames, wanted[1]) < 0.05
