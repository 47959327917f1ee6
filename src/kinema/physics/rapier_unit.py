"""What moves as one rigid body of Rapier: a whole body, or a cluster of the pieces it has broken into."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int

from kinema.physics.forces import area_share
from kinema.physics.fracture import least_impulse
from kinema.physics.rapier_solids import (
    corners,
    isometry,
    mass_properties,
    solid,
    solid_pose,
    wire,
    wires,
)
from kinema.physics.rotation import cross, rotate, unrotate
from kinema.physics.settling import mass_of
from kinema.physics.world import Collider, WorldBody

if TYPE_CHECKING:
    import rapier3d as rp

_BODY_EVENT = 2.0
"""Contacts are looked at in every step when they exceed so many times what the body's weight alone gives."""
_SHARD_EVENT = 2e-2
"""... and this impulse, for shards, of which there are many [N s]."""
_LEAST_EVENT = 1e-6
"""... and this, where nothing weighs anything [N s]."""
_QUIET_SPEED, _QUIET_SPIN, _QUIET_TIME = 2e-3, 2e-2, 0.5
"""Rapier stops stepping an island whose bodies stay below these [m/s, rad/s, s]. Its own are 0.05 and 0.5, at
which a body about to topple would freeze."""


@dataclass(eq=False, kw_only=True)
class Unit:
    """One rigid body of Rapier. Its origin is its centre of mass, its axes are those of the body at rest."""

    body: WorldBody
    number: int
    """Of the body in the world."""
    cluster: int
    """On the tape."""
    members: Int[np.ndarray, " member"]
    """Indices into `body.pieces`."""
    pieces: Int[np.ndarray, " member"]
    """Indices into the tape."""
    centre: Float[np.ndarray, 3]
    """Centre of mass in the body's frame [m]."""
    offset: Float[np.ndarray, "member 3"]
    """Of the pieces from the centre [m]."""
    mass: float
    inertia: Float[np.ndarray, "3 3"]
    area: float
    """Projected [m²]."""
    fixed: bool
    """Cannot be moved by what hits it: static, keyframed, framed, or held until its release."""
    handle: rp.RigidBodyHandle
    rigid: rp.RigidBody
    colliders: list[rp.ColliderHandle] = field(default_factory=list)
    least_impulse: float
    """Blows below this break nothing [N s]; infinite where there is nothing left to break."""
    gravity: Float[np.ndarray, 3] = field(default_factory=lambda: np.zeros(3))
    """That acts on it [m/s²]."""
    kicked: bool = False
    """Its stored velocity is half a substep of gravity behind: see `Scene.kick`."""
    jointed: bool = False
    """Held by a joint that leaves it no free flight."""
    drag: Float[np.ndarray, 3] = field(default_factory=lambda: np.zeros(3))
    """Of the wind, during the step [N]."""

    @property
    def pose(self) -> tuple[Float[np.ndarray, 3], Float[np.ndarray, 4]]:
        """Of its centre of mass, world."""
        x, y, z, w = self.rigid.rotation.to_tuple()
        return np.array(self.rigid.translation.to_tuple()), np.array((w, x, y, z))

    @property
    def stored_velocity(self) -> Float[np.ndarray, 3]:
        """Of its centre of mass, as Rapier has it: half a substep of gravity behind if `kicked` [m/s]."""
        return np.array(self.rigid.linvel.to_tuple())

    @property
    def spin(self) -> Float[np.ndarray, 3]:
        """World [rad/s]."""
        return np.array(self.rigid.angvel.to_tuple())

    def at_rest(self, point: Float[np.ndarray, 3]) -> Float[np.ndarray, 3]:
        """A world point in the frame of the body, as it was at rest."""
        position, turn = self.pose
        return unrotate(turn, point - position) + self.centre

    def nearest(self, point: Float[np.ndarray, 3]) -> tuple[float, int]:
        """Distance squared [m²] from a point of the body's frame to the centre of the nearest piece, and
        which."""
        distance = ((self.offset + self.centre - point) ** 2).sum(1)
        k = int(np.argmin(distance))
        return float(distance[k]), int(self.pieces[k])

    def mobility(self, arm: Float[np.ndarray, 3], direction: Float[np.ndarray, 3]) -> float:
        """Inverse of the mass that a blow along `direction` at `arm` from the centre meets (world) [1/kg]."""
        if self.fixed:
            return 0.0
        lever = unrotate(self.pose[1], cross(arm, direction))
        return 1 / self.mass + float(lever @ np.linalg.solve(self.inertia, lever))


@dataclass(frozen=True, eq=False, kw_only=True)
class Solid:
    """Whose a collider is, and where it sits in its rigid body."""

    unit: Unit
    piece: int
    """On the tape; -1 where one solid covers many."""
    position: Float[np.ndarray, 3]
    orientation: Float[np.ndarray, 4]


def whole(body: WorldBody) -> Int[np.ndarray, " member"]:
    """All members of a body."""
    return np.arange(len(body.pieces))


def add_unit(
    rapier: rp.PhysicsWorld,
    body: WorldBody,
    members: Int[np.ndarray, " member"],
    pose: tuple[Float[np.ndarray, 3], Float[np.ndarray, 4]],
    *,
    number: int,
    cluster: int,
    fixed: bool,
) -> tuple[Unit, dict[int, Solid]]:
    """A new rigid body at `pose` (of its centre), at rest, and its solids by collider index."""
    import rapier3d as rp

    mass, centre, inertia = mass_of(body, members)
    kind = rp.RigidBodyType.FIXED if fixed or body.motion == "static" else rp.RigidBodyType.DYNAMIC
    if body.motion == "kinematic":
        kind = rp.RigidBodyType.KINEMATIC_POSITION_BASED
    builder = rp.RigidBody.new_body(kind).position(isometry(*pose))
    if body.motion == "dynamic":
        builder = builder.additional_mass_properties(mass_properties(mass, inertia))
        # What is thrown is whole; shards are many, and too slow to pass through anything in one step.
        builder = builder.ccd_enabled(len(members) == len(body.pieces))
    handle = rapier.add_body(builder)
    rigid = rapier.rigid_bodies[handle]
    activation = rigid.activation
    activation.linear_threshold, activation.angular_threshold = _QUIET_SPEED, _QUIET_SPIN
    activation.time_until_sleep = _QUIET_TIME
    rigid.activation = activation
    total = sum(piece.mass for piece in body.pieces)
    rest = np.array([body.pieces[k].rest for k in members], float)
    unit = Unit(
        body=body,
        number=number,
        cluster=cluster,
        members=members,
        pieces=np.array([body.pieces[k].index for k in members]),
        centre=centre,
        offset=rest - centre,
        mass=mass,
        inertia=inertia,
        area=area_share(body, mass / total) if total > 0 else 0.0,
        fixed=fixed or body.motion != "dynamic",
        handle=handle,
        rigid=rigid,
        least_impulse=_least_impulse(body, members),
    )
    return unit, _add_solids(rapier, unit)


def _add_solids(rapier: rp.PhysicsWorld, unit: Unit) -> dict[int, Solid]:
    body, force = unit.body, _least_force(rapier, unit)
    wanted: list[tuple[int, Collider, np.ndarray]]
    if len(unit.members) == len(body.pieces) and body.unbroken:
        owner = int(unit.pieces[0]) if len(unit.pieces) == 1 else -1
        wanted = [(owner, collider, -unit.centre) for collider in body.unbroken]
    else:
        wanted = [
            (body.pieces[k].index, collider, offset)
            for k, offset in zip(unit.members, unit.offset, strict=True)
            for collider in body.pieces[k].colliders
        ]
    placed = [(piece, collider, *solid_pose(collider, offset)) for piece, collider, offset in wanted]
    vertices = [
        position + rotate(turn, np.asarray(collider.points, float))
        for _, collider, position, turn in placed
        if collider.points is not None
    ]
    anchored = body.bonds is not None and bool(body.bonds.anchored[unit.members].any())
    touching, all_of_them = np.zeros((0, 3)), False
    if vertices and body.motion == "dynamic" and not anchored:
        touching, all_of_them = corners(np.concatenate(vertices))
    solids = {}

    def add(builder: rp.ColliderBuilder, piece: int, position: np.ndarray, turn: np.ndarray) -> None:
        handle = rapier.add_collider(builder, unit.handle)
        unit.colliders.append(handle)
        solids[handle.index] = Solid(unit=unit, piece=piece, position=position, orientation=turn)

    for piece, collider, position, turn in placed:
        planes = collider.kind != "hull" or not all_of_them
        add(solid(collider, body, isometry(position, turn), force, planes=planes), piece, position, turn)
    owner = int(unit.pieces[0]) if len(unit.pieces) == 1 else -1
    # Lone shards cannot break again and touch very often: no force events for them, only rows on the tape.
    lone = len(unit.members) == 1 < len(body.pieces)
    for ends in wires(touching):
        add(wire(body, ends, math.inf if lone else force), owner, np.zeros(3), np.array([1.0, 0.0, 0.0, 0.0]))
    return solids


def _least_impulse(body: WorldBody, members: Int[np.ndarray, " member"]) -> float:
    breakable = body.bonds is not None and body.motion == "dynamic" and len(members) > 1
    return least_impulse(body.bonds) if breakable and body.bonds is not None else np.inf


def _least_force(rapier: rp.PhysicsWorld, unit: Unit) -> float:
    """Contacts above this are looked at in every step [N]."""
    step = rapier.integration_parameters.dt
    gravity = rapier.gravity
    least = max(_BODY_EVENT * unit.mass * gravity.norm(), _LEAST_EVENT / step)
    if len(unit.members) < len(unit.body.pieces):
        least = max(least, _SHARD_EVENT / step)
    return min(least, unit.least_impulse / step)
