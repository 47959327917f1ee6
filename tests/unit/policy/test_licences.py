"""Licences: names are read as SPDX writes them, and everything that ships has one."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinema.diffusion.dataset.clip import Format
from kinema.diffusion.dataset.make import Order, make_dataset
from kinema.folder import TakeFolder
from kinema.policy.licences import Entry, of_dataset, of_shot, of_take, shipped
from kinema.policy.spdx import KNOWN, read_licence
from kinema.shot.files import parse_shot

SHOT = (
    "bodies: [{name: hero, shape: {kind: mesh, file: hero.glb}, material: oak}]\n"
    "lights: [{name: sky, kind: environment, file: sky.exr}]\n"
)


@pytest.mark.parametrize(
    ("text", "names", "noncommercial", "no_derivatives"),
    [
        ("MIT", ("MIT",), False, False),
        ("apache-2.0", ("Apache-2.0",), False, False),
        ("MIT OR Apache-2.0", ("MIT", "Apache-2.0"), False, False),
        ("(MIT AND CC-BY-4.0)", ("MIT", "CC-BY-4.0"), False, False),
        ("CC-BY-NC-4.0", ("CC-BY-NC-4.0",), True, False),
        ("CC-BY-NC-ND-4.0 AND MIT", ("CC-BY-NC-ND-4.0", "MIT"), True, True),
        ("CC-BY-NC-4.0 OR MIT", ("CC-BY-NC-4.0", "MIT"), False, False),
        ("CC-BY-NC-4.0 AND CC0-1.0 OR MIT", ("CC-BY-NC-4.0", "CC0-1.0", "MIT"), True, False),
        ("GPL-2.0-only WITH Classpath-exception-2.0", ("GPL-2.0-only",), False, False),
        ("LicenseRef-House-1", ("LicenseRef-House-1",), False, False),
        ("contract:2026/17", ("contract:2026/17",), False, False),
    ],
)
def test_expressions(text: str, names: tuple[str, ...], noncommercial: bool, no_derivatives: bool) -> None:
    licence = read_licence(text)
    assert licence.names == names
    assert licence.noncommercial is noncommercial
    assert licence.no_derivatives is no_derivatives


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "free",
        "MIT AND",
        "OR MIT",
        "MIT MIT",
        "(MIT",
        "MIT)",
        "()",
        "contract:",
        "MIT, BSD",
        "MIT WITH",
    ],
)
def test_what_is_no_licence(text: str) -> None:
    with pytest.raises(ValueError, match=r"licence|soon|nothing|empty"):
        read_licence(text)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(ValueError):
        assert read_licence(text).names


@given(
    st.lists(st.sampled_from(sorted(KNOWN.values())), min_size=1, max_size=5), st.sampled_from(["AND", "OR"])
)
def test_a_joined_list_is_its_names(names: list[str], join: str) -> None:
    assert read_licence(f" {join} ".join(names)).names == tuple(dict.fromkeys(names))


def test_everything_that_ships_is_known() -> None:
    entries = list(shipped())
    assert {e.name: e.unknown for e in entries if e.unknown} == {}
    kinds = {entry.kind for entry in entries}
    assert {"weights", "font", "texture", "training", "words", "rules"} <= kinds
    assert len({entry.name for entry in entries}) == len(entries)


def test_a_file_that_nobody_vouches_for_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    from kinema.policy import licences

    ledger = licences._ledger()
    del ledger["shipped"]["shot/units.txt"]
    monkeypatch.setattr(licences, "_ledger", lambda: ledger)
    assert [e.name for e in shipped() if e.unknown] == ["shot/units.txt"]


def test_no_pattern_of_the_ledger_is_idle() -> None:
    """A pattern that covers nothing would cover the next file that happens to fit."""
    from fnmatch import fnmatchcase

    from kinema.policy.licences import _ledger

    names = [entry.name for entry in shipped()]
    assert [glob for glob in _ledger()["shipped"] if not any(fnmatchcase(n, glob) for n in names)] == []


def test_files_of_a_shot_need_source_licence_and_hash(tmp_path: Path) -> None:
    (tmp_path / "hero.glb").write_bytes(b"mesh")
    entries = {e.name: e for e in of_shot(parse_shot(SHOT), tmp_path)}
    assert entries["hero.glb"].unknown == ("no source", "no licence")
    assert entries["sky.exr"].unknown == ("no source", "no licence", "no sha256")
    assert entries["procedural textures"].unknown == ()
    stated = parse_shot(
        SHOT + "assets: {hero.glb: {source: shop, licence: MIT}, sky.exr: {source: a, licence: b}}\n"
    )
    entries = {e.name: e for e in of_shot(stated, tmp_path)}
    assert entries["hero.glb"].unknown == ()
    assert "SPDX" in entries["sky.exr"].unknown[1]


def test_an_altered_file_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "hero.glb").write_bytes(b"mesh")
    wrong = f"assets: {{hero.glb: {{source: shop, licence: MIT, sha256: '{'0' * 64}'}}}}\n"
    entry = next(iter(of_shot(parse_shot(SHOT + wrong), tmp_path)))
    assert entry.unknown == ("not the file whose hash is stated",)


def test_weights_of_a_take_are_in_its_ledger(tmp_path: Path) -> None:
    take = TakeFolder(tmp_path)
    parts = [{"name": "a/model", "licence": "their own words", "sha256": "1" * 64},
             {"name": "b/model", "licence": "unknown", "sha256": "2" * 64}]  # fmt: skip
    take.record.write_text(json.dumps({"ingredients": parts}))
    shot = parse_shot(
        "bodies: [{name: a, shape: {kind: plane}, material: steel}]\nlights: [{name: s, kind: sun}]\n"
    )
    assert [(e.name, e.unknown) for e in of_take(take, shot)] == [
        ("a/model", ()),
        ("b/model", ("no licence",)),
    ]


def test_every_clip_of_a_training_set_is_in_its_ledger(tmp_path: Path) -> None:
    order = Order(
        Format(64, 64, 9, ("ink",)), {"train": 1, "held_out": 0, "out_of_distribution": 0}, seed=5, shard=1
    )
    make_dataset(order, tmp_path)
    (entry,) = of_dataset(tmp_path)
    assert (entry.licence, entry.unknown) == ("CC0-1.0", ())
    assert entry.source.startswith("kinema")


def test_a_replaced_font_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    from kinema.policy import licences

    ledger = licences._ledger()
    ledger["shipped"]["policy/fonts/dejavu_sans_subset.ttf"]["sha256"] = "0" * 64
    monkeypatch.setattr(licences, "_ledger", lambda: ledger)
    assert [e.name for e in shipped() if e.unknown] == ["policy/fonts/dejavu_sans_subset.ttf"]


def test_an_entry_without_anything_is_not_known() -> None:
    entry = Entry(name="a", kind="file", source="", licence="", sha256="")
    assert entry.unknown == ("no source", "no licence", "no sha256")
