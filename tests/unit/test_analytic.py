"""The plain twin: its closed forms against independent integration, and what it refuses."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinema.errors import UsageError
from kinema.physics.analytic import Analytic
from kinema.physics.build import build_world
from kinema.physics.closed_forms import WALL, Ball, Swing, first_fall, free_rotation, impact, pendulum
from kinema.physics.rotation import rotate, unrotate
from kinema.physics.standing import sphere_on_plane
from kinema.physics.tape import Tape
from kinema.physics.trials.trial import GRAVITY, at, matter, place, shot_of, times, velocity
from kinema.shot import force
from kinema.shot.body import Body, Box, Pane, Plane, Sphere
from kinema.shot.force import Forces, GravityRegion, Hinge, Rope, Wind
from kinema.shot.shot import Shot

FLOOR = Body(name="floor", shape=Plane(), material="matter")


def solve(shot: Shot) -> Tape:
    return Analytic().simulate(build_world(shot))


def ball(**fields: object) -> Body:
    return Body.model_validate({"name": "ball", "shape": Sphere(radius=0.1), "material": "matter", **fields})


# --- pendulum ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("angle", "rate"),
    [(0.01, 0.0), (1.0, 0.0), (-2.9, 0.3), (3.1, 0.0), (0.5, 9.0), (0.5, -9.0), (0.0, 0.0)],
    ids=["small", "wide", "nearly over", "almost upside down", "over the top", "over, backwards", "hangs"],
)
def test_pendulum_is_the_solution_of_its_equation(angle: float, rate: float) -> None:
    from scipy.integrate import solve_ivp

    omega, t = 2.0, np.linspace(0, 10, 101)
    found, speed = pendulum(angle, rate, omega, t)
    truth = solve_ivp(
        lambda _t, y: [y[1], -(omega**2) * math.sin(y[0])],
        (0, 10),
        [angle, rate],
        "DOP853",
        t,
        rtol=1e-12,
        atol=1e-12,
    ).y
    # The integration's own error, which near the top grows tenfold each second or so.
    np.testing.assert_allclose(np.exp(1j * found), np.exp(1j * truth[0]), atol=1e-7)
    np.testing.assert_allclose(speed, truth[1], atol=1e-7)


@given(st.floats(-3.0, 3.0), st.floats(-8.0, 8.0))
@settings(deadline=None, max_examples=50)
def test_pendulum_keeps_its_energy(angle: float, rate: float) -> None:
    t = np.linspace(0, 20, 200)
    theta, speed = pendulum(angle, rate, 2.0, t)
    energy = speed**2 / 2 - 4 * np.cos(theta)
    # Elliptic functions to 1e-12 or so, of an energy of up to 36.
    np.testing.assert_allclose(energy, rate**2 / 2 - 4 * math.cos(angle), atol=1e-8)


def test_period_tends_to_the_small_angle_one() -> None:
    def period(angle: float) -> float:
        return Swing(
            start=0.0,
            anchor=np.zeros(3),
            axis=np.array([0.0, 1.0, 0.0]),
            arm=np.array([math.sin(angle), 0.0, -math.cos(angle)]),
            orientation=np.array([1.0, 0, 0, 0]),
            rate=0.0,
            gravity=np.array([0.0, 0.0, -GRAVITY]),
            mass=1.0,
            inertia_about_axis=1.0,
        ).period

    small = 2 * math.pi / math.sqrt(GRAVITY)
    # Bernoulli's series 1 + θ²/16 + 11 θ⁴/3072; the next term is below 1e-8 at 0.2.
    for angle in (0.05, 0.1, 0.2):
        assert period(angle) / small == pytest.approx(1 + angle**2 / 16 + 11 * angle**4 / 3072, abs=5e-8)


# --- rotation ----------------------------------------------------------------------------------------------


@given(
    st.lists(st.floats(0.1, 2.0), min_size=3, max_size=3),
    st.lists(st.floats(-9.0, 9.0), min_size=3, max_size=3),
)
@settings(deadline=None, max_examples=25)
def test_free_rotation_keeps_energy_and_momentum(moments: list[float], spin: list[float]) -> None:
    inertia, start = np.diag(moments), np.array([0.5, 0.5, 0.5, 0.5])
    turned, after = free_rotation(start, np.array(spin), inertia, np.linspace(0, 2, 21))
    own = unrotate(turned, after)
    momentum = rotate(turned, own @ inertia)
    # Orientation is integrated to 1e-12 a step; momentum is carried exactly.
    np.testing.assert_allclose(momentum, np.tile(momentum[0], (21, 1)), atol=1e-9)
    energy = np.einsum("tj,jk,tk->t", own, inertia, own)
    np.testing.assert_allclose(energy, energy[0], rtol=1e-8, atol=1e-12)


def test_symmetric_top_agrees_with_the_integration() -> None:
    """The same body, once exactly symmetric and once so slightly not that it is integrated."""
    spin, t = np.array([1.0, 2.0, 6.0]), np.linspace(0, 3, 31)
    start = np.array([1.0, 0.0, 0.0, 0.0])
    exact, _ = free_rotation(start, spin, np.diag([1.0, 1.0, 1.7]), t)
    near, _ = free_rotation(start, spin, np.diag([1.0, 1.0 + 1e-7, 1.7]), t)
    # 1e-7 of asymmetry, grown linearly over three seconds and some turns.
    assert np.abs((exact * near).sum(-1)).min() > 1 - 1e-10


# --- impact ------------------------------------------------------------------------------------------------


vectors = st.lists(st.floats(-5.0, 5.0), min_size=3, max_size=3).map(np.array)


@given(vectors, vectors, vectors, st.floats(0, 1), st.floats(0, 2))
@settings(max_examples=100)
def test_impact_conserves_momentum_and_never_gains_energy(
    v: np.ndarray, w: np.ndarray, u: np.ndarray, restitution: float, friction: float
) -> None:
    normal = np.array([0.6, 0.0, 0.8])
    a = Ball(mass=1.0, radius=0.1, inertia=0.004, velocity=v, spin=w)
    b = Ball(mass=3.0, radius=0.2, inertia=0.048, velocity=u, spin=-w)
    if (u - v) @ normal >= 0:
        a, b = b, a
        normal = -normal
    if (b.velocity - a.velocity) @ normal >= 0:
        return
    after_a, after_b, impulse = impact(a, b, normal, restitution, friction)

    def total(first: Ball, second: Ball) -> tuple[np.ndarray, float]:
        momentum = first.mass * first.velocity + second.mass * second.velocity
        energy = (
            sum(x.mass * x.velocity @ x.velocity + x.inertia * x.spin @ x.spin for x in (first, second)) / 2
        )
        return momentum, float(energy)

    (p0, e0), (p1, e1) = total(a, b), total(after_a, after_b)
    np.testing.assert_allclose(p1, p0, atol=1e-12)
    assert e1 <= e0 * (1 + 1e-12) + 1e-12
    before, after = (float((y.velocity - x.velocity) @ normal) for x, y in ((a, b), (after_a, after_b)))
    assert after == pytest.approx(-restitution * before, abs=1e-12)
    along = float(impulse @ normal)
    assert np.linalg.norm(impulse - along * normal) <= friction * along * (1 + 1e-9) + 1e-12


def test_rough_wall_stops_the_slip() -> None:
    rolling = Ball(mass=1.0, radius=0.1, inertia=0.004, velocity=np.array([1.0, 0, -1.0]), spin=np.zeros(3))
    _, after, _ = impact(WALL, rolling, np.array([0.0, 0, 1.0]), 0.5, 5.0)
    slip = after.velocity + np.cross(after.spin, [0, 0, -0.1])
    np.testing.assert_allclose(slip, [0, 0, 0.5], atol=1e-12)
    assert after.velocity[0] == pytest.approx(5 / 7)


def test_first_fall_finds_the_crossing_from_above() -> None:
    assert first_fall(1.0, -1.0) == pytest.approx(1.0)
    assert first_fall(0.0, 1.0, -0.5) == pytest.approx(2.0)  # leaves now, comes back at 2
    assert first_fall(-1.0, 1.0) == math.inf  # comes up from below
    assert first_fall(1.0) == math.inf


# --- standing ----------------------------------------------------------------------------------------------


def test_sphere_rolls_down_a_gentle_slope_and_slips_down_a_steep_one() -> None:
    def down(degrees: float) -> float:
        a = math.radians(degrees)
        gravity = np.array([GRAVITY * math.sin(a), 0.0, -GRAVITY * math.cos(a)])
        stand = sphere_on_plane(
            np.zeros(3), np.zeros(3), gravity, np.array([0.0, 0, 1.0]), radius=0.1, gyration=0.4, friction=0.3
        )
        assert stand is not None
        return float(stand.acceleration[0])

    assert down(20) == pytest.approx(5 / 7 * GRAVITY * math.sin(math.radians(20)))
    steep = math.radians(60)  # tan 60° > 7/2 mu: friction cannot keep the slip at nought
    assert down(60) == pytest.approx(GRAVITY * (math.sin(steep) - 0.3 * math.cos(steep)))


# --- the engine --------------------------------------------------------------------------------------------


def test_bouncing_ball_comes_to_rest() -> None:
    stuff = {"matter": matter(restitution=0.5)}
    tape = solve(shot_of(FLOOR, ball(position=(0, 0, 1.1)), seconds=3, materials=stuff))
    # All bounces together last (1 + e)/(1 - e) times the first fall: 1.35 s.
    over = math.sqrt(2 / GRAVITY) * 3
    z = place(tape, "ball")[:, 2]
    assert z[times(tape) > over + 0.01] == pytest.approx(0.1, abs=1e-6)
    assert z[times(tape) < over - 0.05][-20:].max() > 0.1001
    # Resting, the ground gives back its weight: m g h in every step.
    rest = tape.contacts.time > over + 0.1
    assert tape.contacts.impulse[rest] == pytest.approx(tape.geometry.piece_mass[1] * GRAVITY / 576, rel=1e-5)


def test_newtons_cradle_hands_the_speed_on() -> None:
    stuff = {"matter": matter(restitution=1.0)}
    row = [
        ball(name=f"b{i}", position=(0.21 * i, 0, 0), velocity=(2.0 if i == 0 else 0.0, 0, 0))
        for i in range(4)
    ]
    tape = solve(shot_of(*row, seconds=1, materials=stuff, forces=Forces(gravity=(0, 0, 0))))
    end = [velocity(tape, f"b{i}")[-1, 0] for i in range(4)]
    np.testing.assert_allclose(end, [0, 0, 0, 2.0], atol=1e-9)


def test_hinge_pendulum_of_a_bar_has_the_moment_about_its_end() -> None:
    bar = Body.model_validate(
        {
            "name": "bar",
            "shape": {"kind": "box", "size": (0.02, 0.02, 1.0)},
            "material": "matter",
            "position": (0, 0, -0.5),
            "spin": (0, 5, 0),
        }
    )
    tape = solve(
        shot_of(bar, seconds=4, forces=Forces(joints=(Hinge(a="bar", anchor=(0, 0, 0), axis=(0, 1, 0)),)))
    )
    x, t = place(tape, "bar")[:, 0], times(tape)
    cross = t[np.flatnonzero((x[:-1] < 0) & (x[1:] >= 0))]
    inertia = (1 + 0.02**2) / 12 + 0.25
    assert np.diff(cross).mean() == pytest.approx(
        2 * math.pi * math.sqrt(inertia / (0.5 * GRAVITY)), rel=5e-3
    )


def test_box_set_sliding_stops_where_friction_says() -> None:
    box = Body(
        name="box",
        shape=Box(size=(0.4, 0.4, 0.1)),
        material="matter",
        position=(0, 0, 0.05),
        velocity=(2, 0, 0),
    )
    tape = solve(shot_of(FLOOR, box, seconds=2, materials={"matter": matter(friction=0.4)}))
    assert place(tape, "box")[-1, 0] == pytest.approx(4 / (2 * 0.4 * GRAVITY), rel=1e-6)
    assert tape.ledger.gain[-1] == pytest.approx(-0.5 * tape.geometry.piece_mass[1] * 4, rel=1e-6)


def test_region_of_other_gravity_conserves_energy() -> None:
    region = GravityRegion(low=(-9, -9, 0), high=(9, 9, 9), gravity=(0.0, 0.0, -GRAVITY))
    tape = solve(
        shot_of(
            ball(velocity=(0, 0, -3), position=(0, 0, 2)),
            seconds=1,
            forces=Forces(gravity=(0, 0, 0), regions=(region,)),
        )
    )
    leaves = (-3 + math.sqrt(9 + 4 * GRAVITY)) / GRAVITY
    assert velocity(tape, "ball")[at(tape, 0.9), 2] == pytest.approx(-3 - GRAVITY * leaves, rel=1e-6)


BESIDE = {"name": "other", "shape": {"kind": "box", "size": (0.3, 0.3, 0.3)}, "material": "matter"}


@pytest.mark.parametrize(
    "shot",
    [
        pytest.param(shot_of(ball(), seconds=1, forces=Forces(wind=Wind(velocity=(5, 0, 0)))), id="wind"),
        pytest.param(
            shot_of(
                Body(name="pane", shape=Pane(width=1, height=1), material="glass", position=(0, 0, 2)),
                seconds=1,
            ),
            id="breakable",
        ),
        pytest.param(
            shot_of(
                ball(), seconds=1, forces=Forces(joints=(Rope(a="ball", at_a=(0, 0, 0), at_b=(0, 0, 1)),))
            ),
            id="rope",
        ),
        pytest.param(
            shot_of(FLOOR, Body.model_validate({**BESIDE, "position": (0, 0, 1)}), seconds=1),
            id="box falls on floor",
        ),
        pytest.param(
            shot_of(ball(position=(0, 0, 1)), Body.model_validate({**BESIDE, "motion": "static"}), seconds=1),
            id="ball falls on box",
        ),
        pytest.param(
            shot_of(
                ball(velocity=(0, 1, 0), position=(1, 0, 0)),
                seconds=1,
                forces=Forces(joints=(force.Ball(a="ball", anchor=(0, 0, 0)),)),
            ),
            id="conical pendulum",
        ),
        pytest.param(
            shot_of(
                Body.model_validate(
                    {
                        "name": "slope",
                        "shape": {"kind": "plane"},
                        "material": "matter",
                        "rotation": (0, 30, 0),
                    }
                ),
                Body.model_validate(
                    {
                        "name": "tower",
                        "shape": {"kind": "box", "size": (0.1, 0.1, 1.0)},
                        "material": "matter",
                        "position": (0.25, 0, 0.5 * math.cos(math.pi / 6)),
                        "rotation": (0, 30, 0),
                    }
                ),
                seconds=Fraction(1, 2),
                materials={"matter": matter(friction=0.9)},
            ),
            id="topples",
        ),
    ],
)
def test_refuses_what_has_no_closed_form(shot: Shot) -> None:
    with pytest.raises(UsageError, match="closed form") as refused:
        solve(shot)
    assert "rapier" in refused.value.next_step
