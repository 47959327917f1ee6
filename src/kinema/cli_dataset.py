"""`kinema dataset`: make, count and verify data for the diffusion transformer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from kinema.errors import UsageError

dataset = typer.Typer(
    name="dataset",
    help="Data for the diffusion transformer: make it, count it, verify it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Folder = Annotated[Path, typer.Argument(help="Folder of the data set.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]


@dataset.command()
def make(
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the data set.")],
    worlds: Annotated[int, typer.Option(help="Worlds of the training split.")] = 100,
    held_out: Annotated[int, typer.Option(help="Worlds of phenomena that training never shows.")] = 0,
    out_of_distribution: Annotated[
        int, typer.Option(help="Worlds of sizes, speeds and gravities beyond training's.")
    ] = 0,
    size: Annotated[str, typer.Option(help="WIDTHxHEIGHT in pixels, multiples of 16.")] = "96x64",
    frames: Annotated[int, typer.Option(help="Frames of a clip: 1 + 8 k.")] = 17,
    styles: Annotated[str, typer.Option(help="Names of styles, with commas, or all.")] = "painted",
    seed: Annotated[int, typer.Option(help="Seed of the data set.")] = 0,
    workers: Annotated[int, typer.Option(help="Processes.")] = 1,
) -> None:
    """Make a data set, or go on with one: the same command after Ctrl-C makes what is missing."""
    from kinema.diffusion.dataset.clip import Format
    from kinema.diffusion.dataset.make import Order, make_dataset
    from kinema.progress import for_this_terminal

    width, height = _size(size)
    if frames < 1 or frames % 8 != 1:
        raise UsageError("--frames", "must be 1 + 8 k", got=frames, next_step="E.g. 17")
    for option, value in (
        ("--worlds", worlds),
        ("--held-out", held_out),
        ("--out-of-distribution", out_of_distribution),
        ("--workers", workers - 1),
        ("--seed", seed),
    ):
        if not 0 <= value < 10_000_000:
            raise UsageError(option, "must be a count below ten million", got=value, next_step="E.g. 100")
    order = Order(
        format=Format(width, height, frames, _styles(styles)),
        worlds={"train": worlds, "held_out": held_out, "out_of_distribution": out_of_distribution},
        seed=seed,
    )
    shards = make_dataset(order, output, workers=workers, progress=for_this_terminal())
    print(f"data set  {output}  ({len(shards)} shards)")


def _size(text: str) -> tuple[int, int]:
    width, x, height = text.lower().partition("x")
    numbers = [int(v) if v.isdigit() else 0 for v in (width, height)]
    if not x or any(v % 16 or not 16 <= v <= 2048 for v in numbers):
        raise UsageError(
            "--size", "must be WIDTHxHEIGHT, multiples of 16 to 2048", got=repr(text), next_step="E.g. 96x64"
        )
    return numbers[0], numbers[1]


def _styles(text: str) -> tuple[str, ...]:
    from kinema.diffusion.styles import NAMES, style_named

    names = NAMES if text == "all" else tuple(name.strip() for name in text.split(","))
    for name in names:
        style_named(name)
    if len(set(names)) < len(names):
        raise UsageError("--styles", "must name each style once", got=text, next_step="Leave one out.")
    return names


def _print(value: Any) -> None:
    print(json.dumps(value, indent=2))
