"""The control stem: fourteen numbers a pixel become 32 a token, on the grid of the latents.

The autoencoder's encoder with other ends, so it is causal in the same chunks and starts at a quarter of the
resolution. Its output is joined to the noisy latent along channels: dense conditioning was measured better than
cross-attention to the passes. Axes: B batch, T time, H row, W column.
"""

from __future__ import annotations

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn

from kinema.diffusion.model.autoencoder import Encoder
from kinema.diffusion.model.causal import Tails, Video
from kinema.diffusion.sizes import CONDITION, CONTROL

Condition = Float[Tensor, "batch 32 latent_frame latent_row latent_column"]


class Stem(nn.Module):
    """B 14 T H W → B 32 t h w."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.encoder = Encoder(CONTROL, width, CONDITION, blocks=1)

    def forward(self, control: Float[Tensor, "batch 14 time row column"]) -> Condition:
        """A whole clip."""
        return self.chunk(control, None)[0]

    def chunk(
        self, control: Float[Tensor, "batch 14 time row column"], before: Sequence[Video] | None
    ) -> tuple[Condition, list[Video]]:
        """The next frames of a clip (the first alone, then eight), and what the chunk after them must be given."""
        tails = Tails(before)
        return self.encoder(control, tails), tails.after
