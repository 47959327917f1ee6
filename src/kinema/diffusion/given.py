"""`Given`: what the user gives a dream to start from, as it is said. Files are read by `plates`.

One rule covers the six uses: pictures have a place in the clip, and a strength says how far they may change there.

| use | said |
|---|---|
| image to video | a picture at 0 |
| extend forwards, backwards | a clip at 0, at -1 |
| connect | a picture or clip at 0, another at -1 |
| loop | `loop`, with or without a picture |
| edit (SDEdit) | a clip, and a strength between 0 and 1 |
| inpaint | a clip, and a mask: white is dreamt anew, black stays |
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kinema.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A picture or clip, and where it lies."""

    file: str
    at: int = 0
    """Frame of the clip that its first frame is; negative ones count from the end, and its last frame is there."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """What a dream starts from; nothing by default."""

    pictures: tuple[Placed, ...] = ()
    """Later ones lie over earlier ones."""
    strength: float = 0.0
    """How far what is given may change where no mask keeps it: 0 not at all, 1 it is forgotten."""
    mask: str | None = None
    """A picture: white is dreamt anew, black stays. None = `strength` holds everywhere."""
    loop: bool = False
    """Whether the first frame follows the last."""

    def __post_init__(self) -> None:
        """Raises `UsageError` for what contradicts itself."""
        if not 0 <= self.strength <= 1:
            raise UsageError("--strength", "must be from 0 to 1", got=self.strength, next_step="E.g. 0.6")
        if self.mask is not None and not self.strength:
            raise UsageError(
                "--mask", "needs a --strength above 0", got="0", next_step="Leave --strength out, which is 1."
            )
        if not self.pictures and (self.mask is not None or self.strength):
            raise UsageError(
                "--mask and --strength",
                "must be said with --given",
                got="nothing given",
                next_step="Say --given CLIP.",
            )


def read_given(
    places: Sequence[str], *, strength: float | None = None, mask: str | None = None, loop: bool = False
) -> Given:
    """Of the command line: `FILE` or `FRAME:FILE`. Without a strength, what is given stays; under a mask, what the
    mask does not keep is forgotten. Raises `UsageError`."""
    if strength is None:
        strength = 0.0 if mask is None else 1.0
    return Given(pictures=tuple(map(_placed, places)), strength=strength, mask=mask, loop=loop)


def _placed(text: str) -> Placed:
    """A colon in a name needs `0:` before it."""
    at, name = "0", text
    if found := re.fullmatch(r"(-?\d+):(.*)", text, re.DOTALL):
        at, name = found.groups()
    if not name or len(at) > 9:
        raise UsageError(
            "--given", "must be FILE or FRAME:FILE", got=repr(text), next_step="E.g. --given -1:last.png"
        )
    return Placed(file=name, at=int(at))
