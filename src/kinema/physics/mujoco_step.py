# pyright: reportAttributeAccessIssue=false, reportOptionalMemberAccess=false
# (MuJoCo's names live in a compiled module without stubs.)
"""One step of MuJoCo, opened between finding contacts and solving them, for contacts by kinema's law.

MuJoCo knows no restitution and lets friction lift what slides. Here every contact is told, as the
acceleration its three rows must reach, with which velocity it shall end the step:

* along the normal: not deeper than touching (a contact is seen before it is one), back out of an overlap
  slowly, or, hit hard enough, away with restitution times the speed of approach;
* across it: no slip, as far as Coulomb's cone allows.

The cone is MuJoCo's convex one, in which slip v lifts by mu v. De Saxcé's correction takes mu times the slip
off the normal target and solves again, until slip and target agree (De Saxcé & Feng 1998, Math. Comput.
Modelling 28:225; Acary et al. 2011, ZAMM 91:386).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int

from kinema.physics.forces import gravity_at
from kinema.physics.ledger import kinetic_energy
from kinema.physics.mujoco_model import SOLIMP, Model
from kinema.physics.mujoco_units import Unit
from kinema.physics.rotation import cross
from kinema.physics.world import World

PUSH_OUT = 0.1
"""Share of an overlap that one step takes back."""
PUSH_OUT_SPEED = 0.1
"""... and the fastest it does so [m/s]."""
QUIET = 0.03
"""Approach below which nothing bounces [m/s]: a millimetre's fall is 0.14."""
SLIDING = 5e-3
"""Lift by slip that is worth another solve [m/s]."""
PASSES = 3


@dataclass(frozen=True, kw_only=True)
class Contact:
    """What touches in this step; rows are MuJoCo's contacts that take part."""

    row: Int[np.ndarray, " contact"]
    """Among MuJoCo's contacts."""
    unit: Int[np.ndarray, "contact 2"]
    normal: Float[np.ndarray, "contact 3"]
    """From the first to the second."""
    frame: Float[np.ndarray, "contact 3 3"]
    """Rows: normal, two tangents."""
    point: Float[np.ndarray, "contact 3"]
    gap: Float[np.ndarray, " contact"]
    """Negative = overlap [m]."""
    slip: Float[np.ndarray, "contact 3"]
    """Velocity of the second against the first, in `frame` [m/s]."""
    target: Float[np.ndarray, "contact 3"]
    """The same at the end of the step [m/s]."""
    friction: Float[np.ndarray, " contact"]
    first_row: Int[np.ndarray, " contact"]
    """Of its three constraint rows."""


class Stepper:
    """Steps one compiled model."""

    def __init__(self, world: World, units: list[Unit], made: Model) -> None:
        self.world, self.units, self.made = world, units, made
        self.step = float(world.clock.step)
        self.mass = np.array([unit.mass for unit in units])
        self.free = np.array([unit.mode == "free" for unit in units])
        self.friction = np.array([unit.body.friction for unit in units])
        self.restitution = np.array([unit.body.restitution for unit in units])
        self.flies = np.flatnonzero((made.free >= 0) & ~made.tied)
        """Units that nothing but contact could hold."""
        self.felt = self.gravity = np.zeros((len(units), 3))
        """Gravity where each unit is, and as it pulls: on those that stand fast, not at all [m/s²]."""
        self.driven_velocity = np.zeros((len(units), 3))
        self.driven_spin = np.zeros((len(units), 3))
        self.contact: Contact | None = None
        self.position = self.orientation = self.velocity = self.spin = np.zeros((0, 3))
        self.read()

    # --- state ----------------------------------------------------------------------------------------------

    def read(self) -> None:
        """Poses and velocities of all units from joint coordinates."""
        import mujoco as mj

        made, model, data = self.made, self.made.model, self.made.data
        mj.mj_kinematics(model, data)
        mj.mj_comPos(model, data)
        mj.mj_comVel(model, data)
        body = made.body
        self.position = data.xpos[body].copy()
        self.orientation = data.xquat[body].copy()
        self.spin = data.cvel[body, :3].copy()
        arm = self.position - data.subtree_com[model.body_rootid[body]]
        self.velocity = data.cvel[body, 3:] + cross(self.spin, arm)
        for k in np.flatnonzero(made.rides >= 0):
            lead = made.rides[k]
            self.spin[k] = self.driven_spin[lead]
            arm = self.position[k] - self.position[lead]
            self.velocity[k] = self.driven_velocity[lead] + cross(self.driven_spin[lead], arm)
        self.felt = gravity_at(self.world.forces, self.position)
        self.gravity = np.where(self.free[:, None], self.felt, 0.0)

    def drive(
        self, k: int, pose: tuple[np.ndarray, np.ndarray], motion: tuple[np.ndarray, np.ndarray]
    ) -> None:
        """Put a driven unit where its keys say, moving as they say (of its centre). Call `read` afterwards."""
        row = self.made.mocap[k]
        self.made.data.mocap_pos[row], self.made.data.mocap_quat[row] = pose
        self.driven_velocity[k], self.driven_spin[k] = motion

    def strike(self, k: int, impulse: np.ndarray, arm: np.ndarray) -> float:
        """Give a unit an impulse at `arm` from its centre; return the energy that it gave [J]."""
        import mujoco as mj

        model, data = self.made.model, self.made.data
        along, about = np.zeros((3, model.nv)), np.zeros((3, model.nv))
        mj.mj_jacBodyCom(model, data, along, about, self.made.body[k])
        push = along.T @ impulse + about.T @ cross(arm, impulse)
        mj.mj_makeM(model, data)
        mj.mj_factorM(model, data)
        change = np.zeros((1, model.nv))
        mj.mj_solveM(model, data, change, push[None])
        work = float(push @ (data.qvel + change[0] / 2))
        data.qvel += change[0]
        self.read()
        return work

    # --- the opened step ------------------------------------------------------------------------------------

    def solve(self, force: Float[np.ndarray, "unit 3"]) -> None:
        """Find contacts and the forces of all constraints, under `force` at the centres [N]. Moves nothing."""
        import mujoco as mj

        model, data = self.made.model, self.made.data
        data.xfrc_applied[self.made.body, :3] = force
        self._widen()
        for stage in ("camlight", "flex", "tendon", "makeM", "factorM", "collision"):
            getattr(mj, f"mj_{stage}")(model, data)
        seen = self._seen()
        for stage in ("makeConstraint", "island", "transmission", "projectConstraint", "fwdVelocity"):
            getattr(mj, f"mj_{stage}")(model, data)
        mj.mj_fwdActuation(model, data)
        mj.mj_fwdAcceleration(model, data)
        self.contact = self._aim(seen)
        mj.mj_fwdConstraint(model, data)
        self._unlift()

    def _widen(self) -> None:
        """Margins that show every contact this step can make: twice the way of a geom's fastest point."""
        made, model = self.made, self.made.model
        pull = np.linalg.norm(self.gravity, axis=1) * self.step
        speed = np.linalg.norm(self.velocity, axis=1) + pull
        turn = np.linalg.norm(self.spin, axis=1)
        unit = made.geom_unit
        model.geom_margin[:] = 2 * self.step * (speed[unit] + turn[unit] * made.reach) + 1e-5
        model.body_margin[:] = 0.0
        np.maximum.at(model.body_margin, model.geom_bodyid, model.geom_margin)

    def _seen(self) -> Contact | None:
        """Contacts that take part: touching, or about to within the step. The others are switched off."""
        made, data = self.made, self.made.data
        n = data.ncon
        if n == 0:
            return None
        contact = data.contact
        unit = made.geom_unit[contact.geom[:n]]
        frame = contact.frame[:n].reshape(n, 3, 3).copy()
        point, gap = contact.pos[:n].copy(), contact.dist[:n].copy()
        one, two = unit.T
        approach = (
            self.velocity[two]
            + cross(self.spin[two], point - self.position[two])
            - self.velocity[one]
            - cross(self.spin[one], point - self.position[one])
        )
        slip = np.einsum("cij,cj->ci", frame, approach)
        pull = np.einsum("ci,ci->c", frame[:, 0], self.gravity[two] - self.gravity[one])
        ahead = gap + slip[:, 0] * self.step + pull * self.step**2
        takes_part = (gap <= 0) | (ahead <= 0)
        contact.exclude[:n] = ~takes_part
        friction = np.sqrt(self.friction[one] * self.friction[two])
        contact.friction[:n, :2] = np.maximum(friction, 1e-5)[:, None]  # MuJoCo's least
        contact.solimp[:n] = SOLIMP
        restitution = np.minimum(self.restitution[one], self.restitution[two])
        target = np.zeros((n, 3))
        target[:, 0] = self._normal_target(gap, slip[:, 0], pull, restitution)
        row = np.flatnonzero(takes_part)
        if not len(row):
            return None
        return Contact(
            row=row,
            unit=unit[row],
            normal=frame[row, 0],
            frame=frame[row],
            point=point[row],
            gap=gap[row],
            slip=slip[row],
            target=target[row],
            friction=friction[row],
            first_row=row,
        )

    def _normal_target(
        self, gap: np.ndarray, closing: np.ndarray, pull: np.ndarray, restitution: np.ndarray
    ) -> np.ndarray:
        """Normal velocity at the end of the step [m/s]; `closing` and `pull` (free acceleration) < 0 =
        together.

        A bounce is put at the start of the step, at a height `gap` that is not yet, or no longer, the
        surface: speeds are carried there and back along the parabola, so that the height it comes back to
        is right.
        """
        step = self.step
        out = np.where(gap > 0, -gap / step, np.minimum(-PUSH_OUT * gap / step, PUSH_OUT_SPEED))
        at_surface = np.sqrt(np.maximum(closing**2 - 2 * pull * gap, 0.0))
        away = np.sqrt(np.maximum((restitution * at_surface) ** 2 + 2 * pull * gap, 0.0))
        bounces = (closing < -QUIET) & (restitution * at_surface > QUIET / 2)
        return np.maximum(out, np.where(bounces, away + pull * step, -np.inf))

    def _aim(self, seen: Contact | None) -> Contact | None:
        """Write the targets into the constraint rows."""
        data = self.made.data
        if seen is None:
            return None
        address = data.contact.efc_address[seen.row]
        seen = replace(seen, first_row=address)
        self._write(seen, seen.target)
        return seen

    def _write(self, contact: Contact, target: np.ndarray) -> None:
        rows = contact.first_row[:, None] + np.arange(3)
        self.made.data.efc_aref[rows] = (target - contact.slip) / self.step

    def _unlift(self) -> None:
        """De Saxcé's correction: solve again with the normal targets lowered by friction times slip."""
        import mujoco as mj

        contact, model, data = self.contact, self.made.model, self.made.data
        if contact is None:
            return
        rows = contact.first_row[:, None] + np.arange(3)
        lowered = np.zeros(len(contact.row))
        for _ in range(PASSES):
            change = np.zeros(data.nefc)
            mj.mj_mulJacVec(model, data, change, data.qacc)
            after = contact.slip + self.step * change[rows]
            pressed = data.efc_force[contact.first_row] > 0
            lift = np.where(pressed, contact.friction * np.linalg.norm(after[:, 1:], axis=1), 0.0)
            if np.abs(lift - lowered).max() < SLIDING:
                break
            lowered = lift
            target = contact.target.copy()
            target[:, 0] -= lowered
            self._write(contact, target)
            mj.mj_fwdConstraint(model, data)

    def integrate(self) -> None:
        """Take the step that `solve` prepared."""
        import mujoco as mj

        model, data = self.made.model, self.made.data
        if self.contact is None and data.nefc == 0:
            self._runge_kutta()
        else:
            before = data.qvel.copy()
            mj.mj_implicit(model, data)
            self._straighten(before)
        self.read()

    def _runge_kutta(self) -> None:
        """Nothing touches: the classical method of order 4, in which a pendulum keeps its energy to 1e-10."""
        import mujoco as mj

        model, data = self.made.model, self.made.data
        contact = int(mj.mjtDisableBit.mjDSBL_CONTACT)
        model.opt.disableflags |= contact
        model.opt.integrator = int(mj.mjtIntegrator.mjINT_RK4)
        mj.mj_RungeKutta(model, data, 4)
        model.opt.integrator = int(mj.mjtIntegrator.mjINT_IMPLICITFAST)
        model.opt.disableflags &= ~contact

    def _straighten(self, before: np.ndarray) -> None:
        """Give bodies in flight the exact parabola: x += (v + v') h / 2, where MuJoCo's Euler took v' h."""
        flies = self.flies
        if self.contact is not None:
            flies = flies[~np.isin(flies, self.contact.unit)]
        rows = self.made.free[flies][:, None] + np.arange(3)
        places = self.made.free_at[flies][:, None] + np.arange(3)
        data = self.made.data
        data.qpos[places] -= (data.qvel[rows] - before[rows]) * self.step / 2

    # --- what passed ----------------------------------------------------------------------------------------

    def normal_impulse(self) -> Float[np.ndarray, " contact"]:
        """Of each contact in this step [N s]."""
        assert self.contact is not None, "there are contacts"
        return self.made.data.efc_force[self.contact.first_row] * self.step

    def work_of_driven(self) -> float:
        """Energy that driven bodies gave through contacts in this step [J]."""
        contact = self.contact
        if contact is None or (self.made.rides < 0).all():
            return 0.0
        rows = contact.first_row[:, None] + np.arange(3)
        impulse = np.einsum("ci,cij->cj", self.made.data.efc_force[rows], contact.frame) * self.step
        work = 0.0
        for side, sign in ((0, -1.0), (1, 1.0)):
            unit = contact.unit[:, side]
            lead = self.made.rides[unit]
            there = lead >= 0
            k = unit[there]
            moving = self.velocity[k] + cross(self.spin[k], contact.point[there] - self.position[k])
            # The impulse on the other body is minus that on this one.
            work -= sign * float(np.einsum("cj,cj->", impulse[there], moving))
        return work

    def elastic(self) -> float:
        """Energy in springs [J]."""
        model, data = self.made.model, self.made.data
        stretch = data.ten_length - model.tendon_lengthspring[:, 0]
        stiffness = (
            np.asarray(model.tendon_stiffness).reshape(len(stretch), -1)[:, 0] if len(stretch) else stretch
        )
        return 0.5 * float(stiffness @ stretch**2)

    def kinetic(self) -> float:
        """Of all free units [J]."""
        free = [unit for unit in self.kept() if unit.mode == "free"]
        if not free:
            return 0.0
        return kinetic_energy(
            np.array([unit.mass for unit in free]),
            np.array([unit.inertia for unit in free]),
            np.array([unit.orientation for unit in free]),
            np.array([unit.velocity for unit in free]),
            np.array([unit.spin for unit in free]),
        )

    def now(self, k: int) -> Unit:
        """A unit as it is now."""
        return replace(
            self.units[k],
            position=self.position[k].copy(),
            orientation=self.orientation[k].copy(),
            velocity=self.velocity[k].copy(),
            spin=self.spin[k].copy(),
        )

    def kept(self) -> list[Unit]:
        """All units as they are now."""
        return [self.now(k) for k in range(len(self.units))]
