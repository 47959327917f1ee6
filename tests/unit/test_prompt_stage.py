"""Where the compiler puts things: resting without overlap, aimed true, wholly in the picture."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinema.physics.build import build_world
from kinema.shot.body import Box, Cylinder, Sphere
from kinema.shot.prompt import compile_prompt
from kinema.shot.prompt.ballistics import launch
from kinema.shot.prompt.stage import RESTING_GAP, about, rotated_half
from kinema.shot.shot import Shot

G = 9.80665


@given(
    speed=st.floats(1, 60),
    run=st.floats(0.1, 5),
    rise=st.floats(-1, 1),
    gravity=st.sampled_from([0.0, 1.62, G]),
)
def test_a_launch_meets_its_target(speed: float, run: float, rise: float, gravity: float) -> None:
    arc = launch(speed, run, rise, gravity)
    if arc is None:  # then the target is above the parabola of safety: rise > v²/2g - g run²/2v²
        assert rise > speed**2 / (2 * gravity) - gravity * run**2 / (2 * speed**2) - 1e-9
        return
    along, up = arc
    t = run / along
    assert math.hypot(along, up) == pytest.approx(speed, rel=1e-9)
    # cancellation in the root for flat, fast throws costs some digits
    assert up * t - gravity * t * t / 2 == pytest.approx(rise, abs=1e-6)


@pytest.mark.parametrize(
    ("prompt", "speed"),
    [
        ("A 1 kg steel ball flies at 8 m/s into a 1 m glass pane.", 8.0),
        ("A stone is thrown at a vase at 5 m/s.", 5.0),
        ("A golf ball hits a crate at 30 m/s.", 30.0),
        ("A ball flies at 6 m/s into a crate on the moon.", 6.0),
    ],
)
def test_what_is_thrown_arrives_at_the_middle_within_half_a_second_and_a_bit(
    prompt: str, speed: float
) -> None:
    shot = compile_prompt(prompt).shot
    hits = next(goal for goal in shot.goals if goal.kind == "hits")
    ball, target = shot.body(hits.a), shot.body(hits.b)
    assert isinstance(ball.shape, Sphere)
    v, start, end = np.array(ball.velocity), np.array(ball.position), np.array(target.position)
    assert np.linalg.norm(v) == pytest.approx(speed, rel=1e-6)
    level = v[:2] / np.linalg.norm(v[:2])
    face = {"pane": 0.003, "vase": 0.08, "crate": 0.2}[hits.b]
    run = (end - start)[:2] @ level - ball.shape.radius - face
    t = run / np.linalg.norm(v[:2])
    assert 0.2 < t < 0.6
    height = start[2] + v[2] * t + shot.forces.gravity[2] * t * t / 2
    # RESTING_GAP and the rounding of positions in a shot are each below 1e-4 m
    assert height == pytest.approx(end[2], abs=2e-4)


@pytest.mark.parametrize("thing", ["ball", "barrel", "tyre", "marble", "bottle"])
def test_what_rolls_does_not_slip(thing: str) -> None:
    body = compile_prompt(f"A {thing} rolls at 2 m/s to the left.").shot.bodies[1]
    lever = np.array((0.0, 0.0, RESTING_GAP - body.position[2]))  # to its lowest point
    slip = np.array(body.velocity) + np.cross(np.radians(body.spin), lever)
    assert np.abs(slip).max() < 3e-4  # positions are rounded to 1e-6 m, a marble spins at 250 rad/s


STACKS = [
    "A pyramid of 10 cans.",
    "A tower of 8 blocks.",
    "A wall of 40 bricks.",
    "A row of 12 dominoes on a wooden table.",
    "An apple on a book on a desk.",
    "A can, a cube and an apple on a table. A crate next to the table. A barrel behind the table.",
    "A stack of five books next to a can.",
    "Six pins. A pile of 20 oranges.",
]


@pytest.mark.parametrize("prompt", STACKS)
def test_what_rests_has_something_right_below_it(prompt: str) -> None:
    """The gap under each body, to the ground or to the highest body under its middle, is 0 to 0.5 mm."""
    shot = compile_prompt(prompt).shot
    bodies = [b for b in shot.bodies if b.name != "ground" and not b.name.startswith("orange")]
    spans = {b.name: _span(shot, b.name) for b in bodies}
    for body in bodies:
        low, _ = spans[body.name]
        tops = [0.0]
        for other in bodies:
            l, h = spans[other.name]
            under = (
                all(l[i] - 1e-6 <= body.position[i] <= h[i] + 1e-6 for i in (0, 1)) or "brick" in body.name
            )
            if other is not body and h[2] <= low[2] + 1e-9 and (under or "can" in body.name):
                tops.append(h[2])
        assert 0 <= low[2] - max(tops) < 5e-4, body.name


def _span(shot: Shot, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Corners of the box round a body."""
    body = shot.body(name)
    shape = body.shape
    if isinstance(shape, Sphere):
        half = (shape.radius,) * 3
    elif isinstance(shape, Box):
        half = tuple(s / 2 for s in shape.size)
    elif isinstance(shape, Cylinder):
        half = (shape.radius, shape.radius, shape.height / 2)
    elif shape.kind == "capsule":
        half = (shape.radius, shape.radius, shape.height / 2 + shape.radius)
    elif shape.kind == "vase":
        r = max(radius for radius, _ in shape.profile)
        half = (r, r, shape.profile[-1][1] / 2)
    else:
        assert shape.kind == "compound"
        half = (0.7, 0.4, 0.375)
    turned = np.array(rotated_half(half, body.rotation))  # type: ignore[arg-type]
    return np.array(body.position) - turned, np.array(body.position) + turned


@pytest.mark.parametrize(
    "prompt",
    [
        *STACKS,
        "A plank leans against a brick wall.",
        "A 3 m ladder leans against a wall at 20 degrees.",
        "A barrel rolls down a slope of 15 degrees into a crate.",
        "Ten crates stacked. A wrecking ball swings into them.",
        "A steel ball falls onto a glass pane.",
        "A ball flies into a window.",
        "A cone under a table, a ball on the table, a cube left of the ball.",
        "Three balls and two cubes fall onto a table.",
    ],
)
def test_physics_accepts_what_is_placed(prompt: str) -> None:
    """`build_world` refuses bodies that overlap at rest."""
    assert build_world(compile_prompt(prompt).shot).bodies


def test_a_leaning_plank_touches_ground_and_wall() -> None:
    shot = compile_prompt("A plank leans against a wall at 25 degrees.").shot
    plank, wall = shot.body("plank"), shot.body("wall")
    assert isinstance(plank.shape, Box)
    assert isinstance(wall.shape, Box)
    w, x, y, z = plank.rotation
    turn = np.array([[1, 0, 0], [0, w * w - x * x, -2 * w * x], [0, 2 * w * x, w * w - x * x]])
    assert (y, z) == (0.0, 0.0)
    half = np.array(plank.shape.size) / 2
    signs = np.array([(a, b, c) for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)])
    corners = (signs * half) @ turn.T + np.array(plank.position)
    face = wall.position[1] - wall.shape.size[1] / 2
    assert corners[:, 2].min() == pytest.approx(0.0, abs=2e-4)
    assert 0 < face - corners[:, 1].max() < 5e-4
    assert turn @ (0, 0, 1) == pytest.approx((0, math.sin(math.radians(25)), math.cos(math.radians(25))))


@pytest.mark.parametrize(
    "prompt",
    [
        "A 1 kg steel ball flies at 8 m/s into a 1 m glass pane and shatters it. Slow push in.",
        "A ball falls from 0.8 m. 85 mm lens.",
        "A row of 12 dominoes on a table.",
        "A 2 m tall pillar. Low angle, 24 mm lens.",
        "A wall of 40 bricks. Top down.",
    ],
)
def test_bodies_and_their_way_are_in_the_picture(prompt: str) -> None:
    """A pinhole of the shot's focal length on a 36 mm sensor, 16:9, projects every body inside."""
    shot = compile_prompt(prompt).shot
    eye, aim = np.array(shot.camera.position), np.array(shot.camera.aim)
    forward = (aim - eye) / np.linalg.norm(aim - eye)
    right = np.cross(forward, (0, 0, 1.0))
    right /= np.linalg.norm(right)
    up = np.cross(right, forward)
    half = 18 / shot.camera.focal_length
    flying = any(any(b.velocity) for b in shot.bodies)
    for body in shot.bodies:
        if body.name == "ground" or body.name == "table" or (flying and any(body.velocity)):
            continue
        at = np.array(body.position) - eye
        assert abs(at @ right) < half * (at @ forward), body.name
        assert abs(at @ up) < half * 9 / 16 * (at @ forward), body.name
    assert eye[2] > 0


def test_left_is_the_cameras_left() -> None:
    """The sun "from camera left" stands at a right angle to where the camera looks, whatever it looks at."""
    for view in ("Side view.", "Three quarter view.", "Front view."):
        shot = compile_prompt(f"A ball rolls into a crate. Sun from camera left. {view}").shot
        look = np.array(shot.camera.aim)[:2] - np.array(shot.camera.position)[:2]  # type: ignore[index]
        sun = next(light for light in shot.lights if light.kind == "sun")
        a = math.radians(sun.azimuth)
        to_sun = np.array((math.sin(a), math.cos(a)))
        look /= np.linalg.norm(look)
        assert look @ to_sun == pytest.approx(0, abs=1e-3)
        assert look[0] * to_sun[1] - look[1] * to_sun[0] > 0.99  # counter-clockwise from the view: its left


def test_turning_a_box_bounds_its_corners() -> None:
    assert rotated_half((1.0, 2.0, 3.0), about("x", 90.0)) == pytest.approx((1.0, 3.0, 2.0))
    assert rotated_half((1.0, 1.0, 0.0), about("z", 45.0)) == pytest.approx((math.sqrt(2), math.sqrt(2), 0.0))


def test_domino_push_is_enough_to_tip_it_and_not_to_throw_it() -> None:
    """The energy of the push exceeds what raises the centre over the edge, and is below six times that."""
    shot = compile_prompt("A row of 3 dominoes; the first is pushed.").shot
    domino, push = shot.body("domino_1"), shot.forces.pushes[0]
    assert isinstance(domino.shape, Box)
    b, h = domino.shape.size[0] / 2, domino.shape.size[2] / 2
    mass = 1050 * 8 * b * h * domino.shape.size[1] / 2  # ABS, 1.05 g/cm³
    r = math.hypot(b, h)
    turning = push.impulse[0] * 1.8 * h
    energy = turning**2 / (2 * 4 / 3 * mass * r * r)
    assert 1.5 < energy / (mass * G * (r - h)) < 6


@pytest.mark.parametrize(
    ("prompt", "kelvin"),
    [
        ("A ball falls. Candle light.", 3200.0),  # nothing but tungsten and flame: film for tungsten
        ("A ball falls on a night street.", 3200.0),
        ("A ball falls at golden hour.", 6500.0),  # a low sun stays warm
        ("A ball falls in a studio.", 6500.0),
    ],
)
def test_rooms_without_daylight_are_balanced_for_tungsten(prompt: str, kelvin: float) -> None:
    compiled = compile_prompt(prompt)
    assert compiled.shot.camera.white_balance == kelvin
    assert ("white balance: 3200 K" in compiled.assumed) == (kelvin != 6500.0)
