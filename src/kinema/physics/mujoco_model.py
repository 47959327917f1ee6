# pyright: reportAttributeAccessIssue=false
# (MuJoCo's names live in a compiled module without stubs.)
"""From units and joints to a compiled MuJoCo model, and the numbers of who is who in it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Float, Int

from kinema.physics.mujoco_joints import Branch, Ties
from kinema.physics.mujoco_ties import SOLIMP, STIFFEST, add_constraint, add_joint, add_tendon
from kinema.physics.mujoco_units import Unit
from kinema.physics.rotation import conjugate, multiply, rotate, unrotate
from kinema.physics.world import Collider, World
from kinema.shot.force import Ball, Fixed

if TYPE_CHECKING:
    import mujoco as mj

CONE_FACETS = 48


@dataclass(frozen=True, kw_only=True)
class Model:
    """MuJoCo's model and state, and which of its rows are whose."""

    model: mj.MjModel
    data: mj.MjData
    body: Int[np.ndarray, " unit"]
    """MuJoCo's body of each unit."""
    mocap: Int[np.ndarray, " unit"]
    """Row among the moved-by-hand; -1 = none."""
    free: Int[np.ndarray, " unit"]
    """Row of qvel where the unit's own free joint starts; -1 = it has none."""
    free_at: Int[np.ndarray, " unit"]
    """The same for qpos."""
    rides: Int[np.ndarray, " unit"]
    """The driven unit that carries it along, itself if driven; -1 = none."""
    geom_unit: Int[np.ndarray, " geom"]
    reach: Float[np.ndarray, " geom"]
    """Farthest any point of a geom is from the centre of its unit [m]; for margins."""
    tied: Bool[np.ndarray, " unit"]


def compile_model(world: World, units: Sequence[Unit], ties: Ties) -> Model:
    """Build and compile. Free units take their pose and motion from `units`; branches theirs too."""
    import mujoco as mj

    # Else MuJoCo prints what its solver found hard, and writes a log where the user happens to stand.
    mj.set_mju_user_warning(logging.getLogger(__name__).debug)
    spec = _empty(world)
    bodies = _bodies(spec, units, ties)
    for branch in ties.branches:
        add_joint(bodies[branch.child], branch, units)
    exclude = [(b.child, b.parent) for b in ties.branches] + [(l.first, l.second) for l in ties.loops]
    for first, second in exclude:
        if second is not None:
            spec.add_exclude(bodyname1=f"unit{first}", bodyname2=f"unit{second}")
    for number, loop in enumerate(ties.loops):
        add_constraint(spec, bodies, loop, number, units)
    for number, cord in enumerate(ties.cords):
        add_tendon(spec, bodies, cord, number)
    model = spec.compile()
    # One pass over the whole stiffness of a row, not an estimate: restitution rests on it.
    model.opt.enableflags |= int(mj.mjtEnableBit.mjENBL_DIAGEXACT)
    made = _index(model, mj.MjData(model), units, ties)
    _set_state(made, units, ties)
    return made


def _empty(world: World) -> Any:
    import mujoco as mj

    spec = mj.MjSpec()
    spec.compiler.degree = False
    spec.compiler.autolimits = True
    spec.compiler.balanceinertia = True
    option = spec.option
    option.timestep = float(world.clock.step)
    option.gravity = world.forces.gravity
    option.integrator = mj.mjtIntegrator.mjINT_IMPLICITFAST
    option.cone = mj.mjtCone.mjCONE_ELLIPTIC
    option.solver = mj.mjtSolver.mjSOL_NEWTON
    option.tolerance = 1e-10
    option.iterations = 100
    option.impratio = 10.0
    return spec


# --- bodies ------------------------------------------------------------------------------------------------


def _bodies(spec: Any, units: Sequence[Unit], ties: Ties) -> list[Any]:
    branch_of = {branch.child: branch for branch in ties.branches}
    made: list[Any] = [None] * len(units)
    rooted = [k for k in range(len(units)) if k not in branch_of]
    for k in [*rooted, *(branch.child for branch in ties.branches)]:
        unit, branch = units[k], branch_of.get(k)
        position, orientation = unit.at_rest()
        parent = spec.worldbody
        if branch is not None and branch.parent is not None:
            origin, turn = units[branch.parent].at_rest()
            position = unrotate(turn, position - origin)
            orientation = multiply(conjugate(turn), orientation)
            parent = made[branch.parent]
        body = parent.add_body(name=f"unit{k}", pos=position, quat=orientation, mocap=unit.mode == "driven")
        if unit.mode == "free":
            if branch is None:
                body.add_freejoint()
            _weigh(body, unit)
        for number, (collider, shift) in enumerate(unit.solids):
            _geom(spec, body, collider, shift, f"unit{k}_{number}", moves=unit.mode == "free")
        made[k] = body
    return made


def _weigh(body: Any, unit: Unit) -> None:
    i = unit.inertia
    body.explicitinertial = True
    body.mass = unit.mass
    body.ipos = np.zeros(3)
    body.fullinertia = [i[0, 0], i[1, 1], i[2, 2], i[0, 1], i[0, 2], i[1, 2]]


def _geom(spec: Any, body: Any, collider: Collider, shift: np.ndarray, name: str, *, moves: bool) -> None:
    import mujoco as mj

    kind = mj.mjtGeom
    shapes = {
        "sphere": kind.mjGEOM_SPHERE,
        "box": kind.mjGEOM_BOX,
        "cylinder": kind.mjGEOM_CYLINDER,
        "capsule": kind.mjGEOM_CAPSULE,
        "plane": kind.mjGEOM_PLANE,
    }
    geom = body.add_geom(
        name=name,
        pos=np.asarray(collider.position) + shift,
        quat=collider.orientation,
        # Bodies that move meet everything; bodies that do not meet only those.
        contype=1 if moves else 2,
        conaffinity=3 if moves else 0,
        condim=3,
        solimp=SOLIMP,
        solref=STIFFEST,
        mass=0.0,
    )
    if collider.kind in shapes:
        geom.type = shapes[collider.kind]
        size = (0.0, 0.0, 1.0) if collider.kind == "plane" else collider.size
        geom.size = [*size, 0.0, 0.0, 0.0][:3]
    else:
        mesh = spec.add_mesh(name=name, uservert=_points(collider).ravel())
        mesh.inertia = mj.mjtMeshInertia.mjMESH_INERTIA_SHELL  # thin shards have too little volume for it
        geom.type, geom.meshname = kind.mjGEOM_MESH, name


def _points(collider: Collider) -> Float[np.ndarray, "point 3"]:
    if collider.points is not None:
        return collider.points
    radius, half = collider.size  # a cone, for which MuJoCo has no shape
    turn = np.linspace(0, 2 * np.pi, CONE_FACETS, endpoint=False)
    ring = np.stack([radius * np.cos(turn), radius * np.sin(turn), np.full(CONE_FACETS, -half)], axis=1)
    return np.concatenate([ring, [[0.0, 0.0, half]]])


# --- who is who, and where ---------------------------------------------------------------------------------


def _index(model: mj.MjModel, data: mj.MjData, units: Sequence[Unit], ties: Ties) -> Model:
    body = np.array([model.body(f"unit{k}").id for k in range(len(units))])
    joint = model.body_jntadr[body]
    own = np.zeros(len(units), bool)
    own[[k for k, unit in enumerate(units) if unit.mode == "free"]] = True
    own[[branch.child for branch in ties.branches]] = False
    rides = np.where([unit.mode == "driven" for unit in units], np.arange(len(units)), -1)
    for branch in ties.branches:
        if branch.parent is not None and model.body_jntnum[body[branch.child]] == 0:
            rides[branch.child] = rides[branch.parent]
    unit_of = np.full(model.nbody, -1)
    unit_of[body] = np.arange(len(units))
    farthest = np.linalg.norm(model.geom_pos, axis=1) + model.geom_rbound
    return Model(
        model=model,
        data=data,
        body=body,
        mocap=model.body_mocapid[body],
        free=np.where(own, model.jnt_dofadr[joint] if model.njnt else -1, -1),
        free_at=np.where(own, model.jnt_qposadr[joint] if model.njnt else -1, -1),
        rides=rides,
        geom_unit=unit_of[model.geom_bodyid],
        reach=farthest,
        tied=np.isin(np.arange(len(units)), list(ties.tied)),
    )


def _set_state(made: Model, units: Sequence[Unit], ties: Ties) -> None:
    """Poses exactly; velocities by momentum, so that joints take what they forbid as an impulse would."""
    import mujoco as mj

    data = made.data
    for k, unit in enumerate(units):
        if made.free[k] >= 0:
            at, row = made.free_at[k], made.free[k]
            data.qpos[at : at + 7] = *unit.position, *unit.orientation
            data.qvel[row : row + 6] = *unit.velocity, *unrotate(unit.orientation, unit.spin)
        elif made.mocap[k] >= 0:
            data.mocap_pos[made.mocap[k]] = unit.position
            data.mocap_quat[made.mocap[k]] = unit.orientation
    for branch in ties.branches:
        _set_branch(made, units, branch)
    mj.mj_kinematics(made.model, data)
    mj.mj_comPos(made.model, data)
    if any(not isinstance(branch.tie, Fixed) for branch in ties.branches):
        _project(made, units)


def _set_branch(made: Model, units: Sequence[Unit], branch: Branch) -> None:
    """The coordinate that puts the child where it is: child = parent * (child in parent at rest) * joint."""
    model, data = made.model, made.data
    if isinstance(branch.tie, Fixed):
        return
    child = units[branch.child]
    rest, now = child.at_rest()[1], child.orientation
    if branch.parent is not None:
        parent = units[branch.parent]
        rest = multiply(conjugate(parent.at_rest()[1]), rest)
        now = multiply(conjugate(parent.orientation), now)
    turn = multiply(conjugate(rest), now)
    joint = model.body_jntadr[made.body[branch.child]]
    at = model.jnt_qposadr[joint]
    if isinstance(branch.tie, Ball):
        data.qpos[at : at + 4] = turn
    else:
        data.qpos[at] = 2 * np.arctan2(turn[1:] @ model.jnt_axis[joint], turn[0])


def _project(made: Model, units: Sequence[Unit]) -> None:
    """Joint velocities that carry the momentum of the free bodies: M qvel = sum J^T (m v, I w)."""
    import mujoco as mj

    model, data = made.model, made.data
    momentum = np.zeros(model.nv)
    for k, unit in enumerate(units):
        if unit.mode == "free":
            along, about = np.zeros((3, model.nv)), np.zeros((3, model.nv))
            mj.mj_jacBodyCom(model, data, along, about, made.body[k])
            turning = rotate(unit.orientation, unit.inertia @ unrotate(unit.orientation, unit.spin))
            momentum += along.T @ (unit.mass * np.asarray(unit.velocity)) + about.T @ turning
    mj.mj_makeM(model, data)
    mj.mj_factorM(model, data)
    solved = np.zeros((1, model.nv))
    mj.mj_solveM(model, data, solved, momentum[None])
    data.qvel[:] = solved[0]
