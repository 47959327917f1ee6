"""`settling` in Rapier: cracks are paid for, and the parts are carried along."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from kinema.physics.rapier_contacts import Blow
from kinema.physics.rapier_solids import vector
from kinema.physics.rapier_unit import Unit
from kinema.physics.settling import Ride, ride, speed_left


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A unit of which a blow breaks bonds."""

    unit: Unit
    blow: Blow
    closing: float
    """Speed along the blow before it [m/s]."""
    mobility: float
    """1/m_eff [1/kg]"""
    bonds: Int[np.ndarray, " broken"]
    energy: Float[np.ndarray, " broken"]
    """Of each [J]."""

    @property
    def striker(self) -> Unit:
        """The other of the two."""
        return self.blow.first if self.blow.second is self.unit else self.blow.second


def failure_ride(failure: Failure, members: list[Int[np.ndarray, " member"]]) -> Ride:
    """`settling.ride` for the parts, given by their members, of the unit that fails."""
    unit, blow, striker = failure.unit, failure.blow, failure.striker
    bonds = unit.body.bonds
    assert bonds is not None, "what fails has bonds"
    push = blow.impulse / blow.strength * (1.0 if blow.second is unit else -1.0)
    return ride(
        unit.body,
        members,
        np.array([unit.fixed and bool(bonds.anchored[part].any()) for part in members], bool),
        turn=unit.pose[1],
        point=unit.at_rest(blow.point),
        push=push,
        mobility=striker.mobility(blow.point - striker.pose[0], push),
    )


def pay(failure: Failure, taken: float) -> tuple[float, float]:
    """Take what the cracks cost beyond what the ride takes out of the approach: an impulse and its opposite
    at the point of the blow, so that momentum and angular momentum stay. Returns the closing speed left
    [m/s] and the impulse [N s]."""
    blow, closing = failure.blow, failure.closing
    after = speed_left(closing, failure.mobility, float(failure.energy.sum()), taken)
    paid = (closing - after) / failure.mobility if after < closing else 0.0
    if paid:
        impulse = paid * blow.impulse / blow.strength
        for unit, sign in ((blow.first, -1.0), (blow.second, 1.0)):
            if not unit.fixed:
                unit.rigid.apply_impulse_at_point(vector(sign * impulse), vector(blow.point))
    return after, paid


def carry(failure: Failure, way: Ride, parts: list[Unit], closing: float) -> None:
    """Give the parts and the striker what `ride` found, at the closing speed that is left."""
    for unit, velocity, spin in zip(parts, way.velocity, way.spin, strict=True):
        if not unit.fixed:
            unit.rigid.linvel = vector(unit.stored_velocity + closing * velocity)
            unit.rigid.angvel = vector(unit.spin + closing * spin)
    if not failure.striker.fixed:
        impulse, point = closing * way.recoil, failure.blow.point
        failure.striker.rigid.apply_impulse_at_point(vector(impulse), vector(point))
