"""Brittle fracture by bonds, engine-free: which bonds a hit breaks, what that costs, what falls apart.

An engineering law, not a measurement. A body is cut beforehand into cells that share faces; each face is a
bond with a Weibull-drawn strength. A hit of impulse J is a load P = J / tau for the time tau of a hard
contact; a bond breaks when the stress that the load raises across its face exceeds its strength and the
energy budget of the hit still pays for its surface (Griffith 1921): Gc times area, most overloaded first,
up to `efficiency` times the kinetic energy that the collision can take. Order and set are those of the
overload, so a stronger hit never breaks less. What it leaves out: waves, contact damage, and the slow break
of a body under a resting weight.

Plate: bending under a point load (Timoshenko & Woinowsky-Krieger, Theory of Plates and Shells, 1959, §19),
radial and hoop: spokes first, then arcs across the wedges between them. Solid: the hoop tension round
a point load on a half space, P (1-2nu) / (2 pi r²) (Boussinesq; Lawn 1998, J. Am. Ceram. Soc. 81:1977), and
the splitting tension across the whole section, 0.9 P / t² (Hiramatsu & Oka 1966, Int. J. Rock Mech. 3:89),
which for a hollow body of wall t is also about what bending of its wall gives. Radially the load presses;
the pulse that the far side sends back pulls (Hopkinson spall), taken as a share.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from kinema.physics.world import Bonds

PLATE_CONTACT = 5e-4
"""tau of a plate, which yields by bending [s]. A tuning constant."""
SOLID_CONTACT = 1.3e-4
"""tau of a solid [s]. Hertz's 2.87 (m²/(R E² v))^(1/5) for a kilogram of stone at some m/s is 2e-4 s, and the peak of
a half sine is pi/2 of its mean."""
PLATE_WAVE = 5500.0
"""Speed of extensional waves in a plate of glass, sqrt(E / (rho (1-nu²))) [m/s]; other brittle matter is
near."""
NEAREST = 0.01
"""No bond is taken to be nearer the hit than this: the load is spread over a patch [m]."""
PETALS = 2.0
"""Once spokes have run, the wedges between them carry the load alone, as cantilevers: radial bending of a
plate in these units of that of the whole plate. It is what lets daggers break off. A tuning constant."""
SPALL = 0.4
"""Radial tension of the returning pulse as a share of the hoop tension. A tuning constant."""


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A blow on one cluster of a breakable body."""

    point: Float[np.ndarray, 3]
    """Body frame, at rest [m]."""
    impulse: float
    """[N s]"""
    energy: float
    """Kinetic energy that the collision can take, ½ m_eff v² [J]."""


def stress_per_newton(bonds: Bonds, point: Float[np.ndarray, 3]) -> Float[np.ndarray, " bond"]:
    """Tension across each bond for a load of 1 N at `point` (body frame, at rest) [Pa/N]; never negative."""
    offset = bonds.midpoint - point
    if bonds.plate:
        offset = offset * (1.0, 0.0, 1.0)  # a pane's thickness is along y
    distance = np.maximum(np.linalg.norm(offset, axis=1), NEAREST)
    along = np.einsum("bk,bk->b", bonds.normal, offset / distance[:, None]) ** 2
    nu, t = bonds.poisson_ratio, bonds.thickness
    fade = np.log(np.maximum(bonds.reach / distance, 1.0))
    if bonds.plate:
        base = 3 / (2 * np.pi * t**2)
        bending = base * (1 + nu) * fade
        radial = PETALS * bending
        hoop = np.where(fade > 0, bending + base * (1 - nu), 0.0)
    else:
        near = np.where(fade > 0, (1 - 2 * nu) / (2 * np.pi * distance**2), 0.0)
        hoop = near + 0.9 / t**2 * fade
        radial = SPALL * hoop
    return radial * along + hoop * (1 - along)


def overload(bonds: Bonds, hit: Hit) -> Float[np.ndarray, " bond"]:
    """Stress over strength; above 1 the bond cannot hold."""
    contact_time = PLATE_CONTACT if bonds.plate else SOLID_CONTACT
    return hit.impulse / contact_time * stress_per_newton(bonds, hit.point) / bonds.strength


def least_impulse(bonds: Bonds) -> float:
    """Impulse [N s] below which no hit anywhere can break a bond: what is worth looking at."""
    contact_time = PLATE_CONTACT if bonds.plate else SOLID_CONTACT
    nu, t = bonds.poisson_ratio, bonds.thickness
    fade = np.log(max(bonds.reach / NEAREST, 1.0))
    if bonds.plate:
        bending = (1 + nu) * fade
        worst = 3 / (2 * np.pi * t**2) * max(PETALS * bending, bending + 1 - nu)
    else:
        worst = (1 - 2 * nu) / (2 * np.pi * NEAREST**2) + 0.9 / t**2 * fade
    return float(contact_time * bonds.strength.min() / worst) if worst > 0 and len(bonds.strength) else np.inf


def crack_energy(bonds: Bonds, broken: Int[np.ndarray, " broken"]) -> Float[np.ndarray, " broken"]:
    """Gc times area of each broken bond [J]."""
    return bonds.fracture_energy * bonds.area[broken]


def broken_by(
    bonds: Bonds,
    alive: Bool[np.ndarray, " bond"],
    member: Bool[np.ndarray, " piece"],
    hit: Hit,
    spent: float = 0.0,
) -> Int[np.ndarray, " broken"]:
    """Indices of the living bonds within the cluster `member` that the hit breaks, most overloaded first.

    `spent` [J] is what the same collision has already put into cracks of this body.
    """
    load = overload(bonds, hit)
    inside = alive & member[bonds.piece[:, 0]] & member[bonds.piece[:, 1]]
    candidate = np.flatnonzero(inside & (load > 1))
    order = candidate[np.argsort(-load[candidate], kind="stable")]
    budget = bonds.efficiency * hit.energy - spent
    return order[np.cumsum(crack_energy(bonds, order)) <= budget]


def carried_along(
    bonds: Bonds, point: Float[np.ndarray, 3], centre: Float[np.ndarray, "part 3"]
) -> tuple[Float[np.ndarray, " part"], Float[np.ndarray, "part 3"]]:
    """How the parts of a broken plate move when the blow lets go: share of the speed of its middle, and
    gradient of that share [1/m], at the `centre` of each part (body frame, at rest).

    While it is hit, a plate bends, and what has bent already moves: momentum spreads from the blow as a
    flexural wave, to a radius of sqrt(2 t c tau / sqrt(12)) in the time tau (Zener 1941, Phys. Rev. 59:669, whose
    profile is taken as a Gaussian). So daggers fly outward and open like petals. Solids are too stiff:
    nothing is carried.
    """
    if not bonds.plate:
        return np.zeros(len(centre)), np.zeros((len(centre), 3))
    width2 = 2 * bonds.thickness * PLATE_WAVE * PLATE_CONTACT / np.sqrt(12)
    offset = (centre - point) * (1.0, 0.0, 1.0)
    share = np.exp(-np.einsum("pk,pk->p", offset, offset) / width2)
    return share, -2 / width2 * share[:, None] * offset


def components(bonds: Bonds, alive: Bool[np.ndarray, " bond"]) -> Int[np.ndarray, " piece"]:
    """Number of the connected component of each piece under the living bonds, in order of first piece."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    n = len(bonds.anchored)
    first, second = bonds.piece[alive].T
    graph = coo_matrix((np.ones(len(first)), (first, second)), shape=(n, n))
    return connected_components(graph, directed=False)[1]
