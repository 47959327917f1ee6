"""Each check passes sound tapes and fails the one kind of nonsense it is there for, and only that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from kinema.physics.tape import Contacts, Cracks, Tape
from kinema.verify.checks.free_flight import residual, spans
from kinema.verify.checks.penetration import sizes
from kinema.verify.motions import interval_of, motions_of
from kinema.verify.overlap import overlap
from kinema.verify.report import Finding, Report
from kinema.verify.verify import check_motion


def findings(played: Any, tape: Tape | None = None) -> list[Finding]:
    return check_motion(played.shot, tape or played.tape)


def failed(played: Any, tape: Tape) -> set[str]:
    """Names of the checks that fail."""
    return {f"{f.check}: {f.subject}" for f in findings(played, tape) if f.verdict == "fail"}


def changed(tape: Tape, field: str, change: Callable[[np.ndarray], None]) -> Tape:
    """The tape with one of its arrays altered in place."""
    group, _, name = field.rpartition(".")
    part = getattr(tape, group) if group else tape
    values = getattr(part, name).copy()
    change(values)
    part = replace(part, **{name: values})
    return replace(tape, **{group: part}) if group else part


def test_sound_flight_passes(flight: Any) -> None:
    found = findings(flight)
    assert [f.verdict for f in found] == ["pass"] * len(found)
    checks = {f.check for f in found}
    assert checks == {
        "finite",
        "mass",
        "energy",
        "momentum",
        "free_flight",
        "penetration",
        "goals",
    }
    by = {(f.check, f.subject): f for f in found}
    # That there was something to check: 5 flights (red before and after, blue three times), one collision in the air.
    assert "5 flights" in by["free_flight", "every flight"].detail
    assert "1 closed" in by["momentum", "collisions"].detail


def test_energy_from_nowhere(flight: Any) -> None:
    def gain(kinetic: np.ndarray) -> None:
        kinetic[300:] += 0.05 * kinetic.max()

    assert failed(flight, changed(flight.tape, "ledger.kinetic", gain)) == {
        "energy: all bodies",
        "energy: every moment",
    }


def test_energy_given_back_after_it_was_lost(flight: Any) -> None:
    """The whole never exceeds the start, yet something was put in: only the sudden rise shows it."""
    late = int(0.97 * len(flight.tape.ledger.time))
    lost = -flight.tape.ledger.gain[late]
    assert lost > 5  # the floor took 17 J

    def gain(kinetic: np.ndarray) -> None:
        kinetic[late:] += 0.5 * lost

    assert failed(flight, changed(flight.tape, "ledger.kinetic", gain)) == {"energy: every moment"}


def test_ledger_that_tells_another_story(flight: Any) -> None:
    def shift(potential: np.ndarray) -> None:
        potential -= np.linspace(0, 0.1, len(potential))

    assert failed(flight, changed(flight.tape, "ledger.potential", shift)) == {"energy: ledger and poses"}


def test_speed_that_changes_in_mid_air(flight: Any) -> None:
    def brake(velocity: np.ndarray) -> None:
        velocity[30, 0, 0] -= 0.01

    assert failed(flight, changed(flight.tape, "velocity", brake)) == {"momentum: free flight"}


def test_collision_that_only_one_partner_feels(flight: Any) -> None:
    k = int(interval_of(flight.tape, flight.tape.contacts.time)[0])

    def brake(velocity: np.ndarray) -> None:
        velocity[k + 1 :, 0, 0] *= 0.5

    assert failed(flight, changed(flight.tape, "velocity", brake)) == {"momentum: collisions"}


def test_teleport_in_flight(flight: Any) -> None:
    """Sideways, so that its energy is right: 5 mm for a few samples, far less than the eye could tell."""

    def jump(position: np.ndarray) -> None:
        position[40:44, 1, 0] += 0.005

    assert failed(flight, changed(flight.tape, "position", jump)) == {"free_flight: every flight"}


def test_gravity_of_another_world(flight: Any) -> None:
    shot = flight.shot.model_copy(
        update={"forces": flight.shot.forces.model_copy(update={"gravity": (0.0, 0.0, -9.7)})}
    )
    names = {f.check for f in check_motion(shot, flight.tape) if f.verdict == "fail"}
    assert {"momentum", "free_flight"} <= names


CUBE_ON_FLOOR = {
    "bodies": [
        {"name": "floor", "shape": {"kind": "plane"}},
        {"name": "cube", "shape": {"kind": "box", "size": [0.1] * 3}, "position": [0, 0, 0.05]},
    ]
}


def sunk(played: Any, depth: float) -> Tape:
    """The cube stands that deep in the floor, and the engine says so. The ledger sinks with it."""

    def sink(position: np.ndarray) -> None:
        position[:, 1, 2] -= depth

    weight = float(played.tape.geometry.piece_mass[1]) * 9.80665

    def lower(potential: np.ndarray) -> None:
        potential -= weight * depth

    tape = changed(changed(played.tape, "position", sink), "ledger.potential", lower)
    return replace(tape, contacts=_resting_contacts(tape, depth))


@pytest.mark.parametrize(("depth", "fails"), [(0.0108, False), (0.0112, True)])
def test_overlap_at_rest_is_held_to_a_tenth(stand_still: Any, depth: float, fails: bool) -> None:
    """A cube of 10 cm in the floor: a millimetre of slop and a tenth allow 11 mm."""
    played = stand_still(CUBE_ON_FLOOR)
    assert failed(played, sunk(played, depth)) == ({"penetration: contacts at rest"} if fails else set())
    assert sizes(played.tape.geometry).tolist() == pytest.approx([np.inf, 0.1])


def test_overlap_in_a_blow_is_held_to_two_fifths(stand_still: Any) -> None:
    """A cube of 10 cm that slides at 12 cm/s: 1 + 40 mm, and 5 for a step of a 24th of a second."""
    played = stand_still(CUBE_ON_FLOOR)

    def move(velocity: np.ndarray) -> None:
        velocity[:, 1, 0] = 0.12  # 5 mm a step, faster than rest

    deep = changed(sunk(played, 0.05), "velocity", move)
    assert "penetration: blows" in failed(played, deep)
    shallow = changed(sunk(played, 0.045), "velocity", move)
    assert "penetration: blows" not in failed(played, shallow)


def test_depth_that_the_poses_contradict_is_not_believed(stand_still: Any) -> None:
    """The engine reports 30 cm; the cube stands on the floor for all to see."""
    played = stand_still(CUBE_ON_FLOOR)
    assert failed(played, replace(played.tape, contacts=_resting_contacts(played.tape, 0.3))) == set()


@pytest.mark.parametrize("gap", [-0.03, -0.001, 0.02])
@pytest.mark.parametrize("turn", [0.0, 30.0, 45.0])
def test_overlap_of_boxes_is_the_closed_form(stand_still: Any, gap: float, turn: float) -> None:
    """Two 10 cm cubes side by side, one turned about the vertical: its reach along x is 5 cm (cos + sin)."""
    reach = 0.05 * (np.cos(np.radians(turn)) + np.sin(np.radians(turn)))
    cube = {"shape": {"kind": "box", "size": [0.1] * 3}}
    tree = [{"name": "a", **cube}, {"name": "b", **cube, "position": [1, 0, 0], "rotation": [0, 0, turn]}]
    tape = stand_still({"bodies": tree}).tape

    def bring(position: np.ndarray) -> None:
        position[:, 1, 0] = 0.05 + reach + gap

    # Float32 vertices of 5 cm are good to 4e-9, poses at 13 cm to 1e-8.
    assert overlap(changed(tape, "position", bring), 0, 1, 0) == pytest.approx(max(0.0, -gap), abs=1e-7)


def _resting_contacts(tape: Tape, depth: float) -> Contacts:
    times = tape.ledger.time[1:]
    return Contacts(
        time=times,
        piece=np.tile([[0, 1]], (len(times), 1)),
        impulse=np.full(len(times), 0.1),
        point=np.zeros((len(times), 3)),
        depth=np.full(len(times), depth),
    )


def test_what_stops_in_mid_air_is_not_asleep(stand_still: Any) -> None:
    """Engines put resting bodies to sleep without contacts; a body that hangs where nothing ever touched it fails."""
    played = stand_still(CUBE_ON_FLOOR)
    assert "momentum: free flight" in failed(played, played.tape)
    once = replace(played.tape, contacts=_resting_contacts(played.tape, 0.0))
    first = replace(once.contacts, **{n: getattr(once.contacts, n)[:1] for n in vars(once.contacts)})
    asleep = replace(once, contacts=first)
    assert failed(played, asleep) == set()
    assert not motions_of(played.shot, asleep).free[:, 1].any()


def test_piece_that_lost_weight(flight: Any) -> None:
    crate = flight.tape.geometry.bodies.index("crate")

    def lighten(mass: np.ndarray) -> None:
        mass[flight.tape.geometry.piece_body == crate] *= 1 - 1e-5

    geometry = changed(flight.tape, "geometry.piece_mass", lighten)
    assert failed(flight, geometry) == {"mass: crate"}


def test_volume_is_held_to_the_shape(flight: Any) -> None:
    red = flight.tape.geometry.bodies.index("red")

    def swell(volume: np.ndarray) -> None:
        volume[flight.tape.geometry.piece_body == red] *= 1.001

    assert failed(flight, changed(flight.tape, "geometry.piece_volume", swell)) == {"mass: red"}


@pytest.mark.parametrize("field", ["position", "velocity", "ledger.kinetic", "contacts.impulse"])
def test_what_is_no_number_fails_first_and_alone(flight: Any, field: str) -> None:
    def spoil(values: np.ndarray) -> None:
        values.flat[5 % values.size] = np.nan

    found = findings(flight, changed(flight.tape, field, spoil))
    assert {f.check for f in found if f.verdict == "fail"} == {"finite"}
    assert "momentum" not in {f.check for f in found}  # nothing else can be asked of it


# --- goals ------------------------------------------------------------------------------------------------------

PANE = {
    "name": "pane",
    "shape": {"kind": "pane", "width": 1, "height": 1},
    "material": "glass",
    "breaks": {"pieces": 12, "held": "edges"},
    "position": [0, 0, 1],
}


def goal(stand_still: Any, **fields: Any) -> Any:
    return stand_still({"bodies": [PANE], "goals": [{"body": "pane", **fields}]})


def test_pane_that_stands_is_sound(stand_still: Any) -> None:
    """Held by its frame it does not fall, and that is no mystery to any check."""
    played = goal(stand_still, kind="survives")
    assert failed(played, played.tape) == set()


def test_shatters(stand_still: Any) -> None:
    played = goal(stand_still, kind="shatters", pieces=6)
    assert failed(played, played.tape) == {"goals: pane"}
    parts = np.arange(played.tape.cluster.shape[1]) % 6

    def crack(cluster: np.ndarray) -> None:
        cluster[2:] = parts

    assert "goals: pane" not in failed(played, changed(played.tape, "cluster", crack))


def test_survives(stand_still: Any) -> None:
    played = goal(stand_still, kind="survives")
    cracks = Cracks(time=np.array([0.05]), piece=np.array([[0, 1]]), energy=np.array([0.0]))
    (found,) = [f for f in findings(played, replace(played.tape, cracks=cracks)) if f.check == "goals"]
    assert (found.verdict, found.measured, found.bound) == ("fail", 1, 0)
    # After the end of the clip it may break.
    late = replace(cracks, time=np.array([1.0]))
    assert "goals: pane" not in failed(played, replace(played.tape, cracks=late))


@pytest.mark.parametrize(("by", "verdict"), [("1/2", "pass"), ("2/5", "fail")])
def test_hits_in_time(flight: Any, by: str, verdict: str) -> None:
    """They meet at 0.436 s."""
    shot = flight.shot.model_copy(
        update={"goals": tuple(type(g)(a="red", b="blue", by=by) for g in flight.shot.goals)}
    )
    (found,) = [f for f in check_motion(shot, flight.tape) if f.check == "goals"]
    assert found.verdict == verdict
    assert "0.436" in found.detail


@pytest.mark.parametrize(("degrees", "verdict"), [(44.0, "fail"), (46.0, "pass"), (180.0, "pass")])
def test_topples(stand_still: Any, degrees: float, verdict: str) -> None:
    played = stand_still(
        {
            "bodies": [
                {"name": "post", "shape": {"kind": "box", "size": [0.1, 0.1, 1]}, "position": [0, 0, 0.5]}
            ],
            "goals": [{"kind": "topples", "body": "post"}],
        }
    )
    half = np.radians(degrees) / 2

    def tilt(orientation: np.ndarray) -> None:
        orientation[2:, 0] = [np.cos(half), np.sin(half), 0, 0]

    found = findings(played, changed(played.tape, "orientation", tilt))
    assert [f.verdict for f in found if f.check == "goals"] == [verdict]
    (measured,) = [f.measured for f in found if f.check == "goals"]
    assert measured == pytest.approx(degrees, abs=1e-4)


# --- parts ------------------------------------------------------------------------------------------------------


def test_residual_is_zero_on_a_parabola_and_finds_what_is_added() -> None:
    t = np.arange(50) / 100
    gravity = np.array([0.0, 0.0, -9.8])
    path = np.array([1.0, 2, 3]) + np.outer(t, [4.0, 5, 6]) + 0.5 * np.outer(t**2, gravity)
    assert residual(path, gravity, 100.0).max() < 1e-13
    path[20] += [0, 0.01, 0]
    assert residual(path, gravity, 100.0)[20] == pytest.approx(0.01, rel=0.05)


def test_spans() -> None:
    flags = np.array([1, 1, 0, 0, 1, 0, 1], bool)
    assert spans(flags) == [(0, 2), (4, 5), (6, 7)]
    assert spans(np.zeros(4, bool)) == []


def test_no_findings_is_a_failure() -> None:
    assert not Report(schema="kinema.report/1", title="", findings=()).passed


def test_report_survives_json(flight: Any) -> None:
    report = Report(schema="kinema.report/1", title="", findings=tuple(findings(flight)))
    text = report.model_dump_json(by_alias=True)
    assert '"schema":"kinema.report/1"' in text
    assert Report.model_validate_json(text) == report
