"""How large the networks are. A checkpoint states all of it; nothing has a default."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LATENT: Final = 48
"""Channels of a token of the autoencoder: 16 x 16 x 8 x 3 numbers become 48."""
CONTROL: Final = 14
"""Channels of a pixel of the control."""
CONDITION: Final = LATENT + 4 * CONTROL
"""Channels of a token of the control stem."""
HEAD: Final = 64
"""Width of an attention head."""
TURNING: Final = (8, 12, 12)
"""Pairs of a head's numbers, k and k + 32, that turn with time, row and column; see `model.rope`."""
TURNING_BASE: Final = 100.0
"""Ratio of the slowest turn to the fastest, nearly: pair k of n turns by this to the power -k/n a position [rad]."""
SCENE_ROWS: Final = 32
SCENE_NUMBERS: Final = 48
SCENE_KINDS: Final = 5
"""Scene tokens: rows, numbers of a row, kinds; see `scene_tokens`."""
STYLES: Final = 32
"""Room in the table of styles."""
WORDS: Final = 72
"""Text tokens; longer texts are cut."""
VOCABULARY: Final = 512
"""Room in the table of words; `vocabulary.txt` grows into it."""


@dataclass(frozen=True, kw_only=True)
class AutoencoderSizes:
    """Widths double at each halving of the picture: width, 2 width, 4 width."""

    width: int
    """At a quarter of the resolution; a multiple of 16 runs fastest."""
    encoder_blocks: int
    """Residual blocks a stage; 0: no network, latents are the principal components alone."""
    decoder_blocks: int
    shader_width: int
    """At half the resolution, where most of the decoder's time goes."""
    shader_blocks: int


@dataclass(frozen=True, kw_only=True)
class ModelSizes:
    """The transformer with its text and scene encoders. One dial: depth."""

    depth: int
    """Blocks; an even number."""
    window: int
    """Latent frames that a latent frame attends to, itself included; the first one comes on top."""
    text_depth: int
    """Blocks of the text encoder."""

    def __post_init__(self) -> None:
        if self.depth < 2 or self.depth % 2:
            raise ValueError(f"depth must be even and at least 2: a head is {HEAD} wide (got {self.depth})")

    @property
    def width(self) -> int:
        """Of a token: 32 a block."""
        return 32 * self.depth

    @property
    def heads(self) -> int:
        """Of attention, each 64 wide."""
        return self.width // HEAD
