"""The plain twin: worlds whose whole course is known, solved and not stepped. Refuses all others.

Takes every event at its own moment, where a stepping engine acts at the step that contains it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from jaxtyping import Float

from kinema.physics.billiard import Billiard, Ground, Mover, Touch, refuse
from kinema.physics.closed_forms import Held, Motion, Path, Swing
from kinema.physics.engine import Progress, silent
from kinema.physics.forces import gravity_at, motion_over, pose_at
from kinema.physics.recorder import Recorder, State, initial_state
from kinema.physics.rotation import cross, rotate, unrotate
from kinema.physics.tape import Tape
from kinema.physics.world import World, WorldBody
from kinema.shot.force import Ball, Fixed, Hinge, Joint, Rope, Spring


class Analytic:
    """Closed forms only."""

    name = "analytic 1"

    def simulate(self, world: World, progress: Progress = silent) -> Tape:
        """What happens. Raises `UsageError` for a world that has no closed form."""
        _check_kinds(world)
        recorder = Recorder(world, self.name)
        times = np.arange(recorder.steps + 1) * float(world.clock.step)
        swings = dict(_swing(world, joint) for joint in world.forces.joints)
        billiard = Billiard(world, _movers(world, set(swings)), _grounds(world), partial(_gravity, world))
        billiard.run(float(times[-1]))
        chains: dict[int, Sequence[Motion]] = {mover.index: mover.chain for mover in billiard.movers}
        chains |= {index: [swing] for index, swing in swings.items()}
        paths = [_path(world, index, chains.get(index), times) for index in range(len(world.bodies))]
        _check_clearance(world, paths, float(world.clock.step))
        _record(world, recorder, paths, billiard, progress)
        return recorder.tape()


# --- what is in the world ----------------------------------------------------------------------------------


def _check_kinds(world: World) -> None:
    if world.forces.wind is not None:
        raise refuse("forces.wind", "wind")
    for body in world.bodies:
        if body.bonds is not None:
            raise refuse(body.name, "a body that can break")


def _gravity(world: World, position: Float[np.ndarray, " 3"]) -> Float[np.ndarray, " 3"]:
    return gravity_at(world.forces, position[None])[0]


def _start(body: WorldBody) -> Held:
    """A body where the shot put it."""
    position, orientation = pose_at(body, 0.0)
    return Held(
        start=0.0, position=position + rotate(orientation, body.pieces[0].rest), orientation=orientation
    )


def _movers(world: World, swinging: set[int]) -> list[Mover]:
    return [
        Mover(index=index, body=body, motion=_start(body))
        for index, body in enumerate(world.bodies)
        if body.motion == "dynamic" and index not in swinging
    ]


def _grounds(world: World) -> list[Ground]:
    return [
        Ground(
            index=index,
            body=body,
            point=np.asarray(body.position, float),
            normal=rotate(body.orientation, np.array([0.0, 0.0, 1.0])),
        )
        for index, body in enumerate(world.bodies)
        if _is_plane(body)
    ]


def _is_plane(body: WorldBody) -> bool:
    return body.motion == "static" and body.pieces[0].colliders[0].kind == "plane"


def _swing(world: World, joint: Joint) -> tuple[int, Swing]:
    """The pendulum a joint to the world makes of a body: set going by the momentum about its axis."""
    names = [body.name for body in world.bodies]
    index = names.index(joint.a)
    body, other = world.bodies[index], world.bodies[names.index(joint.b)] if joint.b else None
    tied = [j for j in world.forces.joints if joint.a in (j.a, j.b)]
    if isinstance(joint, Fixed | Spring | Rope) or len(tied) > 1 or (other and other.motion != "static"):
        raise refuse(f"joint of {joint.a}", "not a lone hinge or ball joint between a body and the world")
    if isinstance(joint, Hinge) and joint.limits is not None:
        raise refuse(f"joint of {joint.a}", "limits")
    if body.release_at or world.forces.regions or any(push.body == body.name for push in world.forces.pushes):
        raise refuse(joint.a, "a pendulum that is released later, pushed, or among regions of gravity")
    start, gravity = _start(body), np.asarray(world.forces.gravity, float)
    arm = start.position - np.array(joint.anchor)
    piece = body.pieces[0]
    momentum = piece.mass * cross(arm, body.velocity) + rotate(
        start.orientation, piece.inertia @ unrotate(start.orientation, body.spin)
    )
    axis = _axis(joint, body, start, arm, gravity, momentum)
    local = unrotate(start.orientation, axis)
    inertia = float(local @ piece.inertia @ local) + piece.mass * float(cross(axis, arm) @ cross(axis, arm))
    return index, Swing(
        start=0.0,
        anchor=np.array(joint.anchor),
        axis=axis,
        arm=arm,
        orientation=start.orientation,
        rate=float(momentum @ axis) / inertia,
        gravity=gravity,
        mass=piece.mass,
        inertia_about_axis=inertia,
    )


def _axis(
    joint: Hinge | Ball,
    body: WorldBody,
    start: Held,
    arm: np.ndarray,
    gravity: np.ndarray,
    momentum: np.ndarray,
) -> np.ndarray:
    """Unit axis of the swing. A ball joint's must keep still: square to arm and gravity, principal, and with
    the whole angular momentum along it."""
    if isinstance(joint, Hinge):
        return np.array(joint.axis) / np.linalg.norm(joint.axis)
    axis = cross(arm, gravity)
    if np.linalg.norm(axis) <= 1e-9 * np.linalg.norm(arm) * np.linalg.norm(gravity):
        axis = momentum
    if not axis.any():
        axis = np.array([1.0, 0.0, 0.0])  # hangs at rest: any axis will do
    axis = axis / np.linalg.norm(axis)
    inertia, local = body.pieces[0].inertia, unrotate(start.orientation, axis)
    leaning = np.linalg.norm(cross(local, inertia @ local)) > 1e-9 * np.trace(inertia)
    if leaning or np.linalg.norm(cross(axis, momentum)) > 1e-9 * (1 + np.linalg.norm(momentum)):
        raise refuse(f"joint of {joint.a}", "a ball joint that does not swing in one plane")
    return axis


# --- what was asked for at each step -----------------------------------------------------------------------


def _path(world: World, index: int, chain: Sequence[Motion] | None, times: np.ndarray) -> Path:
    """One body at every step. A chain's later links decide where two hold at once."""
    body = world.bodies[index]
    if body.motion == "kinematic":
        return _keyed(body, times)
    chain = chain or [_start(body)]
    starts = np.array([motion.start for motion in chain])
    link = np.searchsorted(starts, times, side="right") - 1
    parts = [chain[k].at(times[link == k]) for k in range(len(chain))]
    return Path(
        position=np.concatenate([part.position for part in parts]),
        orientation=np.concatenate([part.orientation for part in parts]),
        velocity=np.concatenate([part.velocity for part in parts]),
        spin=np.concatenate([part.spin for part in parts]),
    )


def _keyed(body: WorldBody, times: np.ndarray) -> Path:
    poses = [pose_at(body, time) for time in times]
    origin, turn = np.array([p for p, _ in poses]), np.array([q for _, q in poses])
    step = times[1] - times[0]
    moves = [motion_over(body, time, time + step) for time in times]
    velocity, spin = np.array([v for v, _ in moves]), np.array([w for _, w in moves])
    arm = rotate(turn, body.pieces[0].rest)
    return Path(position=origin + arm, orientation=turn, velocity=velocity + cross(spin, arm), spin=spin)


def _reach(body: WorldBody) -> float:
    """Radius about the centre of mass that holds the whole body [m]."""
    reach = 0.0
    for collider in body.pieces[0].colliders:
        size = np.array(collider.size or (0.0, 0.0))
        if collider.kind == "hull" and collider.points is not None:
            own = float(np.linalg.norm(collider.points, axis=1).max())
        elif collider.kind == "capsule":
            own = float(size.sum())
        else:
            own = float(np.linalg.norm(size)) if collider.kind != "sphere" else float(size[0])
        reach = max(reach, own + float(np.linalg.norm(collider.position)))
    return reach


def _check_clearance(world: World, paths: list[Path], step: float) -> None:
    """Refuse a world in which two bodies may meet whose meeting has no closed form."""
    spheres = [body.motion == "dynamic" and _is_ball(body) for body in world.bodies]
    speeds = [float(np.linalg.norm(path.velocity, axis=1).max()) for path in paths]
    for i, a in enumerate(world.bodies):
        for j, b in enumerate(world.bodies):
            if (
                i == j
                or a.motion != "dynamic"
                or (b.motion == "dynamic" and j < i)
                or (spheres[i] and spheres[j])
            ):
                continue
            if _is_plane(b):
                normal = rotate(b.orientation, np.array([0.0, 0.0, 1.0]))
                gap = (paths[i].position - b.position) @ normal - _reach(a)
                lying = np.ptp(gap) < 1e-9 or _slides(paths[i], normal)
                near = not spheres[i] and not lying and gap.min() < speeds[i] * step
            else:
                apart = np.linalg.norm(paths[i].position - paths[j].position, axis=1)
                near = apart.min() < _reach(a) + _reach(b) + (speeds[i] + speeds[j]) * step
            if near:
                raise refuse(f"{a.name} and {b.name}", "they come near each other")


def _is_ball(body: WorldBody) -> bool:
    colliders = body.pieces[0].colliders
    return len(colliders) == 1 and colliders[0].kind == "sphere"


def _slides(path: Path, normal: np.ndarray) -> bool:
    """Whether a body keeps its height above a plane and does not turn."""
    return bool(np.abs((path.position - path.position[0]) @ normal).max() < 1e-9 and not path.spin.any())


# --- onto the tape -----------------------------------------------------------------------------------------


def _record(
    world: World, recorder: Recorder, paths: list[Path], billiard: Billiard, progress: Progress
) -> None:
    step = float(world.clock.step)
    given = np.zeros(recorder.steps + 1)
    for moment, joules in billiard.given:
        given[min(int(np.ceil(moment / step - 1e-9)), recorder.steps)] += joules
    touches = _by_step(billiard.touches, step, recorder.steps)
    start = initial_state(world)
    body_of = [body.pieces[0].index for body in world.bodies]
    for k in range(recorder.steps + 1):
        state = State(
            position=start.position.copy(),
            orientation=start.orientation.copy(),
            velocity=start.velocity.copy(),
            spin=start.spin.copy(),
            gravity=start.gravity,
            cluster=start.cluster,
        )
        for piece, path in zip(body_of, paths, strict=True):
            state.position[piece], state.orientation[piece] = path.position[k], path.orientation[k]
            state.velocity[piece], state.spin[piece] = path.velocity[k], path.spin[k]
        if world.forces.regions:
            state.gravity = gravity_at(world.forces, state.position)
        if k and k in touches:
            rows = touches[k]
            recorder.contacts(
                np.array([[body_of[a], body_of[b]] for (a, b), _, _ in rows]),
                np.array([impulse for _, impulse, _ in rows]),
                np.array([point for _, _, point in rows]),
                np.zeros(len(rows)),
            )
        recorder.record(state, work=given[k])
        if k % world.clock.steps_per_sample == 0:
            progress(k // world.clock.steps_per_sample + 1, world.clock.samples)


def _by_step(
    touches: list[Touch], step: float, steps: int
) -> dict[int, list[tuple[tuple[int, int], float, np.ndarray]]]:
    """Impulses by the step at whose end they are told; a lasting one is shared out."""
    rows: dict[int, list[tuple[tuple[int, int], float, np.ndarray]]] = {}
    for touch in touches:
        first, last = (max(int(np.ceil(t / step - 1e-9)), 1) for t in (touch.start, touch.end))
        for k in range(first, min(last, steps) + 1):
            share = 1.0
            if touch.end > touch.start:
                overlap = min(k * step, touch.end) - max((k - 1) * step, touch.start)
                share = max(overlap, 0.0) / (touch.end - touch.start)
            if share > 0:
                rows.setdefault(k, []).append((touch.pair, share * touch.impulse, touch.point))
    return rows
