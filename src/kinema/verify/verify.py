"""All checks, in order: what happened, then what was seen, then what is delivered."""

from __future__ import annotations

from pathlib import Path

from kinema.physics.tape import Tape
from kinema.shot.shot import Shot
from kinema.verify.checks import clip as clip_check
from kinema.verify.checks import (
    driven,
    energy,
    finite,
    free_flight,
    goals,
    mass,
    momentum,
    outlines,
    penetration,
    presence,
)
from kinema.verify.drawn import Drawn
from kinema.verify.motions import motions_of
from kinema.verify.report import Finding, Report


def verify(shot: Shot, tape: Tape, drawn: Drawn, clip: Path | None) -> Report:
    """Hold tape, frames and clip to physics and to the brief. `clip` None = no clip was encoded."""
    findings = check_motion(shot, tape)
    # 4. What was drawn is what happened.
    findings += finite.check_frames(drawn)
    findings += presence.check(tape, drawn)
    findings += outlines.check(drawn)
    findings += driven.check(shot, drawn)
    # 5. What is delivered is what was drawn.
    if clip is not None:
        findings += clip_check.check(shot, drawn, clip)
    return Report(schema="kinema.report/1", title=shot.title or shot.prompt[:80], findings=tuple(findings))


def check_motion(shot: Shot, tape: Tape) -> list[Finding]:
    """Hold a tape alone to physics and to the brief; nothing needs to be drawn for that."""
    # 1. The tape is numbers. If it is not, nothing else about it can be asked.
    findings = finite.check_tape(tape)
    # 2. What happened is physics.
    if findings[0].verdict == "pass":
        motions = motions_of(shot, tape)
        findings += mass.check(shot, tape)
        findings += energy.check(shot, tape, motions)
        findings += momentum.check(tape, motions)
        findings += free_flight.check(tape, motions)
        findings += penetration.check(tape)
        # 3. What happened is what was asked.
        findings += goals.check(shot, tape)
    return findings
