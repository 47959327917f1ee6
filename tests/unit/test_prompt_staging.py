"""Prompts as people typed them: what happens comes in time, where it can, and in the picture."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from kinema.errors import ShotError
from kinema.physics.build import build_world
from kinema.physics.rapier import Rapier
from kinema.physics.tape import Tape
from kinema.shot.body import Sphere
from kinema.shot.goal import Hits, Scatters, Shatters
from kinema.shot.prompt import compile_prompt
from kinema.shot.shot import Shot
from kinema.verify.checks import goals

G = 9.80665
BILLIARDS = "A red billiard ball hits five white billiard balls on a green table, top down view."
WINE = "A wine glass is hit by a golf ball at 20 m/s, dark studio, 85 mm lens, slow motion 20x."
CRATES = "A stack of 8 wooden crates is smashed by a 50 kg iron wrecking ball. Low sun from the right."
SIZES = "Three rubber balls of different sizes bounce on a granite floor, overcast, 50 mm lens."
CANS = "A bowling ball rolls into a pyramid of 10 cans under a street lamp."


def played(prompt: str) -> tuple[Shot, Tape]:
    """A prompt's shot and what happens in it."""
    shot = compile_prompt(prompt).shot
    return shot, Rapier().simulate(build_world(shot))


def unmet(shot: Shot, tape: Tape) -> list[str]:
    """Goals that did not come true, and how far they came."""
    return [f"{f.rule}: {f.measured}" for f in goals.check(shot, tape) if f.verdict != "pass"]


def first_touch(tape: Tape, a: str, b: str) -> float:
    """Of two bodies [s] of world time."""
    geometry = tape.geometry
    one, other = (
        np.isin(tape.contacts.piece, np.flatnonzero(geometry.piece_body == geometry.bodies.index(name)))
        for name in (a, b)
    )
    both = (one[:, 0] & other[:, 1]) | (one[:, 1] & other[:, 0])
    return float(tape.contacts.time[both].min())


def seen(shot: Shot, points: np.ndarray) -> np.ndarray:
    """Right and up of points in the picture: its edges are at 1 and -1."""
    eye, aim = np.array(shot.camera.position), np.array(shot.camera.aim)
    forward = (aim - eye) / np.linalg.norm(aim - eye)
    right = np.cross(forward, (0, 0, 1.0))
    right /= np.linalg.norm(right)
    up = np.cross(right, forward)
    ahead = (points - eye) @ forward * 18 / shot.camera.focal_length
    return np.stack([(points - eye) @ right / ahead, (points - eye) @ up / ahead * 16 / 9], axis=-1)


def share_of_height(shot: Shot, metres: float) -> float:
    """Of the picture that something of that size fills where the camera aims."""
    distance = math.dist(shot.camera.position, shot.camera.aim)  # type: ignore[arg-type]
    return metres / (distance * 36 / shot.camera.focal_length * 9 / 16)


# --- hits come where and when they can ---------------------------------------------------------------------------


def test_a_ball_that_hits_balls_on_a_table_rolls_along_it() -> None:
    shot, tape = played(BILLIARDS)
    ball, table, first = (shot.body(n) for n in ("billiard_ball", "table", "billiard_ball_b_1"))
    radius = 0.0286
    assert abs(ball.position[0]) < 0.7 - radius  # the table is 1.4 m long
    assert ball.position[2] == pytest.approx(table.position[2] + 0.375 + radius, abs=2e-4)
    assert ball.velocity == (1.5, 0, 0)
    assert ball.spin[1] == pytest.approx(math.degrees(1.5 / radius))
    assert ball.position[1] == pytest.approx(first.position[1])
    assert unmet(shot, tape) == []


def test_a_rack_of_balls_is_tight_and_one_of_pins_is_not() -> None:
    balls = compile_prompt("Ten billiard balls.").shot
    places = np.array([body.position for body in balls.bodies if body.name.startswith("billiard_ball_")])
    apart = np.linalg.norm(places[:, None] - places, axis=-1)[~np.eye(10, dtype=bool)]
    assert apart.min() == pytest.approx(0.0572, abs=1e-4)
    pins = compile_prompt("Ten pins.").shot
    assert math.dist(pins.body("pin_2").position, pins.body("pin_3").position) == pytest.approx(0.3048)


def test_a_run_up_that_leaves_the_table_is_refused() -> None:
    with pytest.raises(ShotError, match="must start on the table"):
        compile_prompt("A billiard ball hits a cue ball on a table from 3 m.")


@pytest.mark.parametrize("length", ["", " 3 seconds."])
def test_in_slow_motion_a_hit_comes_early_in_the_clip(length: str) -> None:
    compiled = compile_prompt(WINE + length)
    shot, tape = played(WINE + length)
    clip = float(shot.timing.world_seconds)
    assert clip == pytest.approx(0.15)
    assert 0.25 < first_touch(tape, "golf_ball", "tumbler") / clip < 0.34
    assert "golf_ball starts 0.84 m before it hits, so that it does so in time" in compiled.assumed
    assert unmet(shot, tape) == []


def test_a_clip_of_no_given_length_waits_for_what_happens() -> None:
    compiled = compile_prompt("A porcelain vase falls from a table, slow motion 8x.")
    assert compiled.shot.timing.frames == 8 * 24
    assert any(a.startswith("8 seconds: what happens takes 4.4 s") for a in compiled.assumed)


def test_a_clip_too_short_for_a_fall_opens_on_its_last_part() -> None:
    """Height and speed together are the energy of the whole fall."""
    compiled = compile_prompt("A steel ball falls from 2 m, slow motion 10x, 2 seconds.")
    ball = compiled.shot.body("ball")
    height = ball.position[2] - 0.05
    assert height < 1.0
    assert ball.velocity[2] ** 2 / (2 * G) + height == pytest.approx(2.0, abs=1e-3)
    assert any(a.startswith("the clip opens with ball at") for a in compiled.assumed)


def test_a_clip_that_ends_before_it_has_happened_says_so() -> None:
    compiled = compile_prompt("A vase falls from a table, slow motion 20x, 1 second.")
    assert any(a.startswith("the clip ends before it has happened") for a in compiled.assumed)


# --- what smashed means --------------------------------------------------------------------------------------------


def test_a_smashed_stack_has_members_out_of_place() -> None:
    shot, tape = played(CRATES)
    hits, scatters = shot.goals
    assert hits == Hits(a="wrecking_ball", b="crate_4")  # at the middle, not at the top
    assert scatters == Scatters(bodies=tuple(f"crate_{i}" for i in range(1, 9)), least=2, moved=0.2)
    assert unmet(shot, tape) == []


def test_a_stack_that_stands_is_not_smashed() -> None:
    shot, _ = played("A stack of 4 wooden crates. 0.5 seconds.")
    wanted = Scatters(bodies=tuple(f"crate_{i}" for i in range(1, 5)), moved=0.2)
    shot = shot.model_copy(update={"goals": (wanted,)})
    (finding,) = goals.check(shot, Rapier().simulate(build_world(shot)))
    assert (finding.measured, finding.bound, finding.verdict) == (0, 1, "fail")


def test_a_goal_about_several_bodies_names_bodies_of_the_shot() -> None:
    shot = compile_prompt("A stack of 4 crates.").shot
    tree = shot.model_dump() | {"goals": [{"kind": "scatters", "bodies": ["crate_1", "nobody"]}]}
    with pytest.raises(ValueError, match="no 'nobody'"):
        Shot.model_validate(tree)


# --- words ---------------------------------------------------------------------------------------------------------


def test_things_of_different_sizes_differ_and_fall_together() -> None:
    compiled = compile_prompt(SIZES)
    assert compiled.unknown == ()
    balls = [compiled.shot.body(f"ball_{i}") for i in (1, 2, 3)]
    radii = [body.shape.radius for body in balls if isinstance(body.shape, Sphere)]
    assert radii == pytest.approx([0.075, 0.075 * math.sqrt(0.4), 0.03])  # equal factors from 1.5 to 0.6
    assert [body.position[2] - r for body, r in zip(balls, radii, strict=True)] == pytest.approx([1.0] * 3)
    assert "sizes of ball: 1.5, 0.95, 0.6 of the usual" in compiled.assumed


def test_a_stack_of_different_sizes_stands_on_the_largest() -> None:
    shot = compile_prompt("A stack of 3 crates of different sizes.").shot
    edges = [0.6, 0.6 * math.sqrt(0.4), 0.24]
    heights = [sum(edges[:i]) + edges[i] / 2 for i in range(3)]
    assert [shot.body(f"crate_{i}").position[2] for i in (1, 2, 3)] == pytest.approx(heights, abs=1e-3)


def test_things_of_different_colours_have_one_each() -> None:
    shot = compile_prompt("Four marbles of different colours roll down a ramp.").shot
    assert len({body.colour for body in shot.bodies if body.name.startswith("marble")}) == 4
    assert build_world(shot).bodies  # side by side on the ramp: none inside another


def test_different_sizes_of_one_thing_are_not_understood() -> None:
    assert [u.word for u in compile_prompt("A ball of different sizes.").unknown] == ["of different sizes"]


def test_a_pyramid_of_different_sizes_is_refused() -> None:
    with pytest.raises(ShotError, match="must be alike to stand in a pyramid"):
        compile_prompt("A pyramid of 10 cans of different sizes.")


def test_what_was_hit_is_what_shatters() -> None:
    shot = compile_prompt("A glass bottle on a shelf is hit by a stone at 12 m/s and shatters.").shot
    assert Shatters(body="bottle") in shot.goals


def test_a_place_before_a_thing_is_where_it_is() -> None:
    compiled = compile_prompt("An egg falls from a kitchen table and breaks.")
    assert Shatters(body="egg") in compiled.shot.goals
    assert compiled.shot.body("ground").material == "tile"
    assert compiled.unknown == ()


def test_two_that_collide_on_a_table_hit_each_other_there() -> None:
    shot, tape = played("Two billiard balls collide at 2 m/s on a green table. 1 second.")
    assert shot.goals == (Hits(a="billiard_ball_1", b="billiard_ball_2"),)
    assert all(abs(shot.body(f"billiard_ball_{i}").position[0]) < 0.7 for i in (1, 2))
    assert unmet(shot, tape) == []


def test_a_refusal_names_the_word_it_comes_of() -> None:
    with pytest.raises(ShotError, match=r"Not understood: wrench\."):
        compile_prompt("A wrench falls onto a glass table.")


# --- light and picture ---------------------------------------------------------------------------------------------


def test_a_dark_studio_lights_its_subject_from_three_sides() -> None:
    shot = compile_prompt("A vase in a dark studio.").shot
    assert [light.name for light in shot.lights] == ["dome", "key", "rim", "strip"]
    assert shot.body("ground").colour is not None
    assert (
        0.03 < max(shot.body("ground").colour or (0,)) < 0.06
    )  # dark, and yet a floor that shows the light on it


def test_the_aftermath_is_in_the_picture() -> None:
    """At the end of the clip at least nine of ten cans are, and the event is nearer the middle than the edge."""
    shot, tape = played(CANS)
    names = list(tape.geometry.bodies)
    cans = [int(np.flatnonzero(tape.geometry.piece_body == names.index(f"can_{i}"))[0]) for i in range(1, 11)]
    ends = seen(shot, tape.position[tape.frames * tape.samples_per_frame, cans].astype(float))
    assert (np.abs(ends) < 1).all(axis=1).sum() >= 9
    start = seen(shot, np.array([shot.body(f"can_{i}").position for i in range(1, 11)]))
    assert np.abs(start[:, 0]).max() < 0.5
    assert abs(seen(shot, np.array([shot.body("bowling_ball").position]))[0, 0]) < 1


@pytest.mark.parametrize(
    ("prompt", "metres"),
    [(SIZES, 0.15), (WINE, 0.12), ("A golf ball falls from 2 m.", 0.043), (BILLIARDS, 0.1)],
)
def test_the_subject_is_large_enough_to_be_seen(prompt: str, metres: float) -> None:
    """Eight hundredths of the picture's height, less what its depth costs; not the whole way at any price."""
    compiled = compile_prompt(prompt)
    size = share_of_height(compiled.shot, metres)
    assert size > 0.075
    assert size > 0.3 or any(a.startswith("framing") for a in compiled.assumed) or "top down" in prompt


def test_a_speck_that_goes_its_way_alone_is_followed() -> None:
    compiled = compile_prompt("A tennis ball is thrown at 60 degrees at 8 m/s.")
    (move,) = compiled.shot.camera.moves
    assert (move.kind, move.body, move.follow) == ("track", "tennis_ball", 1.0)  # type: ignore[union-attr]
    assert share_of_height(compiled.shot, 0.067) > 0.1
    assert any("goes along with tennis_ball" in a for a in compiled.assumed)
    said = compile_prompt("A tennis ball is thrown at 60 degrees at 8 m/s. Static camera.").shot
    assert said.camera.moves == ()


def test_from_above_the_edges_of_the_picture_lie_along_the_action() -> None:
    shot = compile_prompt(BILLIARDS).shot
    look = np.array(shot.camera.aim) - np.array(shot.camera.position)
    assert look[0] == pytest.approx(0, abs=1e-3)
    assert look[2] < -10 * abs(look[1])


def test_the_way_fills_the_picture_evenly() -> None:
    """Left and right of what is framed are as far from the edge, though the left is nearer the camera."""
    shot = compile_prompt("A row of 12 dominoes on a table. Three quarter view.").shot
    ends = seen(shot, np.array([shot.body(f"domino_{i}").position for i in (1, 12)]))[:, 0]
    assert ends.sum() == pytest.approx(0, abs=0.03)


def test_a_clip_keeps_its_given_length() -> None:
    shot = compile_prompt("A vase falls from a table, slow motion 8x, 5 seconds.").shot
    assert (shot.timing.frames, shot.timing.slow_motion) == (120, Fraction(8))
