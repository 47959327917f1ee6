"""The Soft Binding Resolution API, through a client: answers, errors with their codes, and nothing kept of uploads."""

from __future__ import annotations

import base64
import logging
import tempfile
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kinema.media.encode import ClipWriter
from kinema.provenance.fingerprint.fingerprint import Fingerprint, asked, kept
from kinema.provenance.keys import Keyring, open_keyring
from kinema.provenance.log.checkpoint import LogKey
from kinema.provenance.log.proof import proves_consistency, proves_inclusion
from kinema.provenance.registry import Entry, Notice, Registry
from kinema.provenance.registry.binding import (
    FINGERPRINT,
    MOST_ASKED,
    Binding,
    Candidate,
    fingerprint_binding,
    watermark_binding,
)
from kinema.provenance.registry.database import open_database
from kinema.provenance.registry.entry import NoticeKind
from kinema.provenance.trace import trace

pytest.importorskip("fastapi")
from fastapi.testclient import TestClient

from kinema.provenance.registry.api import LARGEST_JSON, LONGEST_URL, Tracer, make_app

MARK = "io.kinema.test-mark.1"
CONTENT, TRACE = "/matches/byContent", "/trace"


def box(kind: str, content: bytes) -> bytes:
    return (len(content) + 8).to_bytes(4, "big") + kind.encode() + content


def manifest_box(label: str) -> bytes:
    return box(
        "jumb", box("jumd", b"c2ma" + bytes(12) + b"\x03" + label.encode() + b"\x00") + box("cbor", b"\xa0")
    )


PARENT, ACTIVE = manifest_box("urn:c2pa:parent"), manifest_box("urn:c2pa:1")
STORE = box("jumb", box("jumd", b"c2pa" + bytes(12) + b"\x03c2pa\x00") + PARENT + ACTIVE)


def write_clip(path: Path, seed: int, *, mirrored: bool = False) -> Path:
    """A second of clouds of their own that drift: detailed enough for a hash, and never alike for two seeds."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:120, 0:160] / 160
    waves = [(rng.normal(0, 20, 2), rng.uniform(0, 6.28), rng.uniform(6, 20)) for _ in range(24)]
    with ClipWriter(path, "h264", 160, 120, Fraction(24)) as writer:
        for n in range(24):
            luma = 128 + sum(a * np.sin(k[0] * (x + n / 900) + k[1] * y + p) for k, p, a in waves)
            frame = np.repeat(np.clip(luma, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
            writer.write(np.ascontiguousarray(frame[:, ::-1]) if mirrored else frame)
    return path


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("clips")
    return [write_clip(folder / f"{n}.mp4", n) for n in range(3)]


@pytest.fixture(scope="module")
def prints(clips: list[Path]) -> list[bytes]:
    return [kept(clip).to_bytes() for clip in clips[:2]]


@pytest.fixture
def registry(tmp_path: Path, prints: list[bytes], key: LogKey) -> Iterator[Registry]:
    with Registry.open(tmp_path / "registry.sqlite", key) as registry:
        for n, print_ in enumerate(prints, 1):
            registry.register(
                Entry(
                    id=n,
                    manifest_id=f"urn:c2pa:{n}",
                    manifest=STORE,
                    clip_hash=bytes(32),
                    fingerprint=print_,
                )
            )
        yield registry


@pytest.fixture
def client(registry: Registry) -> TestClient:
    return client_of(registry)


def client_of(
    registry: Registry,
    *more: Binding,
    tracer: Tracer = lambda _: {},
    token: str | None = None,
    largest: int = 1 << 20,
) -> TestClient:
    bindings = [fingerprint_binding(registry), *more]
    app = make_app(registry, bindings, tracer, token=token, largest_upload=largest)
    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture(scope="module")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    return open_keyring(tmp_path_factory.mktemp("ring") / "keys").keyring


def b64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def upload(client: TestClient, path: Path, kind: str = "video/mp4", to: str = CONTENT, **params: str | int):
    return client.post(to, params=params, content=path.read_bytes(), headers={"Content-Type": kind})


def test_a_clip_is_recognised_by_its_content(client: TestClient, clips: list[Path]) -> None:
    for n, clip in enumerate(clips, 1):
        answer = upload(client, clip)
        assert answer.status_code == 200
        found = [{"manifestId": f"urn:c2pa:{n}", "similarityScore": 100}] if n < 3 else []
        assert answer.json() == {"matches": found}


def test_a_mirrored_copy_is_recognised(client: TestClient, tmp_path: Path) -> None:
    mirrored = write_clip(tmp_path / "mirrored.mp4", 0, mirrored=True)
    assert upload(client, mirrored, alg=FINGERPRINT).json()["matches"][0]["manifestId"] == "urn:c2pa:1"


def test_bindings_lead_to_manifests(registry: Registry, clips: list[Path]) -> None:
    client = client_of(registry, watermark_binding(registry, MARK, lambda _: [Candidate(2, 0.9)]))
    by_mark = {"alg": MARK, "value": b64((2).to_bytes(8, "big"))}
    wanted = {"matches": [{"manifestId": "urn:c2pa:2", "similarityScore": 100}]}
    assert client.get("/matches/byBinding", params=by_mark).json() == wanted
    assert client.post("/matches/byBinding", json=by_mark).json() == wanted
    by_print = {"alg": FINGERPRINT, "value": b64(asked(clips[1]).to_bytes())}
    assert client.post("/matches/byBinding", json=by_print).json() == wanted
    nobody = {"alg": MARK, "value": b64((3).to_bytes(8, "big"))}
    assert client.get("/matches/byBinding", params=nobody).json() == {"matches": []}
    # The mark says 2, the picture 1: both, best first; a hint is believed as its own binding would be.
    both = upload(client, clips[0]).json()["matches"]
    assert [(m["manifestId"], m["similarityScore"]) for m in both] == [
        ("urn:c2pa:1", 100),
        ("urn:c2pa:2", 90),
    ]
    assert len(upload(client, clips[0], maxResults=1).json()["matches"]) == 1
    hinted = upload(client, clips[2], alg=FINGERPRINT, hintAlg=MARK, hintValue=by_mark["value"])
    assert hinted.json() == wanted


def test_manifests_come_whole_or_active(client: TestClient) -> None:
    answer = client.get("/manifests/urn:c2pa:1")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/c2pa"
    assert answer.content == STORE
    assert client.get("/manifests/urn:c2pa:1?returnActiveManifest=false").content == STORE
    assert client.get("/manifests/urn:c2pa:1?returnActiveManifest=true").content == ACTIVE
    assert client.get("/manifests/urn%3Ac2pa%3A1").content == STORE


def test_where_an_upload_comes_from(registry: Registry, keyring: Keyring, clips: list[Path]) -> None:
    """The service says what `trace` says: layer, score and p-value, and of a stranger's clip that it is not ours."""
    client = client_of(registry, tracer=lambda path: trace(path, keyring, registry).as_dict())
    for clip, verdict, id_ in ((clips[0], "recovered", f"{1:016x}"), (clips[2], "not ours", None)):
        answer = upload(client, clip, to=TRACE)
        assert answer.status_code == 200
        said: dict[str, Any] = answer.json()
        assert (said["verdict"], said["id"]) == (verdict, id_)
        assert said["file"] == "upload.mp4"  # whatever the sender calls it
        assert -6 < said["watermark"]["log10_p"] <= 0  # none of ours: it was told with its odds


def test_what_was_taken_down_is_recognised_and_not_vouched_for(
    registry: Registry, keyring: Keyring, clips: list[Path]
) -> None:
    mark = watermark_binding(registry, MARK, lambda _: [])
    client = client_of(registry, mark, tracer=lambda path: trace(path, keyring, registry).as_dict())
    by_mark = {"alg": MARK, "value": b64((1).to_bytes(8, "big"))}
    active = "/manifests/urn:c2pa:1?returnActiveManifest=true"
    found = {"manifestId": "urn:c2pa:1", "similarityScore": 100}
    steps: tuple[tuple[NoticeKind, bool], ...] = (("takedown", True), ("audit", True), ("restored", False))
    for kind, down in steps:
        registry.record(Notice(kind=kind, subject=f"{1:016x}", statement="notice 7"))
        told = {"matches": [found | {"takenDown": True} if down else found]}
        assert upload(client, clips[0]).json() == told
        assert client.get("/matches/byBinding", params=by_mark).json() == told
        assert [client.get(path).status_code for path in ("/manifests/urn:c2pa:1", active)] == (
            [451, 451] if down else [200, 200]
        )
        if kind == "audit":  # a search for marks takes seconds; each other step is asked as quickly above
            traced = upload(client, clips[0], to=TRACE).json()
            assert traced["taken_down"]
            assert "TAKEN DOWN: it must not be shown" in traced["words"]
    assert client.get("/manifests/urn:c2pa:2").status_code == 200  # of a clip that nobody took down


def test_algorithms_are_told(registry: Registry) -> None:
    client = client_of(registry, watermark_binding(registry, MARK, lambda _: []))
    assert client.get("/services/supportedAlgorithms").json() == {
        "watermarks": [{"alg": MARK}],
        "fingerprints": [{"alg": FINGERPRINT}],
    }


def test_errors_have_their_codes(client: TestClient, clips: list[Path], tmp_path: Path) -> None:
    good = b64(bytes(8))
    for path, code in {
        "/manifests/urn:c2pa:9": 404,
        "/nowhere": 404,
        "/manifests/urn:c2pa:1?returnActiveManifest=perhaps": 400,
        f"/matches/byBinding?alg={FINGERPRINT}": 400,
        f"/matches/byBinding?value={good}": 400,
        f"/matches/byBinding?alg=com.other&value={good}": 400,
        f"/matches/byBinding?alg={FINGERPRINT}&value=%C3%A4": 400,
        f"/matches/byBinding?alg={FINGERPRINT}&value={good}": 400,
        f"/matches/byBinding?alg={FINGERPRINT}&value={good}&maxResults=0": 400,
        f"/matches/byBinding?alg={FINGERPRINT}&value={'A' * LONGEST_URL}": 414,
        "/log/inclusion/2": 400,
        "/log/consistency?old=0&size=1": 400,
    }.items():
        answer = client.get(path)
        assert answer.status_code == code, path
        assert answer.headers["content-type"] == "application/json", path
        assert "Traceback" not in answer.text
    assert (
        client.post(
            "/matches/byBinding", content=b"{", headers={"Content-Type": "application/json"}
        ).status_code
        == 400
    )
    assert client.post("/matches/byBinding", content=iter([b"{}"])).status_code == 413  # of no stated length
    rows = MOST_ASKED + 1
    greedy = Fingerprint(np.zeros(rows, np.uint32), np.zeros(rows, np.uint8), np.zeros((rows, 4), np.uint64))
    asked_for = {"alg": FINGERPRINT, "value": b64(greedy.to_bytes())}
    assert client.post("/matches/byBinding", json=asked_for).status_code == 400
    assert (
        client.post("/matches/byBinding", json={"alg": "a", "value": "A" * LARGEST_JSON}).status_code == 413
    )
    assert upload(client, clips[0], "text/html").status_code == 415
    assert client.post("/matches/byContent", content=b"abc").status_code == 415
    assert (
        client.post("/matches/byContent", content=b"", headers={"Content-Type": "video/mp4"}).status_code
        == 400
    )
    assert upload(client, clips[0], alg="com.other").status_code == 400
    (tmp_path / "noise").write_bytes(np.random.default_rng(1).bytes(5000))
    unreadable = upload(client, tmp_path / "noise")
    assert unreadable.status_code == 415
    assert "upload" not in unreadable.text  # no path of ours


@pytest.mark.parametrize("path", [CONTENT, TRACE])
def test_uploads_are_limited_whether_or_not_they_say_their_size(registry: Registry, path: str) -> None:
    client = client_of(registry, largest=1000)
    head = {"Content-Type": "video/mp4"}
    assert client.post(path, content=bytes(1001), headers=head).status_code == 413
    assert client.post(path, content=iter([bytes(600)] * 2), headers=head).status_code == 413


def test_what_is_no_media_is_not_traced(registry: Registry, keyring: Keyring, tmp_path: Path) -> None:
    client = client_of(registry, tracer=lambda path: trace(path, keyring, registry).as_dict())
    noise, empty = tmp_path / "noise", tmp_path / "empty"
    noise.write_bytes(np.random.default_rng(1).bytes(5000))
    empty.touch()
    assert upload(client, noise, "text/html", to=TRACE).status_code == 415
    assert upload(client, empty, to=TRACE).status_code == 400
    for kind in (
        "video/mp4",
        "video/x-matroska",
        "image/png",
        "video/mp4; codecs=avc1",
        "video/" + "x" * 200,
    ):
        refused = upload(client, noise, kind, to=TRACE)
        assert refused.status_code == 415, kind
        assert set(refused.json()) == {"error"}
        assert "upload" not in refused.text  # no path of ours
    assert client.get(TRACE).status_code == 405
    assert upload(client_of(registry, token="a token that is long"), noise, to=TRACE).status_code == 401


def test_nothing_of_an_upload_is_kept_or_readable_by_others(
    registry: Registry, clips: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    seen: list[tuple[int, int, bytes]] = []

    def look(path: Path) -> list[Candidate]:
        rights = (path.parent.stat().st_mode & 0o777, path.stat().st_mode & 0o777)
        seen.append((*rights, path.read_bytes()))
        if len(seen) % 2 == 0:
            raise RuntimeError("the detector broke on /secret/path")
        return []

    before = sorted(tmp_path.rglob("*"))
    mark = watermark_binding(registry, MARK, look)
    client = client_of(registry, mark, tracer=lambda path: {"found": look(path)})
    for asked_for in ({"alg": MARK}, {"to": TRACE}):
        assert upload(client, clips[0], **asked_for).status_code == 200
        broken = upload(client, clips[0], **asked_for)
        assert (broken.status_code, broken.json()) == (500, {"error": "service failure"})
    assert seen == [(0o700, 0o600, clips[0].read_bytes())] * 4
    assert sorted(tmp_path.rglob("*")) == before


def test_an_altered_row_is_a_failure_and_not_an_answer(
    client: TestClient, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database = open_database(tmp_path / "registry.sqlite")
    database.run("UPDATE entry SET manifest = ? WHERE leaf = 0", b"forged")
    database.close()
    with caplog.at_level(logging.ERROR, "kinema.registry"):
        answer = client.get("/manifests/urn:c2pa:1")
    assert (answer.status_code, answer.json()) == (500, {"error": "service failure"})
    assert "verify-log" in caplog.text


def test_a_token_guards_everything_but_the_names(registry: Registry) -> None:
    client = client_of(registry, token="a token that is long")
    assert client.get("/services/supportedAlgorithms").status_code == 200
    for headers in ({}, {"Authorization": "Bearer another"}, {"Authorization": "Bearer "}):
        assert client.get("/manifests/urn:c2pa:1", headers=headers).status_code == 401
    bearer = {"Authorization": "Bearer a token that is long"}
    assert client.get("/manifests/urn:c2pa:1", headers=bearer).status_code == 200


def test_auditors_get_heads_and_proofs(client: TestClient, registry: Registry, key: LogKey) -> None:
    head = key.reader.checkpoint(client.get("/log/checkpoint").text)
    assert head.size == 2
    for leaf in range(2):
        proof = client.get(f"/log/inclusion/{leaf}").json()
        path = [bytes.fromhex(node) for node in proof["path"]]
        assert proves_inclusion(bytes.fromhex(proof["leaf"]), leaf, head.size, path, head.head)
    first = registry.receipt(0).leaf
    proof = [bytes.fromhex(node) for node in client.get("/log/consistency?old=1&size=2").json()["proof"]]
    assert proves_consistency(1, 2, first, head.head, proof)


@pytest.mark.parametrize(
    "store", [b"", b"x", bytes(100), STORE[:-1], box("jumb", b""), box("jumb", box("jumd", b""))]
)
def test_a_store_that_is_none_fails_as_such(
    tmp_path: Path, store: bytes, entries: Callable[[int], list[Entry]], key: LogKey
) -> None:
    (entry,) = entries(1)
    with Registry.open(tmp_path / "registry.sqlite", key) as registry:
        registry.register(Entry(**{**vars(entry), "manifest": store}))
        client = client_of(registry)
        assert client.get(f"/manifests/{entry.manifest_id}").content == store
        assert client.get(f"/manifests/{entry.manifest_id}?returnActiveManifest=true").status_code == 500
