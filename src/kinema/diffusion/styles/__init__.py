"""Procedural styles: what the network learns to paint. One file each; `style_named` finds them."""

from __future__ import annotations

from difflib import get_close_matches

from kinema.diffusion.styles.style import Style
from kinema.errors import UsageError

NAMES = ("painted", "watercolour", "ink", "clay", "noir", "thermal", "blueprint", "night", "film")
"""In the order of their numbers in scene tokens: new ones go to the end."""


def style_named(name: str) -> Style:
    """The style of that name. Raises `UsageError`."""
    if name not in NAMES:
        near = get_close_matches(name, NAMES, n=1)
        raise UsageError(
            "style",
            f"must be one of {', '.join(NAMES)}",
            got=repr(name),
            next_step=f"Did you mean {near[0]}?" if near else "Choose one of them.",
        )
    from importlib import import_module

    return import_module(f"kinema.diffusion.styles.{name}").STYLE


__all__ = ["NAMES", "Style", "style_named"]
