"""What a blow that breaks a body leaves of the motion, engine-free: cracks are paid for out of the approach, and
the parts are carried along. So all engines break alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from kinema.physics.fracture import carried_along
from kinema.physics.rotation import cross, rotate, unrotate
from kinema.physics.world import WorldBody


def mass_of(
    body: WorldBody, members: Int[np.ndarray, " member"]
) -> tuple[float, Float[np.ndarray, 3], Float[np.ndarray, "3 3"]]:
    """Mass [kg], centre of mass in the body's frame [m] and inertia about it [kg m²] (Steiner's theorem)."""
    mass = np.array([body.pieces[k].mass for k in members])
    rest = np.array([body.pieces[k].rest for k in members], float)
    total = float(mass.sum())
    centre = mass @ rest / total if total > 0 else rest.mean(0)
    arm = rest - centre
    steiner = np.einsum("m,mk,mk->", mass, arm, arm) * np.eye(3) - np.einsum("m,mj,mk->jk", mass, arm, arm)
    return total, centre, np.sum([body.pieces[k].inertia for k in members], 0) + steiner


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


def ride(
    body: WorldBody,
    parts: Sequence[Int[np.ndarray, " member"]],
    held: Bool[np.ndarray, " part"],
    *,
    turn: Float[np.ndarray, 4],
    point: Float[np.ndarray, 3],
    push: Float[np.ndarray, 3],
    mobility: float,
) -> Ride:
    """Share the momentum of a blow with the parts, given by their members, of the unit that fails.

    The striker and the middle of the plate come to a common speed, as in a plastic collision; parts farther
    away move as `carried_along` says. Momentum is kept. `turn` is the orientation of the unit, `point` that of
    the blow in the body's frame at rest, `push` its direction on the unit (world), `mobility` 1/mass of the
    striker along it there.
    """
    bonds = body.bonds
    assert bonds is not None, "what fails has bonds"
    solid = [mass_of(body, part) for part in parts]
    mass = np.array([m for m, _, _ in solid]) * ~held
    centre = np.array([c for _, c, _ in solid]).reshape(-1, 3)
    inertia = np.array([i for _, _, i in solid]).reshape(-1, 3, 3)
    share, slope = carried_along(bonds, point, centre)
    share, slope = share * ~held, slope * ~held[:, None]
    # A plate's normal turns with the gradient of its deflection.
    spin = cross(rotate(turn, slope), push)
    body_spin = unrotate(turn, spin)
    energy = mass @ share**2 + np.einsum("pj,pjk,pk->", body_spin, inertia, body_spin)
    momentum = float(mass @ share)
    common = 1 / (1 + momentum * mobility)
    return Ride(
        velocity=common * share[:, None] * push,
        spin=common * spin,
        recoil=-common * momentum * push,
        taken=0.5 * float(momentum * common * (1 + common) - energy * common**2),
    )


def speed_left(closing: float, mobility: float, cost: float, taken: float) -> float:
    """Closing speed that is left of `closing` [m/s] when cracks of `cost` [J] are paid, of which the ride takes
    `taken` times the square of the speed. `mobility` is 1/m_eff of the two that meet [1/kg].

    Without this an elastic blow would crack glass for nothing.
    """
    if taken * closing**2 >= cost:
        return closing
    approach = 0.5 / mobility
    # approach (v² - after²) + taken after² = cost
    return float(np.sqrt(max(0.0, (approach * closing**2 - cost) / (approach - taken))))
