"""Files that were made to hurt whoever reads them."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from kinema.errors import ProvenanceError
from kinema.provenance.keys import Keyring
from kinema.provenance.manifest import apart
from kinema.provenance.manifest.apart import read_apart
from kinema.provenance.manifest.inspection import inspect
from kinema.provenance.manifest.sdk import UnreadableManifestError, read
from kinema.provenance.manifest.seal import seal_child

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
    monkeypatch.setattr(apart, "SECONDS", 0.001)
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
