"""What is known of a file that a shot uses: where it came from, under which licence, and whom it shows."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from kinema.shot.part import Part

Person = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,120}$", strip_whitespace=True)]
"""A real person, by the name that stands in their consent receipt."""


class Asset(Part):
    """A mesh, HDRI or picture of others' making. `kinema licences` lists them; policy reads them before any work."""

    source: str = Field(default="", max_length=400)
    """Where it came from: an address, a vendor and order number, or who made it."""
    licence: str = Field(default="", max_length=200)
    """An SPDX expression (`CC-BY-4.0`, `MIT OR Apache-2.0`), or `contract:` and the number of the contract."""
    sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    """Of the file, if it must be this file and no other."""
    likeness: tuple[Person, ...] = Field(default=(), max_length=64)
    """Real persons it shows: each needs a consent receipt."""
    training: Literal["allowed", "constrained", "notAllowed"] = "constrained"
    """Whether models may be trained on it (`cawg.training-mining`); constrained = ask the licensor."""
