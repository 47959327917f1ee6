"""The rigid bodies MuJoCo steps: whole bodies, and clusters of the pieces of broken ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from kinema.physics.forces import area_share, pose_at, release_step
from kinema.physics.kerf import loosened
from kinema.physics.recorder import State
from kinema.physics.rotation import cross, rotate, unrotate
from kinema.physics.settling import mass_of
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

    def mobility(self, arm: Float[np.ndarray, " 3"], direction: Float[np.ndarray, " 3"]) -> float:
        """Inverse of the mass that a blow along `direction` at `arm` from the centre meets [1/kg]."""
        if self.mode != "free":
            return 0.0
        lever = unrotate(self.orientation, cross(arm, direction))
        return 1 / self.mass + float(lever @ np.linalg.solve(self.inertia, lever))

    def struck(self, impulse: Float[np.ndarray, " 3"], point: Float[np.ndarray, " 3"]) -> Unit:
        """After an impulse [N s] at a world point."""
        if self.mode != "free":
            return self
        moment = unrotate(self.orientation, cross(point - self.position, impulse))
        turned = rotate(self.orientation, np.linalg.solve(self.inertia, moment))
        return replace(self, velocity=self.velocity + impulse / self.mass, spin=self.spin + turned)

    def in_body(self, point: Float[np.ndarray, " 3"]) -> Float[np.ndarray, " 3"]:
        """A world point in the body's frame, at rest [m]."""
        return self.centre + unrotate(self.orientation, point - self.position)


def first_units(world: World) -> list[Unit]:
    """One for each body; shards a hair smaller than they look, so that they come free of each other."""
    bodies = [replace(body, pieces=loosened(body)) for body in world.bodies]
    return [_first(number, body, world) for number, body in enumerate(bodies)]


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
    total, centre, inertia = mass_of(body, members)
    body_mass = sum(piece.mass for piece in body.pieces)
    return Unit(
        number=number,
        body=body,
        members=members,
        pieces=np.array([piece.index for piece in pieces]),
        mode=mode,
        cluster=cluster,
        mass=total,
        inertia=inertia,
        centre=centre,
        offset=np.array([piece.rest for piece in pieces], float) - centre,
        area=area_share(body, total / body_mass) if body_mass > 0 else 0.0,
        position=np.zeros(3),
        orientation=np.array([1.0, 0.0, 0.0, 0.0]),
        velocity=np.zeros(3),
        spin=np.zeros(3),
    )


def parts_of(unit: Unit, label: Int[np.ndarray, " piece"]) -> list[Int[np.ndarray, " member"]]:
    """Members of each connected component of a unit, in order of their first piece; `label` is the body's."""
    mine = label[unit.members]
    return [unit.members[mine == value] for value in dict.fromkeys(mine.tolist())]


def is_held(unit: Unit, members: Int[np.ndarray, " member"]) -> bool:
    """Whether a part of the unit stays fast: held by the frame or the ground. A part of a free unit never is."""
    bonds = unit.body.bonds
    return unit.mode == "held" and bonds is not None and bool(bonds.anchored[members].any())


def split(unit: Unit, parts: Sequence[Int[np.ndarray, " member"]], next_cluster: int) -> list[Unit]:
    """The parts of a unit as units: each at its place, moving as it did there. So momentum, angular momentum and
    energy are those of the whole."""
    made = []
    for k, members in enumerate(parts):
        held = is_held(unit, members)
        part = _unit(unit.number, unit.body, members, "held" if held else "free", next_cluster + k)
        arm = rotate(unit.orientation, part.centre - unit.centre)
        velocity = np.zeros(3) if held else unit.velocity + cross(unit.spin, arm)
        made.append(
            replace(
                part,
                position=unit.position + arm,
                orientation=unit.orientation,
                velocity=velocity,
                spin=np.zeros(3) if held else unit.spin,
            )
        )
    return made


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
