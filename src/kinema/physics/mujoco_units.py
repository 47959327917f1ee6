"""The rigid bodies MuJoCo steps: whole bodies, and clusters of the pieces of broken ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from kinema.physics.forces import area_share, pose_at, release_step
from kinema.physics.recorder import State
from kinema.physics.rotation import cross, rotate, unrotate
from kinema.physics.world import Collider, World, WorldBody

Mode = Literal["free", "held", "driven"]
"""free: moves by force. held: stands fast. driven: follows keyframes."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Unit:
    """One rigid body. Its origin is its centre of mass, its axes are those of its body at rest."""

    number: int
    """Of the body in the world."""
    body: WorldBody
    members: Int[np.ndarray, " member"]
    """Indices into `body.pieces`, rising."""
    pieces: Int[np.ndarray, " member"]
    """Indices into the tape."""
    mode: Mode
    cluster: int
    mass: float
    inertia: Float[np.ndarray, "3 3"]
    centre: Float[np.ndarray, " 3"]
    """Centre of mass in the body's frame [m]."""
    offset: Float[np.ndarray, "member 3"]
    """Of the pieces from the centre, body axes [m]."""
    area: float
    """Projected, for wind [m²]."""
    position: Float[np.ndarray, " 3"]
    orientation: Float[np.ndarray, " 4"]
    velocity: Float[np.ndarray, " 3"]
    spin: Float[np.ndarray, " 3"]

    @property
    def breakable(self) -> bool:
        """Still holds bonds that a hit may break."""
        return self.body.bonds is not None and self.body.motion == "dynamic" and len(self.members) > 1

    @property
    def whole(self) -> bool:
        """Whether it has every piece of its body."""
        return len(self.members) == len(self.body.pieces)

    @property
    def solids(self) -> tuple[tuple[Collider, Float[np.ndarray, " 3"]], ...]:
        """Its colliders, each with the shift of its frame from the centre of mass [m]."""
        if self.whole and self.body.unbroken:
            return tuple((collider, -self.centre) for collider in self.body.unbroken)
        return tuple(
            (collider, offset)
            for member, offset in zip(self.members, self.offset, strict=True)
            for collider in self.body.pieces[member].colliders
        )

    def at_rest(self) -> tuple[Float[np.ndarray, " 3"], Float[np.ndarray, " 4"]]:
        """Pose at time 0, in which joints are given."""
        origin, turn = pose_at(self.body, 0.0)
        return origin + rotate(turn, self.centre), turn

    def distance(self, point: Float[np.ndarray, " 3"]) -> float:
        """From a point of the body's frame to the nearest centre of a piece [m]."""
        return float(np.linalg.norm(self.centre + self.offset - point, axis=1).min())

    def released(self) -> Unit:
        """Let go, with the motion the shot gives it; parts that a frame holds stay held."""
        anchored = self.body.bonds is not None and bool(self.body.bonds.anchored[self.members].any())
        if anchored:
            return self
        return replace(self, mode="free", velocity=self.body.velocity, spin=self.body.spin)

    def in_body(self, point: Float[np.ndarray, " 3"]) -> Float[np.ndarray, " 3"]:
        """A world point in the body's frame, at rest [m]."""
        return self.centre + unrotate(self.orientation, point - self.position)


def first_units(world: World) -> list[Unit]:
    """One for each body."""
    return [_first(number, body, world) for number, body in enumerate(world.bodies)]


def _first(number: int, body: WorldBody, world: World) -> Unit:
    anchored = body.bonds is not None and bool(body.bonds.anchored.any())
    waits = release_step(body, world.clock.step) > 0
    mode: Mode = "held" if body.motion == "static" or anchored or waits else "free"
    if body.motion == "kinematic":
        mode = "driven"
    unit = _unit(number, body, np.arange(len(body.pieces)), mode, number)
    position, orientation = unit.at_rest()
    unit = replace(unit, position=position, orientation=orientation)
    return replace(unit, velocity=body.velocity, spin=body.spin) if mode == "free" else unit


def _unit(
    number: int, body: WorldBody, members: Int[np.ndarray, " member"], mode: Mode, cluster: int
) -> Unit:
    pieces = [body.pieces[k] for k in members]
    mass = np.array([piece.mass for piece in pieces])
    rest = np.array([piece.rest for piece in pieces], float)
    total = float(mass.sum())
    centre = mass @ rest / total if total > 0 else rest.mean(0)
    offset = rest - centre
    # Steiner: each piece about the common centre.
    square = np.einsum("pk,pk->p", offset, offset)[:, None, None] * np.eye(3)
    moved = mass[:, None, None] * (square - offset[:, :, None] * offset[:, None, :])
    body_mass = sum(piece.mass for piece in body.pieces)
    return Unit(
        number=number,
        body=body,
        members=members,
        pieces=np.array([piece.index for piece in pieces]),
        mode=mode,
        cluster=cluster,
        mass=total,
        inertia=(np.array([piece.inertia for piece in pieces]) + moved).sum(0),
        centre=centre,
        offset=offset,
        area=area_share(body, total / body_mass) if body_mass > 0 else 0.0,
        position=np.zeros(3),
        orientation=np.array([1.0, 0.0, 0.0, 0.0]),
        velocity=np.zeros(3),
        spin=np.zeros(3),
    )


def split(unit: Unit, label: Int[np.ndarray, " piece"], next_cluster: int) -> list[Unit]:
    """The parts a unit falls into, in order of their first piece: each at its place, moving as it did there.

    `label` numbers the connected components of the body's pieces. So momentum, angular momentum and energy
    are those of the whole. Parts the frame or the ground holds stand fast.
    """
    assert unit.body.bonds is not None, "only a bonded body splits"
    parts = []
    for k, value in enumerate(dict.fromkeys(label[unit.members].tolist())):
        members = unit.members[label[unit.members] == value]
        fast = bool(unit.body.bonds.anchored[members].any()) or unit.body.motion == "static"
        part = _unit(unit.number, unit.body, members, "held" if fast else "free", next_cluster + k)
        arm = rotate(unit.orientation, part.centre - unit.centre)
        parts.append(
            replace(
                part,
                position=unit.position + arm,
                orientation=unit.orientation,
                velocity=np.zeros(3) if fast else unit.velocity + cross(unit.spin, arm),
                spin=np.zeros(3) if fast else unit.spin,
            )
        )
    return parts


class Readout:
    """Fills the state of all pieces from arrays of units, without a loop over pieces."""

    def __init__(self, units: Sequence[Unit]) -> None:
        self.pieces = np.concatenate([unit.pieces for unit in units])
        self.owner = np.repeat(np.arange(len(units)), [len(unit.pieces) for unit in units])
        self.offset = np.concatenate([unit.offset for unit in units])
        self.cluster = np.array([unit.cluster for unit in units])

    def fill(
        self,
        state: State,
        position: Float[np.ndarray, "unit 3"],
        orientation: Float[np.ndarray, "unit 4"],
        velocity: Float[np.ndarray, "unit 3"],
        spin: Float[np.ndarray, "unit 3"],
    ) -> None:
        """Write poses and velocities of every piece into `state`."""
        arm = rotate(orientation[self.owner], self.offset)
        state.position[self.pieces] = position[self.owner] + arm
        state.orientation[self.pieces] = orientation[self.owner]
        state.velocity[self.pieces] = velocity[self.owner] + cross(spin[self.owner], arm)
        state.spin[self.pieces] = spin[self.owner]
        state.cluster[self.pieces] = self.cluster[self.owner]
