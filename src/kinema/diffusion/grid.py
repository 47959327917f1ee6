"""`Grid`: how a clip of pixels becomes latent frames and tokens, and how any size is rounded up to one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Shaped

SPACE: Final = 16
"""Pixels of a token, across and down."""
TIME: Final = 8
"""Frames of a token; the first frame of a clip is one of its own."""


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A clip the networks can take: 1 + 8 k frames, height and width multiples of 16."""

    frames: int
    height: int
    width: int

    def __post_init__(self) -> None:
        if self.frames < 1 or (self.frames - 1) % TIME or self.height % SPACE or self.width % SPACE:
            raise ValueError(
                f"a grid has 1 + {TIME} k frames and sides that are multiples of {SPACE}: {self}"
            )
        if self.height < SPACE or self.width < SPACE:
            raise ValueError(f"a grid has at least one token: {self}")

    @classmethod
    def covering(cls, *, frames: int, height: int, width: int) -> Grid:
        """The smallest grid that holds a clip of this size."""
        return cls(
            frames=1 + TIME * -(-(frames - 1) // TIME),
            height=SPACE * -(-height // SPACE),
            width=SPACE * -(-width // SPACE),
        )

    @property
    def latent_frames(self) -> int:
        """The first frame, then one for each eight."""
        return 1 + (self.frames - 1) // TIME

    @property
    def rows(self) -> int:
        """Of tokens."""
        return self.height // SPACE

    @property
    def columns(self) -> int:
        """Of tokens."""
        return self.width // SPACE

    @property
    def tokens(self) -> int:
        """Of the whole clip."""
        return self.latent_frames * self.rows * self.columns

    def chunk(self, latent: int) -> range:
        """Frames of a latent frame: 0 → 0; k → 8 k - 7 … 8 k."""
        return range(1) if latent == 0 else range(TIME * (latent - 1) + 1, TIME * latent + 1)

    def latent_of(self, frame: int) -> int:
        """The latent frame that holds a frame."""
        return -(-frame // TIME)

    def padded(self, pixels: Shaped[np.ndarray, "time row column channel"]) -> np.ndarray:
        """Rounded up to the grid by repeating the last row and column; the last frame likewise."""
        time, row, column, _ = pixels.shape
        after = (self.frames - time, self.height - row, self.width - column)
        if min(after) < 0:
            raise ValueError(f"{pixels.shape} does not fit into {self}")
        return np.pad(pixels, [*((0, n) for n in after), (0, 0)], mode="edge")
