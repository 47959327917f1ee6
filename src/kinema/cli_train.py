"""`kinema train`: from a data set to checkpoints. Thin, as `cli` is; importing it imports no torch."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kinema.diffusion.training.courses import Stint

train = typer.Typer(help="Teach the networks of the painter. Needs the extra `train`.", no_args_is_help=True)

Data = Annotated[Path, typer.Option("--data", help="Folder of a data set: kinema dataset make.")]
Run = Annotated[Path, typer.Option("--run", help="Folder of checkpoints; a run that is there goes on.")]
RecipeName = Annotated[str, typer.Option("--recipe", help="smoke, tiny, cpu, small, base or large.")]
Device = Annotated[str, typer.Option("--device", help="cpu or cuda.")]
Until = Annotated[
    int | None, typer.Option("--until", help="Stop after this step; the recipe's last by default.")
]
Minutes = Annotated[
    float | None, typer.Option("--minutes", help="Stop after this long, leaving a checkpoint.")
]
Threads = Annotated[int | None, typer.Option("--threads", help="Of the CPU; all by default.")]


@train.command("vae")
def train_vae(
    data: Data,
    run: Run,
    recipe: RecipeName = "cpu",
    device: Device = "cpu",
    until: Until = None,
    minutes: Minutes = None,
    threads: Threads = None,
) -> None:
    """Course one: the autoencoder."""
    from kinema.diffusion.training import courses

    courses.autoencoder(recipe, data, run, _stint(device, until, minutes, threads))


def _stint(device: str, until: int | None, minutes: float | None, threads: int | None) -> Stint:
    from kinema.diffusion.training.courses import Stint

    return Stint(device=device, until=until, minutes=minutes, threads=threads, report=_say)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
