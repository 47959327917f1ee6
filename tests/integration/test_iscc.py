"""A take and its ISCC: stated and found where it can be computed; without it the same take, id and pixels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import kinema
from kinema.provenance.iscc import code
from kinema.provenance.iscc.code import iscc_of
from kinema.provenance.iscc.units import ALG
from kinema.provenance.keys import open_keyring
from kinema.provenance.manifest.inspection import Manifest, inspect
from kinema.provenance.registry import Entry, Registry, open_registry
from kinema.provenance.registry.iscc import iscc_binding, iscc_in
from kinema.take import Take

SHOT = """
schema: kinema.shot/1
timing: {fps: 12, frames: 12}
bodies:
- {name: floor, shape: {kind: plane}, material: concrete}
- {name: ball, shape: {kind: sphere, radius: 0.3}, material: rubber, position: [0, 0, 1.2]}
- {name: block, shape: {kind: box, size: [0.5, 0.5, 0.5]}, material: oak, position: [0.8, 0.2, 0.25]}
lights:
- {kind: sun, name: sun, elevation: 35, azimuth: 240}
- {kind: sky, name: sky}
camera: {position: [0, -3, 1.4], aim: ball, f_stop: 16}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("iscc")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KINEMA_KEYS", str(folder / "keys"))
        patch.setenv("KINEMA_REGISTRY", str(folder / "registry.sqlite"))
        patch.setenv("KINEMA_REGISTRY_ANCHOR", str(folder / "registry.anchor"))
        yield folder


def made(home: Path, name: str) -> Take:
    (home / "shot.yaml").write_text(SHOT)
    job = kinema.Job(quality="draft", width=160, height=90)
    return kinema.make_take(kinema.load_shot(home / "shot.yaml"), home / name, job)


@pytest.fixture(scope="module")
def take(home: Path) -> Take:
    pytest.importorskip("iscc_lib")
    return made(home, "with.take")


def manifest_of(take: Take) -> Manifest:
    found = inspect(take.clip, open_keyring().keyring).manifest
    assert found is not None
    return found


def stored(registry: Registry, take: Take) -> bytes:
    record = registry.by_id(int(take.record["origin"]["id"], 16))
    assert record is not None
    assert isinstance(record.content, Entry)
    return record.content.manifest


def test_a_take_states_its_iscc_and_is_found_by_it(take: Take) -> None:
    assert ALG in [binding.alg for binding in manifest_of(take).bindings]
    with open_registry() as registry:
        (stated,) = iscc_in(stored(registry, take))
        # Signing changes bytes and no picture: the signed clip has the same Video-Code, and another Instance-Code.
        signed = iscc_of(take.clip)
        assert signed is not None
        assert (signed[:34], signed[34:36]) == (stated[:34], stated[34:36])
        assert signed[36:] != stated[36:]
        found = iscc_binding(registry)
        assert [f"{one.id:016x}" for one in found.recognise(take.clip)] == [take.record["origin"]["id"]]
        assert max(one.score for one in found.resolve(stated)) == 1


def test_without_iscc_lib_it_is_the_same_take(
    take: Take, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KINEMA_REGISTRY", str(tmp_path / "registry.sqlite"))
    monkeypatch.setenv("KINEMA_REGISTRY_ANCHOR", str(tmp_path / "registry.anchor"))
    monkeypatch.setattr(code, "find_spec", lambda _: None)
    without = made(home, "without.take")
    assert without.record["hashes"] == take.record["hashes"]
    assert without.record["versions"] == take.record["versions"]
    assert without.record["origin"]["id"] == take.record["origin"]["id"]
    with_, without_ = manifest_of(take), manifest_of(without)
    assert [b for b in with_.bindings if b.alg != ALG] == list(without_.bindings)
    assert with_.take is not None
    assert without_.take is not None
    assert with_.take.model_copy(update={"cost": {}}) == without_.take.model_copy(update={"cost": {}})
    with open_registry() as registry:
        assert list(iscc_in(stored(registry, without))) == []
