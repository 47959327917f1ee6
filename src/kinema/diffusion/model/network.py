"""All that course two trains: stem, transformer, scene and text encoders, and what stands for their absence."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from kinema.diffusion.model.attention import Layout
from kinema.diffusion.model.autoencoder import Latent
from kinema.diffusion.model.block import KeyValue
from kinema.diffusion.model.flow import Denoiser
from kinema.diffusion.model.rope import angles, rotate
from kinema.diffusion.model.stem import Condition, Stem
from kinema.diffusion.model.text import NOTHING, SceneEncoder, TextEncoder
from kinema.diffusion.model.transformer import Style, Times, Transformer
from kinema.diffusion.sizes import CONDITION, ModelSizes


@dataclass(frozen=True)
class Conditions:
    """What a clip is to show: dense control, as the stem says it, and the rows and words about it. The style is
    always told: there is no picture in none."""

    control: Condition
    scene: Float[Tensor, "batch scene_row 48"]
    kinds: Int[Tensor, "batch scene_row"]
    words: Int[Tensor, "batch word"]
    style: Style

    def without(self, scene: Bool[Tensor, " batch"]) -> Conditions:
        """An empty set of scene rows for some clips."""
        return replace(self, kinds=self.kinds.masked_fill(scene[:, None], NOTHING))


class PainterNetwork(nn.Module):
    """Latents are the autoencoder's, whitened."""

    def __init__(self, sizes: ModelSizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.stem = Stem()
        self.transformer = Transformer(sizes)
        self.scene = SceneEncoder(sizes.width)
        self.text = TextEncoder(sizes.width, sizes.text_depth)
        self.no_control = nn.Parameter(torch.zeros(CONDITION))
        self.no_text = nn.Parameter(torch.zeros(sizes.width))

    def conditioned(
        self,
        conditions: Conditions,
        *,
        full: bool,
        drop_control: Bool[Tensor, " batch"],
        drop_text: Bool[Tensor, " batch"],
        drop_scene: Bool[Tensor, " batch"],
    ) -> Denoiser:
        """The transformer with its conditions read; those dropped are replaced by what was learned for that."""
        left = conditions.without(drop_scene)
        # float32 from here, whatever they were computed in: the flow map's slope is taken in it
        control, scene, text = (tokens.float() for tokens in self.read(left))
        control = torch.where(
            drop_control[:, None, None, None, None], self.no_control[:, None, None, None], control
        )
        text = torch.where(drop_text[:, None, None], self.no_text, text)

        def denoise(noisy: Latent, time: Times, span: Times) -> Latent:
            return self.transformer(noisy, control, time, span, conditions.style, scene, text, full=full)

        return denoise

    def read(self, conditions: Conditions) -> tuple[Condition, Tensor, Tensor]:
        """Control, scene and text tokens."""
        return (
            conditions.control,
            self.scene(conditions.scene, conditions.kinds),
            self.text(conditions.words),
        )


class TorchStepper:
    """`dream.Turner`, and so `stream.Stepper`, over a transformer in torch."""

    def __init__(self, transformer: Transformer, style: Style, scene: Tensor, text: Tensor) -> None:
        self._transformer, self._style = transformer, style
        self._context = transformer.context(style, scene, text)

    @property
    def window(self) -> int:
        """Of the transformer."""
        return self._transformer.sizes.window

    @torch.no_grad()
    def step(
        self, noisy: Any, condition: Any, time: float, span: float, past: list[Any | None]
    ) -> tuple[Any, Any]:
        """One latent frame, B 48 1 h w."""
        batch, _, _, height, width = noisy.shape
        device = noisy.device
        when = torch.full((batch, 1), time, device=device)
        how_far = torch.full((batch, 1), span, device=device)
        layout = Layout.streamed(torch.tensor([*(m is not None for m in past), True], device=device))
        rows, columns = (torch.arange(n, device=device).float() for n in (height, width))
        memory = _stacked(past, self._transformer.sizes, batch, height * width, device)
        return self._transformer.walk(
            noisy, condition, when, how_far, self._style, self._context, memory, layout, rows, columns
        )

    def turned(self, memory: list[KeyValue], by: float) -> list[KeyValue]:
        """Its keys turned on in time."""
        nowhere = torch.zeros(1, device=memory[0].key.device)
        angle = angles(torch.full_like(nowhere[0], by), nowhere, nowhere)[0, 0]
        return [KeyValue(rotate(block.key, angle), block.value) for block in memory]


def _stacked(
    past: list[Any | None], sizes: ModelSizes, batch: int, tokens: int, device: torch.device
) -> list[KeyValue]:
    """Memories of each slot → of each block; empty slots are zeros, and unseen."""
    empty = torch.zeros(batch, sizes.heads, 1, tokens, sizes.width // sizes.heads, device=device)
    nothing = [KeyValue(empty, empty)] * sizes.depth
    filled = [nothing if memory is None else memory for memory in past]
    return [
        KeyValue(
            torch.cat([memory[block].key for memory in filled], dim=2),
            torch.cat([memory[block].value for memory in filled], dim=2),
        )
        for block in range(sizes.depth)
    ]
