"""MuJoCo as kinema's second engine: the referee, and the better one for joints and flat-faced bounces.

Double precision; joints in their own coordinates; Runge-Kutta wherever nothing touches; contacts by kinema's
own law (see `mujoco_step`). Its limits: no continuous collision detection beyond one step's look ahead, and a
cone is a hull of 48 facets. Method and figures: Todorov 2014, ICRA (the solver).
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from jaxtyping import Float

from kinema.physics.engine import Progress, silent
from kinema.physics.forces import drag_force, motion_over, pose_at, pushes_by_step, release_step
from kinema.physics.mujoco_blows import (
    LEAST,
    Failure,
    after_failure,
    first_failure,
    touches,
)
from kinema.physics.mujoco_joints import sort_ties
from kinema.physics.mujoco_model import compile_model
from kinema.physics.mujoco_step import Stepper
from kinema.physics.mujoco_units import Readout, Unit, first_units
from kinema.physics.recorder import Recorder, State, initial_state
from kinema.physics.rotation import cross, rotate
from kinema.physics.tape import Tape
from kinema.physics.touches import Broken, Touches, merged
from kinema.physics.world import World

PARTS = 6
"""A step is cut at blows on what can break into at most so many parts."""
ROUNDS = 8
"""At most so many times a step is tried again; what would break after that breaks in the next step."""


class MuJoCo:
    """Rigid bodies, joints, springs, ropes and fracture by MuJoCo."""

    @property
    def name(self) -> str:
        """Name and version."""
        from importlib.metadata import version

        return f"mujoco {version('mujoco')}"

    def simulate(self, world: World, progress: Progress = silent) -> Tape:
        """What happens. Raises `SimulationError` if energy comes from nowhere or a state is not finite."""
        recorder = Recorder(world, f"{self.name}; {1 / world.clock.step} Hz; opened step; f64")
        run = _Run(world, recorder)
        recorder.record(run.state, elastic=run.stepper.elastic())
        for k in range(recorder.steps):
            run.step(k)
            if (k + 1) % world.clock.steps_per_sample == 0:
                progress((k + 1) // world.clock.steps_per_sample + 1, world.clock.samples)
        return recorder.tape()


class _Run:
    """A world on its way."""

    def __init__(self, world: World, recorder: Recorder) -> None:
        self.world, self.recorder = world, recorder
        self.h = float(world.clock.step)
        self.state: State = initial_state(world)
        self.pushes = pushes_by_step(world.forces, world.clock.step)
        self.alive = {
            number: np.ones(len(body.bonds.strength), bool)
            for number, body in enumerate(world.bodies)
            if body.bonds is not None
        }
        self.clusters = len(world.bodies)
        self.broken: list[Broken] = []
        self.spent: dict[int, float] = defaultdict(float)
        """On cracks of each cluster in this step [J]."""
        self.rebuild(first_units(world), 0.0)

    def rebuild(self, units: list[Unit], time: float) -> None:
        """Compile anew at a moment: topology changed. Units go in the order of their first piece."""
        self.units = sorted(units, key=lambda unit: int(unit.pieces[0]))
        ties = sort_ties(self.world, self.units)
        self.stepper = Stepper(self.world, self.units, compile_model(self.world, self.units, ties))
        self.readout = Readout(self.units)
        self.breakable = any(unit.breakable for unit in self.units)
        self.driven = [i for i, unit in enumerate(self.units) if unit.mode == "driven"]
        self._drive(time)

    def step(self, k: int) -> None:
        """From step `k` to the next, recorded; in parts, where a blow falls within it."""
        work = self._release(k) + self._push(k)
        time, left = k * self.h, self.h
        rows: list[Touches] = []
        self.spent.clear()
        for part in range(PARTS):
            self._drive(time)
            force, length = self._solve(time, left, whole=part == PARTS - 1)
            before = self.stepper.position.copy()
            if self.stepper.contact is not None:
                rows.append(touches(self.stepper))
            work += self.stepper.work_of_driven()
            self.stepper.integrate()
            work += float(np.einsum("uk,uk->", force, self.stepper.position - before))
            time, left = time + length, left - length
            if left <= 0:
                break
        self._drive((k + 1) * self.h)
        rows += [group.blow for group in self.broken if group.blow.impulse[0] > LEAST]
        if rows:
            row = merged(rows)
            self.recorder.contacts(row.piece, row.impulse, row.point, row.depth)
        for group in self.broken:
            self.recorder.cracks(group.piece, group.energy)
        self.broken.clear()
        self._write_state()
        self.recorder.record(self.state, elastic=self.stepper.elastic(), work=work)

    # --- what the shot schedules ----------------------------------------------------------------------------

    def _release(self, k: int) -> float:
        """Let go of what waited for this step; return the energy that it starts with [J]."""
        due = [
            number
            for number, body in enumerate(self.world.bodies)
            if k > 0 and body.motion == "dynamic" and release_step(body, self.world.clock.step) == k
        ]
        if not due:
            return 0.0
        before = self.stepper.kinetic()
        self.rebuild(
            [unit.released() if unit.number in due else unit for unit in self.stepper.kept()],
            k * self.h,
        )
        return self.stepper.kinetic() - before

    def _push(self, k: int) -> float:
        """Impulses of this step, on the unit that has the point; one that is held takes none [J]."""
        work = 0.0
        for push in self.pushes.get(k, ()):
            mine = [i for i, unit in enumerate(self.units) if unit.body.name == push.body]
            centre = self.units[mine[0]].centre
            point = centre if push.point is None else np.array(push.point)
            i = min(mine, key=lambda i: self.units[i].distance(point))
            if self.units[i].mode == "free":
                arm = point - self.units[i].centre if push.point is not None else np.zeros(3)
                turned = rotate(self.stepper.orientation[i], arm)
                work += self.stepper.strike(i, np.array(push.impulse), turned)
        return work

    def _drive(self, time: float) -> None:
        """Put keyframed bodies where they are, moving as they do over the next step."""
        for i in self.driven:
            unit = self.units[i]
            origin, turn = pose_at(unit.body, time)
            velocity, spin = motion_over(unit.body, time, time + self.h)
            arm = rotate(turn, unit.centre)
            self.stepper.drive(i, (origin + arm, turn), (velocity + cross(spin, arm), spin))
        if self.driven:
            self.stepper.read()

    # --- forces, contacts, cracks ---------------------------------------------------------------------------

    def _solve(self, time: float, left: float, *, whole: bool) -> tuple[Float[np.ndarray, "unit 3"], float]:
        """Solve what is `left` of the step, or up to the next blow, breaking what that breaks.

        Returns the wind's force on each unit [N] and the length that was solved [s]."""
        for attempt in range(ROUNDS + 1):
            stepper = self.stepper
            wind = self._wind()
            # MuJoCo pulls all with the world's gravity; regions differ from it.
            change = np.where(stepper.free[:, None], stepper.felt - np.array(self.world.forces.gravity), 0.0)
            length = stepper.solve(wind + stepper.mass[:, None] * change, left, whole=whole)
            if attempt == ROUNDS or not self.breakable or stepper.contact is None:
                return wind, length
            failure = first_failure(stepper, self.alive, self.spent)
            if failure is None:
                return wind, length
            self._break(failure, time)
        raise AssertionError("the last attempt returns")

    def _break(self, failure: Failure, time: float) -> None:
        unit = self.units[failure.unit]
        bonds, alive = unit.body.bonds, self.alive[unit.number]
        assert bonds is not None, "what fails has bonds"
        alive[failure.bonds] = False
        # By cluster: a unit that cracked but held has had its share of this collision; its parts have not.
        self.spent[unit.cluster] += float(failure.energy.sum())
        tape_piece = np.array([piece.index for piece in unit.body.pieces])
        met = self.stepper.pieces_at(
            np.array([failure.unit, failure.striker]), np.stack(2 * [failure.blow.point])
        )
        units, passed = after_failure(self.stepper.kept(), failure, alive, self.clusters)
        blow = Touches.one(met, passed, failure.blow.point)
        self.broken.append(
            Broken(piece=tape_piece[bonds.piece[failure.bonds]], energy=failure.energy, blow=blow)
        )
        self.clusters += len(units) - len(self.units) + 1
        self.rebuild(units, time)

    def _wind(self) -> Float[np.ndarray, "unit 3"]:
        """Mean force of the wind over the coming step on each unit [N]."""
        stepper, wind = self.stepper, self.world.forces.wind
        force = np.zeros((len(self.units), 3))
        free = np.flatnonzero(stepper.free)
        if wind is not None and len(free):
            area = np.array([self.units[i].area for i in free])
            force[free] = drag_force(wind, stepper.velocity[free], area, stepper.mass[free], self.h)
        return force

    def _write_state(self) -> None:
        stepper, readout = self.stepper, self.readout
        readout.fill(self.state, stepper.position, stepper.orientation, stepper.velocity, stepper.spin)
        gravity = self.state.gravity.copy()
        gravity[readout.pieces] = stepper.felt[readout.owner]
        self.state.gravity = gravity
