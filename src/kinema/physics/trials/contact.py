"""Bounce, slide, stick, skid, collide, stack."""

from __future__ import annotations

import math

import numpy as np

from kinema.physics.tape import Tape
from kinema.physics.trials.trial import GRAVITY, STEPPING, Trial, at, matter, place, shot_of, times, velocity
from kinema.shot.body import Body, Box, Plane, Sphere
from kinema.shot.force import Forces
from kinema.shot.shot import Shot


def bounce(restitution: float) -> Trial:
    """A ball on the ground: speed after the bounce over speed before, by the height regained."""
    stuff = {"matter": matter(restitution=restitution)}
    floor = Body(name="floor", shape=Plane(), material="matter")
    ball = Body(name="ball", shape=Sphere(radius=0.1), material="matter", position=(0, 0, 1.1))
    fall = math.sqrt(2 / GRAVITY)

    def ratio(tape: Tape) -> float:
        # The parabola between the bounces, fitted: its top needs no sample of its own.
        inside = (times(tape) > fall * 1.05) & (times(tape) < fall * (1 + 1.9 * restitution))
        t, z = times(tape)[inside], place(tape, "ball")[inside, 2] - 0.1
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
        return float((place(tape, "box")[at(tape, 1.0)] - place(tape, "box")[0]) @ downhill)

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
        return float((place(tape, "box")[at(tape, 1.0)] - place(tape, "box")[0]) @ downhill) / frictionless

    return Trial(
        name="incline 25°, mu 0.7: creeps in 1 s",
        law="0: tan a < mu",
        unit="of free slide",
        shot=shot_of(slope, box, seconds=1, materials={"matter": matter(friction=0.7)}),
        measure=creep,
        truth=0.0,
        bound=0.01,
    )


def skid() -> Trial:
    """A ball set down at 2 m/s without spin skids until it rolls: with five sevenths of its speed."""
    floor = Body(name="floor", shape=Plane(), material="matter")
    ball = Body(
        name="ball",
        shape=Sphere(radius=0.1),
        material="matter",
        position=(0, 0, 0.1),
        velocity=(2.0, 0.0, 0.0),
    )
    return Trial(
        name="skid to roll, mu 0.4, end speed",
        law="v 5/7",
        unit="m/s",
        shot=shot_of(floor, ball, seconds=1, materials={"matter": matter(friction=0.4)}),
        measure=lambda tape: velocity(tape, "ball")[at(tape, 1.0), 0],
        truth=2.0 * 5 / 7,
        bound=0.01,
    )


def glance() -> Trial:
    """A ball meets the ground at 3 m/s down and 4 m/s along: friction takes mu (1 + e) of the former."""
    floor = Body(name="floor", shape=Plane(), material="matter")
    ball = Body(
        name="ball",
        shape=Sphere(radius=0.1),
        material="matter",
        position=(0, 0, 0.6),
        velocity=(4.0, 0.0, -3.0),
    )
    stuff = {"matter": matter(friction=0.2, restitution=0.5)}
    return Trial(
        name="glancing bounce, mu 0.2, e 0.5: speed along",
        law="v - mu (1 + e) w",
        unit="m/s",
        shot=shot_of(floor, ball, seconds=0.4, materials=stuff, forces=Forces(gravity=(0, 0, 0))),
        measure=lambda tape: velocity(tape, "ball")[-1, 0],
        truth=4.0 - 0.2 * 1.5 * 3.0,
        bound=0.01,
        # Rapier brakes with mu w: its friction does not feel the rebound (v1 = 3.4 for 3.1, measured).
        engines=("mujoco", "analytic"),
    )


def belt() -> Trial:
    """A box on a slab that is driven away at 1 m/s: friction brings it up to speed, mu g at a time."""
    slab = Body.model_validate(
        {
            "name": "belt",
            "shape": {"kind": "box", "size": (6.0, 1.0, 0.2)},
            "material": "matter",
            "motion": "kinematic",
            "keyframes": [{"at": 0, "position": (0, 0, -0.1)}, {"at": 4, "position": (4.0, 0, -0.1)}],
        }
    )
    box = Body(name="box", shape=Box(size=(0.2, 0.2, 0.1)), material="matter", position=(0, 0, 0.05))
    seconds = 0.25
    return Trial(
        name="box on a moving slab, mu 0.3: gone in 0.25 s",
        law="½ mu g t²",
        unit="m",
        shot=shot_of(slab, box, seconds=0.5, materials={"matter": matter(friction=0.3)}),
        measure=lambda tape: place(tape, "box")[at(tape, seconds), 0],
        truth=0.5 * 0.3 * GRAVITY * seconds**2,
        bound=0.02,
        engines=STEPPING,
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
            np.ptp(
                np.linalg.norm(1.0 * velocity(tape, "a") + 2.0 * velocity(tape, "b") - [1.0, 0, 0], axis=1)
            )
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
        measure=lambda tape: float(velocity(tape, "a")[-1, 0]),
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
        measure=lambda tape: float(
            np.linalg.norm(place(tape, "box9")[at(tape, 5.0)] - place(tape, "box9")[0])
        ),
        truth=0.0,
        bound=2e-3,
        engines=STEPPING,
    )
