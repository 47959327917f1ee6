"""`Painter`: a renderer that paints. The tape says what happens, the preview what is where, the network how it looks.

Chunk by chunk: frames of the preview become control, control a condition, condition and noise a latent frame, the
latent frame pixels. Nothing of an earlier chunk is kept but what the networks carry, so memory does not grow with the
clip. The passes are the preview's, exact; only the colour is the network's, and it may be wrong.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import count, islice
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from jaxtyping import Float, Int

from kinema.config import read_config
from kinema.diffusion.body_noise import body_noise
from kinema.diffusion.caption import captions, encode
from kinema.diffusion.control import control_of_chunk
from kinema.diffusion.dream import Dreamer
from kinema.diffusion.footprint import refuse_too_large
from kinema.diffusion.given import Given
from kinema.diffusion.grid import TIME, Grid
from kinema.diffusion.looks import DREAM, style_of
from kinema.diffusion.manifest import ingredient_of, read_manifest, weights_folder
from kinema.diffusion.network import Context, Network, Runtime
from kinema.diffusion.openvino_network import OpenVino
from kinema.diffusion.plates import starts_of
from kinema.diffusion.scene_tokens import scene_tokens
from kinema.diffusion.schedule import times
from kinema.diffusion.sizes import LATENT, SCENE_NUMBERS, SCENE_ROWS, WORDS
from kinema.diffusion.stream import stream
from kinema.diffusion.styles import NAMES
from kinema.errors import TrainingError
from kinema.physics.tape import Tape
from kinema.render.camera import CameraPath
from kinema.render.frame import Frame, Picture, Referred
from kinema.render.preview import Preview
from kinema.shot.shot import Shot

Item = TypeVar("Item")


class Chunk(NamedTuple):
    """Frames of one latent frame, drawn and not yet painted."""

    frames: list[Frame]
    control: Float[np.ndarray, "1 14 time row column"] | None
    """Of whole chunks and whole tokens; None in a dream."""


class Painter:
    """Renderer by diffusion, of a display-referred picture. `steps`: network passes a latent frame; 1 to 4."""

    referred: Referred = "display"

    def __init__(
        self,
        look: str,
        *,
        assets: str | Path = ".",
        weights: Path | None = None,
        steps: int = 2,
        given: Given | None = None,
        runtime: Runtime | None = None,
    ) -> None:
        """`look`: see `looks`. `weights`: a folder of `kinema export`; None = those that came with kinema. `given`:
        what a dream starts from. `runtime`: who runs the networks; None = OpenVINO, on the CPU."""
        self._look, self._assets, self._steps = look, str(assets), steps
        self._given = given or Given()
        self._runtime: Runtime = runtime or OpenVino(cache=read_config().cache)
        self._weights = weights or weights_folder()
        self._manifest = read_manifest(self._weights)
        if look != DREAM and style_of(look) not in self._manifest["styles"]:
            raise TrainingError(
                f"look {look}",
                f"must be one that the weights have learned: {', '.join(self._manifest['styles'])}",
                got=style_of(look),
                next_step="Choose one of them, or train on data of this style.",
            )
        if self._given.pictures and "encoder_next.xml" not in self._manifest["files"]:
            raise TrainingError(
                str(self._weights),
                "must hold encoder_first and encoder_next, to see given pictures",
                got="weights of an older export",
                next_step="Export them again: kinema export.",
            )

    @property
    def name(self) -> str:
        """Weights, steps, and who ran them where: other devices give other bits."""
        recipe, step = self._manifest["recipe"], self._manifest["files"]["step.bin"][:12]
        return f"painter {recipe} {step}, {self._steps} steps ({self._runtime.name})"

    @property
    def ingredient(self) -> dict[str, str]:
        """The weights, for a take's record and its id."""
        return ingredient_of(self._weights, self._manifest) | {"run_by": self._runtime.versions}

    def refuse_too_large(self, width: int, height: int) -> None:
        """Raise `MachineError` if whoever runs the networks has not the memory for such pictures now."""
        refuse_too_large(width, height, self._runtime.free_memory())

    def draw(self, shot: Shot, tape: Tape, picture: Picture, frames: range) -> Iterator[Frame]:
        """Yield the frames asked for, in order. Later ones follow from earlier ones, so painting starts at frame 0
        whatever is asked for, and ends with the chunk of the last one."""
        if not frames:
            return
        # What is given may lie at the end: then all of the clip is dreamt, whichever frames are shown.
        last = max(frames) if self._given == Given() else shot.timing.frames - 1
        grid = Grid.covering(frames=last + 1, height=picture.height, width=picture.width)
        # Whole chunks: a frame is painted with its later neighbours.
        wanted = range(min(grid.frames, tape.frames))
        drawn = Preview(assets=self._assets).draw(shot, tape, picture, wanted)
        camera = CameraPath(shot, tape, picture.width, picture.height)
        with ThreadPoolExecutor(1, "ahead") as thread:
            told = ahead(thread, self._told(chunks(drawn), tape, camera, grid))
            network = self._runtime.load(self._weights, rows=grid.rows, columns=grid.columns)
            context = self._read(network, shot, tape, camera)
            size = {"frames": last + 1, "width": picture.width, "height": picture.height}
            for chunk, rgb in self._painted(network, context, told, shot, grid, size):
                # The clip's last chunk may be padded.
                for frame, colour in zip(chunk.frames, rgb, strict=False):
                    if frame.index in frames:
                        yield replace(frame, colour=linear(colour[: picture.height, : picture.width]))

    def _painted(
        self,
        network: Network,
        context: Context,
        told: Iterator[Chunk],
        shot: Shot,
        grid: Grid,
        size: dict[str, int],
    ) -> Iterator[tuple[Chunk, Float[np.ndarray, "time row column 3"]]]:
        """The chunks and their pixels, sRGB in [-1, 1]. `size`: frames, width and height of the clip."""
        waiting: deque[Chunk] = deque()
        noise = map(network.own, noises(grid, shot.seed))
        if self._look == DREAM:
            starts = starts_of(self._given, network, grid, **size)
            latents = Dreamer(context, context.no_control, self._steps).dream(
                starts, noise, loop=self._given.loop
            )
            latents = waited(latents, told, waiting)
        else:
            conditions = conditions_of(network, told, waiting)
            latents = stream(context, conditions, noise, times(self._steps), jump=True)
        return decoded(network, latents, waiting, NAMES.index(style_of(self._look)))

    def _read(self, network: Network, shot: Shot, tape: Tape, camera: CameraPath) -> Context:
        """What is said of the shot: scene rows and a caption in the style asked for; of a dream the caption alone."""
        style = style_of(self._look)
        rows, kinds = scene_tokens(shot, tape, camera, style)
        shown = 0 if self._look == DREAM else len(rows)
        words = encode(captions(shot, style, shot.seed, count=1)[0]).ids
        scene = scene_input(rows[:shown], kinds[:shown])
        return network.read(NAMES.index(style), *scene, text_input(words))

    def _told(
        self, drawn: Iterator[list[Frame]], tape: Tape, camera: CameraPath, grid: Grid
    ) -> Iterator[Chunk]:
        """Chunks with the control that a painting is told of."""
        noise = body_noise(tape, camera)
        for number, frames in enumerate(drawn):
            size = (len(grid.chunk(number)), grid.height, grid.width)
            dreams = self._look == DREAM
            yield Chunk(frames, None if dreams else control_of_chunk(frames, tape, camera, noise, size))


def ahead(thread: ThreadPoolExecutor, items: Iterator[Item]) -> Iterator[Item]:
    """The same items; the first is begun now, and each later one while the one before it is used. So one waits, at
    most. `thread`: of its own."""
    coming = thread.submit(next, items, None)

    def others(coming: Future[Item | None]) -> Iterator[Item]:
        while (item := coming.result()) is not None:
            coming = thread.submit(next, items, None)
            yield item

    return others(coming)


def conditions_of(network: Network, told: Iterable[Chunk], waiting: deque[Chunk]) -> Iterator[Any]:
    """One for each chunk, which then waits for its colour."""
    for chunk in told:
        assert chunk.control is not None
        waiting.append(chunk)
        yield network.condition(chunk.control)


def waited(latents: Iterable[Any], told: Iterable[Chunk], waiting: deque[Chunk]) -> Iterator[Any]:
    """A dream's latent frames; the frames of each, whose passes are drawn all the same, wait for its colour."""
    for latent, chunk in zip(latents, told, strict=False):
        waiting.append(chunk)
        yield latent


def chunks(frames: Iterator[Item]) -> Iterator[list[Item]]:
    """The first alone, then eight at a time, the last may be short."""
    for first in frames:
        yield [first]
        while chunk := list(islice(frames, TIME)):
            yield chunk


def scene_input(
    rows: Float[np.ndarray, "row 48"], kinds: Int[np.ndarray, " row"]
) -> tuple[Float[np.ndarray, "1 32 48"], Int[np.ndarray, "1 32"]]:
    """Scene rows as the network takes them: as many as it has places for, the rest of kind -1."""
    scene = np.zeros((1, SCENE_ROWS, SCENE_NUMBERS), np.float32)
    padded = np.full((1, SCENE_ROWS), -1, np.int64)
    scene[0, : len(rows)], padded[0, : len(rows)] = rows, kinds
    return scene, padded


def text_input(ids: Sequence[int]) -> Int[np.ndarray, "1 72"]:
    """Words as the network takes them: cut, or filled with token 0."""
    words = np.zeros((1, WORDS), np.int64)
    words[0, : len(ids[:WORDS])] = ids[:WORDS]
    return words


def noises(grid: Grid, seed: int) -> Iterator[Float[np.ndarray, "1 48 1 latent_row latent_column"]]:
    """Standard normal, one latent frame at a time, each from its own seed: endless. Drawn on the CPU, so a seed is the
    same noise on every device."""
    for number in count():
        rng = np.random.default_rng([seed, number])
        yield rng.standard_normal((1, LATENT, 1, grid.rows, grid.columns), np.float32)


def decoded(
    network: Network, latents: Iterable[Any], waiting: deque[Chunk], style: int
) -> Iterator[tuple[Chunk, Float[np.ndarray, "time row column 3"]]]:
    """The chunk that waits for each latent frame, and its pixels, sRGB in [-1, 1]."""
    tails = None
    for latent in latents:
        chunk = waiting.popleft()
        rgb, tails = network.decode(latent, chunk.control, style, tails)
        yield chunk, np.moveaxis(rgb[0], 0, -1)


def linear(srgb: Float[np.ndarray, "row column 3"]) -> Float[np.ndarray, "row column 3"]:
    """sRGB in [-1, 1] → light of the display, 0 to 1, linear (IEC 61966-2-1)."""
    code = np.clip((srgb.astype(np.float32) + 1) / 2, 0, 1)
    light = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    return np.ascontiguousarray(light, np.float32)
