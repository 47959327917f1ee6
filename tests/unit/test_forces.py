"""Closed forms of what acts from outside: drag, regions, keyframes, and the rotations below them."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from kinema.physics.forces import (
    area_share,
    drag_force,
    gravity_at,
    motion_over,
    pose_at,
    pushes_by_step,
    release_step,
)
from kinema.physics.rotation import matrix, multiply, rotate, rotation_vector, slerp, unrotate
from kinema.physics.world import WorldBody
from kinema.shot.force import Forces, GravityRegion, Push, Wind

ROUNDING = 1e-12
"""Float64 rounding over some tens of operations on numbers near 1."""


def keyed(*keys: tuple[float, tuple[float, float, float], tuple[float, float, float, float]]) -> WorldBody:
    """A kinematic body with keys and nothing else."""
    return WorldBody(
        name="arm",
        motion="kinematic" if keys else "dynamic",
        position=np.array([1.0, 2.0, 3.0]),
        orientation=np.array([1.0, 0, 0, 0]),
        velocity=np.zeros(3),
        spin=np.zeros(3),
        release_at=Fraction(1, 3),
        keyframes=tuple((t, np.array(p), np.array(q)) for t, p, q in keys),
        friction=0.5,
        restitution=0.5,
        pieces=(),
        bonds=None,
        unbroken=(),
        drag_area=2.0,
    )


unit_quaternions = st.tuples(*[st.floats(-1, 1)] * 4).map(np.array).filter(lambda q: np.linalg.norm(q) > 0.1)


@given(unit_quaternions, unit_quaternions, st.tuples(*[st.floats(-10, 10)] * 3).map(np.array))
def test_rotations_agree_with_scipy(a: np.ndarray, b: np.ndarray, v: np.ndarray) -> None:
    a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
    twin = Rotation.from_quat(a, scalar_first=True)
    assert np.allclose(rotate(a, v), twin.apply(v), atol=100 * ROUNDING)
    assert np.allclose(matrix(a) @ v, rotate(a, v), atol=100 * ROUNDING)
    assert np.allclose(unrotate(a, rotate(a, v)), v, atol=100 * ROUNDING)
    assert np.allclose(rotate(multiply(a, b), v), rotate(a, rotate(b, v)), atol=100 * ROUNDING)
    # Half a turn has two axes, and rounding near it is the square root of rounding.
    angle = np.linalg.norm(rotation_vector(a))
    assert angle == pytest.approx(twin.magnitude(), abs=1e-7)


def test_drag_at_an_instant_is_the_textbook_formula() -> None:
    wind = Wind(velocity=(3.0, 0.0, 4.0), air_density=1.2, drag=0.5)
    force = drag_force(wind, np.zeros((1, 3)), np.array([2.0]), np.array([1.0]), 0.0)
    assert force[0] == pytest.approx(0.5 * 1.2 * 0.5 * 2.0 * 5.0 * np.array([3.0, 0.0, 4.0]))


@pytest.mark.parametrize("steps", [1, 7, 400])
def test_drag_follows_the_exact_solution_whatever_the_step(steps: int) -> None:
    # u' = -k u²/m has u = u0 / (1 + k u0 t / m); the force is its exact mean, so even one step is exact.
    wind = Wind(velocity=(10.0, 0.0, 0.0), air_density=1.0, drag=1.0)
    mass, area, time = 0.01, 0.05, 2.0
    v = np.zeros((1, 3))
    for _ in range(steps):
        force = drag_force(wind, v, np.array([area]), np.array([mass]), time / steps)
        v = v + force / mass * time / steps
    k = 0.5 * area
    assert 10.0 - v[0, 0] == pytest.approx(10.0 / (1 + k * 10.0 * time / mass), rel=1e-9)


def test_fragments_share_the_area_of_a_plate_by_mass_and_of_a_solid_by_surface() -> None:
    body = keyed()
    assert area_share(body, 1.0) == pytest.approx(2.0)
    assert area_share(body, 1 / 8) == pytest.approx(2.0 / 4)  # a cube half as wide has a quarter of the face


def test_the_last_region_that_holds_a_point_decides() -> None:
    regions = (
        GravityRegion(low=(0, 0, 0), high=(2, 2, 2), gravity=(0, 0, 1.0)),
        GravityRegion(low=(1, 1, 1), high=(2, 2, 2), gravity=(0, 0, 2.0)),
    )
    forces = Forces(gravity=(0, 0, -9.0), regions=regions)
    points = np.array([[0.5, 0.5, 0.5], [1.5, 1.5, 1.5], [3.0, 0, 0], [2.0, 2.0, 2.0]])
    assert gravity_at(forces, points)[:, 2].tolist() == [1.0, 2.0, -9.0, 2.0]


def test_keyframes_are_linear_and_slerped_and_at_rest_outside() -> None:
    quarter = (np.sqrt(0.5), 0.0, 0.0, np.sqrt(0.5))
    body = keyed((1.0, (0, 0, 0), (1, 0, 0, 0)), (3.0, (2, 0, 0), quarter))
    position, turn = pose_at(body, 1.5)
    assert position == pytest.approx([0.5, 0, 0])
    assert turn == pytest.approx([np.cos(np.pi / 16), 0, 0, np.sin(np.pi / 16)], abs=ROUNDING)
    velocity, spin = motion_over(body, 1.5, 1.6)
    assert velocity == pytest.approx([1.0, 0, 0])
    assert spin == pytest.approx([0, 0, np.pi / 4])
    for time, where in ((0.0, 0.0), (9.0, 2.0)):
        assert pose_at(body, time)[0][0] == where
        assert not np.any(motion_over(body, time, time + 0.1))


def test_slerp_goes_the_shorter_way() -> None:
    a, b = np.array([1.0, 0, 0, 0]), -np.array([np.cos(0.1), np.sin(0.1), 0, 0])
    assert np.linalg.norm(rotation_vector(slerp(a, b, 0.5))) == pytest.approx(0.1)


def test_moments_fall_on_steps_exactly() -> None:
    # 1/3 s at 480 Hz is step 160 exactly; 0.3333 s is in step 159.
    step = Fraction(1, 480)
    moments = (Fraction(0), Fraction(1, 3), Fraction(3333, 10000))
    pushes = tuple(Push(body="a", at=at, impulse=(1, 0, 0)) for at in moments)
    due = pushes_by_step(Forces(pushes=pushes), step)
    assert {k: len(v) for k, v in due.items()} == {0: 1, 160: 1, 159: 1}
    assert release_step(keyed(), step) == 160
