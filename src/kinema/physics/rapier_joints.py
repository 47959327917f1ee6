"""Joints between units: from world anchors at time 0, and anew when a body that they hold comes apart."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from kinema.physics.forces import pose_at
from kinema.physics.rapier_scene import Scene
from kinema.physics.rapier_solids import isometry, triple
from kinema.physics.rapier_springs import SpringForce
from kinema.physics.rapier_unit import Unit
from kinema.physics.recorder import centre_of_mass
from kinema.physics.rotation import conjugate, multiply, rotate, unrotate
from kinema.shot.force import Ball, Fixed, Hinge, Joint, Rope, Spring

if TYPE_CHECKING:
    import rapier3d as rp


@dataclass(frozen=True, kw_only=True)
class End:
    """A frame in which a joint holds: in its body's own frame, or in the world."""

    number: int | None
    """Of the body; None = the world."""
    point: Float[np.ndarray, 3]
    turn: Float[np.ndarray, 4]


@dataclass(eq=False, kw_only=True)
class Tie:
    """A joint of the shot, its ends at rest, and what stands for it in the scene now."""

    joint: Joint
    ends: tuple[End, End]
    length: float
    """Between the ends at time 0 [m]."""
    units: tuple[Unit | None, Unit | None]
    handle: rp.ImpulseJointHandle | None = None
    """Of Rapier's joint; None for a spring that acts as a force."""
    spring: SpringForce | None = None


class Joints:
    """All joints of a scene."""

    def __init__(self, scene: Scene) -> None:
        import rapier3d as rp

        self._scene = scene
        self._ground = scene.rapier.add_body(rp.RigidBody.fixed())
        self.ties = [_tie(scene, joint) for joint in scene.world.forces.joints]
        for tie in self.ties:
            self._attach(tie)
        scene.arrange()

    def kick_springs(self, time: float) -> None:
        """Half of a Verlet step for every spring that acts as a force."""
        for tie in self.ties:
            if tie.spring is not None and tie.handle is None:
                tie.spring.kick(time)
                self._scene.disturb()

    @property
    def elastic(self) -> float:
        """Energy in all springs [J]."""
        return sum(tie.spring.energy for tie in self.ties if tie.spring is not None)

    def on_split(self, old: Unit, _parts: list[Unit]) -> None:
        """Rapier drops the joints of a unit that is gone; the part nearest to the anchor takes each over."""
        for tie in self.ties:
            if old in tie.units:
                self._attach(tie)
        self._scene.arrange()

    def _attach(self, tie: Tie) -> None:
        tie.units = (self._unit(tie.ends[0]), self._unit(tie.ends[1]))
        tie.handle = tie.spring = None
        if isinstance(tie.joint, Spring):
            tie.spring = _spring(tie, tie.joint)
        if tie.spring is None or not tie.spring.resolved(self._scene.step):
            first, second = (unit.handle if unit else self._ground for unit in tie.units)
            tie.handle = self._scene.rapier.impulse_joints.insert(first, second, _built(tie))
        for unit in tie.units:
            if unit is not None and not isinstance(tie.joint, Rope):
                unit.jointed = True

    def _unit(self, end: End) -> Unit | None:
        """The unit with the piece nearest to the end."""
        mine = [unit for unit in self._scene.units if unit.number == end.number]
        return min(mine, key=lambda unit: unit.nearest(end.point)[0], default=None)


def _tie(scene: Scene, joint: Joint) -> Tie:
    """Both ends of a joint, from where the bodies are at time 0."""
    bodies = scene.world.bodies
    number = {body.name: k for k, body in enumerate(bodies)}
    turn = np.array([1.0, 0.0, 0.0, 0.0])
    match joint:
        case Hinge():
            points, turn = (joint.anchor, joint.anchor), _x_to(np.asarray(joint.axis, float))
        case Ball():
            points = (joint.anchor, joint.anchor)
        case Fixed():
            body = bodies[number[joint.a]]
            origin, orientation = pose_at(body, 0.0)
            centre = origin + rotate(orientation, centre_of_mass(body))
            points = (centre, centre)
        case Spring() | Rope():
            points = (joint.at_a, joint.at_b)
    ends = []
    for name, point in zip((joint.a, joint.b), points, strict=True):
        place = np.asarray(point, float)
        if name is None:
            ends.append(End(number=None, point=place, turn=turn))
            continue
        origin, orientation = pose_at(bodies[number[name]], 0.0)
        ends.append(
            End(
                number=number[name],
                point=unrotate(orientation, place - origin),
                turn=multiply(conjugate(orientation), turn),
            )
        )
    length = float(np.linalg.norm(np.subtract(points[1], points[0])))
    return Tie(joint=joint, ends=(ends[0], ends[1]), length=length, units=(None, None))


def _x_to(axis: Float[np.ndarray, 3]) -> Float[np.ndarray, 4]:
    """The shortest turn from x to `axis`."""
    axis = axis / np.linalg.norm(axis)
    half = np.array([1 + axis[0], 0.0, -axis[2], axis[1]])
    size = float(np.linalg.norm(half))
    return half / size if size > 1e-6 else np.array([0.0, 0.0, 0.0, 1.0])


def _at(tie: Tie, k: int) -> Float[np.ndarray, 3]:
    """End `k` in the frame of its unit, or in the world [m]."""
    unit = tie.units[k]
    return tie.ends[k].point - (unit.centre if unit is not None else 0.0)


def _spring(tie: Tie, joint: Spring) -> SpringForce:
    return SpringForce(
        joint=joint,
        first=tie.units[0],
        second=tie.units[1],
        at_first=_at(tie, 0),
        at_second=_at(tie, 1),
        rest_length=tie.length if joint.rest_length is None else joint.rest_length,
    )


def _built(tie: Tie) -> Any:
    """Rapier's joint. Bodies that a hinge, ball or weld joins do not collide with each other."""
    import rapier3d as rp

    joint, a, b = tie.joint, triple(_at(tie, 0)), triple(_at(tie, 1))
    if isinstance(joint, Rope):
        length = tie.length if joint.length is None else joint.length
        return rp.RopeJointBuilder(length).local_anchor1(a).local_anchor2(b).build()
    if isinstance(joint, Spring):
        rest = tie.length if joint.rest_length is None else joint.rest_length
        spring = rp.SpringJointBuilder(rest, joint.stiffness, joint.damping)
        return spring.spring_model(rp.MotorModel.FORCE_BASED).local_anchor1(a).local_anchor2(b).build()
    locked = {
        "hinge": rp.JointAxesMask.LOCKED_REVOLUTE_AXES,
        "ball": rp.JointAxesMask.LOCKED_SPHERICAL_AXES,
        "fixed": rp.JointAxesMask.LOCKED_FIXED_AXES,
    }[joint.kind]
    built = (
        rp.GenericJointBuilder(locked)
        .local_frame1(isometry(_at(tie, 0), tie.ends[0].turn))
        .local_frame2(isometry(_at(tie, 1), tie.ends[1].turn))
        .contacts_enabled(False)
    )
    if isinstance(joint, Hinge) and joint.limits is not None:
        low, high = map(math.radians, joint.limits)
        # A shot turns `a` against `b`; Rapier its second body against its first.
        built = built.limits(rp.JointAxis.ANG_X, -high, -low)
    return built.build()
