"""Trials: shots whose outcome physics knows beforehand. Engines are held to them, by tests and by benchmarks.

A trial is fair to every engine: it asks for what a shot may ask, and reads only the tape.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from kinema.physics.tape import Tape
from kinema.shot.body import Body, Box, Plane, Sphere
from kinema.shot.force import Ball, Forces, Push
from kinema.shot.light import Sun
from kinema.shot.material import Diffuse, Material
from kinema.shot.shot import Shot
from kinema.shot.timing import Timing

GRAVITY = 9.80665
STEPPING = ("rapier", "mujoco")
ALL = ("rapier", "mujoco", "analytic")


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One shot, what to read off its tape, what must be read, and how far it may be off."""

    name: str
    law: str
    """The closed form, in words."""
    unit: str
    shot: Shot
    measure: Callable[[Tape], float]
    truth: float
    bound: float
    """On the error: relative to the truth, or absolute where the truth is 0."""
    engines: tuple[str, ...] = ALL

    def error(self, measured: float) -> float:
        """Relative to the truth, or absolute where the truth is 0."""
        off = abs(measured - self.truth)
        return off / abs(self.truth) if self.truth else off


def matter(*, friction: float = 0.0, restitution: float = 0.0, density: float = 1000.0) -> Material:
    """A substance of which only these numbers matter."""
    return Material(
        density=density,
        friction=friction,
        restitution=restitution,
        youngs_modulus=1e9,
        strength=1e6,
        fracture_energy=10.0,
        optics=Diffuse(colour=(0.5, 0.5, 0.5)),
    )


def shot_of(
    *bodies: Body,
    seconds: float | Fraction,
    forces: Forces | None = None,
    materials: dict[str, Material] | None = None,
    fps: Fraction = Fraction(24),
    seed: int = 0,
) -> Shot:
    """A shot that is about motion alone."""
    return Shot(
        bodies=bodies,
        lights=(Sun(name="sun"),),
        forces=forces or Forces(),
        materials=materials or {"matter": matter()},
        timing=Timing(fps=fps, frames=max(1, round(Fraction(seconds) * fps))),
        seed=seed,
    )


def times(tape: Tape) -> np.ndarray:
    """World time of each sample [s]."""
    return np.arange(len(tape.position)) / float(tape.rate)


def at(tape: Tape, seconds: float) -> int:
    """Sample nearest to a moment."""
    return round(seconds * float(tape.rate))


def path(tape: Tape, body: str) -> np.ndarray:
    """Centre of the body's first piece at each sample `(sample, 3)` [m], float64."""
    return tape.position[:, _piece(tape, body)].astype(float)


def speed(tape: Tape, body: str) -> np.ndarray:
    """Velocity of the body's first piece at each sample `(sample, 3)` [m/s], float64."""
    return tape.velocity[:, _piece(tape, body)].astype(float)


def _piece(tape: Tape, body: str) -> int:
    return int(np.flatnonzero(tape.geometry.piece_body == tape.geometry.bodies.index(body))[0])


# --- flight ------------------------------------------------------------------------------------------------


def free_fall() -> Trial:
    """One second from rest."""
    ball = Body(name="ball", shape=Sphere(radius=0.1), material="matter", position=(0, 0, 10))
    return Trial(
        name="free fall, drop after 1 s",
        law="½ g t²",
        unit="m",
        shot=shot_of(ball, seconds=1),
        measure=lambda tape: 10.0 - path(tape, "ball")[at(tape, 1.0), 2],
        truth=GRAVITY / 2,
        bound=1e-4,
    )


def projectile() -> Trial:
    """Two seconds of throw; the largest error of position on the way, against the distance gone."""
    start, velocity = np.array([0.0, 0.0, 1.0]), np.array([7.0, -2.0, 9.0])
    ball = Body(
        name="ball",
        shape=Sphere(radius=0.1),
        material="matter",
        position=tuple(start),
        velocity=tuple(velocity),
    )

    def worst(tape: Tape) -> float:
        t = times(tape)[:, None]
        fall = np.array([0.0, 0.0, -GRAVITY])
        true = start + velocity * t + fall * t**2 / 2
        gone = np.linalg.norm(velocity) * t[-1, 0]
        return float(np.linalg.norm(path(tape, "ball") - true, axis=1).max() / gone)

    return Trial(
        name="projectile, worst position error",
        law="x0 + v t + ½ g t²",
        unit="of path",
        shot=shot_of(ball, seconds=2),
        measure=worst,
        truth=0.0,
        bound=1e-4,
    )


def weightless() -> Trial:
    """No gravity: a straight line, and a spin that stays."""
    velocity = np.array([0.3, 1.1, -0.4])
    ball = Body(
        name="ball", shape=Sphere(radius=0.1), material="matter", velocity=tuple(velocity), spin=(0, 90, 0)
    )

    def worst(tape: Tape) -> float:
        straight = velocity * times(tape)[:, None]
        return float(np.abs(path(tape, "ball") - straight).max())

    return Trial(
        name="no gravity, off a straight line",
        law="x0 + v t",
        unit="m",
        shot=shot_of(ball, seconds=1, forces=Forces.model_validate({"gravity": "zero"})),
        measure=worst,
        truth=0.0,
        bound=1e-5,
    )


def pushed() -> Trial:
    """An impulse of 3 N s on 2 kg, half a second in."""
    ball = Body(name="ball", shape=Sphere(radius=0.1), material="matter", mass=2.0)
    forces = Forces(
        gravity=(0, 0, 0), pushes=(Push(body="ball", at=Fraction(1, 2), impulse=(3.0, 0.0, 0.0)),)
    )
    return Trial(
        name="push of 3 N s on 2 kg, momentum",
        law="m v = J",
        unit="N s",
        shot=shot_of(ball, seconds=1, forces=forces),
        measure=lambda tape: 2.0 * speed(tape, "ball")[-1, 0],
        truth=3.0,
        bound=1e-6,
    )


# --- contact -----------------------------------------------------------------------------------------------


def bounce(restitution: float) -> Trial:
    """A ball on the ground: speed after the first bounce over speed before, by the height it comes back to."""
    stuff = {"matter": matter(restitution=restitution)}
    floor = Body(name="floor", shape=Plane(), material="matter")
    ball = Body(name="ball", shape=Sphere(radius=0.1), material="matter", position=(0, 0, 1.1))
    fall = math.sqrt(2 / GRAVITY)

    def ratio(tape: Tape) -> float:
        # The parabola between the bounces, fitted: its top needs no sample of its own.
        inside = (times(tape) > fall * 1.05) & (times(tape) < fall * (1 + 1.9 * restitution))
        t, z = times(tape)[inside], path(tape, "ball")[inside, 2] - 0.1
        c0, c1, c2 = np.polynomial.polynomial.polyfit(t, z, 2)
        return math.sqrt(max(c0 - c1**2 / (4 * c2), 0.0) / 1.0)

    return Trial(
        name=f"bounce, e = {restitution}",
        law="e = sqrt(h1 / h0)",
        unit="",
        shot=shot_of(floor, ball, seconds=1.3, materials=stuff),
        measure=ratio,
        truth=restitution,
        bound=0.01,
    )


INCLINE = math.radians(25)


def _on_incline() -> tuple[Body, Body, np.ndarray]:
    """A plane tipped 25 degrees about y, a flat box that lies on it, and the unit vector downhill."""
    turn = (0.0, 25.0, 0.0)
    normal = np.array([math.sin(INCLINE), 0.0, math.cos(INCLINE)])
    downhill = np.array([math.cos(INCLINE), 0.0, -math.sin(INCLINE)])
    slope = Body.model_validate(
        {"name": "slope", "shape": {"kind": "plane"}, "material": "matter", "rotation": turn}
    )
    box = Body.model_validate(
        {
            "name": "box",
            "shape": {"kind": "box", "size": (0.4, 0.4, 0.1)},
            "material": "matter",
            "position": tuple(0.05 * normal),
            "rotation": turn,
        }
    )
    return slope, box, downhill


def slide() -> Trial:
    """A box slides down 25 degrees at mu 0.3 for a second."""
    slope, box, downhill = _on_incline()

    def gone(tape: Tape) -> float:
        return float((path(tape, "box")[at(tape, 1.0)] - path(tape, "box")[0]) @ downhill)

    return Trial(
        name="incline 25°, mu 0.3: slides in 1 s",
        law="½ g (sin a - mu cos a) t²",
        unit="m",
        shot=shot_of(slope, box, seconds=1, materials={"matter": matter(friction=0.3)}),
        measure=gone,
        truth=GRAVITY / 2 * (math.sin(INCLINE) - 0.3 * math.cos(INCLINE)),
        bound=0.01,
    )


def stick() -> Trial:
    """The same box at mu 0.7 stays. Its creep is held to a hundredth of a slide without friction."""
    slope, box, downhill = _on_incline()
    frictionless = GRAVITY / 2 * math.sin(INCLINE)

    def creep(tape: Tape) -> float:
        return float((path(tape, "box")[at(tape, 1.0)] - path(tape, "box")[0]) @ downhill) / frictionless

    return Trial(
        name="incline 25°, mu 0.7: creeps in 1 s",
        law="0: tan a < mu",
        unit="of free slide",
        shot=shot_of(slope, box, seconds=1, materials={"matter": matter(friction=0.7)}),
        measure=creep,
        truth=0.0,
        bound=0.01,
    )


def _pair() -> Shot:
    stuff = {"matter": matter(restitution=1.0)}
    a = Body(
        name="a",
        shape=Sphere(radius=0.1),
        material="matter",
        mass=1.0,
        position=(-1, 0, 0),
        velocity=(3, 0, 0),
    )
    b = Body(
        name="b",
        shape=Sphere(radius=0.1),
        material="matter",
        mass=2.0,
        position=(1, 0, 0),
        velocity=(-1, 0, 0),
    )
    return shot_of(a, b, seconds=1, materials=stuff, forces=Forces(gravity=(0, 0, 0)))


def elastic_pair() -> Trial:
    """1 kg at 3 m/s meets 2 kg at -1 m/s, head on: momentum before and after."""
    return Trial(
        name="elastic pair, momentum drift",
        law="m1 v1 + m2 v2 stays",
        unit="N s",
        shot=_pair(),
        measure=lambda tape: float(
            np.ptp(np.linalg.norm(1.0 * speed(tape, "a") + 2.0 * speed(tape, "b") - [1.0, 0, 0], axis=1))
        ),
        truth=0.0,
        bound=1e-6,
    )


def elastic_speed() -> Trial:
    """The same meeting: the first ball's speed after."""
    return Trial(
        name="elastic pair, v1 after",
        law="((m1 - m2) v1 + 2 m2 v2) / (m1 + m2)",
        unit="m/s",
        shot=_pair(),
        measure=lambda tape: float(speed(tape, "a")[-1, 0]),
        truth=((1.0 - 2.0) * 3.0 + 2 * 2.0 * -1.0) / 3.0,
        bound=0.01,
    )


def stack() -> Trial:
    """Ten boxes of 20 cm, five seconds: how far the top sinks. If it falls, by about two metres."""
    stuff = {"matter": matter(friction=0.6, density=800.0)}
    floor = Body(name="floor", shape=Plane(), material="matter")
    boxes = [
        Body(
            name=f"box{i}", shape=Box(size=(0.2, 0.2, 0.2)), material="matter", position=(0, 0, 0.1 + 0.2 * i)
        )
        for i in range(10)
    ]
    return Trial(
        name="ten boxes, top sinks in 5 s",
        law="0",
        unit="m",
        shot=shot_of(floor, *boxes, seconds=5, materials=stuff),
        measure=lambda tape: float(np.linalg.norm(path(tape, "box9")[at(tape, 5.0)] - path(tape, "box9")[0])),
        truth=0.0,
        bound=2e-3,
        engines=STEPPING,
    )


# --- pendulum ----------------------------------------------------------------------------------------------


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
        x, t = path(tape, "bob")[:, 0], times(tape)
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
        weight = float(tape.geometry.piece_mass[_piece(tape, "bob")]) * GRAVITY * ARM
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


def all_trials() -> list[Trial]:
    """Every trial that has one closed-form answer."""
    return [
        free_fall(),
        projectile(),
        weightless(),
        pushed(),
        *(bounce(e) for e in (0.3, 0.5, 0.8)),
        slide(),
        stick(),
        elastic_pair(),
        elastic_speed(),
        stack(),
        pendulum_period(),
        pendulum_drift(),
    ]
