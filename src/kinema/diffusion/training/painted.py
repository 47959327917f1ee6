"""What the transformer paints of the clips it was trained on, beside the pictures they should have been: what the
decoder is finished on. Painted once, as takes are, a latent frame at a time; on disk beside the run's checkpoints.

painted/
  latent.npy    clip 48 t h w, float16, whitened
  painted.json  what painted them, and what they are of; written last, so a folder with it is whole
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from kinema.diffusion.model.identity import digest
from kinema.diffusion.model.network import PainterNetwork, TorchStepper
from kinema.diffusion.schedule import times
from kinema.diffusion.stream import stream
from kinema.diffusion.training.latents import Latents
from kinema.diffusion.training.pixels import mapped

STEPS: Final = 2
"""Network passes a latent frame, as for a draft: more change pictures by less than their error."""
_AT_ONCE: Final = 9
"""Clips painted together."""


@dataclass(frozen=True)
class Painted:
    """A folder of them, of clips of one size, and the clips."""

    latents: Latents
    latent: Float[Tensor, "clip 48 latent_frame latent_row latent_column"]

    def __len__(self) -> int:
        return len(self.latent)


def painted(
    folder: Path, latents: Latents, network: PainterNetwork, seed: int, report: Callable[[str], None]
) -> Painted:
    """The clips of a split, painted now if they are not there."""
    made_from = {"network": digest(network.state_dict()), "clips": len(latents), "seed": seed, "steps": STEPS}
    record, device = folder / "painted.json", latents.mean.device
    if not record.is_file() or json.loads(record.read_text("utf-8")) != made_from:
        folder.mkdir(parents=True, exist_ok=True)
        record.unlink(missing_ok=True)
        report(f"paint {len(latents)} clips")
        array = np.lib.format.open_memmap(
            folder / "latent.npy", mode="w+", dtype=np.float16, shape=tuple(latents.mean.shape)
        )
        for start in range(0, len(latents), _AT_ONCE):
            clips = torch.arange(start, min(start + _AT_ONCE, len(latents)), device=device)
            array[start : start + _AT_ONCE] = _painted(latents, clips, network, seed).cpu()
        record.write_text(json.dumps(made_from, indent=2) + "\n", "utf-8")
    return Painted(latents, mapped(folder / "latent.npy", device))


@torch.no_grad()
def _painted(latents: Latents, clips: Int[Tensor, " batch"], network: PainterNetwork, seed: int) -> Tensor:
    """These clips, with their first captions; noise of the seed and the clips' numbers."""
    conditions = latents.conditions(clips, torch.zeros_like(clips))
    control, scene, text = network.read(conditions)
    stepper = TorchStepper(network.transformer, conditions.style, scene, text)
    rng = np.random.default_rng([seed, int(clips[0])])
    noise = torch.from_numpy(rng.standard_normal(latents.mean[clips].shape, np.float32)).to(control.device)
    frames = stream(stepper, control.split(1, dim=2), noise.split(1, dim=2), times(STEPS), jump=True)
    return torch.cat(list(frames), dim=2)
