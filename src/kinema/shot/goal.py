"""What the brief says must be seen to happen; `verify` holds the tape to it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from kinema.shot.part import Name, Part
from kinema.shot.units import PositiveLength, Seconds


class Shatters(Part):
    """The body ends in at least `pieces` pieces."""

    kind: Literal["shatters"] = "shatters"
    body: Name
    pieces: int = Field(default=5, ge=2)


class Survives(Part):
    """The body does not break."""

    kind: Literal["survives"] = "survives"
    body: Name


class Hits(Part):
    """The two touch, before `by` if given (world time)."""

    kind: Literal["hits"] = "hits"
    a: Name
    b: Name
    by: Seconds | None = None


class Topples(Part):
    """The body ends tilted by more than 45 degrees from how it stood."""

    kind: Literal["topples"] = "topples"
    body: Name


class Scatters(Part):
    """Of a stack, a wall or a heap, at least `least` bodies end out of place: moved by more than `moved`, or tilted
    by more than 45 degrees."""

    kind: Literal["scatters"] = "scatters"
    bodies: tuple[Name, ...] = Field(min_length=1, max_length=2000)
    least: int = Field(default=1, ge=1)
    moved: PositiveLength = 0.1


Goal = Annotated[Shatters | Survives | Hits | Topples | Scatters, Field(discriminator="kind")]
