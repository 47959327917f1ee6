"""One suite for the `Engine` protocol, run on every engine. Scenes with a closed form run on the analytic twin too."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from kinema.physics.build import build_world
from kinema.physics.engine import engine_named
from kinema.physics.forces import pose_at
from kinema.physics.rotation import rotate, unrotate
from kinema.physics.tape import Tape
from kinema.physics.trials import Trial, all_trials
from kinema.physics.trials.trial import GRAVITY, at, matter, piece_of, place, shot_of, times, velocity
from kinema.shot.body import Body, Box, Breaks, Pane, Plane, Sphere
from kinema.shot.force import Ball, Fixed, Forces, GravityRegion, Hinge, Push, Rope
from kinema.shot.shot import Shot

Simulate = Callable[[Shot], Tape]

CASES = [pytest.param(t, e, id=f"{e}: {t.name}") for t in all_trials() for e in t.engines]


def body(**fields: object) -> Body:
    """A body of plain matter."""
    return Body.model_validate({"material": "matter", **fields})


def ball(**fields: object) -> Body:
    """A ball of 10 cm radius."""
    return body(**{"name": "ball", "shape": Sphere(radius=0.1), **fields})


FLOOR = Body(name="floor", shape=Plane(), material="matter")


# --- what physics knows ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("trial", "engine"), CASES)
def test_trial(trial: Trial, engine: str) -> None:
    """The bound is the trial's own, and says its reason there."""
    tape = engine_named(engine).simulate(build_world(trial.shot))
    measured = trial.measure(tape)
    assert trial.error(measured) <= trial.bound, f"{measured} {trial.unit} for {trial.truth}"


# --- the tape ----------------------------------------------------------------------------------------------


@pytest.fixture
def scene() -> Shot:
    """A ball that falls, bounces and spins; a slab that floats by."""
    slab = body(
        name="slab",
        shape=Box(size=(0.4, 0.3, 0.1)),
        position=(3, 0, 5),
        rotation=(10, 20, 30),
        spin=(40, 50, 60),
    )
    stuff = {"matter": matter(friction=0.3, restitution=0.6)}
    bouncer = ball(position=(0, 0, 0.5), velocity=(1, 0.5, 0), spin=(0, 90, 0))
    return shot_of(FLOOR, bouncer, slab, seconds=Fraction(1, 2), materials=stuff)


def test_tape_has_every_sample_of_every_piece(simulate: Simulate, scene: Shot) -> None:
    tape, clock = simulate(scene), build_world(scene).clock
    assert tape.position.shape == (clock.samples, 3, 3)
    assert tape.orientation.shape == (clock.samples, 3, 4)
    assert tape.cluster.shape == (clock.samples, 3)
    assert tape.frames == scene.timing.frames
    assert tape.rate == clock.rate * clock.samples_per_frame
    assert len(tape.ledger.time) == (clock.samples - 1) * clock.steps_per_sample + 1
    for array in (tape.position, tape.velocity, tape.spin, tape.contacts.impulse, tape.ledger.gain):
        assert np.isfinite(array).all()
    # Float32 quaternions: four roundings of 6e-8.
    np.testing.assert_allclose(np.linalg.norm(tape.orientation, axis=-1), 1, atol=5e-7)


def test_tape_starts_with_the_shot(simulate: Simulate, scene: Shot) -> None:
    tape = simulate(scene)
    for thing in scene.bodies:
        k = piece_of(tape, thing.name)
        np.testing.assert_allclose(tape.position[0, k], thing.position, atol=1e-6)
        np.testing.assert_allclose(tape.orientation[0, k], thing.rotation, atol=1e-6)
        np.testing.assert_allclose(tape.velocity[0, k], thing.velocity, atol=1e-6)
        np.testing.assert_allclose(tape.spin[0, k], np.radians(thing.spin), atol=1e-6)


def test_the_same_world_gives_the_same_bytes(
    simulate: Simulate, scene: Shot, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("tapes")
    assert simulate(scene).save(folder / "a.tape") == simulate(scene).save(folder / "b.tape")


def test_ledger_closes(simulate: Simulate, scene: Shot) -> None:
    ledger = simulate(scene).ledger
    start = ledger.kinetic[0] + ledger.potential[0]
    # Rapier's float32 positions at five metres and 12 kg round to 5e-5 J; friction and restitution only take.
    assert ledger.gain.max() <= 1e-4 * start
    assert ledger.gain[-1] < 0
    # Before the first touch nothing is lost either.
    before = ledger.time < 0.2
    assert np.abs(ledger.gain[before]).max() <= 1e-4 * start


def test_contacts_carry_the_change_of_momentum(simulate: Simulate) -> None:
    stuff = {"matter": matter(restitution=0.5)}
    tape = simulate(shot_of(FLOOR, ball(mass=2.0, position=(0, 0, 0.6)), seconds=0.4, materials=stuff))
    fall = math.sqrt(2 * 0.5 / GRAVITY)
    hit = np.abs(tape.contacts.time - fall) < 0.01
    assert set(tape.contacts.piece[hit].ravel().tolist()) == {0, 1}
    # m v (1 + e). Engines that step put the bounce up to a step h early, where the ball is slower: by g h before
    # it and g h / e after it, together 0.051 m/s of 4.7.
    expected = 2.0 * GRAVITY * fall * 1.5
    assert tape.contacts.impulse[hit].sum() == pytest.approx(expected, rel=0.011)
    np.testing.assert_allclose(tape.contacts.point[hit], 0.0, atol=0.02)


# --- what the shot schedules -------------------------------------------------------------------------------


def test_kinematic_body_follows_its_keys(simulate: Simulate) -> None:
    keys = [
        {"at": 0, "position": (0, 0, 1)},
        {"at": "1/4", "position": (1, 0, 1), "rotation": (0, 0, 90)},
        {"at": "1/2", "position": (1, 1, 2), "rotation": (90, 0, 90)},
    ]
    cart = body(name="cart", shape=Box(size=(0.3, 0.2, 0.1)), motion="kinematic", keyframes=keys)
    shot = shot_of(cart, seconds=Fraction(3, 4))
    tape, made = simulate(shot), build_world(shot).bodies[0]
    poses = [pose_at(made, t) for t in times(tape)]
    # Float32 on the tape, and in Rapier: 1.2e-7 of two metres, a few times.
    np.testing.assert_allclose(place(tape, "cart"), [p for p, _ in poses], atol=2e-6)
    turns = np.array([q for _, q in poses])
    assert np.abs((tape.orientation[:, 0] * turns).sum(-1)).min() > 1 - 1e-6


def test_release_waits(simulate: Simulate) -> None:
    held = ball(position=(0, 0, 5), release_at=Fraction(1, 4), velocity=(1, 0, 0))
    tape = simulate(shot_of(held, seconds=Fraction(3, 4)))
    t, z = times(tape), place(tape, "ball")
    waiting = t <= 0.25
    np.testing.assert_allclose(z[waiting], np.tile([0, 0, 5], (waiting.sum(), 1)), atol=1e-6)
    np.testing.assert_allclose(velocity(tape, "ball")[t < 0.25], 0)
    gone = t[~waiting] - 0.25
    # A step is 1/576 s; a quarter second is 144 of them, so the moment is exact. 1e-4 of the way: Rapier's float32.
    truth = np.stack([gone, 0 * gone, 5 - GRAVITY / 2 * gone**2], -1)
    np.testing.assert_allclose(z[~waiting], truth, atol=1e-4)
    assert tape.ledger.work[-1] == pytest.approx(0.5 * tape.geometry.piece_mass[0] * 1.0, rel=1e-6)


def test_push_off_centre_turns(simulate: Simulate) -> None:
    push = Push(body="ball", at=Fraction(1, 8), impulse=(0.0, 0.0, 2.0), point=(0.1, 0.0, 0.0))
    tape = simulate(shot_of(ball(mass=2.0), seconds=0.25, forces=Forces(gravity=(0, 0, 0), pushes=(push,))))
    inertia = 0.4 * 2.0 * 0.1**2
    np.testing.assert_allclose(velocity(tape, "ball")[-1], [0, 0, 1.0], atol=1e-6)
    # Rapier's float32 turns a spin of 25 rad/s by 3e-5 of itself in an eighth of a second.
    np.testing.assert_allclose(tape.spin[-1, 0], [0, -0.1 * 2.0 / inertia, 0], rtol=1e-4, atol=1e-5)
    assert abs(tape.ledger.gain).max() < 1e-4 * tape.ledger.work[-1]


def test_region_bends_the_path(simulate: Simulate) -> None:
    region = GravityRegion(low=(1, -5, -5), high=(9, 5, 5), gravity=(0.0, 4.0, 0.0))
    forces = Forces(gravity=(0, 0, 0), regions=(region,))
    tape = simulate(shot_of(ball(velocity=(4.0, 0, 0)), seconds=1, forces=forces))
    inside = np.maximum(times(tape) - 0.25, 0.0)
    # 1e-4 of the way, as for any flight.
    np.testing.assert_allclose(place(tape, "ball")[:, 0], 4.0 * times(tape), atol=4e-4)
    # The border is noticed up to a step late: a t h = 5e-3 m.
    np.testing.assert_allclose(place(tape, "ball")[:, 1], 2.0 * inside**2, atol=6e-3)


# --- joints ------------------------------------------------------------------------------------------------


def anchor_drift(tape: Tape, name: str, anchor: tuple[float, float, float]) -> np.ndarray:
    """Where a point of a body, given in the world at time 0, is at each sample [m]."""
    k = piece_of(tape, name)
    local = unrotate(tape.orientation[0, k].astype(float), np.array(anchor) - tape.position[0, k])
    return tape.position[:, k] + rotate(tape.orientation[:, k].astype(float), local)


def test_chain_of_joints_holds(step: Simulate) -> None:
    """A double pendulum: hinge to the world, ball between."""
    upper = body(name="upper", shape=Box(size=(1, 0.1, 0.1)), position=(0.5, 0, 0))
    lower = body(name="lower", shape=Box(size=(1, 0.1, 0.1)), position=(1.5, 0, 0))
    joints = (
        Hinge(a="upper", anchor=(0, 0, 0), axis=(0, 1, 0)),
        Ball(a="lower", b="upper", anchor=(1, 0, 0)),
    )
    tape = step(shot_of(upper, lower, seconds=1, forces=Forces(joints=joints)))
    # A millimetre in a metre: what the eye would see as a gap.
    assert np.abs(anchor_drift(tape, "upper", (0, 0, 0))).max() < 1e-3
    between = anchor_drift(tape, "lower", (1, 0, 0)) - anchor_drift(tape, "upper", (1, 0, 0))
    assert np.abs(between).max() < 1e-3
    # The hinge keeps its axis: the upper arm stays in the plane y = 0.
    assert np.abs(place(tape, "upper")[:, 1]).max() < 1e-3
    assert place(tape, "lower")[-1, 2] < -0.5


def test_closed_chain_holds(step: Simulate) -> None:
    """A bar that two hinged bars carry: one joint too many for a tree. It swings like a seat on two ropes."""
    left = body(name="left", shape=Box(size=(0.05, 0.05, 1)), position=(-0.5, 0, -0.5))
    right = body(name="right", shape=Box(size=(0.05, 0.05, 1)), position=(0.5, 0, -0.5))
    seat = body(name="seat", shape=Box(size=(1, 0.3, 0.05)), position=(0, 0, -1))
    hinge = [
        Hinge(a="left", anchor=(-0.5, 0, 0), axis=(0, 1, 0)),
        Hinge(a="right", anchor=(0.5, 0, 0), axis=(0, 1, 0)),
        Hinge(a="seat", b="left", anchor=(-0.5, 0, -1), axis=(0, 1, 0)),
        Hinge(a="seat", b="right", anchor=(0.5, 0, -1), axis=(0, 1, 0)),
    ]
    push = Push(body="seat", impulse=(15.0, 0.0, 0.0))
    tape = step(shot_of(left, right, seat, seconds=0.5, forces=Forces(joints=tuple(hinge), pushes=(push,))))
    for name, end in (("left", (-0.5, 0, -1)), ("right", (0.5, 0, -1))):
        between = anchor_drift(tape, "seat", end) - anchor_drift(tape, name, end)
        assert np.abs(between).max() < 2e-3
    assert np.ptp(place(tape, "seat")[:, 0]) > 0.1
    # Parallel bars keep the seat level.
    assert np.abs(tape.orientation[:, piece_of(tape, "seat"), 1:]).max() < 5e-3


def test_hinge_limits_count_from_the_first_body_against_the_second(step: Simulate) -> None:
    """A bar falls about +y, which is downward for an arm along +x, and stops at 30 degrees."""
    bar = body(name="bar", shape=Box(size=(1, 0.1, 0.1)), position=(0.5, 0, 0))
    joint = Hinge(a="bar", anchor=(0, 0, 0), axis=(0, 1, 0), limits=(-10, 30))
    tape = step(shot_of(bar, seconds=2, forces=Forces(joints=(joint,))))
    x, _, z = place(tape, "bar")[-1]
    # A degree: the limit is as stiff as a contact.
    assert math.degrees(math.atan2(-z, x)) == pytest.approx(30, abs=1)


def test_fixed_bodies_move_as_one(step: Simulate) -> None:
    head = body(name="head", shape=Box(size=(0.2, 0.1, 0.1)), position=(0, 0, 1), spin=(0, 0, 200))
    shaft = body(name="shaft", shape=Box(size=(0.05, 0.05, 0.6)), position=(0, 0, 0.65), spin=(0, 0, 200))
    joints = (Fixed(a="shaft", b="head"),)
    tape = step(shot_of(head, shaft, seconds=0.5, forces=Forces(gravity=(0, 0, 0), joints=joints)))
    apart = anchor_drift(tape, "head", (0, 0, 0.95)) - anchor_drift(tape, "shaft", (0, 0, 0.95))
    assert np.abs(apart).max() < 1e-3
    one, two = (tape.orientation[-1, piece_of(tape, name)] for name in ("head", "shaft"))
    assert abs(float(one @ two)) > 1 - 1e-5


def test_rope_is_slack_then_taut(step: Simulate) -> None:
    weight = ball(mass=1.0, position=(0, 0, -0.5))
    rope = Rope(a="ball", at_a=(0, 0, -0.5), at_b=(0, 0, 0), length=1.0)
    tape = step(shot_of(weight, seconds=2, forces=Forces(joints=(rope,))))
    t, z = times(tape), place(tape, "ball")[:, 2]
    falls = t < 0.9 * math.sqrt(2 * 0.5 / GRAVITY)
    np.testing.assert_allclose(z[falls], -0.5 - GRAVITY / 2 * t[falls] ** 2, atol=1e-4)
    # A jerk may stretch it by what it falls in one step, 3.1 m/s / 576 = 5.4 mm; at rest by a millimetre at most.
    assert z.min() > -1.006
    assert z[-1] == pytest.approx(-1.0, abs=1e-3)


def test_pendulum_under_a_moving_hand(step: Simulate) -> None:
    """A hand that is driven aside drags the bob along on a ball joint; the joint must not come apart."""
    hand = body(
        name="hand",
        shape=Box(size=(0.1, 0.1, 0.1)),
        motion="kinematic",
        keyframes=[{"at": 0, "position": (0, 0, 0)}, {"at": 1, "position": (1, 0, 0)}],
    )
    bob = ball(position=(0, 0, -1))
    joint = Ball(a="ball", b="hand", anchor=(0, 0, 0))
    tape = step(shot_of(hand, bob, seconds=1, forces=Forces(joints=(joint,))))
    apart = anchor_drift(tape, "ball", (0, 0, 0)) - place(tape, "hand")
    assert np.abs(apart).max() < 2e-3
    # The hand starts at once with 1 m/s: seen from it the bob swings off at -1 m/s, v = sqrt(2 g l (1 - cos a)).
    highest = math.degrees(math.acos(1 - 1.0 / (2 * GRAVITY)))
    seen = place(tape, "ball") - place(tape, "hand")
    assert math.degrees(math.asin(np.abs(seen[:, 0]).max())) == pytest.approx(highest, rel=0.03)


# --- fracture ----------------------------------------------------------------------------------------------


def pane(speed: float, *, held: str = "edges", pieces: int = 30) -> Shot:
    """A small pane, and 200 g of steel on its way to the middle of it."""
    glass = Body(
        name="pane",
        shape=Pane(width=0.5, height=0.5),
        material="glass",
        position=(0, 0, 0.5),
        breaks=Breaks.model_validate({"pieces": pieces, "held": held}),
    )
    steel = Body(
        name="shot",
        shape=Sphere(radius=0.018),
        material="steel",
        mass=0.2,
        position=(0, -0.03, 0.5),
        velocity=(0, speed, 0),
    )
    floor = Body(name="floor", shape=Plane(), material="concrete")
    return shot_of(floor, glass, steel, seconds=Fraction(1, 3))


def shards(tape: Tape) -> np.ndarray:
    """Pieces of the pane."""
    return np.flatnonzero(tape.geometry.piece_body == tape.geometry.bodies.index("pane"))


def test_pane_shatters_without_losing_anything(step: Simulate) -> None:
    tape = step(pane(12.0))
    mine = shards(tape)
    assert len(np.unique(tape.cluster[0, mine])) == 1
    assert len(np.unique(tape.cluster[-1, mine])) >= 5
    # Cut exactly: what the shards weigh is what the pane weighed.
    assert tape.geometry.piece_mass[mine].sum() == pytest.approx(2500 * 0.5 * 0.5 * 0.006, rel=1e-6)
    assert np.isfinite(tape.position).all()
    # No shard lost: none through the floor (Rapier lets thin ones in by millimetres), none thrown out of sight.
    assert tape.position[-1, mine, 2].min() > -0.01
    assert np.abs(tape.position[-1, mine]).max() < 10
    assert len(tape.cracks.time) > 0
    assert tape.cracks.energy.sum() == pytest.approx(tape.ledger.crack[-1])


def test_pieces_of_a_cluster_move_as_one(step: Simulate) -> None:
    tape = step(pane(12.0))
    last = tape.cluster[-1]
    for number in np.unique(last):
        k = np.flatnonzero(last == number)
        after = np.linalg.norm(tape.position[-1, k] - tape.position[-1, k[0]], axis=1)
        before = np.linalg.norm(tape.position[0, k] - tape.position[0, k[0]], axis=1)
        np.testing.assert_allclose(after, before, atol=1e-5)


def test_gentle_touch_breaks_nothing(step: Simulate) -> None:
    tape = step(pane(0.3))
    assert len(tape.cracks.time) == 0
    assert len(np.unique(tape.cluster[-1, shards(tape)])) == 1
    assert velocity(tape, "shot")[-1, 1] < 0.3


def test_free_pane_keeps_the_momentum_of_the_blow(step: Simulate) -> None:
    """Nothing holds it and nothing touches the ground yet: what the ball loses the shards have."""
    tape = step(pane(12.0, held="free"))
    k = at(tape, 0.02)
    momentum = (tape.geometry.piece_mass[:, None] * tape.velocity[k]).sum(0)
    # The floor under the pane is half a metre off, so only gravity acts: m g t down. 0.5 %: float32, and the step.
    assert momentum[1] == pytest.approx(0.2 * 12.0, rel=5e-3)
    assert len(tape.cracks.time) > 0
