"""`--set`: one value changes, by its path; the rest stays; what is not there is named with its neighbours."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from kinema.errors import ShotError
from kinema.shot.change import change
from kinema.shot.files import load_shot, to_tree
from kinema.shot.shot import Shot

GLASS = load_shot(Path(__file__).parents[2] / "examples" / "glass.yaml")


def at(shot: Shot, path: str) -> Any:
    """The plain twin: walk attributes and positions."""
    place: Any = shot
    for step in path.split("."):
        place = place[int(step)] if step.isdigit() else getattr(place, step)
    return place


@pytest.mark.parametrize(
    ("path", "text", "plain", "value"),
    [
        ("light.sun.kelvin", "3200", "lights.0.kelvin", 3200.0),
        ("lights.sun.lux", "80 klx", "lights.0.lux", 80_000.0),
        ("light.sky.on", "off", "lights.1.on", False),
        ("body.ball.mass", "2 kg", "bodies.2.mass", 2.0),
        ("body.ball.shape.radius", "5 cm", "bodies.2.shape.radius", 0.05),
        ("body.ball.position.1", "-4", "bodies.2.position.1", -4.0),
        ("bodies[ball].velocity", "[0, 9, 0]", "bodies.2.velocity", (0.0, 9.0, 0.0)),
        ("body.pane.breaks.pieces", "60", "bodies.3.breaks.pieces", 60),
        ("camera.focal_length", "50 mm", "camera.focal_length", 50.0),
        ("camera.moves.0.share", "0.3", "camera.moves.0.share", 0.3),
        ("camera.aim", "ball", "camera.aim", "ball"),
        ("forces.gravity", "moon", "forces.gravity", (0.0, 0.0, -1.62)),
        ("forces.gravity.2", "-1", "forces.gravity.2", -1.0),
        ("timing.fps", "24000/1001", "timing.fps", Fraction(24000, 1001)),
        ("seed", "9", "seed", 9),
        ("look", "noir", "look", "noir"),
        ("title", "'on'", "title", "on"),
    ],
)
def test_sets_one_value(path: str, text: str, plain: str, value: object) -> None:
    changed = change(GLASS, path, text)
    assert at(changed, plain) == value
    # Everything else is as it was: setting the old value back restores the shot.
    before, after = to_tree(GLASS), to_tree(changed)
    assert {k for k in {*before, *after} if before.get(k) != after.get(k)} <= {plain.split(".")[0]}


def test_of_two_values_that_exclude_each_other_the_new_one_stays() -> None:
    changed = change(GLASS, "body.ball.density", "5000")
    assert (changed.body("ball").mass, changed.body("ball").density) == (None, 5000)


@pytest.mark.parametrize(
    ("path", "text", "words"),
    [
        ("light.sn.kelvin", "3200", "Did you mean sun"),
        ("body.bal.mass", "1", "Did you mean ball"),
        ("camra.f_stop", "2", "Did you mean camera"),
        ("camera.focallength", "35", "Did you mean focal_length"),
        ("camera.moves.1.share", "1", "one of the 1 moves"),
        ("seed.x", "1", "must end at a value"),
        ("body.ball.breaks.pieces", "9", "Set it whole"),
        ("", "1", "must name a field"),
        ("body.ball.mass", "-1", "Give mass > 0"),
        ("body.ball.mass", "1 m", "same dimension"),
        ("body.ball.mass", "[1", "YAML"),
        ("bodies", "[]", "must name a body"),
    ],
)
def test_refuses_with_the_nearest_names(path: str, text: str, words: str) -> None:
    with pytest.raises(ShotError, match=words):
        change(GLASS, path, text)
