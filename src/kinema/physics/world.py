"""`World`: a shot as numbers an engine can step. Radians, SI, z up; every default resolved, every file read."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Int

from kinema.physics.geometry import Geometry
from kinema.shot.force import Forces


@dataclass(frozen=True, kw_only=True)
class Collider:
    """One convex solid of a body. `kind` says which of the numbers matter."""

    kind: Literal["sphere", "box", "cylinder", "capsule", "cone", "hull", "plane"]
    size: tuple[float, ...] = ()
    """sphere: radius. box: half extents. cylinder, capsule, cone: radius, half height of the straight part."""
    points: Float[np.ndarray, "point 3"] | None = None
    """hull: its vertices in the collider's frame [m]."""
    position: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """In the piece frame (origin: the piece's centre of mass) [m]."""
    orientation: tuple[float, float, float, float] = (1.0, 0.0, 0.0, 0.0)
    """w, x, y, z, in the piece frame."""


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One rigid unit: its solids and its inertia about its own centre of mass."""

    index: int
    """Into `Geometry.piece_body` and the tape."""
    rest: Float[np.ndarray, 3]
    """Centre of mass in the body's frame [m]."""
    mass: float
    """[kg]"""
    inertia: Float[np.ndarray, "3 3"]
    """About the piece's centre of mass, body axes [kg m²]."""
    volume: float
    """[m³]"""
    colliders: tuple[Collider, ...]


@dataclass(frozen=True, kw_only=True)
class Bonds:
    """What holds the cells of a breakable body together: one bond per shared face. Body frame, at rest."""

    piece: Int[np.ndarray, "bond 2"]
    """Indices into the body's `pieces`."""
    area: Float[np.ndarray, " bond"]
    """[m²]"""
    midpoint: Float[np.ndarray, "bond 3"]
    """[m]"""
    normal: Float[np.ndarray, "bond 3"]
    """Unit, from the first piece to the second."""
    strength: Float[np.ndarray, " bond"]
    """Weibull-drawn tensile strength [Pa]."""
    anchored: Bool[np.ndarray, " piece"]
    """Pieces the frame or the ground holds fast."""
    fracture_energy: float
    """Gc [J/m²]"""
    poisson_ratio: float
    thickness: float
    """Of the plate, or for solids the cube root of the volume [m]."""
    reach: float
    """Distance at which the stress of a hit has faded to nothing [m]."""
    plate: bool
    """True: plate bending (pane); False: solid."""
    efficiency: float


@dataclass(frozen=True, kw_only=True)
class WorldBody:
    """A body of the shot, resolved."""

    name: str
    motion: Literal["dynamic", "static", "kinematic"]
    position: Float[np.ndarray, 3]
    """Of the body's origin, world [m]."""
    orientation: Float[np.ndarray, 4]
    """w, x, y, z"""
    velocity: Float[np.ndarray, 3]
    """Of the centre of mass [m/s]."""
    spin: Float[np.ndarray, 3]
    """World frame [rad/s]."""
    release_at: Fraction | None
    keyframes: tuple[tuple[float, Float[np.ndarray, 3], Float[np.ndarray, 4]], ...]
    """(world time [s], position of the body's origin, orientation)."""
    friction: float
    restitution: float
    pieces: tuple[Piece, ...]
    bonds: Bonds | None
    unbroken: tuple[Collider, ...]
    """Solids of the body while none of its bonds is broken, in the BODY's frame: smooth where the cells would
    have seams for things to catch on (reference: a ball sliding over coplanar hulls rebounds). Empty for a
    body that cannot break, whose one piece has them."""
    drag_area: float
    """Mean projected area [m²] for wind: a quarter of the hull's surface (Cauchy)."""


@dataclass(frozen=True, kw_only=True)
class Clock:
    """Steps so that every frame and every sample falls on a step exactly."""

    rate: Fraction
    """Frames per second of world time [Hz]."""
    frames: int
    samples_per_frame: int
    steps_per_sample: int

    @property
    def step(self) -> Fraction:
        """[s]"""
        return 1 / (self.rate * self.samples_per_frame * self.steps_per_sample)

    @property
    def samples(self) -> int:
        """On the tape: all frames, one frame more, and the end point."""
        return (self.frames + 1) * self.samples_per_frame + 1


@dataclass(frozen=True, kw_only=True)
class World:
    """Everything an engine needs and nothing else."""

    bodies: tuple[WorldBody, ...]
    forces: Forces
    """Angles of joints in degrees, as the shot has them; all else SI."""
    clock: Clock
    geometry: Geometry
    seed: int
    world_hash: str


def friction_between(a: WorldBody, b: WorldBody) -> float:
    """Geometric mean: slippery against rough is between the two."""
    return float(np.sqrt(a.friction * b.friction))


def restitution_between(a: WorldBody, b: WorldBody) -> float:
    """The lossier partner decides."""
    return min(a.restitution, b.restitution)
