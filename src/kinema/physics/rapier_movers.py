"""The work that keyframed bodies do on those they touch, tow or tug: found from momentum."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from jaxtyping import Float

from kinema.physics.rapier_contacts import contact_points
from kinema.physics.rapier_joints import Joints, Tie
from kinema.physics.rapier_scene import Motion, Scene
from kinema.physics.rapier_unit import Unit
from kinema.physics.rotation import cross, matrix, rotate
from kinema.physics.world import friction_between

Touch = tuple[Unit, np.ndarray, np.ndarray]
"""Who touched, the normal impulse it gave [N s], where [m]."""


class Movers:
    """Knows the keyframed bodies of a scene. Nothing is computed where there are none."""

    def __init__(self, scene: Scene, joints: Joints) -> None:
        self._scene, self._joints = scene, joints
        self._units = [unit for unit in scene.units if unit.body.motion == "kinematic"]

    def work(self, before: Motion, now: Motion) -> float:
        """Done during the last step [J]: impulse times velocity of the point of the mover that gave it."""
        if not self._units:
            return 0.0
        moved: dict[int, Unit] = {}
        for mover in self._units:
            for other, _, _ in self._touches(mover):
                moved[id(other)] = other
        tugs: dict[int, list[tuple[Unit, Tie, int]]] = defaultdict(list)
        work = 0.0
        for tie in self._joints.ties:
            for end, mover in enumerate(tie.units):
                other = tie.units[1 - end]
                if mover in self._units and other is not None and not other.fixed:
                    if tie.spring is not None:
                        work += self._stretching(tie, end, now)
                    else:
                        moved[id(other)] = other
                        tugs[id(other)].append((mover, tie, end))
        return work + sum(self._on(unit, tugs[id(unit)], before, now) for unit in moved.values())

    def _on(self, unit: Unit, tugs: list[tuple[Unit, Tie, int]], before: Motion, now: Motion) -> float:
        """Work of the movers on one unit."""
        if unit.fixed:
            return 0.0
        scene = self._scene
        row = scene.row[id(unit)]
        place, turn = now.position[row], now.orientation[row]
        touches = self._touches(unit)
        # What normal impulses, gravity and wind leave of the change of momentum is friction, or a joint's.
        rest = unit.mass * (now.velocity[row] - before.velocity[row] - unit.gravity * scene.step)
        rest = rest - unit.drag * scene.step - sum((-j for _, j, _ in touches), np.zeros(3))
        work = pressed = 0.0
        grip = np.zeros(3)
        for other, impulse, point in touches:
            if other in self._units:
                velocity = self._velocity(other, point, now)
                work -= float(impulse @ velocity)
                strength = float(np.linalg.norm(impulse))
                grip = grip + friction_between(unit.body, other.body) * strength * velocity
                pressed += friction_between(unit.body, other.body) * strength
        size = float(np.linalg.norm(rest))
        if not tugs:
            # Coulomb bounds what of it can be the movers' friction.
            share = min(1.0, pressed / size) if size > 0 else 0.0
            return work + (share * float(rest @ grip) / pressed if pressed > 0 else 0.0)
        mover, tie, end = tugs[0]
        arm = rotate(turn, tie.ends[1 - end].point - unit.centre)
        world = matrix(turn) @ unit.inertia @ matrix(turn).T
        torque = world @ (now.spin[row] - before.spin[row]) - cross(arm, rest)
        for _, impulse, point in touches:
            torque = torque + cross(point - place, impulse)
        held = tie.joint.kind in ("hinge", "fixed")
        turned = float(torque @ now.spin[scene.row[id(mover)]]) if held else 0.0
        return work + float(rest @ self._velocity(mover, place + arm, now)) + turned

    def _touches(self, unit: Unit) -> list[Touch]:
        """What the unit touched in the last step, and the normal impulse it gave to each."""
        scene, found = self._scene, []
        for collider in unit.colliders:
            for pair in scene.rapier.narrow_phase.contact_pairs_with(collider):
                impulse = np.array(pair.total_impulse().to_tuple())
                if not impulse.any():
                    continue
                first, second = (scene.solids[c.index].unit for c in (pair.collider1, pair.collider2))
                other, sign = (second, 1.0) if first is unit else (first, -1.0)
                found.append((other, sign * impulse, contact_points(scene, [pair])[0]))
        return found

    def _velocity(self, mover: Unit, point: Float[np.ndarray, 3], now: Motion) -> Float[np.ndarray, 3]:
        row = self._scene.row[id(mover)]
        return now.velocity[row] + cross(now.spin[row], point - now.position[row])

    def _stretching(self, tie: Tie, end: int, now: Motion) -> float:
        """Work of moving one end of a spring: its pull, against the way of that end."""
        mover, spring = tie.units[end], tie.spring
        assert mover is not None, "a mover is a unit"
        assert spring is not None, "only springs stretch"
        pull, direction, ends = spring.pull()
        way = self._velocity(mover, ends[end], now) * self._scene.step
        return float(-pull * (direction if end == 0 else -direction) @ way)
