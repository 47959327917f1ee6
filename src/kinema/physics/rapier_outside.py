"""What acts from outside between steps: releases, pushes, keyframes, wind, regions of gravity; and their
work."""

from __future__ import annotations

import numpy as np

from kinema.physics.forces import drag_force, gravity_at, pose_at, pushes_by_step, release_step
from kinema.physics.ledger import kinetic_energy
from kinema.physics.rapier_scene import Motion, Scene
from kinema.physics.rapier_solids import isometry, vector
from kinema.physics.rapier_unit import Unit
from kinema.physics.rotation import cross, rotate, unrotate
from kinema.shot.force import Push


class Outside:
    """Called before and after every step of a scene."""

    def __init__(self, scene: Scene) -> None:
        world = scene.world
        self._scene, self._forces = scene, world.forces
        self._pushes = pushes_by_step(world.forces, world.clock.step)
        self._number = {body.name: k for k, body in enumerate(world.bodies)}
        self._releases: dict[int, list[int]] = {}
        for number, body in enumerate(world.bodies):
            if body.motion == "dynamic" and (step := release_step(body, world.clock.step)):
                self._releases.setdefault(step, []).append(number)
        self.feel_gravity()

    def before_step(self, index: int) -> float:
        """What is due at the start of step `index`. Returns the work done at once [J]."""
        work = 0.0
        for number in self._releases.get(index, []):
            for unit in [u for u in self._scene.units if u.number == number]:
                self._scene.release(unit)
                work += self._kinetic(unit)
        for push in self._pushes.get(index, []):
            work += self._push(push)
        return work

    def aim(self, index: int) -> None:
        """Send keyframed bodies to where they are at the end of step `index`."""
        time = (index + 1) * self._scene.step
        for unit in self._scene.moving:
            if unit.body.motion == "kinematic":
                origin, turn = pose_at(unit.body, time)
                unit.rigid.set_next_kinematic_position(isometry(origin + rotate(turn, unit.centre), turn))

    def blow(self) -> None:
        """Set the force of the wind for this step."""
        wind, scene = self._forces.wind, self._scene
        free = [k for k, unit in enumerate(scene.moving) if not unit.fixed]
        if wind is None or not free:
            return
        area = np.array([scene.moving[k].area for k in free])
        drag = drag_force(wind, scene.true_velocity(scene.motion())[free], area, scene.mass[free], scene.step)
        for k, force in zip(free, drag, strict=True):
            scene.moving[k].drag = force
            scene.apply_force(scene.moving[k])

    def work_of_wind(self, before: Motion, now: Motion) -> float:
        """[J] over the step."""
        if self._forces.wind is None:
            return 0.0
        drag = np.array([unit.drag for unit in self._scene.moving]).reshape(-1, 3)
        return float(np.einsum("uk,uk->", drag, now.position - before.position))

    def feel_gravity(self) -> None:
        """Give every unit the gravity of where it is now."""
        if not self._forces.regions:
            return
        for unit in self._scene.units:
            if unit.body.motion == "dynamic":
                here = gravity_at(self._forces, unit.pose[0][None])[0]
                if not np.array_equal(here, unit.gravity):
                    self._scene.set_gravity(unit, here)

    def _push(self, push: Push) -> float:
        """An impulse on the unit that has the point; a body that is held or does not move takes none."""
        mine = [unit for unit in self._scene.units if unit.body.name == push.body]
        point = mine[0].centre if push.point is None else np.asarray(push.point, float)
        unit = min(mine, key=lambda u: u.nearest(point)[0])
        if unit.fixed:
            return 0.0
        before = self._kinetic(unit)
        impulse, turn = np.asarray(push.impulse, float), unit.pose[1]
        # By hand: Rapier's own `apply_impulse` does nothing before its first step, when it knows no masses yet.
        unit.rigid.linvel = vector(unit.stored_velocity + impulse / unit.mass)
        if push.point is not None:
            moment = cross(point - unit.centre, unrotate(turn, impulse))
            unit.rigid.angvel = vector(unit.spin + rotate(turn, np.linalg.solve(unit.inertia, moment)))
        return self._kinetic(unit) - before

    def _kinetic(self, unit: Unit) -> float:
        """[J]"""
        velocity = unit.stored_velocity + unit.kicked * unit.gravity * self._scene.half_kick
        mass, inertia = np.array([unit.mass]), unit.inertia[None]
        return kinetic_energy(mass, inertia, unit.pose[1][None], velocity[None], unit.spin[None])
