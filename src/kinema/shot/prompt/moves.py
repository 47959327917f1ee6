"""Camera moves: amounts as said, or by pace and by the distance to what is looked at."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from kinema.shot.prompt.scene import Move, Scene
from kinema.shot.prompt.stage import Stage

_PACE: dict[str | None, float] = {None: 1.0, "slow": 0.5, "fast": 1.6}


def subject_of(stage: Stage) -> str:
    """What a viewer looks at: what is hit, else what moves, else the first thing."""
    for goal in stage.goals:
        if goal["kind"] == "hits":
            return goal["b"]
    if stage.subject is not None:
        return stage.subject
    return next(iter(stage.blocks.values())).thing.names[0]


def moves_of(scene: Scene, stage: Stage, distance: float, seconds: Fraction) -> list[dict[str, Any]]:
    """All at once, but one after the other where the prompt says "then". `distance` to what is looked at [m]."""
    moves = [move for move in scene.moves if move.kind != "static"]
    data = [{**_span(move), **_motion(move, stage, distance)} for move in moves]
    if any(move.then for move in moves[:-1]):
        turns, turn = 1 + sum(move.then for move in moves[:-1]), 0
        for move, each in zip(moves, data, strict=True):
            if move.start is None and move.length is None:
                each["start"], each["end"] = seconds * turn / turns, seconds * (turn + 1) / turns
            turn += move.then
    return data


def _span(move: Move) -> dict[str, float]:
    span = {} if move.start is None else {"start": move.start}
    return span if move.length is None else {**span, "end": (move.start or 0.0) + move.length}


def _motion(move: Move, stage: Stage, distance: float) -> dict[str, Any]:
    sign = -1.0 if move.way in ("left", "down", "out") else 1.0
    match move.kind:
        case "push_in" | "pull_out":
            return {"kind": "push_in", "share": _share(move, distance)}
        case "pan" | "tilt" | "orbit":
            # to the right is clockwise for a pan and, seen from above, counter-clockwise for an orbit
            degrees = float(move.entry["degrees"]) * _PACE[move.pace]
            return {"kind": move.kind, "degrees": sign * move.amount.get("angle", degrees)}
        case "dolly" | "crane":
            usual = float(move.entry["metres"]) * _PACE[move.pace] * min(max(distance / 3, 0.05), 3.0)
            along = {"in": "forward", "out": "forward", "up": "up", "down": "up"}.get(move.way or "")
            along = along or ("up" if move.kind == "crane" else "right")
            return {"kind": "dolly", along: sign * round(move.amount.get("length", usual), 4)}
        case "track":
            body = move.body.names[0] if move.body is not None else subject_of(stage)
            return {"kind": "track", "body": body, "follow": move.entry["follow"]}
    return {"kind": move.kind, "degrees": move.amount.get("angle", move.entry["degrees"])}


def _share(move: Move, distance: float) -> float:
    """Of the distance that a push in covers; below zero it pulls out."""
    share = float(move.entry["share"]) * _PACE[move.pace]
    if "length" in move.amount:
        share = math.copysign(move.amount["length"] / distance, share)
    if "percent" in move.amount:
        share = math.copysign(move.amount["percent"] / 100, share)
    if share >= 1:
        raise move.draft.refuse(
            "must stop before it reaches what it looks at",
            got=f"{share * distance:.2f} m of {distance:.2f} m",
            next_step="Push in less.",
        )
    return round(share, 6)
