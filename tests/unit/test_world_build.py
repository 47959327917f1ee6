"""Shot → World: masses, frames, clock, seeds, identity, forecasts, and what is refused."""

from __future__ import annotations

import hashlib
import math
import subprocess
import sys
from dataclasses import fields
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinema.errors import ShotError
from kinema.physics.build import build_world, world_hash
from kinema.physics.clock import STEP_RATE, choose_clock
from kinema.physics.geometry import INNER, OUTER
from kinema.physics.rotation import rotate
from kinema.physics.world import World
from kinema.shot.files import validate_shot
from kinema.shot.shot import Shot
from kinema.shot.timing import Timing

FLOOR = {"name": "floor", "shape": {"kind": "plane"}, "material": "concrete"}
PANE = {
    "name": "pane",
    "shape": {"kind": "pane", "width": 1.0, "height": 0.8},
    "material": "glass",
    "position": [0, 0, 1],
    "breaks": {"pieces": 40, "held": "edges"},
}


def ball(name: str = "ball", **more: Any) -> dict[str, Any]:
    return {"name": name, "shape": {"kind": "sphere", "radius": 0.05}, "material": "steel", **more}


def box(name: str, size=(0.1, 0.2, 0.3), **more: Any) -> dict[str, Any]:
    return {"name": name, "shape": {"kind": "box", "size": list(size)}, "material": "oak", **more}


def shot(*bodies: dict[str, Any], **more: Any) -> Shot:
    lights = [{"name": "sun", "kind": "sun"}]
    return validate_shot({"bodies": list(bodies), "lights": lights, **more})


def world_digest(world: World) -> str:
    digest = hashlib.sha256()
    for field in fields(world.geometry):
        if isinstance(value := getattr(world.geometry, field.name), np.ndarray):
            digest.update(value.tobytes())
    for body in world.bodies:
        for piece in body.pieces:
            digest.update(piece.inertia.tobytes())
            for collider in piece.colliders:
                digest.update(repr((collider.size, collider.position)).encode())
                digest.update(b"" if collider.points is None else collider.points.tobytes())
        if body.bonds:
            digest.update(body.bonds.strength.tobytes())
            digest.update(body.bonds.midpoint.tobytes())
    return digest.hexdigest()


FRAGILE = (
    FLOOR,
    PANE,
    ball(position=[0.1, -2, 1.2], velocity=[0, 8, 0]),
    box("block", position=[2, 0, 1], breaks={"pieces": 12}),
    {
        "name": "cup",
        "shape": {"kind": "vase", "profile": [[0.03, 0], [0.04, 0.12]], "wall": 0.003},
        "material": "porcelain",
        "position": [3, 0, 1],
        "breaks": {"pieces": 12},
    },
)


@pytest.fixture(scope="module")
def fragile() -> World:
    return build_world(shot(*FRAGILE, seed=3))


# --- mass and frames ----------------------------------------------------------------------------------------


def test_masses():
    world = build_world(
        shot(
            FLOOR,
            ball("steel", position=[0, 0, 1]),
            ball("given", position=[1, 0, 1], mass=1.0),
            ball("dense", position=[2, 0, 1], density=1000.0),
            PANE | {"position": [5, 0, 1]},
            PANE | {"name": "heavy", "position": [8, 0, 1], "mass": 20.0},
        )
    )
    volume = 4 / 3 * np.pi * 0.05**3
    totals = [sum(piece.mass for piece in body.pieces) for body in world.bodies]
    glass = 1.0 * 0.8 * 0.006 * 2500
    np.testing.assert_allclose(totals, [0, 7850 * volume, 1.0, 1000 * volume, glass, 20.0], rtol=1e-9)
    for body, total in zip(world.bodies, totals, strict=True):
        mine = world.geometry.piece_body == world.geometry.bodies.index(body.name)
        assert world.geometry.piece_mass[mine].sum() == pytest.approx(total, rel=1e-12)


def test_cells_of_a_ball_weigh_what_the_ball_weighs():
    """Facets leave out 0.2 % of a ball; its cells together weigh the true ball."""
    world = build_world(shot(ball(position=[0, 0, 1], breaks={"pieces": 20}, mass=3.0)))
    assert sum(piece.mass for piece in world.bodies[0].pieces) == pytest.approx(3.0, rel=1e-12)


def test_pieces_are_about_their_centres_of_mass(fragile):
    geometry = fragile.geometry
    # What 96 facets leave out of a circle is spread over its cells, over each by the same share.
    share = {"cup": (math.pi / 48) / math.sin(math.pi / 48)}
    # The ball is left out: its numbers are those of the true ball, not of its facets.
    for piece in (piece for body in fragile.bodies if body.bonds for piece in body.pieces):
        faces = geometry.faces[geometry.face_piece == piece.index]
        a, b, c = geometry.vertices[faces].astype(float).transpose(1, 0, 2)
        six = np.einsum("fi,fi->f", a, np.cross(b, c))
        size = np.ptp(geometry.vertices[faces].reshape(-1, 3), axis=0).max()
        # Vertices are float32: 6e-8 of their size, somewhat more for the centroid of a thin shard.
        assert np.abs((six[:, None] * (a + b + c)).sum(0) / 24 / (six.sum() / 6)).max() < 1e-5 * size
        name = geometry.bodies[geometry.piece_body[piece.index]]
        assert six.sum() / 6 * share.get(name, 1.0) == pytest.approx(piece.volume, rel=1e-4)


def test_inertia_of_cells_adds_up_to_the_body(fragile):
    for body in fragile.bodies[1:]:
        if body.bonds is None:
            continue
        mass = sum(piece.mass for piece in body.pieces)
        centre = sum(piece.mass * piece.rest for piece in body.pieces) / mass
        total = np.zeros((3, 3))
        for piece in body.pieces:
            arm = piece.rest - centre
            total += piece.inertia + piece.mass * (arm @ arm * np.eye(3) - np.outer(arm, arm))
            assert np.linalg.eigvalsh(piece.inertia).min() > 0
        if body.name == "pane":
            np.testing.assert_allclose(
                total,
                mass / 12 * np.diag([0.8**2 + 0.006**2, 1.0**2 + 0.8**2, 1.0**2 + 0.006**2]),
                rtol=1e-9,
                atol=1e-12,
            )
        if body.name == "block":
            np.testing.assert_allclose(total, mass / 12 * np.diag([0.13, 0.10, 0.05]), rtol=1e-9, atol=1e-12)


def test_colliders_of_an_unbroken_body_are_in_its_piece_frame():
    world = build_world(
        shot({"name": "cone", "shape": {"kind": "cone", "radius": 0.1, "height": 0.4}, "material": "oak"})
    )
    piece = world.bodies[0].pieces[0]
    np.testing.assert_allclose(piece.rest, [0, 0, -0.1], atol=1e-12)
    np.testing.assert_allclose(piece.colliders[0].position, [0, 0, 0.1], atol=1e-12)
    assert world.bodies[0].unbroken == ()


def test_breakable_bodies_have_one_smooth_collider_until_they_break(fragile):
    assert [collider.kind for collider in fragile.bodies[1].unbroken] == ["box"]
    assert fragile.bodies[1].unbroken[0].size == (0.5, 0.003, 0.4)
    assert len(fragile.bodies[4].unbroken) > 50


def test_spin_is_in_radians_and_keyframes_set_the_first_pose():
    mover = ball(
        motion="kinematic",
        spin=[0, 0, 180],
        keyframes=[
            {"at": 0, "position": [1, 2, 3]},
            {"at": 1, "position": [2, 2, 3], "rotation": [0, 0, 90]},
        ],
    )
    body = build_world(shot(mover)).bodies[0]
    np.testing.assert_allclose(body.position, [1, 2, 3])
    np.testing.assert_allclose(body.spin, [0, 0, np.pi])
    assert [key[0] for key in body.keyframes] == [0.0, 1.0]


def test_no_bodies_is_an_empty_world():
    world = build_world(validate_shot({}))
    assert world.bodies == ()
    assert len(world.geometry.faces) == 0


def test_wind_area_is_cauchys_mean_projection():
    """A quarter of the hull's surface: for a ball that is its disc."""
    assert build_world(shot(ball())).bodies[0].drag_area == pytest.approx(np.pi * 0.05**2)


# --- cracks between pieces of the whole geometry --------------------------------------------------------------


def test_inner_faces_name_their_twins_by_global_index(fragile):
    geometry = fragile.geometry
    inner = geometry.face_side == INNER
    across = geometry.face_neighbour
    assert (across[~inner] == -1).all()
    assert (across[inner] >= 0).all()
    assert (geometry.piece_body[across[inner]] == geometry.piece_body[geometry.face_piece[inner]]).all()
    pairs = set(zip(geometry.face_piece[inner].tolist(), across[inner].tolist(), strict=True))
    assert all((b, a) in pairs for a, b in pairs)


def test_outer_faces_of_the_rest_pose_are_the_pane():
    world = build_world(shot(PANE))
    geometry = world.geometry
    a, b, c = (
        geometry.vertices[geometry.faces] + geometry.piece_rest[geometry.face_piece][:, None]
    ).transpose(1, 0, 2)
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    whole = 2 * (1.0 * 0.8 + 1.8 * 0.006)
    # float32 corners of thin faces: 1e-7 of a metre on 6 mm.
    assert area[geometry.face_side == OUTER].sum() == pytest.approx(whole, rel=1e-5)
    np.testing.assert_array_equal(
        geometry.vertex_piece[geometry.faces], geometry.face_piece[:, None].repeat(3, 1)
    )


def test_bonds_of_a_pane():
    bonds = build_world(shot(PANE | {"breaks": {"pieces": 400, "held": "edges"}})).bodies[0].bonds
    assert bonds is not None
    assert bonds.plate
    assert bonds.thickness == 0.006
    assert bonds.reach == pytest.approx(0.75 * 0.8)
    assert 0 < bonds.anchored.sum() < 400
    # Weibull(7) scatters by 16.8 % about its mean: over a thousand bonds the mean is known to 0.5 %; 4 sigma.
    assert len(bonds.strength) > 900
    assert bonds.strength.mean() == pytest.approx(45e6, rel=0.022)
    assert bonds.strength.std() / bonds.strength.mean() == pytest.approx(0.168, rel=0.1)


def test_a_vase_is_as_weak_as_its_wall_and_stands_on_its_base():
    cup = FRAGILE[4] | {"breaks": {"pieces": 30, "held": "base"}}
    body = build_world(shot(cup)).bodies[0]
    assert body.bonds is not None
    assert body.bonds.thickness == 0.003
    lowest = [
        min((p.colliders[i].points + p.rest)[:, 2].min() for i in range(len(p.colliders)))
        for p in body.pieces
    ]
    assert 0 < body.bonds.anchored.sum() < len(body.pieces)
    assert max(np.array(lowest)[body.bonds.anchored]) < -0.06 + 0.003


# --- determinism and identity --------------------------------------------------------------------------------

_AGAIN = """
import json, sys
sys.path[:0] = json.loads(sys.argv[1])
from test_world_build import FRAGILE, build_world, shot, world_digest
print(world_digest(build_world(shot(*FRAGILE, seed=3))))
"""


def test_same_shot_same_bits_in_a_fresh_process(fragile):
    import json
    from pathlib import Path

    here = world_digest(fragile)
    paths = json.dumps([str(Path(__file__).parent), *sys.path])
    fresh = subprocess.run([sys.executable, "-c", _AGAIN, paths], capture_output=True, text=True, check=True)
    assert fresh.stdout.strip() == here
    assert here != world_digest(build_world(shot(*FRAGILE, seed=4)))


def test_bodies_crack_independently_of_each_other():
    """Cells hang on the seed and the body's place in the list, not on what the others look like."""
    one = build_world(shot(FLOOR, PANE, ball(position=[5, 0, 1])))
    two = build_world(shot(FLOOR, PANE, box("crate", position=[5, 0, 1], breaks={"pieces": 5})))
    for a, b in zip(one.bodies[1].pieces, two.bodies[1].pieces, strict=True):
        assert a.rest.tobytes() == b.rest.tobytes()


BASE: dict[str, Any] = {
    "bodies": list(FRAGILE),
    "lights": [{"name": "sun", "kind": "sun"}],
    "timing": {"fps": 24, "frames": 48},
}


def changed(path: str, value: Any) -> str:
    import copy

    tree = copy.deepcopy(BASE)
    node: Any = tree
    *steps, last = path.split(".")
    for step in steps:
        node = node[int(step)] if isinstance(node, list) else node.setdefault(step, {})
    node[int(last) if isinstance(node, list) else last] = value
    return world_hash(validate_shot(tree))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("lights.0.kelvin", 3200),
        ("lights.0", {"name": "lamp", "kind": "sphere", "position": [0, 0, 3], "radius": 0.1, "lumen": 800}),
        ("camera", {"focal_length": 85, "aim": "ball", "moves": [{"kind": "track", "body": "ball"}]}),
        ("title", "another"),
        ("prompt", "a ball"),
        ("look", "warm"),
        ("goals", [{"kind": "hits", "a": "ball", "b": "pane"}]),
        ("bodies.2.colour", "#ff0000"),
        ("bodies.2.roughness", 0.5),
        ("timing", {"fps": 12, "slow_motion": 2, "frames": 48}),
    ],
)
def test_looks_do_not_change_the_world(path, value):
    assert changed(path, value) == world_hash(validate_shot(BASE))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("seed", 1),
        ("bodies.2.mass", 2.0),
        ("bodies.2.velocity", [0, 8.001, 0]),
        ("bodies.2.material", "oak"),
        ("bodies.2.name", "marble"),
        ("bodies.1.breaks", {"pieces": 41, "held": "edges"}),
        ("forces", {"gravity": "moon"}),
        ("timing", {"fps": 25, "frames": 48}),
        ("timing", {"fps": 24, "frames": 49}),
    ],
)
def test_mechanics_change_the_world(path, value):
    assert changed(path, value) != world_hash(validate_shot(BASE))


def test_own_material_of_the_same_mechanics_is_the_same_world():
    from kinema.shot.material import library

    steel = library()["steel"].model_dump(mode="json")
    red = {**steel, "optics": {"kind": "diffuse", "colour": [0.8, 0.1, 0.1]}}
    plain = world_hash(shot(ball()))
    assert world_hash(shot(ball() | {"material": "redsteel"}, materials={"redsteel": red})) == plain
    heavy = {**red, "density": 9000.0}
    assert world_hash(shot(ball() | {"material": "redsteel"}, materials={"redsteel": heavy})) != plain


# --- clock ------------------------------------------------------------------------------------------------------


@given(
    st.fractions(Fraction(1, 2), 240, max_denominator=1001),
    st.fractions(Fraction(1, 10), 1000, max_denominator=16),
    st.integers(1, 2000),
)
@settings(deadline=None)
def test_every_frame_and_sample_falls_on_a_step(fps, slow, frames):
    timing = Timing(fps=fps, slow_motion=slow, frames=frames)
    clock = choose_clock(timing, 10)
    assert clock.step <= Fraction(1, STEP_RATE)
    assert clock.step * clock.steps_per_sample * clock.samples_per_frame == 1 / timing.world_rate
    assert clock.samples_per_frame >= (4 if timing.world_rate < 96 else 2)
    assert clock.samples == (frames + 1) * clock.samples_per_frame + 1


def test_the_glass_shot_has_four_samples_in_its_shutter():
    clock = choose_clock(Timing(fps=Fraction(24), frames=72), 226)
    assert (clock.samples_per_frame, clock.steps_per_sample) == (8, 3)


def test_endless_tapes_are_refused():
    with pytest.raises(ShotError, match=r"timing\.frames"):
        choose_clock(Timing(fps=Fraction(24), frames=200_000), 5000)


# --- forecasts --------------------------------------------------------------------------------------------------


def near_share(world: World, name: str, place, radius: float) -> float:
    body = next(b for b in world.bodies if b.name == name)
    centres = np.array([piece.rest for piece in body.pieces])
    return float((np.linalg.norm(centres - place, axis=1) < radius).mean())


def test_a_thrown_ball_is_expected_where_its_parabola_ends():
    # 2 m at 8 m/s: falls 0.306 m on the way.
    drop = 9.80665 / 2 * (2 / 8) ** 2
    turned = PANE | {"rotation": [0, 0, 0], "breaks": {"pieces": 100}}
    world = build_world(
        shot(turned | {"motion": "static"}, ball(position=[0.3, -2, 1.2], velocity=[0, 8, 0]))
    )
    assert near_share(world, "pane", [0.3, 0, 0.2 - drop], 0.2) > 0.35
    assert near_share(world, "pane", [-0.3, 0, drop - 0.2], 0.2) < 0.12


def test_the_forecast_follows_the_pane_when_all_is_turned():
    """The same shot turned about the vertical: focus is in the pane's own frame, so cells are the same."""
    quarter = [np.cos(np.pi / 4), 0, 0, np.sin(np.pi / 4)]
    held = {"pieces": 60, "held": "edges"}
    straight = build_world(shot(PANE | {"breaks": held}, ball(position=[0.2, -2, 1.3], velocity=[0, 8, 0])))
    turned = build_world(
        shot(
            PANE | {"breaks": held, "rotation": quarter},
            ball(
                position=rotate(np.array(quarter), np.array([0.2, -2, 1.3])).tolist(),
                velocity=rotate(np.array(quarter), np.array([0.0, 8, 0])).tolist(),
            ),
        )
    )
    for a, b in zip(straight.bodies[0].pieces, turned.bodies[0].pieces, strict=True):
        np.testing.assert_allclose(a.rest, b.rest, atol=1e-9)


def test_a_dropped_vase_is_expected_to_land_on_its_foot_and_focus_can_be_set():
    cup = FRAGILE[4] | {"breaks": {"pieces": 40}}
    dropped = build_world(shot(FLOOR, cup | {"position": [0, 0, 1]}))
    assert np.median([piece.rest[2] for piece in dropped.bodies[1].pieces]) < 0
    aimed = build_world(shot(FLOOR, cup | {"breaks": {"pieces": 40, "focus": [0.04, 0, 0.05]}}))
    assert near_share(aimed, "cup", [0.04, 0, 0.05], 0.04) > near_share(dropped, "cup", [0.04, 0, 0.05], 0.04)


def test_a_wrecking_ball_is_expected_at_the_bottom_of_its_swing():
    ropes = {"joints": [{"kind": "rope", "a": "ball", "at_a": [0, -2, 3], "at_b": [0, 0, 3]}]}
    wall = box(
        "wall",
        size=(1, 0.2, 2),
        position=[0, 0.2, 1],
        material="brick",
        breaks={"pieces": 60, "held": "base"},
    )
    world = build_world(shot(wall, ball(position=[0, -2, 3]), forces=ropes))
    # The rope is 2 m long, so the ball passes at z = 1 m: the wall's middle, its near side at y = -0.1.
    assert near_share(world, "wall", [0, -0.1, 0], 0.4) > 0.3


# --- what is refused ------------------------------------------------------------------------------------------


def test_too_many_pieces_are_refused_before_anything_is_cut():
    many = [PANE | {"name": f"p{i}", "position": [0, i, 1], "breaks": {"pieces": 5000}} for i in range(11)]
    with pytest.raises(ShotError, match="at most 50000 pieces"):
        build_world(shot(*many))


def test_only_panes_have_edges():
    with pytest.raises(ShotError, match=r"bodies\.0\.breaks\.held"):
        build_world(shot(box("block", breaks={"pieces": 5, "held": "edges"})))


def test_many_fragile_bodies_at_once():
    """More than a forecast looks at (64 movers)."""
    crates = [box(f"c{i}", position=[i % 10, i // 10, 1], breaks={"pieces": 2}) for i in range(70)]
    world = build_world(shot(FLOOR, *crates))
    assert sum(len(body.pieces) for body in world.bodies) == 141


def test_unknown_material_is_named():
    with pytest.raises(ShotError, match="unobtainium"):
        build_world(shot(ball() | {"material": "unobtainium"}))


def test_many_round_bodies_get_fewer_facets_each():
    few = build_world(shot(*(ball(f"b{i}", position=[i, 0, 0]) for i in range(3))))
    many = build_world(shot(*(ball(f"b{i}", position=[i, 0, 0]) for i in range(600))))
    assert len(few.geometry.faces) == 3 * (2 * 96 * 48 - 2 * 96)
    assert len(many.geometry.faces) < 1_600_000
