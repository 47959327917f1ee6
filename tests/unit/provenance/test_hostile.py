"""Files that were made to hurt whoever reads them."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinema.errors import ProvenanceError
from kinema.provenance.keys import Keyring
from kinema.provenance.manifest import apart
from kinema.provenance.manifest.apart import read_apart
from kinema.provenance.manifest.facts import LABEL
from kinema.provenance.manifest.foreign import LONGEST, items, table, text
from kinema.provenance.manifest.inspection import inspect, judged
from kinema.provenance.manifest.sdk import Stored, UnreadableManifestError, read
from kinema.provenance.manifest.seal import seal_child
from kinema.provenance.manifest.source_type import IPTC

MANGLED = 2000


def test_mangled_files_neither_crash_nor_hang(take, keyring: Keyring, tmp_path: Path) -> None:
    """Two thousand, read by the process that strangers' files are read by; it may end, and is then started again."""
    anchors = tmp_path / "anchors.pem"
    anchors.write_text(keyring.anchors)
    seen: list[tuple[str, float]] = []
    ended = 0
    while len(seen) < MANGLED:
        command = [Path(__file__).with_name("mangle.py"), take.sealed.clip, anchors, len(seen), MANGLED]
        done = subprocess.run(
            [sys.executable, *map(str, command)], capture_output=True, text=True, timeout=300, check=False
        )
        seen += [(state, float(seconds)) for _, state, seconds in map(str.split, done.stdout.splitlines())]
        if done.returncode:
            assert "Traceback" not in done.stderr, done.stderr
            assert "memory allocation" in done.stderr, done.stderr  # the limit, and no fault of the parser
            seen.append(("ended", 0.0))
            ended += 1
    assert {state for state, _ in seen} <= {
        "Trusted",
        "Valid",
        "Invalid",
        "unreadable",
        "none",
        "remote",
        "ended",
    }
    assert max(seconds for _, seconds in seen) < 10
    assert ended < MANGLED / 100
    assert sum(state in ("Invalid", "unreadable") for state, _ in seen) > MANGLED / 2  # the damage was seen


def hungry(clip: bytes) -> bytes:
    """One byte of our statement changed: the head of a text of eight letters, 68, into 7A, after which the letters
    `cons` are read as its length, 1.7 GB (RFC 8949, 3.1). The SDK makes room for it before it looks."""
    at = clip.index(b"consents") - 1
    assert clip[at] == 0x68
    return clip[:at] + b"\x7a" + clip[at + 1 :]


def test_file_that_asks_for_gigabytes_is_cheap(take, keyring: Keyring, tmp_path: Path) -> None:
    path = tmp_path / "hungry.mp4"
    path.write_bytes(hungry(take.sealed.clip.read_bytes()))
    began = time.monotonic()
    assert inspect(path, keyring).state == "invalid"
    assert time.monotonic() - began < 10


def test_reader_that_takes_too_long_is_ended(take, keyring: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "PATIENCE", 0.0001)
    with pytest.raises(UnreadableManifestError, match="longer than"):
        read_apart(take.sealed.clip, keyring.anchors)


def test_reader_that_dies_is_no_traceback(take, keyring: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONMALLOC", "no such allocator")  # Python itself refuses to start
    found = inspect(take.sealed.clip, keyring)
    assert (found.state, found.manifest) == ("invalid", None)
    assert "crashes the reader" in found.words


def test_reading_apart_reads_the_same(take, keyring: Keyring) -> None:
    """But for the moment of validation."""
    here, there = (how(take.sealed.clip, keyring.anchors) for how in (read, read_apart))
    assert here is not None
    assert there is not None
    assert (here.state, here.active, here.manifests, here.results) == (
        there.state,
        there.active,
        there.manifests,
        there.results,
    )


def test_reader_is_told_no_secret(take, keyring: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    told = {}
    run = subprocess.run

    def watched(*words, **more):
        told.update(more)
        return run(*words, **more)

    monkeypatch.setenv("KINEMA_HSM_PIN", "123456")
    monkeypatch.setattr(subprocess, "run", watched)
    inspect(take.sealed.clip, keyring)
    assert not [name for name in told["env"] if name.startswith("KINEMA_")]
    assert b"PRIVATE" not in told["input"]


def test_hungry_parent_is_refused_before_it_is_signed(take, keyring: Keyring, tmp_path: Path) -> None:
    """Signing reads inputs in this process: what is malformed must not come that far."""
    path = tmp_path / "hungry.mp4"
    path.write_bytes(hungry(take.sealed.clip.read_bytes()))
    with pytest.raises(ProvenanceError, match="can be read, or none"):
        seal_child(take.raw, tmp_path / "out.mp4", keyring, parent=path)


def test_every_part_of_a_strangers_manifest_may_be_anything(take, keyring: Keyring) -> None:
    """Each value that the SDK reports, one after the other, replaced by a number, a text, a list and an object."""
    stored = read(take.sealed.clip, keyring.anchors)
    assert stored is not None
    plain = asdict(stored)
    for path in [path for path in paths(plain) if path[0] in ("manifests", "results") and len(path) > 1]:
        for value in (0, "x", [None], {"x": None}):
            tree = deepcopy(plain)
            part = tree
            for step in path[:-1]:
                part = part[step]
            part[path[-1]] = value
            assert judged(Stored(**tree), keyring, "embedded").words


def paths(value: Any, above: tuple = ()) -> Iterator[tuple]:
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, below in steps:
        yield (*above, step)
        yield from paths(below, (*above, step))


def test_strangers_assertions_may_say_anything(take, keyring: Keyring, tmp_path: Path) -> None:
    """Signed, so that the SDK takes them: a binding without end, a statement that is none, a name that steers."""
    import c2pa

    created = {"action": "c2pa.created", "digitalSourceType": f"{IPTC}algorithmicMedia"}
    said = {
        "claim_generator_info": [{"name": "\x1b[2Jkinema", "version": "9" * 4000}],
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": [created]}},
            {
                "label": "c2pa.soft-binding",
                "data": {"alg": "org.x", "blocks": [{"scope": {}, "value": "y" * 9000}]},
            },
            {"label": LABEL, "data": {"schema": "kinema.take/1", "id": "<script>"}},
        ],
    }
    clip, claim = tmp_path / "clip.mp4", keyring.claim
    signer = c2pa.Signer.from_callback(claim.sign, c2pa.C2paSigningAlg.ES256, claim.chain.decode(), None)
    with c2pa.Builder(said) as builder, take.raw.open("rb") as source, clip.open("w+b") as target:
        builder.sign(signer, "video/mp4", source, target)
    found = inspect(clip, keyring).manifest
    assert found is not None
    assert found.take is None
    assert [(one.alg, len(one.value)) for one in found.bindings] == [("org.x", LONGEST)]
    assert found.generator.startswith("[2Jkinema 9")
    assert len(found.generator) < 2 * LONGEST
    assert "\x1b" not in found.generator


@given(st.one_of(st.text(), st.integers(), st.lists(st.text()), st.dictionaries(st.text(), st.text())))
def test_foreign_json_is_what_it_should_be_or_nothing(value: object) -> None:
    assert isinstance(table(value), dict)
    assert isinstance(items(value), list)
    shown = text(value)
    assert len(shown) <= LONGEST
    assert shown.isprintable()
