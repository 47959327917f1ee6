"""Driven: what is shown was drawn from what was simulated. Of a dream nothing was, whatever its pictures look like."""

from __future__ import annotations

from kinema.diffusion.looks import DREAM
from kinema.shot.shot import Shot
from kinema.verify.drawn import Drawn
from kinema.verify.finding import at_least
from kinema.verify.report import Finding


def check(shot: Shot, drawn: Drawn) -> list[Finding]:
    """Nothing to say of other looks: all of their frames are drawn from the tape. A dream that starts from a clip of
    the same world could pass every other check."""
    if shot.look != DREAM:
        return []
    count = len(drawn.frames)
    rule = "all frames must be drawn from the simulated world"
    return [
        at_least(
            "driven",
            "picture",
            rule,
            0,
            count,
            unit="frames",
            detail="A dream follows its caption and what it is given; the other checks are of the world beside it.",
            remedy="Choose another look for a clip whose physics can be held to account.",
        )
    ]
