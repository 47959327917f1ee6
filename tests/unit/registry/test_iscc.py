"""The ISCC in manifest, registry and API: stated once, found within the radius, and nowhere where it is not stated."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kinema.physics.tape import file_hash
from kinema.provenance.iscc import code
from kinema.provenance.iscc.code import iscc_of
from kinema.provenance.iscc.units import ALG, units_of
from kinema.provenance.keys import Keyring, open_keyring
from kinema.provenance.log.checkpoint import LogKey
from kinema.provenance.manifest.conformance import failures_of
from kinema.provenance.manifest.facts import WATERMARK_ALG, SoftBinding, TakeFacts, Verdict
from kinema.provenance.manifest.inspection import inspect
from kinema.provenance.manifest.sdk import read
from kinema.provenance.manifest.seal import Sealed, seal_take
from kinema.provenance.registry import Entry, Registry
from kinema.provenance.registry.iscc import RADIUS, iscc_binding, iscc_in

pytest.importorskip("cbor2")

VIDEO, INSTANCE = b"\x23\x07", b"\x40\x07"
BODY = bytes(range(100, 132))
SEQUENCE = VIDEO + BODY + INSTANCE + bytes(range(32))


@pytest.fixture(scope="module")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    return open_keyring(tmp_path_factory.mktemp("ring") / "keys").keyring


@pytest.fixture(scope="module")
def seal(draw_clip: Callable[[Path], Path], keyring: Keyring, tmp_path_factory) -> Callable[..., Sealed]:
    """Draw and seal a take; `iscc` is stated of it."""

    def make(id_: int, iscc: bytes | None = None) -> Sealed:
        clip = draw_clip(tmp_path_factory.mktemp("sealed") / "clip.mp4")
        facts: dict[str, Any] = {
            **{"id": f"{id_:016x}", "drawn_by": "preview", "renderer": "preview", "engine": "rapier"},
            **{"shot": "a" * 64, "tape": "b" * 64, "clip": file_hash(clip), "seeds": {}, "versions": {}},
            **{"verdict": Verdict(passed=True, checks=1), "binding": SoftBinding(value="ASNFZ4mrze8=")},
        }
        return seal_take(clip, TakeFacts(**facts), keyring, iscc=iscc)

    return make


@pytest.fixture(scope="module")
def stated(seal: Callable[..., Sealed]) -> Sealed:
    return seal(1, SEQUENCE)


@pytest.fixture(scope="module")
def silent(seal: Callable[..., Sealed]) -> Sealed:
    return seal(2)


@pytest.fixture
def registry(tmp_path: Path, key: LogKey, stated: Sealed, silent: Sealed) -> Iterator[Registry]:
    with Registry.open(tmp_path / "registry.sqlite", key) as registry:
        register(registry, 1, stated.manifest_bytes)
        register(registry, 2, silent.manifest_bytes)
        register(registry, 3, b"no manifest at all")
        yield registry


def register(registry: Registry, id_: int, manifest: bytes) -> None:
    registry.register(
        Entry(id=id_, manifest_id=f"urn:c2pa:{id_}", manifest=manifest, clip_hash=bytes(32), fingerprint=b"")
    )


def flipped(body: bytes, bits: int) -> bytes:
    """The same but for so many bits, spread over it."""
    raw = np.unpackbits(np.frombuffer(body, np.uint8))
    raw[np.arange(bits) * 5] ^= 1
    return np.packbits(raw).tobytes()


def test_a_manifest_states_it_beside_the_watermark(stated: Sealed, keyring: Keyring) -> None:
    found = inspect(stated.clip, keyring)
    assert found.state == "trusted"
    assert found.manifest is not None
    assert [binding.alg for binding in found.manifest.bindings] == [WATERMARK_ALG, ALG]
    assert base64.b64decode(found.manifest.bindings[1].value) == SEQUENCE
    assert list(iscc_in(stated.manifest_bytes)) == [SEQUENCE]


def test_a_manifest_with_it_passes_all_31_checks(stated: Sealed, keyring: Keyring) -> None:
    found = read(stated.clip, keyring.anchors)
    assert found is not None
    assert failures_of(found.crjson) == ()


def test_a_manifest_without_it_is_as_it_was(stated: Sealed, silent: Sealed, keyring: Keyring) -> None:
    one, other = (read(sealed.clip, keyring.anchors) for sealed in (stated, silent))
    assert one is not None
    assert other is not None
    labels = [set(found.crjson["manifests"][0]["assertions"]) for found in (one, other)]
    assert labels[0] - labels[1] == {"c2pa.soft-binding__1"}
    assert labels[1] < labels[0]
    assert list(iscc_in(silent.manifest_bytes)) == []


@pytest.mark.parametrize(
    ("bits", "found"), [(0, 0.99), (1, 0.99), (10, 1 - 10 / 256), (RADIUS, 1 - RADIUS / 256)]
)
def test_near_codes_lead_to_the_clip(registry: Registry, bits: int, found: float) -> None:
    asked = VIDEO + flipped(BODY, bits)
    assert [(one.id, one.score) for one in iscc_binding(registry).resolve(asked)] == [(1, found)]


def test_far_short_and_flat_codes_lead_nowhere(registry: Registry) -> None:
    binding = iscc_binding(registry)
    assert not binding.resolve(VIDEO + flipped(BODY, RADIUS + 1))
    assert not binding.resolve(b"\x23\x01" + BODY[:8])  # 64 bits, which IEP-0020 has ignored
    assert not binding.resolve(b"\x20\x07" + BODY)  # a Content-Code Text
    assert not binding.resolve(VIDEO + bytes(32))
    assert not binding.resolve(INSTANCE + BODY)


def test_the_same_bytes_are_certain(registry: Registry) -> None:
    found = iscc_binding(registry).resolve(SEQUENCE)
    assert [(one.id, one.score) for one in found] == [(1, 0.99), (1, 1.0)]


def test_what_is_registered_later_is_found_too(registry: Registry, seal: Callable[..., Sealed]) -> None:
    binding, other = iscc_binding(registry), VIDEO + flipped(BODY, 50)
    assert not binding.resolve(other)
    register(registry, 4, seal(4, other).manifest_bytes)
    assert [(one.id, one.score) for one in binding.resolve(other)] == [(4, 0.99)]
    assert [one.id for one in binding.resolve(VIDEO + BODY)] == [1]


def test_no_damage_is_more_than_silence(stated: Sealed) -> None:
    """Of every byte of the assertion and of a thousand others: it says the same, something else or nothing."""
    store = stated.manifest_bytes
    place = store.index(ALG.encode()) - 40
    rng = np.random.default_rng(5)
    for at in [*range(place, place + 160), *rng.integers(0, len(store), 1000)]:
        damaged = bytearray(store)
        damaged[at] ^= int(rng.integers(1, 256))
        assert len(list(iscc_in(bytes(damaged)))) <= 1
    for end in range(0, len(store), 97):
        assert list(iscc_in(store[:end])) in ([], [SEQUENCE])


# Through the API, with real codes


@pytest.fixture
def client(registry: Registry) -> Any:
    pytest.importorskip("fastapi")
    from fastapi.testclient import TestClient

    from kinema.provenance.registry.api import make_app

    return TestClient(
        make_app(registry, [iscc_binding(registry)], lambda _: {}), raise_server_exceptions=False
    )


def test_the_service_answers_by_binding(client: Any) -> None:
    assert client.get("/services/supportedAlgorithms").json()["fingerprints"] == [{"alg": ALG}]
    value = base64.b64encode(VIDEO + flipped(BODY, 20)).decode()
    answer = client.get("/matches/byBinding", params={"alg": ALG, "value": value}).json()
    assert answer == {"matches": [{"manifestId": "urn:c2pa:1", "similarityScore": 92}]}
    wrong = client.get("/matches/byBinding", params={"alg": ALG, "value": base64.b64encode(BODY).decode()})
    assert wrong.status_code == 400
    assert "ISCC-SEQ" in wrong.json()["error"]
    long = client.post(
        "/matches/byBinding", json={"alg": ALG, "value": base64.b64encode(121 * (VIDEO + BODY)).decode()}
    )
    assert long.status_code == 400
    assert "at most 4096 bytes" in long.json()["error"]


def test_the_service_answers_by_content(
    client: Any,
    registry: Registry,
    seal: Callable[..., Sealed],
    draw_clip: Callable[[Path], Path],
    tmp_path: Path,
) -> None:
    pytest.importorskip("iscc_lib")
    clip = draw_clip(tmp_path / "clip.mp4")
    sequence = iscc_of(clip)
    assert sequence is not None
    assert [unit.kind for unit in units_of(sequence)] == ["video", "instance"]
    register(registry, 9, seal(9, sequence).manifest_bytes)
    answer = client.post(
        "/matches/byContent",
        params={"alg": ALG},
        content=clip.read_bytes(),
        headers={"Content-Type": "video/mp4"},
    )
    assert answer.json() == {"matches": [{"manifestId": "urn:c2pa:9", "similarityScore": 99}]}


def test_it_is_offered_where_it_can_be_computed(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("iscc_lib")
    from kinema.cli_registry import bindings_of

    monkeypatch.setenv("KINEMA_KEYS", str(tmp_path / "keys"))
    ours = [binding.alg for binding in bindings_of(registry)]
    monkeypatch.setattr(code, "find_spec", lambda _: None)
    assert [binding.alg for binding in bindings_of(registry)] == [alg for alg in ours if alg != ALG]
    assert ours[-1] == ALG
