"""Pendulum, spring."""

from __future__ import annotations

import math

import numpy as np

from kinema.physics.tape import Tape
from kinema.physics.trials.trial import GRAVITY, STEPPING, Trial, piece_of, place, shot_of, times
from kinema.shot.body import Body, Sphere
from kinema.shot.force import Ball, Forces, Spring
from kinema.shot.shot import Shot

ARM = 1.0
BOB = 0.05
AMPLITUDE = math.radians(30)


def _pendulum(seconds: float) -> Shot:
    bob = Body(
        name="bob",
        shape=Sphere(radius=BOB),
        material="matter",
        position=(ARM * math.sin(AMPLITUDE), 0.0, -ARM * math.cos(AMPLITUDE)),
    )
    return shot_of(bob, seconds=seconds, forces=Forces(joints=(Ball(a="bob", anchor=(0, 0, 0)),)))


def pendulum_period() -> Trial:
    """A metre of arm, let go at 30 degrees, ten seconds: mean time between passes of the middle."""
    from scipy.special import ellipk

    gyration = 1 + 0.4 * (BOB / ARM) ** 2
    period = 4 * float(ellipk(math.sin(AMPLITUDE / 2) ** 2)) * math.sqrt(gyration * ARM / GRAVITY)

    def measured(tape: Tape) -> float:
        x, t = place(tape, "bob")[:, 0], times(tape)
        up = np.flatnonzero((x[:-1] < 0) & (x[1:] >= 0))
        crossing = t[up] - x[up] * (t[up + 1] - t[up]) / (x[up + 1] - x[up])
        return float((crossing[-1] - crossing[0]) / (len(crossing) - 1))

    return Trial(
        name="pendulum 30°, period over 10 s",
        law="4 K(sin² ½θ) sqrt(I / m g l)",
        unit="s",
        shot=_pendulum(10),
        measure=measured,
        truth=period,
        bound=1e-3,
    )


def pendulum_drift() -> Trial:
    """The same: energy of the swing after ten seconds against that at the start."""

    def drift(tape: Tape) -> float:
        total = tape.ledger.kinetic + tape.ledger.potential
        swing = 1.0 - math.cos(AMPLITUDE)  # of m g l, from the lowest point
        weight = float(tape.geometry.piece_mass[piece_of(tape, "bob")]) * GRAVITY * ARM
        end = round(10 * (len(total) - 1) / float(tape.ledger.time[-1]))
        return float(abs(total[end] - total[0]) / (swing * weight))

    return Trial(
        name="pendulum 30°, energy drift in 10 s",
        law="0",
        unit="of swing",
        shot=_pendulum(10),
        measure=drift,
        truth=0.0,
        bound=0.01,
    )


def spring() -> Trial:
    """2 kg on 200 N/m, let go 10 cm below rest: mean time between upward passes of it."""
    stretch = 2.0 * GRAVITY / 200.0
    weight = Body(
        name="weight",
        shape=Sphere(radius=0.05),
        material="matter",
        mass=2.0,
        position=(0, 0, -1 - stretch - 0.1),
    )
    tie = Spring(a="weight", at_a=weight.position, at_b=(0, 0, 0), stiffness=200.0, rest_length=1.0)

    def period(tape: Tape) -> float:
        z, t = place(tape, "weight")[:, 2] + 1 + stretch, times(tape)
        up = np.flatnonzero((z[:-1] < 0) & (z[1:] >= 0))
        crossing = t[up] - z[up] * (t[up + 1] - t[up]) / (z[up + 1] - z[up])
        return float((crossing[-1] - crossing[0]) / (len(crossing) - 1))

    return Trial(
        name="spring of 200 N/m with 2 kg, period",
        law="2 pi sqrt(m / k)",
        unit="s",
        shot=shot_of(weight, seconds=3, forces=Forces(joints=(tie,))),
        measure=period,
        truth=2 * math.pi * math.sqrt(2.0 / 200.0),
        bound=1e-3,
        engines=STEPPING,
    )
