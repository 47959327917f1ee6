"""A trial: a shot whose outcome physics knows beforehand, and how to read the outcome off a tape.

Fair to every engine: it asks for what a shot may ask, and reads only the tape.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from kinema.physics.tape import Tape
from kinema.shot.body import Body
from kinema.shot.force import Forces
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


def place(tape: Tape, body: str) -> np.ndarray:
    """Centre of the body's first piece at each sample `(sample, 3)` [m], float64."""
    return tape.position[:, piece_of(tape, body)].astype(float)


def velocity(tape: Tape, body: str) -> np.ndarray:
    """Velocity of the body's first piece at each sample `(sample, 3)` [m/s], float64."""
    return tape.velocity[:, piece_of(tape, body)].astype(float)


def piece_of(tape: Tape, body: str) -> int:
    return int(np.flatnonzero(tape.geometry.piece_body == tape.geometry.bodies.index(body))[0])
