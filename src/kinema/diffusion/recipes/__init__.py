"""Recipes: one function each, whole and frozen. A number that matters stands in one of these files."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches

from kinema.diffusion.recipes.base import base
from kinema.diffusion.recipes.cpu import cpu
from kinema.diffusion.recipes.large import large
from kinema.diffusion.recipes.small import small
from kinema.diffusion.recipes.smoke import smoke
from kinema.diffusion.recipes.tiny import tiny
from kinema.diffusion.training.recipe import Recipe
from kinema.errors import UsageError

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
