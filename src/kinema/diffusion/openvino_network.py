"""The painter's networks without torch: OpenVINO graphs as plain functions of numpy arrays. `network.Network`.

A graph is compiled for one size of picture and kept in the cache, since open shapes run slower. Precision: bfloat16
where the CPU has it (relative error of a step about 1 %), else float32. Axes: B batch (1), C channel, T time, H row,
W column; t h w of latents.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from kinema.diffusion.grid import SPACE, TIME
from kinema.diffusion.manifest import read_manifest
from kinema.diffusion.openvino_graph import Array, Graph, Precision, core_with, options_for
from kinema.diffusion.sizes import (
    CONDITION,
    CONTROL,
    HEAD,
    LATENT,
    SCENE_NUMBERS,
    SCENE_ROWS,
    TURNING,
    TURNING_BASE,
    WORDS,
)


@dataclass(frozen=True, kw_only=True)
class OpenVino:
    """`network.Runtime` on the CPU, at the fastest precision it has."""

    cache: Path | None
    """Where compiled graphs are kept."""

    @property
    def name(self) -> str:
        """Library and version."""
        from importlib.metadata import version

        return f"openvino {version('openvino')}"

    @property
    def versions(self) -> str:
        """A take's record states OpenVINO's version among all others."""
        return "openvino"

    def free_memory(self) -> None:
        """This machine's."""

    def load(self, folder: Path, *, rows: int, columns: int) -> OpenVinoNetwork:
        """Compiled, or found in the cache."""
        return OpenVinoNetwork(folder, rows=rows, columns=columns, cache=self.cache, precision="fastest")


class OpenVinoNetwork:
    """Weights of a folder, checked against their hashes, fitted to one size of picture."""

    def __init__(
        self,
        folder: Path,
        *,
        rows: int,
        columns: int,
        cache: Path | None,
        precision: Precision,
        threads: int = 0,
    ) -> None:
        """`rows` and `columns` of tokens. `cache`: where compiled graphs are kept. `threads`: 0 = all."""
        self.manifest = read_manifest(folder)
        self.rows, self.columns = rows, columns
        self.depth, self.heads = self.manifest["depth"], self.manifest["heads"]
        self.window: int = self.manifest["window"]
        self._folder = folder
        self._core = core_with(cache)
        self._precision: Precision = precision
        self._threads = threads
        latent, sides = (1, LATENT, 1, rows, columns), (SPACE * rows, SPACE * columns)
        first = (1, CONTROL, 1, *sides)
        self._decoder = self._carrying("decoder", latent, latent, tails=slice(2, None))
        features, drawn = self._decoder[0].shapes[:2]
        self._shader = self._compiled("shader", [features, drawn, first, (1,), (1,)], parts=True)
        opening, following = ((1, CONTROL, frames, SPACE, SPACE * columns) for frames in (1, TIME))
        self._stem = tuple(
            self._compiled(f"stem_{name}", [shape], parts=True)
            for name, shape in (("first", opening), ("next", following))
        )
        self._unseen = np.zeros(first, np.float32)
        self._reader: Graph | None = self._compiled("reader", self._reader_shapes())
        self._step = self._compiled("step", self._step_shapes())

    def own(self, array: Float[Array, "*any"]) -> Float[Array, "*any"]:
        """As it is."""
        return array

    def condition(
        self, control: Float[Array, "1 14 time row column"]
    ) -> Float[Array, "1 104 1 latent_row latent_column"]:
        """Control of a clip's first frame, or of a later chunk of eight → its condition. A row of tokens at a time,
        which see nothing of one another: the graph for all of them would hold twice the control and more."""
        rows = [(control[..., SPACE * row : SPACE * (row + 1), :],) for row in range(self.rows)]
        return np.concatenate([row for (row,) in self._stem[control.shape[2] > 1].each(rows)], axis=3)

    def decode(
        self,
        latent: Float[Array, "1 48 1 latent_row latent_column"],
        control: Float[Array, "1 14 time row column"] | None,
        style: int,
        tails: Sequence[Array] | None,
    ) -> tuple[Float[Array, "1 3 time row column"], list[Array]]:
        """A latent frame → pixels in [-1, 1], and what the next call is to be given. `control`: of its frames, or
        None where there is no world. `style`: its number in `styles.NAMES`."""
        features, drawn, *after = self._decoder[tails is not None](latent, *(tails or ()))
        told = np.array([control is not None], np.float32), np.array([style])
        frames = [np.s_[:, :, k : k + 1] for k in range(drawn.shape[2])]
        seen = [self._unseen if control is None else control[frame] for frame in frames]
        parts = [(features[k], drawn[k], shown, *told) for k, shown in zip(frames, seen, strict=True)]
        for frame, (rgb,) in zip(frames, self._shader.each(parts), strict=True):
            drawn[frame] = rgb
        return drawn, after

    def encode(
        self, rgb: Float[Array, "1 3 time row column"], tails: Sequence[Array] | None
    ) -> tuple[Float[Array, "1 48 1 latent_row latent_column"], list[Array]]:
        """Pixels in [-1, 1] of a clip's first frame, or of the next eight → their latent frame, and what the next
        call is to be given. In float32 whatever the network's precision: what is given is to stay as it is."""
        latent, *after = self._encoder[tails is not None](rgb, *(tails or ()))
        return latent, after

    @cached_property
    def _encoder(self) -> tuple[Graph, Graph]:
        """Compiled when first asked for: painting needs none."""
        sides = (SPACE * self.rows, SPACE * self.columns)
        shapes = (1, 3, 1, *sides), (1, 3, TIME, *sides)
        return self._carrying("encoder", *shapes, tails=slice(1, None), precision="float32")

    def read(
        self,
        style: int,
        scene: Float[Array, "1 32 48"],
        kinds: Int[Array, "1 32"],
        words: Int[Array, "1 72"] | None,
    ) -> OpenVinoContext:
        """Style (its number in `styles.NAMES`), scene rows and words (None: nothing said) → what every latent frame
        sees of them."""
        silent = np.array([words is None], np.float32)
        said = np.zeros((1, WORDS), np.int64) if words is None else words
        number = np.array([style])
        # Once only: OpenVINO 2026.4 computes what does not depend on the inputs beforehand, then adds the style to it
        # in place, so a second run of the graph would find the first one's style in it.
        reader = self._reader or self._compiled("reader", self._reader_shapes())
        self._reader = None
        key, value, absent = reader(number, scene, kinds, said, silent)
        return OpenVinoContext(self, number, key, value, absent)

    def _carrying(
        self,
        name: str,
        first: Sequence[int],
        following: Sequence[int],
        *,
        tails: slice,
        precision: Precision | None = None,
    ) -> tuple[Graph, Graph]:
        """The graphs of a clip's first chunk and of the next ones; those of the first one's outputs that are `tails`
        give their shapes."""
        opening = self._compiled(f"{name}_first", [first], precision)
        return opening, self._compiled(f"{name}_next", [following, *opening.shapes[tails]], precision)

    def _compiled(
        self,
        name: str,
        shapes: Sequence[Sequence[int]],
        precision: Precision | None = None,
        *,
        parts: bool = False,
    ) -> Graph:
        """`parts`: it will be asked for `each` of several."""
        model = self._core.read_model(self._folder / f"{name}.xml")
        model.reshape({port: list(shape) for port, shape in zip(model.inputs, shapes, strict=True)})
        options = options_for(self._core, precision or self._precision, self._threads, parts=parts)
        return Graph(self._core.compile_model(model, "CPU", options))

    def _reader_shapes(self) -> list[tuple[int, ...]]:
        return [(1,), (1, SCENE_ROWS, SCENE_NUMBERS), (1, SCENE_ROWS), (1, WORDS), (1,)]

    def _step_shapes(self) -> list[tuple[int, ...]]:
        place = (self.rows, self.columns)
        context = (self.depth, 1, self.heads, 1, SCENE_ROWS + WORDS, HEAD)
        past = (self.depth, 1, self.heads, self.window, self.rows * self.columns, HEAD)
        frame = [(1, LATENT, 1, *place), (1, CONDITION, 1, *place), (1, 1), (1, 1), (1,)]
        return [*frame, context, context, past, past, (self.window + 1,), (self.rows,), (self.columns,)]

    def step(self, *inputs: Array) -> list[Array]:
        """One latent frame through the transformer: see `export`."""
        return self._step(*inputs)


class OpenVinoContext:
    """A network that has read scene and words: `network.Context`."""

    def __init__(
        self,
        network: OpenVinoNetwork,
        style: Int[Array, "1"],
        key: Array,
        value: Array,
        absent: Float[Array, " 104"],
    ) -> None:
        self._network, self._style, self._key, self._value = network, style, key, value
        self._places = (
            np.arange(network.rows, dtype=np.float32),
            np.arange(network.columns, dtype=np.float32),
        )
        tall = (1, CONDITION, 1, network.rows, network.columns)
        self.no_control: Float[Array, "1 104 1 latent_row latent_column"] = np.ascontiguousarray(
            np.broadcast_to(absent.reshape(1, CONDITION, 1, 1, 1), tall)
        )
        """Condition that stands for its absence."""
        frame = (network.depth, 1, network.heads, 1, network.rows * network.columns, HEAD)
        self._empty = np.zeros(frame, np.float32)

    @property
    def window(self) -> int:
        """Of the transformer."""
        return self._network.window

    def step(
        self, noisy: Any, condition: Any, time: float, span: float, past: list[Any | None]
    ) -> tuple[Any, Any]:
        """One latent frame, and its memory: keys and values of every block."""
        keys, values = (
            np.concatenate([self._empty if m is None else m[part] for m in past], axis=3) for part in (0, 1)
        )
        seen = np.array([*(m is not None for m in past), True], np.float32)
        when, far = np.full((1, 1), time, np.float32), np.full((1, 1), span, np.float32)
        clean, key, value = self._network.step(
            noisy,
            condition,
            when,
            far,
            self._style,
            self._key,
            self._value,
            keys,
            values,
            seen,
            *self._places,
        )
        return clean, (key, value)

    def turned(self, memory: tuple[Array, Array], by: float) -> tuple[Array, Array]:
        """Its keys turned as `model.rope` turns them with time: the graph turns them further, to their slot."""
        key, value = memory
        pairs, half = TURNING[0], HEAD // 2
        angle = by * TURNING_BASE ** -(np.arange(pairs, dtype=np.float32) / pairs)
        cosine, sine = np.cos(angle), np.sin(angle)
        a, b = key[..., :pairs], key[..., half : half + pairs]
        moved = key.copy()
        moved[..., :pairs], moved[..., half : half + pairs] = a * cosine - b * sine, a * sine + b * cosine
        return moved, value
