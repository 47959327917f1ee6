"""Recipes by name: each a function that returns it whole and frozen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from difflib import get_close_matches
from typing import Literal

from kinema.diffusion.recipes.budgets import base, cpu, large, paced, small, smoke, tiny
from kinema.diffusion.training.recipe import Recipe
from kinema.errors import UsageError

Course = Literal["autoencoder", "transformer", "distill", "decoder"]
_RECIPES: dict[str, Callable[[], Recipe]] = {r.__name__: r for r in (smoke, tiny, cpu, small, base, large)}


def recipes() -> tuple[str, ...]:
    """Their names, smallest first."""
    return tuple(_RECIPES)


def recipe_named(name: str) -> Recipe:
    """The recipe of that name. Raises `UsageError`."""
    if name in _RECIPES:
        return _RECIPES[name]()
    near = get_close_matches(name, _RECIPES, n=1)
    raise UsageError(
        "--recipe",
        f"must be one of {', '.join(_RECIPES)}",
        got=repr(name),
        next_step=f"Did you mean {near[0]}?" if near else "Choose one of them.",
    )


def of_depth(recipe: Recipe, depth: int | None) -> Recipe:
    """The recipe with a transformer of this depth, and so of 32 times this width; None: as it is. Raises
    `UsageError`."""
    if depth is None:
        return recipe
    try:
        sizes = replace(recipe.transformer.sizes, depth=depth)
    except ValueError as error:
        raise UsageError(
            "--depth", "must be even and at least 2", got=depth, next_step="Choose 4, 6, 8 or 12."
        ) from error
    return replace(recipe, transformer=replace(recipe.transformer, sizes=sizes))


def of_length(recipe: Recipe, course: Course, steps: int | None) -> Recipe:
    """The recipe with one of its courses made longer or shorter, paced for that; None: as it is."""
    if steps is None:
        return recipe
    asked = getattr(recipe, course)
    o = asked.optimisation
    return replace(recipe, **{course: replace(asked, optimisation=paced(steps, o.batch, o.learning_rate))})
