"""Energies in closed form, and the gate that a run with energy from nowhere does not pass."""

from __future__ import annotations

import numpy as np
import pytest

from kinema.errors import SimulationError
from kinema.physics.ledger import (
    GAIN_TOLERANCE,
    check_gain,
    kinetic_energy,
    potential_energy,
    spring_energy,
    tolerance,
)
from kinema.physics.tape import Ledger

TILTED = np.array([[np.cos(0.3), np.sin(0.3), 0.0, 0.0]])


def ledger(**rows: list[float]) -> Ledger:
    """A ledger whose rows not given are zero."""
    n = len(next(iter(rows.values())))
    names = ("kinetic", "potential", "elastic", "crack", "work")
    return Ledger(time=np.arange(n) / 10, **{k: np.array(rows.get(k, [0.0] * n), float) for k in names})


def test_kinetic_energy_of_a_spinning_rod() -> None:
    # A rod along its own y, tilted about x, spinning about world x: I = 1/12 m L² whatever the tilt.
    inertia = np.diag([3.0, 0.0, 3.0])[None]
    energy = kinetic_energy(
        np.array([2.0]), inertia, TILTED, np.array([[3.0, 0, 4.0]]), np.array([[5.0, 0, 0]])
    )
    assert energy == pytest.approx(0.5 * 2 * 25 + 0.5 * 3 * 25)
    # Spinning about its own length, it has none: world axis of body y after the tilt.
    axis = np.array([[0.0, np.cos(0.6), np.sin(0.6)]])
    assert kinetic_energy(np.array([2.0]), inertia, TILTED, np.zeros((1, 3)), axis) == pytest.approx(
        0, abs=1e-12
    )


def test_kinetic_energy_of_a_cluster_is_that_of_its_pieces() -> None:
    # Steiner: two halves of a dumb-bell, 1 kg each at ±1 m, turning at 2 rad/s and flying at 3 m/s.
    v = np.array([[3.0, 2.0, 0], [3.0, -2.0, 0]])
    spin = np.array([[0, 0, 2.0]] * 2)
    still = np.array([[1.0, 0, 0, 0]] * 2)
    energy = kinetic_energy(np.ones(2), np.zeros((2, 3, 3)), still, v, spin)
    assert energy == pytest.approx(0.5 * 2 * 9 + 0.5 * 2 * 4)


def test_potential_and_spring_energy() -> None:
    gravity = np.array([[0, 0, -9.81], [0, 0, 9.81]])
    energy = potential_energy(np.array([2.0, 3.0]), np.array([[1, 1, 5.0], [0, 0, 1.0]]), gravity)
    assert energy == pytest.approx(2 * 9.81 * 5 - 3 * 9.81)
    assert spring_energy(100.0, 1.5, 1.0) == pytest.approx(12.5)


def test_the_gate_lets_pass_what_physics_allows() -> None:
    fall = ledger(kinetic=[0, 5, 10], potential=[10, 5, 0])
    bounce = ledger(kinetic=[10, 10, 6.4], potential=[0, 0, 0])
    pushed = ledger(kinetic=[0, 8, 8], work=[0, 8, 8])
    cracked = ledger(kinetic=[10, 8, 8], crack=[0, 2, 2])
    swung = ledger(kinetic=[0, 3, 0], elastic=[3, 0, 3])
    for honest in (fall, bounce, pushed, cracked, swung):
        check_gain(honest, weight=0.0)


@pytest.mark.parametrize(
    "bad",
    [
        ledger(kinetic=[32, 32, 34.7]),  # the glass run that the gate was made for: 2.7 J of 32
        ledger(kinetic=[10, 9.95], crack=[0, 0.2]),  # cracks that nobody paid for
        ledger(kinetic=[1, 1], work=[0, -0.5]),
        ledger(elastic=[1, 1.02]),
        ledger(kinetic=[0, 1]),
    ],
)
def test_the_gate_fires_on_energy_from_nowhere(bad: Ledger) -> None:
    with pytest.raises(SimulationError, match="energy ledger must not gain"):
        check_gain(bad, weight=0.0)


def test_the_gate_looks_at_the_moment_not_at_the_end() -> None:
    # A gain early on is not excused by what is exchanged later.
    spike = ledger(kinetic=[1, 1.1, 0.5, 100, 100], work=[0, 0, 0, 99.5, 99.5])
    with pytest.raises(SimulationError, match=r"at 0\.1000 s"):
        check_gain(spike, weight=0.0)


def test_not_a_number_is_an_error_of_its_own() -> None:
    with pytest.raises(SimulationError, match="must stay finite"):
        check_gain(ledger(kinetic=[1, np.nan]), weight=0.0)


def test_tolerance_is_that_of_the_slow_twin() -> None:
    rng = np.random.default_rng(0)
    book = ledger(**{k: list(rng.normal(size=50)) for k in ("kinetic", "potential", "elastic", "work")})
    twin = [
        GAIN_TOLERANCE
        * max(
            book.kinetic[: k + 1].max(),
            book.elastic[: k + 1].max(),
            np.ptp(book.potential[: k + 1]),
            np.abs(book.work[: k + 1]).max(),
        )
        for k in range(50)
    ]
    assert tolerance(book, weight=0.0) == pytest.approx(twin)
