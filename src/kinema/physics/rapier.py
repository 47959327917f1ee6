"""The default engine: rigid bodies, joints and fracture in Rapier, through the idioms that were measured to
be exact.

Half a substep of gravity taken off makes free fall exact; stiff contacts without reuse keep stacks and
shards from sinking; what a blow breaks is found after the step, which is then rolled back and done again
with the parts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kinema.physics.engine import Progress, silent
from kinema.physics.rapier_breaking import step_with_breaking
from kinema.physics.rapier_contacts import soft_pairs, touches
from kinema.physics.rapier_joints import Joints
from kinema.physics.rapier_movers import Movers
from kinema.physics.rapier_outside import Outside
from kinema.physics.rapier_scene import Scene
from kinema.physics.rapier_solids import settings
from kinema.physics.recorder import Recorder
from kinema.physics.tape import Tape
from kinema.physics.touches import Touches
from kinema.physics.world import World

if TYPE_CHECKING:
    import rapier3d as rp

BLOW = 0.05
"""From this impulse on the tape has the mean of the contact points, below it the deepest of them [N s]."""


class Rapier:
    """`Engine` on Rapier (Dimforge), single precision."""

    @property
    def name(self) -> str:
        """Name and version."""
        from importlib.metadata import version

        return f"rapier3d {version('rapier3d')}"

    def simulate(self, world: World, progress: Progress = silent) -> Tape:
        """What happens. Raises `SimulationError` if the ledger gains energy or a state is not finite."""
        recorder = Recorder(world, settings(world))
        run = _Run(world, recorder)
        per_sample = world.clock.steps_per_sample
        for index in range(recorder.steps):
            if index % per_sample == 0:
                progress(index // per_sample, world.clock.samples)
            run.step(index)
        progress(world.clock.samples, world.clock.samples)
        return recorder.tape()


class _Run:
    """One simulation under way."""

    def __init__(self, world: World, recorder: Recorder) -> None:
        self._recorder = recorder
        self._scene = Scene(world)
        self._joints = Joints(self._scene)
        self._outside = Outside(self._scene)
        self._movers = Movers(self._scene, self._joints)
        for unit in self._scene.moving:
            self._scene.put_behind(unit)
        self._scene.refresh(self._scene.motion())
        recorder.record(self._scene.state, elastic=self._joints.elastic)

    def step(self, index: int) -> None:
        """From step `index` to the next, and onto the tape."""
        scene, outside = self._scene, self._outside
        work = outside.before_step(index)
        outside.blow()
        self._joints.kick_springs(scene.step / 2)
        before, hard, broken = step_with_breaking(scene, lambda: outside.aim(index), self._joints.on_split)
        now = scene.motion()
        work += outside.work_of_wind(before, now) + self._movers.work(before, now)
        self._joints.kick_springs(scene.step / 2)
        scene.kick(before, now)
        outside.feel_gravity()
        scene.refresh(scene.motion())
        for bonds in broken:
            self._recorder.cracks(bonds.piece, bonds.energy)
            self._note(bonds.blow)
        self._touch([pair for pair in hard if pair.total_impulse_magnitude() > BLOW])
        weak = [pair for pair in hard if pair.total_impulse_magnitude() <= BLOW]
        self._touch(weak + soft_pairs(scene, hard), deepest=True)
        self._recorder.record(scene.state, elastic=self._joints.elastic, work=work)

    def _touch(self, pairs: list[rp.ContactPair], *, deepest: bool = False) -> None:
        self._note(touches(self._scene, pairs, deepest=deepest))

    def _note(self, rows: Touches) -> None:
        self._recorder.contacts(rows.piece, rows.impulse, rows.point, rows.depth)
