"""How the transformer's loss falls with its size, its data and its arithmetic: what larger recipes are planned by.

    kinema dataset make -o data --worlds 80 --held-out 14 --seed 11 --size 192x128 --frames 17 --styles all
    kinema train take-over --vae runs/vae --dit runs/dit        # or a `kinema train vae` of one's own
    python benchmarks/scaling.py --data data --vae runs/vae [--depths 2 4 6] [--also runs/dit] [--device cuda]

One recipe, one rate that is held, one order of clips; depths differ. The loss is course two's, of the averaged weights,
on held-out phenomena with the same noise and times for all. Operations are counted, not estimated. `--also` judges a
finished run of course two beside them, and lets it count in the law: short runs alone do not tell what loss stays.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

from kinema.diffusion.grid import Grid
from kinema.diffusion.model.autoencoder import Autoencoder
from kinema.diffusion.model.network import PainterNetwork
from kinema.diffusion.recipes import recipe_named
from kinema.diffusion.recipes.budgets import paced
from kinema.diffusion.sizes import ModelSizes
from kinema.diffusion.training import checkpoint
from kinema.diffusion.training.courses import Stint, latents_of, trained_network
from kinema.diffusion.training.latents import Latents
from kinema.diffusion.training.loop import Run
from kinema.diffusion.training.recipe import TransformerRecipe
from kinema.diffusion.training.train_transformer import TransformerCourse
from page import table
from scaling_proof.fit import Law, fitted

RESULTS = Path(__file__).parent / "results" / "scaling.json"
LOOKS = 8
"""Times that a run's loss is taken, evenly after its first eighth."""
JUDGED = 6
"""Batches of 16 held-out clips."""
PLANS = {
    "small": Grid(frames=17, height=128, width=192),
    "base": Grid(frames=49, height=256, width=256),
    "large": Grid(frames=97, height=512, width=512),
}
"""Recipes, and the clips they are meant for."""


def parameters(network: PainterNetwork) -> int:
    """That multiply something: tables are looked up."""
    return sum(value.numel() for name, value in network.named_parameters() if "table" not in name.split("."))


@torch.no_grad()
def judged(
    network: torch.nn.Module, asked: TransformerRecipe, held_out: Latents, frozen: Autoencoder
) -> float:
    """Held-out loss of these weights, by the same batches, noise and times for all."""
    assert isinstance(network, PainterNetwork)
    judge = TransformerCourse(asked, [held_out], held_out, frozen, seed=0, device=frozen.shift.device)
    judge.model = network
    draws = (torch.Generator().manual_seed(seed) for seed in range(JUDGED))
    return float(np.mean([float(judge.losses(draw, 16)["loss"]) for draw in draws]))


def trained(args: argparse.Namespace, depth: int, data: Any) -> Iterator[dict[str, Any]]:
    """Rows of one depth."""
    latents, held_out, frozen = data
    recipe = recipe_named("small")
    sizes = ModelSizes(depth=depth, window=2, text_depth=2)
    optimisation = replace(
        paced(args.steps, args.batch, 2e-3),
        cooldown=0.0,
        picture_every=args.steps + 1,
        save_every=args.steps + 1,
    )
    asked = replace(recipe.transformer, sizes=sizes, optimisation=optimisation)
    course = TransformerCourse(asked, latents, held_out, frozen, seed=0, device=frozen.shift.device)
    with TemporaryDirectory() as folder:
        about = {"course": "transformer", "recipe": "small", "sizes": {}}
        run = Run(course, optimisation, Path(folder), seed=0, precision=recipe.precision, about=about)
        work, count = run.work(), parameters(course.model)
        tokens = args.batch * latents[0].tokens
        looks = {round(args.steps * (k + 1) / LOOKS) for k in range(LOOKS)}
        while run.step < args.steps:
            run.take_step()
            if run.step in looks:
                row = {
                    "depth": depth,
                    "parameters": count,
                    "steps": run.step,
                    "tokens": run.step * tokens,
                    "PFLOP": run.step * work / 1e15,
                    "loss": judged(run.averaged, asked, held_out, frozen),
                }
                print(row, flush=True)
                yield row


def finished(folder: Path, data: Any) -> dict[str, Any]:
    """A row of a run that is there. Of its own data and rate, which cooled down; its operations by 6 N D."""
    _, held_out, frozen = data
    state = checkpoint.state_of(checkpoint.required(folder))
    network = trained_network(folder).to(frozen.shift.device)
    asked = replace(recipe_named(state["recipe"]).transformer, sizes=network.sizes)
    count, tokens = parameters(network), state["step"] * asked.optimisation.batch * held_out.tokens
    return {
        "depth": network.sizes.depth,
        "parameters": count,
        "steps": state["step"],
        "tokens": tokens,
        "PFLOP": 6 * count * tokens / 1e15,
        "loss": judged(network, asked, held_out, frozen),
    }


def law_rows(law: Law, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The fit, in one row."""
    return [
        {
            "E": law.floor,
            "A": law.of_parameters,
            "a": law.parameter_power,
            "B": law.of_tokens,
            "b": law.token_power,
            "relative error": law.error,
            "points": len(rows),
        }
    ]


def plan_rows(law: Law) -> list[dict[str, Any]]:
    """What the law says of recipes: loss as planned, and what so much arithmetic would be best spent on."""
    found = []
    for name, grid in PLANS.items():
        recipe = recipe_named(name).transformer
        tokens = recipe.optimisation.steps * recipe.optimisation.batch * grid.tokens
        with torch.device("meta"):
            count = parameters(PainterNetwork(recipe.sizes))
        best = law.best_size(6 * count * tokens)
        found.append(
            {
                "recipe": name,
                "depth": recipe.sizes.depth,
                "parameters": count,
                "tokens": tokens,
                "EFLOP": 6 * count * tokens / 1e18,
                "loss by the law": law.loss(count, tokens),
                "best parameters": best,
                "loss at best": law.loss(best, count * tokens / best),
            }
        )
    return found


def main() -> None:
    """Train, fit, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, action="append", required=True)
    parser.add_argument("--vae", type=Path, required=True)
    parser.add_argument("--also", type=Path, action="append", default=[], help="a finished run")
    parser.add_argument("--depths", type=int, nargs="+", default=[2, 4, 6])
    parser.add_argument("--steps", type=int, default=240)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    stint = Stint(device=args.device, until=None, minutes=None, threads=args.threads, report=print)
    data = latents_of(args.data, args.vae, stint, stint.prepare())
    rows = [row for depth in args.depths for row in trained(args, depth, data)]
    rows += [finished(run, data) for run in args.also]
    late = [row for row in rows if row["steps"] > args.steps / LOOKS]
    columns = (np.array([float(row[name]) for row in late]) for name in ("parameters", "tokens", "loss"))
    law = fitted(*columns)
    tables = {"Runs": rows, "The law": law_rows(law, late), "What it says of the recipes": plan_rows(law)}
    RESULTS.write_text(json.dumps({"tables": tables}, indent=2) + "\n", "utf-8")
    for title, found in tables.items():
        print(f"\n{title}\n{table(found)}")


if __name__ == "__main__":
    main()
