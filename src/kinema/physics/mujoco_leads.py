# pyright: reportAttributeAccessIssue=false
# (MuJoCo's names live in a compiled module without stubs.)
"""What driven bodies do to others through joints, springs and ropes.

To MuJoCo a body moved by hand stands still at every moment. So the rate of each constraint that it leads lacks
its own part, which is added here, and the work that it gives through them is kept account of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

if TYPE_CHECKING:
    from kinema.physics.mujoco_step import Stepper


def lead_constraints(stepper: Stepper) -> None:
    """Add to the constraint rows, before they are solved, the damping of the rate that MuJoCo does not see."""
    data = stepper.made.data
    if data.nefc and stepper.leads:
        data.efc_aref[:] -= data.efc_KBIP[:, 1] * _unseen_rate(stepper)


def work_through_joints(stepper: Stepper, step: float) -> float:
    """Energy that driven bodies give through constraints and springs in the step that is solved [J]."""
    if not stepper.leads:
        return 0.0
    data, model = stepper.made.data, stepper.made.model
    work = -float(data.efc_force @ _unseen_rate(stepper)) * step if data.nefc else 0.0
    if not model.ntendon:
        return work
    stretch = data.ten_length - model.tendon_lengthspring[:, 0]
    tension = np.asarray(model.tendon_stiffness).reshape(len(stretch), -1)[:, 0] * stretch
    return work + float(tension @ _unseen_stretch(stepper)) * step


def _unseen_rate(stepper: Stepper) -> Float[np.ndarray, " row"]:
    """Part of each constraint's rate that is due to driven bodies."""
    import mujoco as mj

    data, model = stepper.made.data, stepper.made.model
    rate = np.zeros(data.nefc)
    kinds, owners = data.efc_type, data.efc_id
    for number in range(model.neq):
        rows = np.flatnonzero((kinds == mj.mjtConstraint.mjCNSTR_EQUALITY) & (owners == number))[:3]
        if len(rows) == 3:
            for site, sign in ((model.eq_obj1id[number], 1.0), (model.eq_obj2id[number], -1.0)):
                rate[rows] += sign * _site_velocity(stepper, int(site))
    if model.ntendon:
        rows = np.flatnonzero(kinds == mj.mjtConstraint.mjCNSTR_LIMIT_TENDON)
        rate[rows] = -_unseen_stretch(stepper)[owners[rows]]  # the row's length is what is left of the rope
    return rate


def _unseen_stretch(stepper: Stepper) -> Float[np.ndarray, " cord"]:
    """Part of each cord's rate of length that is due to driven ends [m/s]. A cord runs between two sites."""
    data, model = stepper.made.data, stepper.made.model
    rate = np.zeros(model.ntendon)
    for number, first in enumerate(model.tendon_adr):
        one, two = (int(model.wrap_objid[first + side]) for side in (0, 1))
        along = data.site_xpos[two] - data.site_xpos[one]
        along = along / max(float(np.linalg.norm(along)), 1e-12)
        rate[number] = along @ (_site_velocity(stepper, two) - _site_velocity(stepper, one))
    return rate


def _site_velocity(stepper: Stepper, site: int) -> Float[np.ndarray, " 3"]:
    """Of a site that a driven body carries; others MuJoCo sees itself, so nought [m/s]."""
    made = stepper.made
    unit = np.flatnonzero(made.body == made.model.site_bodyid[site])
    if not len(unit) or made.rides[unit[0]] < 0:
        return np.zeros(3)
    return stepper.velocity_at(unit, made.data.site_xpos[site][None])[0]
