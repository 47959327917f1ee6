"""Exported weights as runs again: so that what ships can be trained further, without the checkpoints it came from.

Half floats, as they ship. The optimisers' state is not among them, so their moments start from nothing.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch import nn

from kinema.diffusion.manifest import read_manifest
from kinema.diffusion.sizes import AutoencoderSizes, ModelSizes
from kinema.diffusion.torch_network import restored
from kinema.diffusion.training import checkpoint
from kinema.diffusion.training.journal import Journal
from kinema.errors import TrainingError


def take_over(weights: Path, autoencoder_run: Path, network_run: Path) -> None:
    """Write two runs of one checkpoint each. Raises `TrainingError` where there are runs already, and for weights that
    are not whole."""
    for run in (autoencoder_run, network_run):
        if checkpoint.newest(run) is not None:
            raise TrainingError(
                str(run), "must hold no run yet", got="checkpoints", next_step="Choose another folder."
            )
    manifest = read_manifest(weights)
    autoencoder, network = restored(weights)
    said = {name: manifest[name] for name in ("recipe", "seed")}
    drawn, steps = manifest["autoencoder"], manifest["transformer"]
    _write(autoencoder_run, autoencoder, autoencoder.sizes, drawn, said | {"course": "autoencoder"})
    told = {name: manifest[name] for name in ("course", "styles", "grid")}
    _write(network_run, network, network.sizes, steps, said | told | {"latents": autoencoder.identity()})


def _write(
    run: Path,
    model: nn.Module,
    sizes: AutoencoderSizes | ModelSizes,
    history: dict[str, float],
    about: dict[str, Any],
) -> None:
    """A checkpoint whose network is its own average, and the one line that is known of its journal."""
    state = model.state_dict()
    # Copies, since a file of safetensors holds no tensor twice.
    tensors = {f"{of}.{name}": value.clone() for of in ("model", "averaged") for name, value in state.items()}
    step = int(history["step"])
    checkpoint.save(run, step, tensors, about | {"sizes": asdict(sizes)})
    Journal(run).write(step, {name: value for name, value in history.items() if name != "step"})
