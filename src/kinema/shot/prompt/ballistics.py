"""Throwing in closed form: the launch that brings a point to a target under gravity, without air."""

from __future__ import annotations

import math


def launch(speed: float, run: float, rise: float, gravity: float) -> tuple[float, float] | None:
    """(Horizontal speed, upward speed) [m/s] of the flatter arc that meets a point `run` ahead and `rise` up [m].

    With u = tan(angle): rise = run u - g run² (1 + u²) / (2 v²). None if the target is out of reach.
    """
    if gravity == 0:
        length = math.hypot(run, rise)
        return speed * run / length, speed * rise / length
    k = gravity * run * run / (2 * speed * speed)
    root = run * run - 4 * k * (k + rise)
    if root < 0:
        return None
    u = (run - math.sqrt(root)) / (2 * k)
    along = speed / math.sqrt(1 + u * u)
    return along, along * u


def farthest(speed: float, gravity: float) -> float:
    """Level range at 45 degrees, v²/g [m]."""
    return math.inf if gravity == 0 else speed * speed / gravity
