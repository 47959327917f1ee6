"""Presence: every piece of every body is seen in every frame, or it is known why not."""

from __future__ import annotations

from collections import Counter

from kinema.physics.tape import Tape
from kinema.verify.drawn import Drawn
from kinema.verify.finding import at_most
from kinema.verify.report import Finding

_NAMED = 5


def check(tape: Tape, drawn: Drawn) -> list[Finding]:
    """Count pieces in frames that neither show nor have a reason not to."""
    pieces, bodies = range(len(tape.geometry.piece_body)), tape.geometry.bodies
    reasons: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    where: dict[str, int] = {}
    for facts in drawn.frames:
        for piece in pieces:
            reason = "seen" if facts.pixels.get(piece, 0) > 0 else facts.absent.get(piece, "missing")
            reasons[reason] += 1
            if reason == "missing":
                name = bodies[tape.geometry.piece_body[piece]]
                lost[name] += 1
                where.setdefault(name, facts.index)
    told = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    named = "; ".join(
        f"{name} from frame {where[name]} on, {n} times" for name, n in lost.most_common(_NAMED)
    )
    return [
        at_most(
            "presence",
            "every piece in every frame",
            "must be seen, outside the view, behind something nearer, or smaller than the pixels",
            reasons["missing"],
            0,
            unit="missing",
            detail=f"Over {len(drawn.frames)} frames: {told}." + (f" Missing: {named}." if named else ""),
            not_covered="Slivers between pixel centres; what is behind clear glass counts as hidden.",
            remedy="The renderer lost matter: compare with the other quality.",
        )
    ]
