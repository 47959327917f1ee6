"""Goals: what the brief says must be seen to happen did happen, within the clip."""

from __future__ import annotations

import numpy as np

from kinema.physics.rotation import conjugate, multiply, rotate
from kinema.physics.tape import Tape
from kinema.shot.goal import Goal, Hits, Scatters, Shatters, Survives, Topples
from kinema.shot.shot import Shot
from kinema.verify.finding import at_least, at_most
from kinema.verify.report import Finding

_TOPPLED = 45.0


def check(shot: Shot, tape: Tape) -> list[Finding]:
    """One finding per goal of the shot."""
    return [_one(goal, tape) for goal in shot.goals]


def _one(goal: Goal, tape: Tape) -> Finding:
    match goal:
        case Shatters():
            return _shatters(goal, tape)
        case Survives():
            return _survives(goal, tape)
        case Hits():
            return _hits(goal, tape)
        case Topples():
            return _topples(goal, tape)
        case Scatters():
            return _scatters(goal, tape)


def clusters_of(tape: Tape, body: str, sample: int) -> int:
    """Number of parts a body is in."""
    mine = _pieces(tape, body)
    return len(np.unique(tape.cluster[sample, mine]))


def _shatters(goal: Shatters, tape: Tape) -> Finding:
    return at_least(
        "goals",
        goal.body,
        f"{goal.body} must end in at least {goal.pieces} pieces",
        clusters_of(tape, goal.body, _last(tape)),
        goal.pieces,
        unit="pieces",
        detail=f"{int(_cracked(tape, goal.body).sum())} of its bonds broke.",
        remedy="Hit it harder (more speed or mass), make it thinner, or of weaker material.",
    )


def _survives(goal: Survives, tape: Tape) -> Finding:
    broken = _cracked(tape, goal.body) & (tape.cracks.time <= _end(tape))
    return at_most(
        "goals",
        goal.body,
        f"{goal.body} must not break",
        int(broken.sum()),
        0,
        unit="broken bonds",
        detail=f"First at {tape.cracks.time[broken].min():.3f} s." if broken.any() else "It is whole.",
        remedy="Hit it less hard, make it thicker, or of stronger material.",
    )


def _hits(goal: Hits, tape: Tape) -> Finding:
    a, b = (np.isin(tape.contacts.piece, _pieces(tape, name)) for name in (goal.a, goal.b))
    touching = (a[:, 0] & b[:, 1]) | (a[:, 1] & b[:, 0])
    deadline = _end(tape) if goal.by is None else min(float(goal.by), _end(tape))
    in_time = touching & (tape.contacts.time <= deadline)
    first = (
        f"First touch at {tape.contacts.time[touching].min():.3f} s."
        if touching.any()
        else "They never touch."
    )
    return at_least(
        "goals",
        f"{goal.a} and {goal.b}",
        f"{goal.a} must touch {goal.b} by {deadline:.3g} s",
        int(in_time.sum()),
        1,
        unit="contacts",
        detail=first,
        remedy=f"Aim {goal.a} anew, or give it more time or speed.",
    )


def _topples(goal: Topples, tape: Tape) -> Finding:
    tilt = _tilt(tape, _heaviest(tape, goal.body))
    return at_least(
        "goals",
        goal.body,
        f"{goal.body} must end tilted by more than 45 degrees",
        tilt,
        _TOPPLED,
        unit="degrees",
        detail=f"From how it stood at the start to the end of the clip, at {_end(tape):.3g} s.",
        not_covered="What happens after the clip.",
        remedy="Push it higher up or harder, or make its base narrower.",
    )


def _scatters(goal: Scatters, tape: Tape) -> Finding:
    pieces = [_heaviest(tape, body) for body in goal.bodies]
    away = tape.position[_last(tape), pieces].astype(float) - tape.position[0, pieces].astype(float)
    moved = np.linalg.norm(away, axis=1) > goal.moved
    tilted = np.array([_tilt(tape, piece) > _TOPPLED for piece in pieces])
    return at_least(
        "goals",
        f"{goal.bodies[0]} and {len(goal.bodies) - 1} more",
        f"at least {goal.least} of {len(goal.bodies)} must end moved by {goal.moved:.2g} m or tilted by 45 degrees",
        int((moved | tilted).sum()),
        goal.least,
        unit="bodies",
        detail=f"{int(moved.sum())} moved, {int(tilted.sum())} tilted, at the end of the clip, at {_end(tape):.3g} s.",
        not_covered="What happens after the clip.",
        remedy="Hit it harder, lower, or with more mass.",
    )


def _heaviest(tape: Tape, body: str) -> int:
    """Of a broken body its heaviest piece stands for it."""
    mine = _pieces(tape, body)
    return int(mine[int(np.argmax(tape.geometry.piece_mass[mine]))])


def _tilt(tape: Tape, piece: int) -> float:
    """Of a piece's upright at the end of the clip, from the plumb [deg]."""
    start, end = tape.orientation[0, piece].astype(float), tape.orientation[_last(tape), piece].astype(float)
    up = rotate(multiply(end, conjugate(start)), np.array([0.0, 0.0, 1.0]))
    return float(np.degrees(np.arctan2(np.hypot(up[0], up[1]), up[2])))


def _pieces(tape: Tape, body: str) -> np.ndarray:
    return np.flatnonzero(tape.geometry.piece_body == tape.geometry.bodies.index(body))


def _cracked(tape: Tape, body: str) -> np.ndarray:
    return np.isin(tape.cracks.piece[:, 0], _pieces(tape, body))


def _last(tape: Tape) -> int:
    """The sample at which the clip ends: the tape itself goes on for the last frame's motion."""
    return tape.frames * tape.samples_per_frame


def _end(tape: Tape) -> float:
    """World time at which the clip ends [s]."""
    return _last(tape) / float(tape.rate)
