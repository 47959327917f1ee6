"""`kinema dataset`: make, count and verify data for the diffusion transformer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kinema.cli_options import Json, print_json
from kinema.errors import UsageError

dataset = typer.Typer(
    name="dataset",
    help="Data for the diffusion transformer: make it, count it, verify it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Folder = Annotated[Path, typer.Argument(help="Folder of the data set.")]


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
    shard: Annotated[int, typer.Option(help="Worlds of a file; fewer keep many processes busier.")] = 16,
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
        ("--seed", seed),
    ):
        _count(option, value)
    _count("--shard", shard, least=1)
    _count("--workers", workers, least=1)
    order = Order(
        format=Format(width, height, frames, _styles(styles)),
        worlds={"train": worlds, "held_out": held_out, "out_of_distribution": out_of_distribution},
        seed=seed,
        shard=shard,
    )
    shards = make_dataset(order, output, workers=workers, progress=for_this_terminal())
    print(f"data set  {output}  ({len(shards)} shards)")


@dataset.command()
def stats(folder: Folder, as_json: Json = False) -> None:
    """Count clips by split, phenomenon and style."""
    from kinema.diffusion.dataset.stats import stats_of

    found = stats_of(folder)
    if as_json:
        print_json(found.as_dict())
        return
    width, height = found.size
    pace = f", {found.clips_per_hour:.0f} clips an hour" if found.clips_per_hour else ""
    print(f"{found.clips} clips of {found.worlds} worlds, {found.frames} frames of {width}x{height}{pace}")
    print(f"{found.bytes / 2**20:.1f} MiB, {found.bytes / max(found.clips, 1) / 1024:.0f} KiB a clip")
    for split, phenomena in found.phenomena.items():
        listed = ", ".join(f"{name} {count}" for name, count in phenomena.items())
        print(f"{split:20} {found.splits[split]:7} clips   worlds: {listed or 'none'}")
    print(f"{'styles':20} {', '.join(f'{name} {count}' for name, count in found.styles.items())}")


@dataset.command()
def verify(
    folder: Folder,
    worlds: Annotated[int, typer.Option(help="Worlds of each split to make again.")] = 4,
    seed: Annotated[int, typer.Option(help="Which worlds.")] = 0,
    as_json: Json = False,
) -> None:
    """Make sampled worlds again from their seeds and compare every byte."""
    from dataclasses import asdict

    from kinema.diffusion.dataset.verify import verify_dataset
    from kinema.progress import for_this_terminal

    _count("--worlds", worlds, least=1)
    _count("--seed", seed)
    with for_this_terminal().stage("verify", "world") as report:
        found = verify_dataset(folder, worlds=worlds, seed=seed, report=report)
    wrong = [clip for clip in found if clip.wrong]
    if as_json:
        print_json([asdict(clip) for clip in found])
    else:
        for clip in wrong:
            print(
                f"WRONG  {clip.split} {clip.index} {clip.style} (seed {clip.seed}): {'; '.join(clip.wrong)}"
            )
        print(f"{len(found) - len(wrong)} of {len(found)} clips are what their seeds give")
    raise typer.Exit(3 if wrong else 0)


def _count(option: str, value: int, *, least: int = 0) -> None:
    if not least <= value < 10_000_000:
        raise UsageError(
            option, f"must be from {least} to below ten million", got=value, next_step=f"E.g. {max(least, 4)}"
        )


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
