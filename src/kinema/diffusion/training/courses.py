"""Runs, put together: recipe, data, course, loop. What the command line calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from kinema.diffusion.dataset.reader import Clips
from kinema.diffusion.recipes import recipe_named
from kinema.diffusion.training.loop import Run
from kinema.diffusion.training.train_autoencoder import AutoencoderCourse, latent_statistics
from kinema.errors import MachineError


@dataclass(frozen=True, kw_only=True)
class Stint:
    """Where and how long to work on a run."""

    device: str
    until: int | None
    """Step to stop after."""
    minutes: float | None
    threads: int | None
    report: Callable[[str], None]

    def prepare(self) -> torch.device:
        """The device, with torch set up for it. Raises `MachineError` if it is not there."""
        if self.device.startswith("cuda") and not torch.cuda.is_available():
            raise MachineError("--device", "must be there", got=self.device, next_step="Use --device cpu.")
        if self.threads:
            torch.set_num_threads(self.threads)
        # On CPUs oneDNN's float32 kernels are twice as fast as the default ones, and as exact (measured).
        torch.set_float32_matmul_precision("medium" if self.device == "cpu" else "high")
        return torch.device(self.device)

    def work(self, run: Run) -> None:
        """As long as asked for."""
        seconds = 60 * self.minutes if self.minutes else None
        run.advance(until=self.until, seconds=seconds, report=self.report)


def autoencoder(recipe_name: str, data: Path, folder: Path, stint: Stint) -> Run:
    """Course one, up to the last step; then latents are measured and whitened."""
    device, recipe = stint.prepare(), recipe_named(recipe_name)
    clips, held_out = Clips(data, "train"), Clips(data, "held_out")
    course = AutoencoderCourse(recipe.autoencoder, clips, held_out or clips, seed=recipe.seed, device=device)
    about = {"course": "autoencoder", "recipe": recipe.name, "sizes": asdict(recipe.autoencoder.sizes)}
    run = Run(
        course,
        recipe.autoencoder.optimisation,
        folder,
        seed=recipe.seed,
        precision=recipe.precision,
        about={**about, "data": clips.format, "clips": len(clips)},
    )
    stint.work(run)
    for network in (run.model, run.averaged):
        network.whiten(*latent_statistics(network, clips, recipe.autoencoder.grid))
    run.save()
    return run
