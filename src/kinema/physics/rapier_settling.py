"""What a blow that breaks a body leaves of the motion: cracks are paid for, and the parts are carried
along."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from kinema.physics.fracture import carried_along
from kinema.physics.rapier_contacts import Blow
from kinema.physics.rapier_solids import vector
from kinema.physics.rapier_unit import Unit, mass_of
from kinema.physics.rotation import cross, rotate, unrotate


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


@dataclass(frozen=True, kw_only=True)
class Ride:
    """How the parts of a broken unit are carried along by the blow, per m/s of closing speed."""

    velocity: Float[np.ndarray, "part 3"]
    """World; zero for parts that a frame holds."""
    spin: Float[np.ndarray, "part 3"]
    recoil: Float[np.ndarray, 3]
    """Impulse on the striker [kg]."""
    taken: float
    """Energy that this takes from the motion, per (m/s)² [kg]."""


def ride(failure: Failure, members: list[Int[np.ndarray, " member"]]) -> Ride:
    """Share the momentum of the blow with the parts, given by their members, of the unit that fails.

    The striker and the middle of the plate come to a common speed, as in a plastic collision; parts farther
    away move as `carried_along` says. Momentum is kept.
    """
    unit, blow = failure.unit, failure.blow
    bonds = unit.body.bonds
    assert bonds is not None, "what fails has bonds"
    held = np.array([unit.fixed and bool(bonds.anchored[part].any()) for part in members], bool)
    solid = [mass_of(unit.body, part) for part in members]
    mass = np.array([m for m, _, _ in solid]) * ~held
    centre = np.array([c for _, c, _ in solid]).reshape(-1, 3)
    inertia = np.array([i for _, _, i in solid]).reshape(-1, 3, 3)
    share, slope = carried_along(bonds, unit.at_rest(blow.point), centre)
    share, slope = share * ~held, slope * ~held[:, None]
    _, turn = unit.pose
    push = blow.impulse / blow.strength * (1.0 if blow.second is unit else -1.0)
    # A plate's normal turns with the gradient of its deflection.
    spin = cross(rotate(turn, slope), push)
    body_spin = unrotate(turn, spin)
    energy = mass @ share**2 + np.einsum("pj,pjk,pk->", body_spin, inertia, body_spin)
    striker = failure.striker
    mobility = striker.mobility(blow.point - striker.pose[0], push)
    momentum = float(mass @ share)
    common = 1 / (1 + momentum * mobility)
    return Ride(
        velocity=common * share[:, None] * push,
        spin=common * spin,
        recoil=-common * momentum * push,
        taken=0.5 * float(momentum * common * (1 + common) - energy * common**2),
    )


def pay(failure: Failure, taken: float) -> float:
    """Take what the cracks cost beyond what the ride takes out of the approach: an impulse and its opposite
    at the point of the blow, so that momentum and angular momentum stay. Returns the closing speed left
    [m/s].

    Without this an elastic blow would crack glass for nothing.
    """
    blow, closing, cost = failure.blow, failure.closing, float(failure.energy.sum())
    if taken * closing**2 >= cost:
        return closing
    approach = 0.5 / failure.mobility
    # approach (v² - after²) + taken after² = cost
    after = float(np.sqrt(max(0.0, (approach * closing**2 - cost) / (approach - taken))))
    impulse = (closing - after) / failure.mobility * blow.impulse / blow.strength
    for unit, sign in ((blow.first, -1.0), (blow.second, 1.0)):
        if not unit.fixed:
            unit.rigid.apply_impulse_at_point(vector(sign * impulse), vector(blow.point))
    return after


def carry(failure: Failure, way: Ride, parts: list[Unit], closing: float) -> None:
    """Give the parts and the striker what `ride` found, at the closing speed that is left."""
    for unit, velocity, spin in zip(parts, way.velocity, way.spin, strict=True):
        if not unit.fixed:
            unit.rigid.linvel = vector(unit.stored_velocity + closing * velocity)
            unit.rigid.angvel = vector(unit.spin + closing * spin)
    if not failure.striker.fixed:
        impulse, point = closing * way.recoil, failure.blow.point
        failure.striker.rigid.apply_impulse_at_point(vector(impulse), vector(point))
