# pyright: reportAttributeAccessIssue=false, reportOptionalMemberAccess=false
# (MuJoCo's names live in a compiled module without stubs.)
"""One step of MuJoCo, opened between finding contacts and solving them, for contacts by kinema's law.

MuJoCo knows no restitution and lets friction lift what slides. Here every contact is told, as the
acceleration its three rows must reach, with which velocity it shall end the step (`mujoco_contact`).
The cone is MuJoCo's convex one, in which slip v lifts by mu v. De Saxcé's correction takes mu times the slip
off the normal target and solves again, until slip and target agree (De Saxcé & Feng 1998, Math. Comput.
Modelling 28:225; Acary et al. 2011, ZAMM 91:386).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int

from kinema.physics.forces import gravity_at
from kinema.physics.fracture import least_impulse
from kinema.physics.ledger import kinetic_energy
from kinema.physics.mujoco_contact import TOUCH, Meeting, first_blow, normal_target, takes_part
from kinema.physics.mujoco_leads import lead_constraints, work_through_joints
from kinema.physics.mujoco_model import Model
from kinema.physics.mujoco_ties import SOLIMP
from kinema.physics.mujoco_units import Unit
from kinema.physics.rotation import cross, unrotate
from kinema.physics.world import World

SLIDING = 0.02
"""Lift by slip that is worth another solve [m/s]."""
PASSES = 2
SHARD_IMPEDANCE = 0.9
"""Of contacts between shards of one body. They fit each other without play, and locked like that they would stop
a ball that broke them: 0.9999 took all of its 8 m/s, 0.9 leaves 7.2, as Rapier's softer contacts do. The
crumbling of sharp edges, in a number."""


class Stepper:
    """Steps one compiled model."""

    def __init__(self, world: World, units: list[Unit], made: Model) -> None:
        self.world, self.units, self.made = world, units, made
        self.step = float(world.clock.step)
        self.mass = np.array([unit.mass for unit in units])
        self.friction = np.array([unit.body.friction for unit in units])
        self.restitution = np.array([unit.body.restitution for unit in units])
        self.number = np.array([unit.number for unit in units])
        self.first_piece = np.array([unit.pieces[0] for unit in units])
        self.many = np.array([len(unit.pieces) > 1 for unit in units])
        self.delicate = np.array([unit.breakable for unit in units])
        self.least_impulse = np.array(
            [least_impulse(u.body.bonds) if u.breakable and u.body.bonds else np.inf for u in units]
        )
        """Below which no blow breaks anything [N s]."""
        self.bonded = np.array([unit.body.bonds is not None for unit in units])
        self.free = np.array([unit.mode == "free" for unit in units])
        self.flies = np.flatnonzero((made.free >= 0) & ~made.tied)
        """Units that nothing but contact could hold."""
        self.felt = self.gravity = np.zeros((len(units), 3))
        """Gravity where each unit is, and as it pulls: on those that stand fast, not at all [m/s²]."""
        self.driven_velocity = np.zeros((len(units), 3))
        self.driven_spin = np.zeros((len(units), 3))
        self.leads = bool((made.rides >= 0).any())
        self.contact: Meeting | None = None
        """What takes part in the step that is solved."""
        self.target, self.rows = np.zeros((0, 3)), np.zeros((0, 3), int)
        """Velocities at which its contacts shall end it, and their constraint rows, as `Meeting.slip`."""
        self._row = np.zeros(0, int)
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

    def solve(self, force: Float[np.ndarray, "unit 3"], step: float, *, whole: bool) -> float:
        """Find contacts and the forces of all constraints, under `force` at the centres [N]. Moves nothing.

        Returns the length of the step that is solved [s]: `step`, or, unless it must be `whole`, less if a
        blow falls within it.
        """
        import mujoco as mj

        model, data = self.made.model, self.made.data
        data.xfrc_applied[self.made.body, :3] = force
        self._widen(step)
        for stage in ("camlight", "flex", "tendon", "makeM", "factorM", "collision"):
            getattr(mj, f"mj_{stage}")(model, data)
        self.step = self._choose(step, whole)
        model.opt.timestep = self.step
        for stage in ("makeConstraint", "island", "transmission", "projectConstraint", "fwdVelocity"):
            getattr(mj, f"mj_{stage}")(model, data)
        mj.mj_fwdActuation(model, data)
        mj.mj_fwdAcceleration(model, data)
        if self.contact is not None:
            self.target[:, 0] = normal_target(self.contact, self.step)
            first = data.contact.efc_address[self._row]
            self.rows = first[:, None] + np.arange(3)
            self._aim(0.0)
        lead_constraints(self)
        mj.mj_fwdConstraint(model, data)
        if self.contact is not None:
            self._unlift(self.contact)
        return self.step

    def _widen(self, step: float) -> None:
        """Margins that show every contact this step can make: twice the way of a geom's fastest point."""
        made, model = self.made, self.made.model
        speed = np.linalg.norm(self.velocity, axis=1) + np.linalg.norm(self.gravity, axis=1) * step
        turn = np.linalg.norm(self.spin, axis=1)
        unit = made.geom_unit
        model.geom_margin[:] = 2 * step * (speed[unit] + turn[unit] * made.reach) + TOUCH
        model.body_margin[:] = 0.0
        np.maximum.at(model.body_margin, model.geom_bodyid, model.geom_margin)

    def _choose(self, step: float, whole: bool) -> float:
        """Keep the contacts that take part and switch the others off; return how far to go."""
        contact, n = self.made.data.contact, self.made.data.ncon
        self.contact = None
        if n == 0:
            return step
        meeting = self._meeting()
        one, two = meeting.unit.T
        same = self.number[one] == self.number[two]
        if not whole:
            # Blows on what can break, and what flies into its shards; not their rain on the floor.
            delicate, free = self.delicate[one] | self.delicate[two], self.free[one] & self.free[two]
            counts = ~same & (delicate | free) & (self.bonded[one] | self.bonded[two])
            step = first_blow(meeting, counts, step)
        part = takes_part(meeting, step)
        contact.exclude[:n] = ~part
        contact.friction[:n, :2] = np.maximum(meeting.friction, 1e-5)[:, None]  # MuJoCo's least
        contact.solimp[:n] = SOLIMP
        contact.solimp[np.flatnonzero(same), :2] = SHARD_IMPEDANCE
        self._row = np.flatnonzero(part)
        if len(self._row):
            self.contact = meeting.part(self._row)
            self.target = np.zeros((len(self._row), 3))
        return step

    def _meeting(self) -> Meeting:
        data = self.made.data
        n, contact = data.ncon, data.contact
        unit = self.made.geom_unit[contact.geom[:n]]
        frame, point = contact.frame[:n].reshape(n, 3, 3).copy(), contact.pos[:n].copy()
        one, two = unit.T
        approach = self.velocity_at(two, point) - self.velocity_at(one, point)
        return Meeting(
            unit=unit,
            frame=frame,
            point=point,
            gap=contact.dist[:n].copy(),
            slip=np.einsum("cij,cj->ci", frame, approach),
            pull=np.einsum("ci,ci->c", frame[:, 0], self.gravity[two] - self.gravity[one]),
            friction=np.sqrt(self.friction[one] * self.friction[two]),
            restitution=np.minimum(self.restitution[one], self.restitution[two]),
        )

    def velocity_at(
        self, unit: Int[np.ndarray, " n"], point: Float[np.ndarray, "n 3"]
    ) -> Float[np.ndarray, "n 3"]:
        """Velocity of a unit's matter at a point [m/s]."""
        return self.velocity[unit] + cross(self.spin[unit], point - self.position[unit])

    def _aim(self, lowered: Float[np.ndarray, " contact"] | float) -> None:
        """Write into the constraint rows the accelerations that end the step at the targets."""
        assert self.contact is not None, "something touches"
        target = self.target.copy()
        target[:, 0] -= lowered
        self.made.data.efc_aref[self.rows] = (target - self.contact.slip) / self.step

    def _unlift(self, contact: Meeting) -> None:
        """De Saxcé's correction: solve again with the normal targets lowered by friction times slip."""
        import mujoco as mj

        model, data = self.made.model, self.made.data
        lowered = np.zeros(len(contact.gap))
        for _ in range(PASSES):
            change = np.zeros(data.nefc)
            mj.mj_mulJacVec(model, data, change, data.qacc)
            after = contact.slip + self.step * change[self.rows]
            pressed = data.efc_force[self.rows[:, 0]] > 0
            lift = np.where(pressed, contact.friction * np.linalg.norm(after[:, 1:], axis=1), 0.0)
            if np.abs(lift - lowered).max() < SLIDING:
                break
            lowered = lift
            self._aim(lowered)
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
        """Give bodies in flight the exact parabola: x += (v + v') h / 2, where MuJoCo's Euler took v' h.

        Those that touch on one plane get it along that plane; across it the contact has decided.
        """
        data, flies = self.made.data, self.flies
        rows = self.made.free[flies][:, None] + np.arange(3)
        excess = np.zeros((len(self.units), 3))
        excess[flies] = (data.qvel[rows] - before[rows]) * self.step / 2
        if self.contact is not None:
            unit = self.contact.unit.ravel()
            normal = np.repeat(self.contact.frame[:, 0], 2, axis=0)
            plane = np.zeros((len(self.units), 3))
            plane[unit] = normal
            straight = np.ones(len(self.units))
            np.minimum.at(straight, unit, np.abs(np.einsum("nk,nk->n", plane[unit], normal)))
            excess -= plane * np.einsum("uk,uk->u", plane, excess)[:, None]
            excess[straight < 1 - 1e-9] = 0.0
        data.qpos[self.made.free_at[flies][:, None] + np.arange(3)] -= excess[flies]

    # --- what passed ----------------------------------------------------------------------------------------

    def normal_impulse(self) -> Float[np.ndarray, " contact"]:
        """Of each contact in this step [N s]."""
        return self.made.data.efc_force[self.rows[:, 0]] * self.step

    def work_of_driven(self) -> float:
        """Energy that driven bodies give in this step through contacts and joints [J]."""
        contact = self.contact
        if not self.leads:
            return 0.0
        work = work_through_joints(self, self.step)
        if contact is None:
            return work
        impulse = np.einsum("ci,cij->cj", self.made.data.efc_force[self.rows], contact.frame) * self.step
        # The force acts on the second of each pair, and its opposite on the first.
        for side, sign in ((0, 1.0), (1, -1.0)):
            there = self.made.rides[contact.unit[:, side]] >= 0
            moving = self.velocity_at(contact.unit[there, side], contact.point[there])
            work += sign * float(np.einsum("cj,cj->", impulse[there], moving))
        return work

    def elastic(self) -> float:
        """Energy in springs [J]."""
        import mujoco as mj

        model, data = self.made.model, self.made.data
        mj.mj_tendon(model, data)
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

    def pieces_at(
        self, unit: Int[np.ndarray, " n"], point: Float[np.ndarray, "n 3"]
    ) -> Int[np.ndarray, " n"]:
        """Tape index of the piece of each unit whose centre is nearest to each world point."""
        piece = self.first_piece[unit]
        for k in np.unique(unit[self.many[unit]]):
            mine = np.flatnonzero(unit == k)
            local = unrotate(self.orientation[k], point[mine] - self.position[k])
            apart = ((self.units[k].offset - local[:, None]) ** 2).sum(-1)
            piece[mine] = self.units[k].pieces[apart.argmin(1)]
        return piece

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
