"""The fracture law as mathematics: monotone, within its budget, a partition; whatever the bonds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinema.physics.fracture import (
    PETALS,
    Hit,
    broken_by,
    carried_along,
    components,
    crack_energy,
    least_impulse,
    overload,
    stress_per_newton,
)
from kinema.physics.world import Bonds


def lattice(*, plate: bool, efficiency: float = 0.03, seed: int = 0, side: int = 6) -> Bonds:
    """Cells on a grid in the xz plane of a 1 m square, bonded to their neighbours; strengths drawn."""
    rng = np.random.default_rng(seed)
    cell = np.arange(side * side).reshape(side, side)
    across = np.stack([cell[:-1].ravel(), cell[1:].ravel()], -1)
    upward = np.stack([cell[:, :-1].ravel(), cell[:, 1:].ravel()], -1)
    piece = np.concatenate([across, upward])
    place = np.stack(
        np.meshgrid(*[np.arange(side) / side - 0.5 + 0.5 / side] * 2, indexing="ij"), -1
    ).reshape(-1, 2)
    centre = np.stack([place[:, 0], 0 * place[:, 0], place[:, 1]], -1)
    offset = centre[piece[:, 1]] - centre[piece[:, 0]]
    thickness = 0.006 if plate else 0.2
    return Bonds(
        piece=piece,
        area=np.full(len(piece), thickness / side),
        midpoint=centre[piece].mean(1),
        normal=offset / np.linalg.norm(offset, axis=1, keepdims=True),
        strength=45e6 * rng.weibull(7, len(piece)),
        anchored=np.zeros(side * side, bool),
        fracture_energy=8.0,
        poisson_ratio=0.22,
        thickness=thickness,
        reach=0.75,
        plate=plate,
        efficiency=efficiency,
    )


def all_of(bonds: Bonds) -> tuple[np.ndarray, np.ndarray]:
    """Every bond alive, every piece a member."""
    return np.ones(len(bonds.area), bool), np.ones(len(bonds.anchored), bool)


impulses = st.floats(0, 1e4)
energies = st.floats(0, 1e4)
points = st.tuples(*[st.floats(-0.6, 0.6)] * 3).map(np.array)


@given(st.booleans(), impulses, impulses, energies, energies, points)
def test_a_stronger_hit_never_breaks_less(
    plate: bool, j1: float, j2: float, e1: float, e2: float, point: np.ndarray
) -> None:
    bonds = lattice(plate=plate)
    weak = broken_by(bonds, *all_of(bonds), Hit(point=point, impulse=min(j1, j2), energy=min(e1, e2)))
    strong = broken_by(bonds, *all_of(bonds), Hit(point=point, impulse=max(j1, j2), energy=max(e1, e2)))
    assert set(weak) <= set(strong)


@given(st.booleans(), impulses, energies, points, st.floats(0, 100))
def test_cracks_never_cost_more_than_the_budget(
    plate: bool, impulse: float, energy: float, point: np.ndarray, spent: float
) -> None:
    bonds = lattice(plate=plate)
    hit = Hit(point=point, impulse=impulse, energy=energy)
    cost = crack_energy(bonds, broken_by(bonds, *all_of(bonds), hit, spent)).sum()
    assert cost <= max(0.0, bonds.efficiency * energy - spent)


@given(st.booleans(), points)
def test_below_the_least_impulse_nothing_breaks(plate: bool, point: np.ndarray) -> None:
    bonds = lattice(plate=plate)
    hit = Hit(point=point, impulse=0.999 * least_impulse(bonds), energy=np.inf)
    assert not len(broken_by(bonds, *all_of(bonds), hit))


def test_at_the_least_impulse_the_weakest_bond_breaks_if_it_is_where_it_hurts_most() -> None:
    bonds = lattice(plate=True)
    weakest = int(np.argmin(bonds.strength))
    # In front of the bond, no farther than the nearest distance: the bending of the petals at its greatest.
    ahead = bonds.midpoint[weakest] - 0.01 * bonds.normal[weakest]
    hit = Hit(point=ahead, impulse=1.001 * least_impulse(bonds), energy=1e9)
    assert weakest in broken_by(bonds, *all_of(bonds), hit)


@given(st.lists(st.booleans(), min_size=60, max_size=60))
def test_components_partition_the_pieces_as_a_plain_flood_does(alive: list[bool]) -> None:
    bonds = lattice(plate=True)
    living = np.array(alive)
    labels = components(bonds, living)
    twin = np.arange(len(bonds.anchored))
    for _ in twin:  # spread the lowest number along living bonds until nothing changes
        for a, b in bonds.piece[living]:
            twin[a] = twin[b] = min(twin[a], twin[b])
    assert ((labels[:, None] == labels) == (twin[:, None] == twin)).all()


def test_only_bonds_of_the_cluster_that_is_hit_break() -> None:
    bonds = lattice(plate=True)
    alive, member = all_of(bonds)
    member[:18] = False
    gone = broken_by(bonds, alive, member, Hit(point=np.zeros(3), impulse=1e4, energy=1e6))
    assert len(gone)
    assert member[bonds.piece[gone]].all()
    alive[gone] = False
    assert not len(broken_by(bonds, alive, member, Hit(point=np.zeros(3), impulse=1e4, energy=1e6)))


def test_plate_stress_is_timoshenkos_but_for_the_petals() -> None:
    bonds = lattice(plate=True)
    point = np.array([0.0, 0.003, 0.0])
    distance = np.linalg.norm(bonds.midpoint[:, [0, 2]], axis=1)
    along = (bonds.normal * bonds.midpoint).sum(1) ** 2 / distance**2
    fade = np.log(np.maximum(0.75 / distance, 1))
    radial = 3 / (2 * np.pi * 0.006**2) * 1.22 * fade
    hoop = radial + 3 / (2 * np.pi * 0.006**2) * 0.78
    assert stress_per_newton(bonds, point) == pytest.approx(PETALS * radial * along + hoop * (1 - along))


@pytest.mark.parametrize("plate", [True, False])
def test_stress_fades_with_distance_to_nothing_at_the_reach(plate: bool) -> None:
    bonds = lattice(plate=plate)
    near, far = (
        stress_per_newton(bonds, bonds.midpoint[0] + np.array([0, 0, 1]) * d)[0] for d in (0.05, 0.4)
    )
    assert near > far > 0
    assert stress_per_newton(bonds, bonds.midpoint[0] + np.array([0, 0, 0.76]))[0] == 0


@pytest.mark.parametrize("plate", [True, False])
def test_overload_is_linear_in_the_impulse(plate: bool) -> None:
    bonds = lattice(plate=plate)
    one, three = (overload(bonds, Hit(point=np.zeros(3), impulse=j, energy=1)) for j in (1.0, 3.0))
    assert three == pytest.approx(3 * one)


def test_what_is_carried_along_fades_smoothly_and_its_slope_is_its_gradient() -> None:
    bonds = lattice(plate=True)
    centre = np.array([[0.0, 0, 0], [0.05, 0.001, 0.02], [0.1, 0, -0.1], [2.0, 0, 0]])
    share, slope = carried_along(bonds, np.zeros(3), centre)
    assert share[0] == 1.0
    assert (np.diff(share) < 0).all()
    assert share[3] < 1e-12
    for axis in (0, 2):
        step = 1e-6 * np.eye(3)[axis]
        ahead, behind = (carried_along(bonds, np.zeros(3), centre + d)[0] for d in (step, -step))
        # Central difference: error step² times the third derivative, some 1e-9 here.
        assert slope[:, axis] == pytest.approx((ahead - behind) / 2e-6, abs=1e-6)
    assert not carried_along(lattice(plate=False), np.zeros(3), centre)[0].any()
