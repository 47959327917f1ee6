"""What is not a shot gets one clear error: where, which rule, what was found, what to do."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinema.errors import ShotError
from kinema.shot.files import load_shot, parse_shot, validate_shot
from kinema.shot.shot import MAX_BODIES, Shot
from kinema.shot.tree import read_tree

SHOTS = Path(__file__).parents[1] / "shots"
SUN: dict[str, Any] = {"name": "sun", "kind": "sun"}
BALL: dict[str, Any] = {"name": "ball", "shape": {"kind": "sphere", "radius": 0.05}}


def refusal_of(tree: dict[str, Any]) -> ShotError:
    with pytest.raises(ShotError) as caught:
        validate_shot(tree)
    return caught.value


@pytest.mark.parametrize(
    ("file", "name", "rule", "next_step"),
    [
        ("unknown_field.yaml", "bodies[ball].resitution", "not a field", "Known|mean"),
        ("wrong_unit.yaml", "bodies[ball].shape.radius", "must be in m", "50 cm"),
        ("negative_mass.yaml", "bodies[ball].mass", "above 0", "Give mass > 0 in kg, or leave it out"),
        ("dark_light.yaml", "lights[bulb]", "lumen and candela", "lumen: 800"),
        ("alias_bomb.yaml", "alias_bomb.yaml:3", "aliases", "Write the value out"),
        ("repeated_key.yaml", "repeated_key.yaml:3", "twice", "Correct"),
        ("tagged.yaml", "tagged.yaml:1", "tags", "Leave the tag out"),
    ],
)
def test_bad_files(file: str, name: str, rule: str, next_step: str) -> None:
    with pytest.raises(ShotError, match=rule) as caught:
        load_shot(SHOTS / file)
    error = caught.value
    assert error.name == name
    assert error.exit_code == 2
    assert any(words in error.next_step for words in next_step.split("|"))
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("change", "name", "rule"),
    [
        ({"bodies": [BALL | {"mas": 1}]}, "bodies[ball].mas", "Did you mean mass?"),
        ({"camra": {}}, "camra", "Did you mean camera?"),
        ({"camera": {"focallength": 35}}, "camera.focallength", "Did you mean focal_length?"),
        (
            {"bodies": [BALL | {"shape": {"kind": "spher", "radius": 1}}]},
            "bodies[ball].shape.kind",
            "sphere?",
        ),
        ({"bodies": [BALL | {"shape": {"radius": 1}}]}, "bodies[ball].shape.kind", "must be given"),
        ({"bodies": [BALL | {"shape": {"kind": "sphere"}}]}, "bodies[ball].shape.radius", "must be given"),
        ({"bodies": [BALL | {"mass": 1, "density": 1}]}, "bodies[ball]", "mass or density"),
        ({"bodies": [BALL | {"material": "glas"}]}, "bodies[ball].material", "Nearest: glass"),
        ({"bodies": [BALL | {"position": [0, 0, float("nan")]}]}, "bodies[ball].position.2", "finite"),
        ({"bodies": [BALL | {"position": [0, 0, float("inf")]}]}, "bodies[ball].position.2", "finite"),
        ({"bodies": [BALL | {"position": [0, 0]}]}, "bodies[ball].position", "at least 3"),
        ({"bodies": [BALL, BALL]}, "shot", "'?ball'? is used twice"),
        ({"lights": [SUN | {"lux": 0}]}, "lights[sun].lux", "lights nothing"),
        ({"lights": [SUN | {"on": False}]}, "shot", "would be black"),
        ({"lights": []}, "shot", "Add a light"),
        ({"camera": {"aim": "bal"}}, "camera.aim", "Did you mean ball?"),
        ({"goals": [{"kind": "shatters", "body": "bell"}]}, "goals.0", "Did you mean ball?"),
        ({"forces": {"gravity": "pluto"}}, "forces.gravity", "earth, moon"),
        ({"timing": {"fps": 0}}, "timing.fps", "above 0"),
        ({"timing": {"frames": 10**9}}, "timing.frames", "at most 200000"),
        ({"timing": {"fps": "1e-999999999"}}, "timing.fps", "known unit"),
        ({"seed": 10**30}, "seed", "below"),
        ({"schema": "kinema.shot/9"}, "schema", "kinema.shot/1"),
        ({"look": "../../etc"}, "look", "must be a name"),
        ({"materials": {"goo": {"densty": 4}}}, "materials.goo.densty", "Did you mean density?"),
        ({"bodies": {"a": 1}}, "bodies", "must be a list"),
    ],
)
def test_each_rule_has_its_words(change: dict[str, Any], name: str, rule: str) -> None:
    error = refusal_of({"bodies": [BALL], "lights": [SUN]} | change)
    assert error.name == name
    assert re.search(rule, str(error)), str(error)


def test_a_thousand_million_bodies_are_counted_before_they_are_built() -> None:
    class Endless(list[Any]):
        """Says that it is long; touching an item is a failure."""

        def __len__(self) -> int:
            return 10**9

        def __iter__(self) -> Any:
            raise AssertionError("was read")

    error = refusal_of({"bodies": Endless(), "lights": [SUN]})
    assert (error.name, error.got) == ("bodies", 10**9)
    assert str(MAX_BODIES) in error.rule


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("[" * 100_000, "nested"),
        ("a: " + "{b: " * 100, "nested"),
        ("seed: " + "9" * 5000, "at most 40 digits"),
        ("a: [1", "YAML or JSON"),
        ("a: b: c", "YAML or JSON"),
        ("\x00", "YAML or JSON"),
        ("--- {}\n--- {}", "one document"),
        ("? [a, b]\n: c", "plain words"),
        ("- 1", "mapping"),
        ('{"seed": 1, "seed": 2}', "twice"),
        ('{"a":' * 5000 + "1" + "}" * 5000, "nested"),
        ('{"a":' * 70 + "1" + "}" * 70, "nested"),
        ('{"seed": ' + "9" * 5000 + "}", "at most 40 digits"),
        ('{"title": "\\ud800"}', "Unicode"),
        ("", "mapping"),
        ("just words", "mapping"),
    ],
)
def test_text_that_is_no_shot(text: str, rule: str) -> None:
    with pytest.raises(ShotError, match=rule):
        parse_shot(text)


@pytest.mark.parametrize("text", ["[" + "a," * 1001 + "]", '{"a": [' + "1," * 1001 + "1]}"])
def test_values_are_counted_before_they_are_built(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kinema.shot.tree.MAX_NODES", 1000)
    with pytest.raises(ShotError, match="at most 1000 values"):
        parse_shot(text)


def test_paths_that_are_no_shot_files(tmp_path: Path) -> None:
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(bytes(range(256)))
    big = tmp_path / "big.yaml"
    with big.open("wb") as file:
        file.truncate(17 * 2**20)
    for path, rule in (
        (tmp_path, "existing file"),
        (tmp_path / "none.yaml", "existing file"),
        (binary, "UTF-8"),
        (big, "16 MiB"),
    ):
        with pytest.raises(ShotError, match=rule):
            load_shot(path)


def test_words_mean_what_yaml_1_2_says() -> None:
    tree = read_tree("on: off\nno: 1e-5\na: 0x10\nb: ~\nc: .inf\nd: '1'\ne: 010\nf: 1:30", source="t")
    # YAML 1.1 would read True: False, "1e-5", 8 and 90.
    expected = {
        "on": "off",
        "no": 1e-5,
        "a": 16,
        "b": None,
        "c": float("inf"),
        "d": "1",
        "e": 10,
        "f": "1:30",
    }
    assert tree == expected


def test_a_light_is_switched_by_word() -> None:
    shot = parse_shot("lights: [{name: sun, kind: sun, on: off}, {name: sky, kind: sky}]")
    assert [light.on for light in shot.lights] == [False, True]


_ATOM = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(["5 cm", "ball", "sun"]),
)
_FIELDS = st.sampled_from(
    [
        "bodies",
        "lights",
        "camera",
        "name",
        "kind",
        "shape",
        "radius",
        "timing",
        "fps",
        "mass",
        "aim",
        "materials",
    ]
)
_TREE = st.recursive(
    _ATOM,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_FIELDS, inner, max_size=4),
    max_leaves=12,
)


def outcome(read: Callable[[], Shot]) -> Shot | str:
    """The shot, or the next step that the refusal names; anything else that is raised is a failure."""
    try:
        return read()
    except ShotError as error:
        return error.next_step


@given(st.dictionaries(_FIELDS, _TREE, max_size=5))
@settings(max_examples=150, deadline=None)
def test_any_tree_is_a_shot_or_refused(tree: dict[str, Any]) -> None:
    assert outcome(lambda: validate_shot(tree))


@given(st.text() | st.text(alphabet="[]{}:,&*!|>-'\"#%@ \n\tab01.", max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_text_is_a_shot_or_refused(text: str) -> None:
    assert outcome(lambda: parse_shot(text))


@given(st.binary(max_size=200))
@settings(max_examples=50, deadline=None)
def test_any_file_is_a_shot_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(content)
    assert outcome(lambda: load_shot(path))
