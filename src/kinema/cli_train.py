"""`kinema train`: from a data set to checkpoints. Thin, as `cli` is; importing it imports no torch."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kinema.diffusion.recipes import Course
    from kinema.diffusion.training.courses import Stint
    from kinema.diffusion.training.recipe import Recipe

train = typer.Typer(
    name="train",
    help="Teach the painter's networks. Needs the extra `train`.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Data = Annotated[
    list[Path], typer.Option("--data", help="Folder of a data set (kinema dataset make); may be repeated.")
]
Run = Annotated[Path, typer.Option("--run", help="Folder of checkpoints; a run that is there goes on.")]
RecipeName = Annotated[str, typer.Option("--recipe", help="smoke, tiny, cpu, small, base or large.")]
Device = Annotated[str, typer.Option("--device", help="cpu or cuda.")]
Until = Annotated[
    int | None, typer.Option("--until", help="Stop after this step; the recipe's last by default.")
]
Steps = Annotated[
    int | None,
    typer.Option("--steps", min=1, help="Make the course this long instead of the recipe's length."),
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
    steps: Steps = None,
    until: Until = None,
    minutes: Minutes = None,
    threads: Threads = None,
) -> None:
    """Course one: the autoencoder."""
    courses = _courses()
    courses.autoencoder(
        _recipe(recipe, "autoencoder", steps), data, run, _stint(device, until, minutes, threads)
    )


Vae = Annotated[Path, typer.Option("--vae", help="Run of the autoencoder.")]


@train.command("dit")
def train_dit(
    data: Data,
    vae: Vae,
    run: Run,
    recipe: RecipeName = "cpu",
    depth: Annotated[
        int | None, typer.Option("--depth", help="Blocks of the transformer, each 32 wider; even.")
    ] = None,
    device: Device = "cpu",
    steps: Steps = None,
    until: Until = None,
    minutes: Minutes = None,
    threads: Threads = None,
) -> None:
    """Course two: stem, encoders and transformer, from latents that are cached in the run of --vae."""
    courses = _courses()
    from kinema.diffusion.recipes import of_depth

    asked = of_depth(_recipe(recipe, "transformer", steps), depth)
    courses.transformer(asked, data, vae, run, _stint(device, until, minutes, threads))


@train.command("distill")
def train_distill(
    data: Data,
    vae: Vae,
    dit: Annotated[Path, typer.Option("--dit", help="Run of the transformer.")],
    run: Run,
    method: Annotated[str, typer.Option(help="flow-map or shortcut.")] = "flow-map",
    recipe: RecipeName = "cpu",
    device: Device = "cpu",
    steps: Steps = None,
    until: Until = None,
    minutes: Minutes = None,
    threads: Threads = None,
) -> None:
    """Course three: jumps, so that one to four steps are enough."""
    courses = _courses()
    asked, stint = _recipe(recipe, "distill", steps), _stint(device, until, minutes, threads)
    courses.distill(asked, data, vae, dit, run, stint, method=method)


@train.command("decoder")
def train_decoder(
    data: Data,
    vae: Vae,
    dit: Annotated[Path, typer.Option("--dit", help="Run of the transformer, or of its flow map.")],
    run: Run,
    recipe: RecipeName = "cpu",
    device: Device = "cpu",
    steps: Steps = None,
    until: Until = None,
    minutes: Minutes = None,
    threads: Threads = None,
) -> None:
    """Course four: the decoder, on what the transformer paints. Export it in the place of --vae."""
    courses = _courses()
    asked, stint = _recipe(recipe, "decoder", steps), _stint(device, until, minutes, threads)
    courses.decoder(asked, data, vae, dit, run, stint)


@train.command("take-over")
def take_over(
    weights: Annotated[
        Path | None, typer.Argument(help="Folder of weights; kinema's own by default.")
    ] = None,
    vae: Annotated[Path, typer.Option("--vae", help="New run of the autoencoder.")] = Path("runs/vae"),
    dit: Annotated[Path, typer.Option("--dit", help="New run of the transformer.")] = Path("runs/dit"),
) -> None:
    """Turn exported weights back into runs, to train them further."""
    _courses()
    from kinema.diffusion.manifest import weights_folder
    from kinema.diffusion.training.taking_over import take_over

    take_over(weights or weights_folder(), vae, dit)


def export_weights(
    vae: Vae,
    dit: Annotated[Path, typer.Option("--dit", help="Run of the transformer, or of its flow map.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the weights.")],
) -> None:
    """Turn trained runs into weights that `shoot` paints with; KINEMA_WEIGHTS names their folder."""
    from kinema.diffusion.training.courses import exported

    print(f"weights   {exported(vae, dit, output)}")


def _courses() -> ModuleType:
    """The courses, with torch told first that its threads are to sleep while they wait: OpenMP reads that when it is
    loaded. Threads that spin made a step on a machine shared with other work last 8 to 27 s instead of 1.2 s."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("GOMP_SPINCOUNT", "0")
    from kinema.diffusion.training import courses

    return courses


def _recipe(name: str, course: Course, steps: int | None) -> Recipe:
    from kinema.diffusion.recipes import of_length, recipe_named

    return of_length(recipe_named(name), course, steps)


def _stint(device: str, until: int | None, minutes: float | None, threads: int | None) -> Stint:
    from kinema.diffusion.training.courses import Stint

    return Stint(device=device, until=until, minutes=minutes, threads=threads, report=_say)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
