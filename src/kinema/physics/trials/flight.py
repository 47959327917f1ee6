"""Nothing touches: gravity, impulse, rotation."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from kinema.physics.rotation import rotate, unrotate
from kinema.physics.tape import Tape
from kinema.physics.trials.trial import (
    GRAVITY,
    STEPPING,
    Trial,
    at,
    piece_of,
    place,
    shot_of,
    times,
    velocity,
)
from kinema.shot.body import Body, Box, Sphere
from kinema.shot.force import Forces, Push, Wind


def free_fall() -> Trial:
    """One second from rest."""
    ball = Body(name="ball", shape=Sphere(radius=0.1), material="matter", position=(0, 0, 10))
    return Trial(
        name="free fall, drop after 1 s",
        law="½ g t²",
        unit="m",
        shot=shot_of(ball, seconds=1),
        measure=lambda tape: 10.0 - place(tape, "ball")[at(tape, 1.0), 2],
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
        return float(np.linalg.norm(place(tape, "ball") - true, axis=1).max() / gone)

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
        return float(np.abs(place(tape, "ball") - straight).max())

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
        measure=lambda tape: 2.0 * velocity(tape, "ball")[-1, 0],
        truth=3.0,
        bound=1e-6,
    )


def windborne() -> Trial:
    """A ball of 10 g let go in a wind of 10 m/s, without gravity: its speed after a second."""
    ball = Body(name="ball", shape=Sphere(radius=0.1), material="matter", mass=0.01)
    drag = 0.5 * 1.225 * 0.9 * np.pi * 0.1**2  # ½ rho Cd A; a sphere shows the same circle from all sides
    left = 10.0 / (1 + drag * 10.0 * 1.0 / 0.01)
    return Trial(
        name="wind of 10 m/s on 10 g, speed after 1 s",
        law="U - U / (1 + k U t / m)",
        unit="m/s",
        shot=shot_of(ball, seconds=1, forces=Forces(gravity=(0, 0, 0), wind=Wind(velocity=(10.0, 0.0, 0.0)))),
        measure=lambda tape: velocity(tape, "ball")[at(tape, 1.0), 0],
        truth=10.0 - left,
        # The hull of a sphere drawn with facets is a few parts in a thousand smaller than the sphere.
        bound=0.01,
        engines=STEPPING,
    )


def tumble() -> Trial:
    """A slab spun about its middle axis flips over and over (Dzhanibekov); its angular momentum stays."""
    slab = Body(
        name="slab",
        shape=Box(size=(0.4, 0.2, 0.05)),
        material="matter",
        position=(0, 0, 0),
        spin=(2.0, 400.0, 0.0),
    )
    side = np.array([0.4, 0.2, 0.05])
    mass = float(side.prod()) * 1000.0
    inertia = mass / 12 * (side @ side - side**2)

    def wander(tape: Tape) -> float:
        k = piece_of(tape, "slab")
        turn = tape.orientation[:, k].astype(float)
        momentum = rotate(turn, inertia * unrotate(turn, tape.spin[:, k].astype(float)))
        return float(np.linalg.norm(momentum - momentum[0], axis=1).max() / np.linalg.norm(momentum[0]))

    return Trial(
        name="tumbling slab, angular momentum wanders",
        law="0",
        unit="of L",
        shot=shot_of(slab, seconds=3, forces=Forces(gravity=(0, 0, 0))),
        measure=wander,
        truth=0.0,
        bound=0.02,
    )
