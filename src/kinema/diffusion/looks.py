"""Looks that are painted by the network, beside the grades of `media.look`."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Final

from kinema.diffusion.open_weights.options import PREFIX, is_open, model_of
from kinema.diffusion.styles import NAMES, style_named
from kinema.errors import UsageError
from kinema.media.look import looks as grades

DREAM: Final = "dream"
"""Words, and pictures if given: no control, no scene. What the network imagines, not what was simulated."""


def painted_looks() -> dict[str, str]:
    """Name and title of each. A look that is a grade too, such as noir, is painted as `painted-noir`."""
    styles = {look_of(name): style_named(name).title for name in NAMES}
    return styles | {DREAM: "Dreamt from words, and from pictures if given: nothing in it is simulated"}


def look_of(style: str) -> str:
    """What to ask for to get a style painted."""
    return f"painted-{style}" if style in grades() else style


def style_of(look: str) -> str:
    """The style of a painted look; dreams are asked for in the first one."""
    return NAMES[0] if look == DREAM else look.removeprefix("painted-")


def is_look(text: str) -> bool:
    """Whether it is the name of a grade or of a painted look, or asks for open weights; else it may be words."""
    return is_open(text) or text in (*grades(), *painted_looks())


def refuse_unknown(look: str) -> None:
    """Raise `UsageError` for a look that is neither a grade nor painted, nor names open weights."""
    if is_open(look):
        model_of(look)
    if is_look(look):
        return
    known = (*grades(), *painted_looks())
    near = get_close_matches(look, known, n=1)
    raise UsageError(
        "look",
        f"must be one of {', '.join(known)}, or {PREFIX} and a folder or model id",
        got=repr(look),
        next_step=f"Did you mean {near[0]}?" if near else "Choose one of them.",
    )
