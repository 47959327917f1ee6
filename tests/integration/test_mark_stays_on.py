"""Nothing turns mark, signature or registration off: no job, no shot, no option, no variable, and no rule of a house.

What there is is listed here, so that whoever adds a variable or a flag meets this file; and what a user can ask for is
asked for, together with every variable that one might guess.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

import kinema
from kinema.cli import app
from kinema.config import Config
from kinema.errors import KinemaError
from kinema.job import Job
from kinema.policy.label import Label
from kinema.policy.request import Purpose
from kinema.provenance.keys import open_keyring
from kinema.provenance.manifest.inspection import inspect as inspected
from kinema.provenance.origin import Origin
from kinema.provenance.registry import open_registry
from kinema.provenance.trace.mark import look
from kinema.provenance.watermark import SMALLEST
from kinema.shot.shot import Shot

SOURCE = Path(kinema.__file__).parent
SHOT = """
schema: kinema.shot/1
timing: {fps: 12, frames: 16}
bodies:
- {name: floor, shape: {kind: plane}, material: concrete}
- {name: ball, shape: {kind: sphere, radius: 0.3}, material: rubber, position: [0, 0, 1.2]}
- {name: block, shape: {kind: box, size: [0.5, 0.5, 0.5]}, material: oak, position: [0.8, 0.2, 0.25]}
- {name: brick, shape: {kind: box, size: [0.3, 0.6, 0.9]}, material: steel, position: [-0.8, 0.3, 0.45]}
lights:
- {kind: sun, name: sun, elevation: 35, azimuth: 240}
- {kind: sky, name: sky}
camera: {position: [0, -3, 1.4], aim: ball, f_stop: 16}
"""
ABOUT = {"mark", "marked", "watermark", "sign", "signed", "signature", "seal", "manifest", "provenance", "c2pa",
         "register", "registry", "origin", "fingerprint", "trace", "credentials", "disclosure"}  # fmt: skip
"""Words in the name of whatever could turn it off."""
VARIABLES = {"KINEMA_CACHE", "KINEMA_WEIGHTS", "KINEMA_REGISTRY", "KINEMA_REGISTRY_ANCHOR", "KINEMA_LLM_URL",
             "KINEMA_LLM_MODEL", "KINEMA_LLM_KEY", "KINEMA_POLICY", "KINEMA_CONSENT", "KINEMA_MODERATION_URL",
             "KINEMA_KEYS", "KINEMA_TSA", "KINEMA_KEY_PASSWORD", "KINEMA_HSM_PIN", "XDG_CACHE_HOME",
             "XDG_DATA_HOME"}  # fmt: skip
"""Read by config.py: where things lie, whom to ask, what opens them. None says whether."""
ENVIRONMENT = {"environ", "environb", "getenv", "getenvb"}
FLAGS = {"--passes", "--resume", "--overwrite", "--gpu", "--loop", "--strict", "--llm", "--json"}
"""All that `shoot` can be told to do or to leave."""


def words_of(names: Iterator[str] | list[str]) -> set[str]:
    return {word for name in names for word in re.split(r"[^a-z0-9]+", name.lower())}


def fields_of(kind: Any) -> Iterator[str]:
    """Names of a dataclass's fields, and of those of their types."""
    if dataclasses.is_dataclass(kind):
        for name, hint in get_type_hints(kind).items():
            yield name
            yield from fields_of(hint)
    for part in get_args(kind):
        yield from fields_of(part)


def properties_of(schema: Any) -> Iterator[str]:
    """Names of a JSON schema's properties, however deep."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for part in schema.values():
            yield from properties_of(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from properties_of(part)


def test_no_variable_is_read_but_those_that_say_where() -> None:
    def attributes(path: Path) -> set[str]:
        return {
            node.attr
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Attribute)
        }

    readers = {
        str(path.relative_to(SOURCE)) for path in SOURCE.rglob("*.py") if attributes(path) & ENVIRONMENT
    }
    # config.py reads; apart.py takes ours away from a process for strangers' files; the others set one for a library.
    assert readers == {"config.py", "provenance/manifest/apart.py", "media/encode.py", "cli_train.py",
                       "render/pathtrace/variant.py"}  # fmt: skip
    config = ast.walk(ast.parse((SOURCE / "config.py").read_text("utf-8")))
    texts = {node.value for node in config if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    assert {text for text in texts if re.fullmatch("[A-Z][A-Z0-9_]+", text)} == VARIABLES
    assert words_of([field.name for field in dataclasses.fields(Config)]) & ABOUT == {"registry"}


def test_no_job_and_no_shot_has_a_word_for_it() -> None:
    asked = list(fields_of(Job))
    assert {"codec", "open_weights", "negative", "strength"} <= set(asked)  # those of its parts too
    assert not words_of(asked) & ABOUT
    shown = set(properties_of(Shot.model_json_schema()))
    assert {"bodies", "likeness", "elevation"} <= shown
    assert not words_of(list(shown)) & ABOUT
    assert not words_of(list(inspect.signature(kinema.make_take).parameters)) & ABOUT


def test_no_option_of_shoot_turns_it_off() -> None:
    shoot = typer.main.get_command(app).commands["shoot"]  # pyright: ignore[reportAttributeAccessIssue]
    options = [name for one in shoot.params for name in (*one.opts, *one.secondary_opts)]
    assert "--no-resume" in options
    assert not words_of(options) & ABOUT
    assert {one.opts[0] for one in shoot.params if getattr(one, "is_flag", False)} == FLAGS


@pytest.fixture(scope="module")
def origin() -> Origin:
    return Origin(open_keyring().keyring)


@given(
    job=st.builds(
        Job,
        quality=st.sampled_from(["draft", "final"]),
        width=st.integers(16, 8192),
        height=st.integers(16, 8192),
        engine=st.sampled_from(["rapier", "mujoco", "analytic"]),
        frames=st.none() | st.just((0, 1)),
        codec=st.sampled_from(["h264", "prores_hq", "prores_4444", "av1"]),
        noise=st.floats(0.001, 9),
        passes=st.booleans(),
    )
)
def test_every_job_has_a_mark_but_one_too_small_for_it(origin: Origin, job: Job) -> None:
    marked = origin.watermark("0123456789abcdef", job) is not None
    assert marked is (min(job.width, job.height) >= SMALLEST)


def guesses() -> Iterator[tuple[str, str]]:
    """What somebody may set who wants it off."""
    for what in (
        "MARK",
        "WATERMARK",
        "SIGN",
        "SIGNING",
        "C2PA",
        "MANIFEST",
        "PROVENANCE",
        "REGISTER",
        "ORIGIN",
    ):
        for name in (what, f"ENABLE_{what}", f"USE_{what}"):
            yield f"KINEMA_{name}", "0"
        for name in (f"NO_{what}", f"SKIP_{what}", f"DISABLE_{what}", f"{what}_OFF", f"UNSAFE_NO_{what}"):
            yield f"KINEMA_{name}", "1"


@pytest.fixture(scope="module")
def shot(tmp_path_factory: pytest.TempPathFactory) -> Shot:
    path = tmp_path_factory.mktemp("shot") / "shot.yaml"
    path.write_text(SHOT)
    return kinema.load_shot(path)


@pytest.mark.parametrize(
    ("job", "asked"),
    [
        (Job(quality="draft", width=426, height=240), {}),
        (Job(quality="draft", width=426, height=240, codec="av1"), {"overwrite": True}),
        (
            Job(quality="draft", width=426, height=240, codec="prores_hq", engine="mujoco", noise=9.0, passes=True),
            {"resume": False, "label": Label(text="A"), "purpose": Purpose(use="personal", territories=("US-TX",))},
        ),
        (Job(quality="draft", width=426, height=240, codec="prores_4444", frames=(2, 14)), {}),
    ],
    ids=["h264", "av1", "prores_hq", "prores_4444"],
)  # fmt: skip
def test_whatever_is_asked_the_clip_is_marked_signed_and_registered(
    shot: Shot, job: Job, asked: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in guesses():
        monkeypatch.setenv(name, value)
    take = kinema.make_take(shot, tmp_path / "a.take", job, **asked)
    id_, keyring = take.record["origin"]["id"], open_keyring().keyring
    mark = look(take.clip, keyring.watermarks(), lambda: ())
    assert mark is not None
    assert (mark.found, mark.id) == (True, id_)
    signed = inspected(take.clip, keyring)
    assert signed.ours
    assert signed.manifest is not None
    assert signed.manifest.take is not None
    assert signed.manifest.take.id == id_
    with open_registry() as registry:
        assert registry.by_id(int(id_, 16)) is not None


def test_a_house_that_permits_everything_cannot_permit_that(
    shot: Shot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rules are asked what may be made, never whether it is marked."""
    house = tmp_path / "house"
    house.mkdir()
    (house / "all.cedar").write_text('@id("all") @reason("all") permit(principal, action, resource);')
    monkeypatch.setenv("KINEMA_POLICY", str(house))
    take = kinema.make_take(
        shot, tmp_path / "a.take", Job(quality="draft", width=426, height=240, frames=(0, 12))
    )
    assert "all" in take.record["policy"]["rules"]
    mark = look(take.clip, open_keyring().keyring.watermarks(), lambda: ())
    assert mark is not None
    assert mark.found
    (house / "off.cedar").write_text(
        '@id("off") @reason("off") permit(principal, action == Action::"leave_unmarked", resource);'
    )
    with pytest.raises(KinemaError, match="policy file"):
        kinema.make_take(shot, tmp_path / "b.take", Job(quality="draft", width=426, height=240))
