"""The ways to ask the painter for a world: driven by it, by words alone, or by words and how it begins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path

import numpy as np
from jaxtyping import Float

from diffusion_proof.worlds import World
from kinema.config import read_config
from kinema.diffusion.control import NOISE
from kinema.diffusion.dream import Dreamer, Start
from kinema.diffusion.grid import Grid
from kinema.diffusion.network import Network
from kinema.diffusion.openvino_network import OpenVinoNetwork
from kinema.diffusion.painter import chunks, noises, scene_input, text_input
from kinema.diffusion.schedule import times
from kinema.diffusion.stream import stream
from kinema.diffusion.styles import NAMES

STEPS = 2
"""Of drafts: what `kinema shoot --quality draft` takes."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """How a world is asked for. `given` latent frames (one frame, then eight each) are painted from the world and
    known; the rest follows from words alone. None: all is painted from the world."""

    given: int | None = None
    steps: int = STEPS
    jump: bool = True
    noiseless: bool = False
    """Instance noise of the control is zeroed."""


DRIVEN = Way()
DREAM = Way(given=0)
FIRST_FRAME = Way(given=1)
NINE_FRAMES = Way(given=2)


def painted(
    weights: Path, world: World, style: str, way: Way = DRIVEN, *, controlled_by: World | None = None
) -> Float[np.ndarray, "time row column 3"]:
    """A world in a style: sRGB in [-1, 1], as the decoder leaves it, clipped. `controlled_by`: take words and scene
    of `world`, and the control of another."""
    control = (controlled_by or world).control.astype(np.float32)
    if way.noiseless:
        control = control.copy()
        control[..., NOISE] = 0
    grid = Grid.covering(frames=len(control), height=control.shape[1], width=control.shape[2])
    control = grid.padded(control)
    network = loaded(weights, grid.rows, grid.columns)
    parts = [np.moveaxis(np.stack(part), -1, 0)[None] for part in chunks(iter(control))]
    latents = list(islice(_driven(network, world, style, way, grid, parts), way.given))
    if way.given is not None:
        latents += islice(_dreamt(network, world, style, way, grid, latents), len(latents), len(parts))
    seen = len(parts) if way.given is None else way.given
    picture = np.concatenate(list(_decoded(network, latents, parts, seen, NAMES.index(style))))
    return np.clip(picture, -1, 1)[: len(world.control), : world.control.shape[1], : world.control.shape[2]]


def _driven(
    network: Network, world: World, style: str, way: Way, grid: Grid, parts: list[np.ndarray]
) -> Iterator[np.ndarray]:
    """Latent frames under the control of `parts`."""
    scene = scene_input(*world.scene(style))
    context = network.read(NAMES.index(style), *scene, text_input(world.words(style)))
    visits = times(way.steps)
    return stream(context, _conditions(network, parts), noises(grid, world.seed), visits, jump=way.jump)


def _dreamt(
    network: Network, world: World, style: str, way: Way, grid: Grid, known: list[np.ndarray]
) -> Iterator[np.ndarray]:
    """Latent frames by the caption alone, after those known."""
    rows, kinds = world.scene(style)
    scene = scene_input(rows[:0], kinds[:0])
    context = network.read(NAMES.index(style), *scene, text_input(world.words(style)))
    kept = np.zeros((1, 1, 1, grid.rows, grid.columns), np.float32)
    starts: list[Start | None] = [Start(latent, 0.0, kept) for latent in known]
    starts += [None] * (grid.latent_frames - len(known))
    return Dreamer(context, context.no_control, way.steps).dream(starts, noises(grid, world.seed))


def _conditions(network: Network, parts: list[np.ndarray]) -> Iterator[np.ndarray]:
    return (network.condition(part) for part in parts)


def _decoded(
    network: Network, latents: list[np.ndarray], parts: list[np.ndarray], seen: int, style: int
) -> Iterator[np.ndarray]:
    """Pixels; the decoder sees the control of the first `seen` parts."""
    tails: Sequence[np.ndarray] | None = None
    for number, (latent, part) in enumerate(zip(latents, parts, strict=True)):
        rgb, tails = network.decode(latent, part if number < seen else None, style, tails)
        yield np.moveaxis(rgb[0], 0, -1)


@lru_cache(maxsize=2)
def loaded(weights: Path, rows: int, columns: int) -> Network:
    """Compiled once, for one thread: these tables count CPU-seconds or pixels, and the machine has other work."""
    return OpenVinoNetwork(
        weights, rows=rows, columns=columns, cache=read_config().cache, precision="fastest", threads=1
    )
