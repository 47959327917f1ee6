"""Finite: no pixel and no pose is infinite or not a number."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from kinema.physics.tape import Tape
from kinema.verify.drawn import Drawn
from kinema.verify.finding import at_most
from kinema.verify.report import Finding


def check_tape(tape: Tape) -> list[Finding]:
    """All arrays of the tape."""
    bad: dict[str, int] = {}
    for group in (tape, tape.contacts, tape.cracks, tape.ledger):
        for field in fields(group):
            values = getattr(group, field.name)
            if isinstance(values, np.ndarray) and values.dtype.kind == "f" and not np.isfinite(values).all():
                bad[field.name] = int((~np.isfinite(values)).sum())
    return [
        at_most(
            "finite",
            "the tape",
            "every pose, velocity, contact and energy must be a number",
            sum(bad.values()),
            0,
            unit="values",
            detail=", ".join(f"{count} in {name}" for name, count in bad.items()) or "All are.",
            remedy="Look for bodies that overlap at rest, or for masses very far apart.",
        )
    ]


def check_frames(drawn: Drawn) -> list[Finding]:
    """Colour and all passes of all frames."""
    bad = [facts for facts in drawn.frames if not facts.finite >= 1]
    worst = min(drawn.frames, key=lambda facts: facts.finite, default=None)
    share = 1.0 if worst is None else 1 - worst.finite  # no frame at all is not a good frame
    return [
        at_most(
            "finite",
            "colour and passes",
            "every pixel of every frame must be a number",
            share,
            0.0,
            unit="of the worst frame's pixels",
            detail=f"{len(bad)} of {len(drawn.frames)} frames are not"
            + (f"; worst is frame {worst.index}." if bad and worst else "."),
            remedy="A renderer divided by nothing: draw those frames again and report the shot.",
        )
    ]
