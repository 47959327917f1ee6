"""The painter's networks in torch, for a GPU: `network.Network` over the models that were trained, with the weights
that ship. One latent frame at a time, as everywhere, so memory does not grow with the clip; its pixels are shaded all
at once. bfloat16 where it costs no picture: stem and encoder stay in float32.

On the CPU it runs as well, slower than OpenVINO: tests hold the two against each other there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from kinema.diffusion.grid import SPACE, TIME
from kinema.diffusion.manifest import read_manifest
from kinema.diffusion.model.autoencoder import Autoencoder, Scene
from kinema.diffusion.model.causal import Tails
from kinema.diffusion.model.compiled import compile_blocks
from kinema.diffusion.model.network import PainterNetwork, TorchStepper
from kinema.diffusion.parameters import Arrays, depth_of, neutral, read_parameters
from kinema.diffusion.sizes import CONDITION, CONTROL, WORDS, AutoencoderSizes, ModelSizes
from kinema.errors import MachineError, TrainingError

Precision = Literal["float32", "bfloat16"]
Array = np.ndarray
Model = TypeVar("Model", bound=nn.Module)


@dataclass(frozen=True, kw_only=True)
class Torch:
    """`network.Runtime` by torch."""

    device: torch.device
    precision: Precision = "bfloat16"
    backend: str | None = "inductor"
    """What compiles the transformer's blocks (`torch.compile`); None = nothing does."""
    notes: tuple[str, ...] = ()
    """What to know of it before the work."""

    @property
    def name(self) -> str:
        """Version, precision, device, and whether compiled."""
        where = torch.cuda.get_device_name(self.device) if self.device.type == "cuda" else self.device.type
        how = "eager" if self.backend is None else "compiled"
        return f"torch {torch.__version__}, {self.precision} on {where}, {how}"

    @property
    def versions(self) -> str:
        """A take's record does not state torch's version elsewhere."""
        return f"torch {torch.__version__} on {self.device.type}"

    def free_memory(self) -> int | None:
        """Of the GPU [byte]."""
        return torch.cuda.mem_get_info(self.device)[0] if self.device.type == "cuda" else None

    def load(self, folder: Path, *, rows: int, columns: int) -> TorchNetwork:
        """On the device, and compiled at its first step."""
        return TorchNetwork(folder, self, rows=rows, columns=columns)


class TorchNetwork:
    """Weights of a folder, checked against their hashes, fitted to one size of picture."""

    def __init__(self, folder: Path, runtime: Torch, *, rows: int, columns: int) -> None:
        self._rows, self._columns = rows, columns
        self._device, self._half = runtime.device, runtime.precision == "bfloat16"
        autoencoder, network = restored(folder)
        with self._running():
            self._autoencoder, self._network = autoencoder.to(self._device), network.to(self._device)
        if self._half:
            _halve(network.transformer, autoencoder.decoder, autoencoder.shader)
        if runtime.backend is not None:
            compile_blocks(network.transformer, backend=runtime.backend)

    def own(self, array: Float[Array, "*any"]) -> Float[Tensor, "*any"]:
        """On the device."""
        return torch.from_numpy(np.ascontiguousarray(array)).to(self._device)

    def condition(
        self, control: Float[Array, "1 14 time row column"]
    ) -> Float[Tensor, "1 104 1 latent_row latent_column"]:
        """Control of a clip's first frame, or of a later chunk of eight → its condition."""
        with self._running(half=False):
            return self._network.stem(self.own(control))

    def read(
        self,
        style: int,
        scene: Float[Array, "1 32 48"],
        kinds: Int[Array, "1 32"],
        words: Int[Array, "1 72"] | None,
    ) -> TorchContext:
        """Style (its number in `styles.NAMES`), scene rows and words (None: nothing said) → what every latent frame
        sees of them."""
        network = self._network
        with self._running():
            rows = network.scene(self.own(scene), self.own(kinds))
            silence = network.no_text.expand(1, WORDS, -1)
            text = silence if words is None else network.text(self.own(words))
            stepper = TorchStepper(network.transformer, self._style(style), rows, text)
            nothing = network.no_control.reshape(1, CONDITION, 1, 1, 1)
            return TorchContext(self, stepper, nothing.expand(-1, -1, 1, self._rows, self._columns))

    def decode(
        self,
        latent: Float[Tensor, "1 48 1 latent_row latent_column"],
        control: Float[Array, "1 14 time row column"] | None,
        style: int,
        tails: Sequence[Tensor] | None,
    ) -> tuple[Float[Array, "1 3 time row column"], list[Tensor]]:
        """A latent frame → pixels in [-1, 1], and what the next call is to be given. `control`: of its frames, or
        None where there is no world. `style`: its number in `styles.NAMES`."""
        with self._running():
            frames = 1 if tails is None else TIME
            given = torch.full((1,), float(control is not None), device=self._device)
            if control is None:
                sides = SPACE * self._rows, SPACE * self._columns
                seen = torch.zeros(1, CONTROL, frames, *sides, device=self._device)
            else:
                seen = self.own(control)
            scene = Scene(seen, given, self._style(style))
            rgb, after = self._autoencoder.decode_chunk(latent, scene, tails)
            return rgb.float().cpu().numpy(), after

    def encode(
        self, rgb: Float[Array, "1 3 time row column"], tails: Sequence[Tensor] | None
    ) -> tuple[Float[Tensor, "1 48 1 latent_row latent_column"], list[Tensor]]:
        """Pixels in [-1, 1] of a clip's first frame, or of the next eight → their latent frame, and what the next
        call is to be given. In float32 whatever the network's precision: what is given is to stay as it is."""
        with self._running(half=False):
            carried = Tails(tails)
            return self._autoencoder.encode_chunk(self.own(rgb), carried), carried.after

    def _style(self, number: int) -> Int[Tensor, "1"]:
        return torch.tensor([number], device=self._device)

    @contextmanager
    def _running(self, *, half: bool = True) -> Iterator[None]:
        """Without gradients, in the network's precision. Raises `MachineError` where memory ends."""
        cast = torch.autocast(self._device.type, torch.bfloat16, enabled=self._half and half)
        try:
            with torch.no_grad(), cast:
                yield
        except torch.OutOfMemoryError as error:
            raise MachineError(
                "the painter",
                "must find memory on the GPU",
                got=str(error).partition("\n")[0][:160],
                next_step="Ask for a smaller --size, close what else uses the GPU, or leave --gpu out.",
            ) from error


class TorchContext:
    """A network that has read scene and words: `network.Context`."""

    def __init__(self, network: TorchNetwork, stepper: TorchStepper, no_control: Tensor) -> None:
        self._network, self._stepper = network, stepper
        self.no_control: Float[Tensor, "1 104 1 latent_row latent_column"] = no_control
        """Condition that stands for its absence."""

    @property
    def window(self) -> int:
        """Of the transformer."""
        return self._stepper.window

    def step(
        self, noisy: Any, condition: Any, time: float, span: float, past: list[Any | None]
    ) -> tuple[Any, Any]:
        """One latent frame, and its memory: keys and values of every block."""
        with self._network._running():
            return self._stepper.step(noisy, condition, time, span, past)

    def turned(self, memory: Any, by: float) -> Any:
        """Its keys turned on in time."""
        return self._stepper.turned(memory, by)


def restored(folder: Path) -> tuple[Autoencoder, PainterNetwork]:
    """Both networks as they were exported, in float32 on the CPU, frozen. Raises `MachineError` for no weights and
    `TrainingError` for some that are not whole, or not these networks'."""
    manifest, found = read_manifest(folder), read_parameters(folder)
    drawn, told = found.autoencoder, found.network
    try:
        autoencoder = AutoencoderSizes(
            width=drawn["decoder.leave.weight"].shape[1],
            encoder_blocks=max(depth_of(drawn, "encoder.layers") - 3, 0) // 4,
            decoder_blocks=depth_of(drawn, "decoder.finest"),
            shader_width=drawn["shader.leave.weight"].shape[1],
            shader_blocks=depth_of(drawn, "shader.blocks"),
        )
        network = ModelSizes(
            depth=manifest["depth"], window=manifest["window"], text_depth=depth_of(told, "text.layers")
        )
    except (KeyError, ValueError) as error:
        raise _unlike(folder, f"no sizes: {error}") from error
    return _filled(Autoencoder(autoencoder), drawn, folder), _filled(PainterNetwork(network), told, folder)


def _filled(model: Model, found: Arrays, folder: Path) -> Model:
    """A model with every one of its numbers replaced, and none left over."""
    wanted = model.state_dict()
    if strange := found.keys() - wanted.keys():
        raise _unlike(folder, f"numbers of {', '.join(sorted(strange)[:4])}")
    state = {}
    for name, blank in wanted.items():
        value = found[name] if name in found else neutral(name, tuple(blank.shape))
        if value is None:
            raise _unlike(folder, f"no {name}")
        if _sides(value.shape) != _sides(blank.shape):
            raise _unlike(folder, f"{name} of shape {value.shape} for {tuple(blank.shape)}")
        state[name] = torch.from_numpy(np.ascontiguousarray(value)).reshape(blank.shape)
    model.load_state_dict(state)
    return model.eval().requires_grad_(False)


def _sides(shape: Sequence[int]) -> list[int]:
    """Without axes of length 1, which the converter adds for broadcasting."""
    return [side for side in shape if side != 1]


def _unlike(folder: Path, what: str) -> TrainingError:
    return TrainingError(
        str(folder),
        "must hold all of the painter's networks",
        got=what,
        next_step="Export the weights again: kinema export. Without --gpu they may still paint.",
    )


def _halve(*parts: nn.Module) -> None:
    """Matrices and kernels as autocast would cast them at every call, and norms, whose fused kernel wants weights of
    its input's kind; other gains, tables and buffers stay in float32."""
    for part in parts:
        for module in part.modules():
            if isinstance(module, nn.Linear | nn.Conv3d | nn.RMSNorm):
                module.to(torch.bfloat16)
