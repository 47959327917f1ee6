# pyright: reportAttributeAccessIssue=false
# (MuJoCo's names live in a compiled module without stubs.)
"""Joints, loops, springs and ropes, written into a MuJoCo specification."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kinema.physics.mujoco_joints import Branch, Cord, Loop, axis_frame, in_frame, length_at_start
from kinema.physics.mujoco_units import Unit
from kinema.physics.rotation import conjugate
from kinema.shot.force import Ball, Hinge, Spring

SOLIMP = (0.9999, 0.9999, 0.001, 0.5, 2.0)
"""As hard as MuJoCo allows: a constraint misses its target by 1e-4 of what would happen without it."""
STIFFEST = (1e-6, 1.0)
"""Critically damped, and as quick as the step allows: MuJoCo raises the time constant to two steps."""
HINGE_HALF = 0.1
"""Half the distance of the two points that stand for the axis of a hinge in a loop [m]."""


def add_joint(body: Any, branch: Branch, units: Sequence[Unit]) -> None:
    """The exact joint by which a unit hangs on another."""
    import mujoco as mj

    tie, k = branch.tie, branch.child
    if isinstance(tie, Hinge):
        joint = body.add_joint(
            type=mj.mjtJoint.mjJNT_HINGE,
            pos=in_frame(units, k, np.array(tie.anchor)),
            axis=branch.sign * axis_frame(units, k, np.array(tie.axis)),
        )
        if tie.limits is not None:
            joint.limited, joint.range = True, np.radians(tie.limits)
            joint.solref_limit, joint.solimp_limit = STIFFEST, SOLIMP
    elif isinstance(tie, Ball):
        body.add_joint(type=mj.mjtJoint.mjJNT_BALL, pos=in_frame(units, k, np.array(tie.anchor)))


def add_constraint(spec: Any, bodies: Sequence[Any], loop: Loop, number: int, units: Sequence[Unit]) -> None:
    """Pairs of sites that must meet: one for a ball, two along a hinge's axis, whole frames for a weld."""
    import mujoco as mj

    ends = (loop.first, loop.second)
    if isinstance(loop.tie, Hinge):
        axis = np.array(loop.tie.axis) / np.linalg.norm(loop.tie.axis)
        points = [np.array(loop.tie.anchor) + s * HINGE_HALF * axis for s in (-1, 1)]
    else:
        points = [np.array(loop.tie.anchor) if isinstance(loop.tie, Ball) else units[loop.first].at_rest()[0]]
    kind = mj.mjtEq.mjEQ_CONNECT if isinstance(loop.tie, Hinge | Ball) else mj.mjtEq.mjEQ_WELD
    for i, point in enumerate(points):
        names = []
        for side, k in enumerate(ends):
            turn = (1.0, 0.0, 0.0, 0.0) if k is None else conjugate(units[k].at_rest()[1])
            names.append(f"loop{number}_{i}_{side}")
            where = spec.worldbody if k is None else bodies[k]
            where.add_site(name=names[-1], pos=in_frame(units, k, point), quat=turn)
        spec.add_equality(
            type=kind,
            objtype=mj.mjtObj.mjOBJ_SITE,
            name1=names[0],
            name2=names[1],
            solref=STIFFEST,
            solimp=SOLIMP,
        )


def add_tendon(spec: Any, bodies: Sequence[Any], cord: Cord, number: int) -> None:
    """A spring, or a rope that pulls at its length."""
    tendon = spec.add_tendon(name=f"cord{number}")
    for side, (k, point) in enumerate(cord.ends):
        name = f"cord{number}_{side}"
        (spec.worldbody if k is None else bodies[k]).add_site(name=name, pos=point)
        tendon.wrap_site(name)
    line = cord.line
    length = length_at_start(line)
    if isinstance(line, Spring):
        rest = line.rest_length or length
        # Both are polynomials in the stretch; springs of a shot are linear.
        tendon.stiffness, tendon.damping = [line.stiffness, 0.0, 0.0], [line.damping, 0.0, 0.0]
        tendon.springlength = [rest, rest]
    else:
        tendon.limited, tendon.range = True, [0.0, line.length or length]
        tendon.solref_limit, tendon.solimp_limit = STIFFEST, SOLIMP
