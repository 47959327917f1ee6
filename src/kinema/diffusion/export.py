"""From a trained run to what ships: OpenVINO graphs of one streaming step each, hashed and described.

weights/
  encoder_first, encoder_next      pixels (and what was carried) → latent frame (and what to carry)
  decoder_first, decoder_next      latent frame (and what was carried) → features, pixels (and what to carry)
  shader                           features, pixels, control and style of one frame → its pixels
  stem_first, stem_next            control → condition: of the first frame, of eight
  reader                           style, scene rows and words → keys and values of every block; no_control, no_text
  step                             one latent frame through the transformer, in a style
  weights.json                     SHA-256 of each file, sizes, recipes, seeds, how training went

Weights are half floats, which a bfloat16 CPU loses nothing by. Shapes of pictures stay open until `network` fits them.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from kinema.diffusion.manifest import SCHEMA, hash_of
from kinema.diffusion.model.attention import Layout
from kinema.diffusion.model.autoencoder import Autoencoder, Scene
from kinema.diffusion.model.block import KeyValue
from kinema.diffusion.model.causal import Tails
from kinema.diffusion.model.network import PainterNetwork
from kinema.diffusion.sizes import CONTROL, HEAD, LATENT, SCENE_NUMBERS, SCENE_ROWS, WORDS

ROWS, COLUMNS = 2, 3
"""Of the example that graphs are traced with; other sizes are fitted later."""


def export(autoencoder: Autoencoder, network: PainterNetwork, folder: Path, card: dict[str, Any]) -> Path:
    """Write the graphs and `weights.json`, last. `card`: what the weights are, for people and for the record."""
    # The converter would report its use to its maker, unasked; without that package it does not. Nothing leaves here.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "weights.json").unlink(missing_ok=True)
    autoencoder, network = autoencoder.cpu().float().eval(), network.cpu().float().eval()
    for name, (graph, example) in _graphs(autoencoder, network).items():
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # tracing warns of every shape that is read
            model = openvino.convert_model(graph.eval(), example_input=example)
        openvino.save_model(model, folder / f"{name}.xml", compress_to_fp16=True)
    files = sorted(path for path in folder.iterdir() if path.suffix in (".xml", ".bin"))
    sizes = network.sizes
    described = {
        "schema": SCHEMA,
        "depth": sizes.depth,
        "heads": sizes.heads,
        "window": sizes.window,
        **card,
        "files": {path.name: hash_of(path) for path in files},
    }
    (folder / "weights.json").write_text(json.dumps(described, indent=2) + "\n", "utf-8")
    return folder / "weights.json"


def _graphs(
    autoencoder: Autoencoder, network: PainterNetwork
) -> dict[str, tuple[nn.Module, tuple[Tensor, ...]]]:
    """Every graph, with an example of its inputs."""
    latent = torch.randn(1, LATENT, 1, ROWS, COLUMNS)
    control = torch.randn(1, CONTROL, 1, 16 * ROWS, 16 * COLUMNS)
    eight = control.expand(-1, -1, 8, -1, -1).contiguous()
    with torch.no_grad():
        decoder = _Decoder(autoencoder)
        features, drawn, *decoded = decoder(latent)
        condition = network.stem(control)
        encoder, rgb = _Encoder(autoencoder, first=True), drawn.expand(-1, -1, 8, -1, -1).contiguous()
        encoded = encoder(drawn)[1:]
    style = torch.zeros(1, dtype=torch.long)
    scene = torch.randn(1, SCENE_ROWS, SCENE_NUMBERS)
    kinds = torch.zeros(1, SCENE_ROWS, dtype=torch.long)
    words = torch.ones(1, WORDS, dtype=torch.long)
    return {
        "encoder_first": (encoder, (drawn,)),
        "encoder_next": (_Encoder(autoencoder, first=False), (rgb, *encoded)),
        "decoder_first": (decoder, (latent,)),
        "decoder_next": (decoder, (latent, *decoded)),
        "shader": (
            _Shader(autoencoder),
            (features, drawn, *Scene.of(control, style)),
        ),
        "stem_first": (network.stem, (control,)),
        "stem_next": (network.stem, (eight,)),
        "reader": (_Reader(network), (style, scene, kinds, words, torch.zeros(1))),
        "step": (_Step(network), _step_example(network, latent, condition)),
    }


def _step_example(network: PainterNetwork, latent: Tensor, condition: Tensor) -> tuple[Tensor, ...]:
    sizes = network.sizes
    memory = torch.randn(sizes.depth, 1, sizes.heads, sizes.window, ROWS * COLUMNS, HEAD)
    context = torch.randn(sizes.depth, 1, sizes.heads, 1, SCENE_ROWS + WORDS, HEAD)
    time = torch.ones(1, 1)
    rows, columns = torch.arange(ROWS).float(), torch.arange(COLUMNS).float()
    seen = torch.ones(sizes.window + 1)
    style = torch.zeros(1, dtype=torch.long)
    return (latent, condition, time, time, style, context, context, memory, memory, seen, rows, columns)


class _Encoder(nn.Module):
    """Pixels and tails → latent frame and tails. A linear encoder carries none, so `first` must be said."""

    def __init__(self, autoencoder: Autoencoder, *, first: bool) -> None:
        super().__init__()
        self.autoencoder, self.first = autoencoder, first

    def forward(self, rgb: Tensor, *before: Tensor) -> tuple[Tensor, ...]:
        """The first frame alone, or the next eight."""
        tails = Tails(None if self.first else before)
        return self.autoencoder.encode_chunk(rgb, tails), *tails.after


class _Decoder(nn.Module):
    """Latent frame and tails → features, pixels as far as the latents alone go, and tails."""

    def __init__(self, autoencoder: Autoencoder) -> None:
        super().__init__()
        self.autoencoder = autoencoder

    def forward(self, latent: Tensor, *before: Tensor) -> tuple[Tensor, ...]:
        """Without tails: the first."""
        tails = Tails(before or None)
        return *self.autoencoder.drawn(self.autoencoder.coloured(latent), tails), *tails.after


class _Shader(nn.Module):
    """Features, pixels and control of one frame, whether there is a control (1 or 0), number of the style → pixels."""

    def __init__(self, autoencoder: Autoencoder) -> None:
        super().__init__()
        self.autoencoder = autoencoder

    def forward(
        self, features: Tensor, drawn: Tensor, control: Tensor, given: Tensor, style: Tensor
    ) -> Tensor:
        """One frame at a time: at half the resolution, eight would take eight times the memory."""
        return self.autoencoder.shaded(features, drawn, Scene(control, given, style))


class _Reader(nn.Module):
    """Style, scene, kinds, words, and whether there are no words (1 or 0) → keys, values, and the absent control."""

    def __init__(self, network: PainterNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(
        self, style: Tensor, scene: Tensor, kinds: Tensor, words: Tensor, silent: Tensor
    ) -> tuple[Tensor, ...]:
        """Keys and values: block batch head 1 token 64."""
        network = self.network
        text = silent * network.no_text + (1 - silent) * network.text(words)
        memories = network.transformer.context(style, network.scene(scene, kinds), text)
        return (*_stacked(memories), network.no_control * torch.ones_like(silent))


class _Step(nn.Module):
    """`Transformer.walk` for one latent frame, its memories as two arrays."""

    def __init__(self, network: PainterNetwork) -> None:
        super().__init__()
        self.transformer = network.transformer

    def forward(
        self,
        noisy: Tensor,
        condition: Tensor,
        time: Tensor,
        span: Tensor,
        style: Tensor,
        context_key: Tensor,
        context_value: Tensor,
        past_key: Tensor,
        past_value: Tensor,
        seen: Tensor,
        rows: Tensor,
        columns: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Clean, key, value. `seen`: 1 for filled slots, the frame's own last."""
        clean, memories = self.transformer.walk(
            noisy,
            condition,
            time,
            span,
            style,
            _unstacked(context_key, context_value),
            _unstacked(past_key, past_value),
            Layout.streamed(seen > 0.5),
            rows,
            columns,
        )
        return clean, *_stacked(memories)


def _stacked(memories: Sequence[KeyValue]) -> tuple[Tensor, Tensor]:
    return torch.stack([m.key for m in memories]), torch.stack([m.value for m in memories])


def _unstacked(keys: Tensor, values: Tensor) -> list[KeyValue]:
    return [KeyValue(key, value) for key, value in zip(keys.unbind(0), values.unbind(0), strict=True)]
