"""Ropes and springs as drawn: ends where they are tied, lengths kept, everything else untouched."""

import numpy as np
import pytest

from kinema.physics.build import build_world
from kinema.physics.engine import engine_named
from kinema.physics.rotation import rotate
from kinema.render.cord import LINKS, RINGS, _hanging, _upright, dressed
from kinema.shot.files import parse_shot

SHOT = """
timing: {{fps: 24, frames: 12}}
bodies:
- {{name: bob, shape: {{kind: sphere, radius: 0.1}}, material: steel, position: [0.5, 0, 1]}}
lights: [{{kind: sky, name: sky}}]
forces: {{joints: [{joint}]}}
"""
TAUT = "{kind: rope, a: bob, at_a: [0.5, 0, 1], at_b: [0, 0, 2]}"
SLACK = "{kind: rope, a: bob, at_a: [0.5, 0, 1], at_b: [0, 0, 1.2], length: 0.8}"
SPRING = "{kind: spring, a: bob, at_a: [0.5, 0, 1], at_b: [0.5, 0, 2], stiffness: 400}"


def taped(joint: str):
    shot = parse_shot(SHOT.format(joint=joint))
    return shot, engine_named("rapier").simulate(build_world(shot))


def test_nothing_to_dress_is_given_back_as_it_is():
    shot, tape = taped("")
    assert dressed(shot, tape) == (shot, tape)


def test_a_taut_rope_is_one_link_from_tie_to_tie():
    shot, tape = taped(TAUT)
    _, long = dressed(shot, tape)
    assert long.position.shape[1] == tape.position.shape[1] + 1
    middle, turn = long.position[:, -1], long.orientation[:, -1].astype(float)
    half = np.hypot(0.5, 1) / 2
    tip = middle + rotate(turn, np.broadcast_to([0, 0, half], middle.shape))
    # The rope may be slack by a thousandth before it counts as slack, and the joint gives by its own softness.
    ends = np.linalg.norm(tip - [0, 0, 2], axis=1), np.linalg.norm(tip - tape.position[:, 0], axis=1)
    assert np.minimum(*ends).max() < 2e-3


def test_a_slack_rope_hangs_in_links_that_meet():
    shot, tape = taped(SLACK)
    _, long = dressed(shot, tape)
    links = long.position[0, -LINKS:].astype(float)
    steps = np.linalg.norm(np.diff(links, axis=0), axis=1)
    # Equal arcs have nearly equal chords on so smooth a curve: a tenth covers the bend at the bottom.
    assert np.ptp(steps) < 0.1 * steps.mean()
    assert links[:, 2].min() < 0.95  # below both ends


@pytest.mark.parametrize("span", [0.5, 0.8, 0.95, 0.999])
def test_a_hanging_curve_has_the_length_of_its_rope(span):
    a, b = np.zeros((1, 3)), np.array([[span, 0.0, 0.0]])
    knots = _hanging(a, b, 1.0, np.array([0.0, 0.0, -1.0]), 200)
    length = np.linalg.norm(np.diff(knots, axis=1), axis=-1).sum()
    # Second order in sag over span: the next term is under 7 % at half the span and vanishes when taut.
    assert length == pytest.approx(1.0, abs=0.07 * (1 - span) / 0.5 + 1e-6)
    np.testing.assert_allclose(knots[0, [0, -1]], [a[0], b[0]], atol=1e-12)


def test_spring_rings_lie_evenly_between_its_ends():
    shot, tape = taped(SPRING)
    _, long = dressed(shot, tape)
    rings = long.position[:, -RINGS:].astype(float)
    gaps = np.diff(rings[:, :, 2], axis=1)
    # float32 poses: a micrometre.
    assert np.abs(gaps - gaps.mean(1, keepdims=True)).max() < 1e-5
    assert gaps.mean(1).max() > gaps.mean(1).min() * 1.01  # it does stretch


def test_every_direction_is_reached_by_a_unit_turn():
    rng = np.random.default_rng(0)
    d = rng.normal(size=(100, 3))
    d /= np.linalg.norm(d, axis=1, keepdims=True)
    d = np.concatenate([d, [[0, 0, 1.0], [0, 0, -1.0]]])
    np.testing.assert_allclose(rotate(_upright(d), np.broadcast_to([0, 0, 1.0], d.shape)), d, atol=1e-9)


def test_indices_of_simulated_pieces_and_bodies_keep_their_meaning():
    shot, tape = taped(TAUT)
    dress, long = dressed(shot, tape)
    pieces = len(tape.geometry.piece_body)
    assert dress.bodies[: len(shot.bodies)] == shot.bodies
    assert long.geometry.bodies[: len(shot.bodies)] == tape.geometry.bodies
    np.testing.assert_array_equal(long.position[:, :pieces], tape.position)
    faces = len(tape.geometry.faces)
    np.testing.assert_array_equal(long.geometry.faces[:faces], tape.geometry.faces)
    assert (long.geometry.vertex_piece[long.geometry.faces[faces:]] >= pieces).all()
