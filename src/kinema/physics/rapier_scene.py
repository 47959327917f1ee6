"""The live scene: its units, how they are read out, rolled back and split, and what acts on them between
steps."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int

from kinema.physics.forces import pose_at, release_step
from kinema.physics.kerf import loosened
from kinema.physics.rapier_solids import empty_scene, isometry, substeps, vector
from kinema.physics.rapier_unit import Solid, Unit, add_unit, whole
from kinema.physics.recorder import State, initial_state
from kinema.physics.rotation import cross, rotate
from kinema.physics.settling import mass_of
from kinema.physics.world import World

_FREE = 2e-3
"""A unit is in free flight if its velocity changed as gravity says to this share ..."""
_ROUNDING = 1e-6
"""... or to this share of its speed: single precision, added up over the substeps."""


@dataclass(frozen=True, kw_only=True)
class Motion:
    """What Rapier stores of the moving units. Single precision, so these arrays have it to the bit."""

    position: Float[np.ndarray, "unit 3"]
    orientation: Float[np.ndarray, "unit 4"]
    velocity: Float[np.ndarray, "unit 3"]
    spin: Float[np.ndarray, "unit 3"]


class Scene:
    """All units of a world, and the Rapier world that steps them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.rapier = empty_scene(world)
        self.step = float(world.clock.step)
        self.half_kick = self.step / substeps(world) / 2
        self.state: State = initial_state(world)
        self.units: list[Unit] = []
        self.solids: dict[int, Solid] = {}
        """By collider index."""
        self.alive = {n: np.ones(len(b.bonds.area), bool) for n, b in enumerate(world.bodies) if b.bonds}
        """Living bonds by number of the body."""
        self._bodies = [replace(body, pieces=loosened(body)) for body in world.bodies]
        self._clusters = len(world.bodies)
        self._motion: Motion | None = None
        for number, body in enumerate(world.bodies):
            held = body.motion == "dynamic" and release_step(body, world.clock.step) > 0
            anchored = body.bonds is not None and bool(body.bonds.anchored.any())
            origin, turn = pose_at(body, 0.0)
            centre = origin + rotate(turn, mass_of(body, whole(body))[1])
            unit = self._add(number, whole(body), (centre, turn), fixed=held or anchored, cluster=number)
            if not unit.fixed:
                unit.rigid.linvel, unit.rigid.angvel = vector(body.velocity), vector(body.spin)
        self.arrange()

    def _add(
        self,
        number: int,
        members: Int[np.ndarray, " member"],
        pose: tuple[Float[np.ndarray, 3], Float[np.ndarray, 4]],
        *,
        fixed: bool,
        cluster: int,
    ) -> Unit:
        body = self._bodies[number]
        unit, solids = add_unit(self.rapier, body, members, pose, number=number, cluster=cluster, fixed=fixed)
        unit.gravity = np.asarray(self.world.forces.gravity, float)
        self.solids |= solids
        self.units.append(unit)
        return unit

    def arrange(self) -> None:
        """Index arrays of the units that move, after any change of which do."""
        self.disturb()
        self.moving = [u for u in self.units if not u.fixed or u.body.motion == "kinematic"]
        self.row = {id(u): k for k, u in enumerate(self.moving)}
        """Of a moving unit in `Motion`."""
        self.mass = np.array([u.mass for u in self.moving])
        self._pieces = np.concatenate([np.zeros(0, int), *(u.pieces for u in self.moving)])
        self._owner = np.repeat(np.arange(len(self.moving)), [len(u.pieces) for u in self.moving])
        self._offset = np.concatenate([np.zeros((0, 3)), *(u.offset for u in self.moving)])
        for unit in self.units:
            self.state.cluster[unit.pieces] = unit.cluster
            self.state.gravity[unit.pieces] = unit.gravity
            if unit.fixed:
                self.state.velocity[unit.pieces] = self.state.spin[unit.pieces] = 0.0
        self.gravity = np.array([u.gravity for u in self.moving]).reshape(-1, 3)
        self._kicked = np.array([u.kicked for u in self.moving], bool)
        self._kickable = np.array([not (u.fixed or u.jointed) for u in self.moving], bool)

    # --- reading out and putting back -------------------------------------------------------------------

    def disturb(self) -> None:
        """To be called by whoever changes a pose or a velocity in Rapier: what was read of them is old."""
        self._motion = None

    def advance(self) -> None:
        """One step of Rapier.

        Contacts are foreseen a little ahead. Only where something is faster than that, bodies are swept: one that
        is found to hit stops there and loses the rest of its step, and its contact comes with the next one.
        """
        ip = self.rapier.integration_parameters
        ip.max_ccd_substeps = int(self._outruns(ip.normalized_prediction_distance))
        self.rapier.step()
        self.disturb()

    def _outruns(self, foresight: float) -> bool:
        """Whether a unit moves further than `foresight` [m] in a step."""
        speed = np.linalg.norm(self.motion().velocity, axis=1)
        return bool((speed * self.step > foresight).any())

    def motion(self) -> Motion:
        """What Rapier has now; read once for as long as nothing changes."""
        if self._motion is None:
            self._motion = self._read()
        return self._motion

    def _read(self) -> Motion:
        flat = np.array(
            [
                (b := unit.rigid).translation.to_tuple()
                + b.rotation.to_tuple()
                + b.linvel.to_tuple()
                + b.angvel.to_tuple()
                for unit in self.moving
            ],
            float,
        ).reshape(-1, 13)
        return Motion(
            position=flat[:, :3],
            orientation=flat[:, [6, 3, 4, 5]],  # Rapier's tuple ends with w
            velocity=flat[:, 7:10],
            spin=flat[:, 10:],
        )

    def restore(self, before: Motion) -> None:
        """Undo a step, for units whose number has not changed since."""
        for k, unit in enumerate(self.moving):
            unit.rigid.position = isometry(before.position[k], before.orientation[k])
            unit.rigid.linvel, unit.rigid.angvel = vector(before.velocity[k]), vector(before.spin[k])
        self.disturb()

    def refresh(self, now: Motion) -> None:
        """Bring `state` up to what Rapier has, with velocities as they are, not as they are stored."""
        turn, owner, pieces = now.orientation[self._owner], self._owner, self._pieces
        turn = turn / np.linalg.norm(turn, axis=1, keepdims=True)
        velocity = self.true_velocity(now)
        arm = rotate(turn, self._offset)
        state = self.state
        state.position[pieces] = now.position[owner] + arm
        state.orientation[pieces] = turn
        state.velocity[pieces] = velocity[owner] + cross(now.spin[owner], arm)
        state.spin[pieces] = now.spin[owner]

    def true_velocity(self, now: Motion) -> Float[np.ndarray, "unit 3"]:
        """Stored velocities, brought forward for those that are behind [m/s]."""
        return now.velocity + self._kicked[:, None] * self.gravity * self.half_kick

    # --- gravity ----------------------------------------------------------------------------------------

    def kick(self, before: Motion, now: Motion) -> None:
        """Exact free fall: keep the stored velocity of units in free flight half a substep behind.

        Rapier's is symplectic Euler with substep h: a fall is g h t/2 too long. With v - g h/2 stored it is
        exact (leapfrog). Contact sets stored velocities to what they are, so a unit that does not fly is
        not behind, and is put behind again once it flies.
        """
        due = self.gravity * self.step
        if self.world.forces.wind is not None:
            due += np.array([unit.drag / max(unit.mass, 1e-12) for unit in self.moving]) * self.step
        error = np.linalg.norm(now.velocity - before.velocity - due, axis=1)
        bound = _FREE * np.linalg.norm(due, axis=1) + _ROUNDING * np.linalg.norm(now.velocity, axis=1)
        flying = (error <= bound) & self._kickable
        for k in np.flatnonzero(flying & ~self._kicked):
            self.put_behind(self.moving[k])
        for k in np.flatnonzero(~flying & self._kicked):
            self.moving[k].kicked = self._kicked[k] = False

    def put_behind(self, unit: Unit) -> None:
        """Take half a substep of gravity off the stored velocity."""
        if not unit.kicked and not unit.jointed and not unit.fixed and unit.gravity.any():
            stored = vector(unit.stored_velocity - unit.gravity * self.half_kick)
            unit.rigid.linvel = stored
            unit.kicked = True
            if (row := self.row.get(id(unit))) is not None:
                self._kicked[row] = True
                if self._motion is not None:  # cheaper than to read all again
                    self._motion.velocity[row] = stored.to_tuple()

    def set_gravity(self, unit: Unit, gravity: Float[np.ndarray, 3]) -> None:
        """From now on the unit feels `gravity`; its true velocity stays what it is."""
        if unit.kicked:
            unit.rigid.linvel = vector(unit.stored_velocity + (unit.gravity - gravity) * self.half_kick)
            self.disturb()
        unit.gravity = gravity
        own = np.array_equal(gravity, self.world.forces.gravity)
        unit.rigid.gravity_scale = float(own)
        self.apply_force(unit)
        if id(unit) in self.row:
            self.gravity[self.row[id(unit)]] = gravity
        self.state.gravity[unit.pieces] = gravity

    def apply_force(self, unit: Unit) -> None:
        """Renew the unit's lasting force: wind, and gravity where it is not the scene's own."""
        unit.rigid.reset_forces(False)
        force = unit.drag if unit.rigid.gravity_scale else unit.drag + unit.mass * unit.gravity
        if force.any():
            unit.rigid.add_force(vector(force), True)

    # --- coming free -----------------------------------------------------------------------------------

    def release(self, unit: Unit) -> None:
        """Let go a body that was held, with the velocity it was given. A frame goes on holding."""
        import rapier3d as rp

        bonds = unit.body.bonds
        if bonds is not None and bonds.anchored[unit.members].any():
            return
        unit.fixed = False
        unit.rigid.body_type = rp.RigidBodyType.DYNAMIC
        unit.rigid.linvel, unit.rigid.angvel = vector(unit.body.velocity), vector(unit.body.spin)
        self.arrange()
        self.put_behind(unit)

    def split(self, unit: Unit, groups: list[Int[np.ndarray, " member"]]) -> list[Unit]:
        """Replace a unit by parts, given by their members: same pose, v = v + w × r, same w."""
        (place, turn), stored, spin = unit.pose, unit.stored_velocity, unit.spin
        bonds = unit.body.bonds
        assert bonds is not None, "only a breakable unit splits"
        self.units.remove(unit)
        self.rapier.remove_body(unit.handle)
        parts = []
        for members in groups:
            arm = rotate(turn, mass_of(unit.body, members)[1] - unit.centre)
            fixed = unit.fixed and bool(bonds.anchored[members].any())
            cluster = self._clusters if len(groups) > 1 else unit.cluster
            self._clusters += len(groups) > 1
            new = self._add(unit.number, members, (place + arm, turn), fixed=fixed, cluster=cluster)
            if not fixed:
                new.rigid.linvel, new.rigid.angvel = vector(stored + cross(spin, arm)), vector(spin)
                new.kicked = unit.kicked
            self.set_gravity(new, unit.gravity)
            parts.append(new)
        self.arrange()
        for new in parts:
            if not new.fixed:
                self.put_behind(new)
        return parts
