"""What the painter asks of its networks, and who may run them: OpenVINO on the CPU, torch on a GPU.

Pictures come and go as numpy's arrays. What lies between (conditions, latents, tails, memories) stays in the arrays of
whoever runs the networks, on its device: `stream` and `dream` know no library, and the painter only hands them on.
Axes: B batch (1), C channel, T time, H row, W column; t h w of latents.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from jaxtyping import Float, Int

from kinema.diffusion.dream import Turner

Array = np.ndarray


class Context(Turner, Protocol):
    """Networks that have read scene and words."""

    @property
    def no_control(self) -> Any:
        """Condition that stands for its absence, B 104 1 h w."""
        ...


class Network(Protocol):
    """Weights of a folder, checked against their hashes, fitted to one size of picture."""

    def own(self, array: Float[Array, "*any"]) -> Any:
        """The same numbers as an array of its own, on its device."""
        ...

    def condition(self, control: Float[Array, "1 14 time row column"]) -> Any:
        """Control of a clip's first frame, or of a later chunk of eight → its condition, B 104 1 h w."""
        ...

    def read(
        self,
        style: int,
        scene: Float[Array, "1 32 48"],
        kinds: Int[Array, "1 32"],
        words: Int[Array, "1 72"] | None,
    ) -> Context:
        """Style (its number in `styles.NAMES`), scene rows and words (None: nothing said) → what every latent frame
        sees of them."""
        ...

    def decode(
        self,
        latent: Any,
        control: Float[Array, "1 14 time row column"] | None,
        style: int,
        tails: Sequence[Any] | None,
    ) -> tuple[Float[Array, "1 3 time row column"], Sequence[Any]]:
        """A latent frame (B 48 1 h w) → pixels in [-1, 1], and what the next call is to be given; None: a clip
        begins. `control`: of its frames, or None where there is no world."""
        ...

    def encode(
        self, rgb: Float[Array, "1 3 time row column"], tails: Sequence[Any] | None
    ) -> tuple[Any, Sequence[Any]]:
        """Pixels in [-1, 1] of a clip's first frame, or of the next eight → their latent frame, and what the next
        call is to be given. In float32 whatever the network's precision: what is given is to stay as it is."""
        ...


class Runtime(Protocol):
    """Who runs networks. Making one refuses what is missing on this machine."""

    @property
    def name(self) -> str:
        """Of all that may change a bit: library, version, precision, device."""
        ...

    @property
    def versions(self) -> str:
        """Of it what a take's id is to know, and its record does not state elsewhere."""
        ...

    def free_memory(self) -> int | None:
        """Of its own device [byte]; None: it takes this machine's."""
        ...

    def load(self, folder: Path, *, rows: int, columns: int) -> Network:
        """Networks for pictures of so many rows and columns of tokens. Raises `MachineError`, `TrainingError`."""
        ...
