"""Signed heads: the public vector of signed notes, and everything that must not pass for one."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from kinema.errors import ProvenanceError
from kinema.provenance.log.anchor import Anchor
from kinema.provenance.log.checkpoint import Checkpoint, LogKey, LogReader
from kinema.provenance.log.key_file import log_key_at, named_after

KEY = named_after(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
NOTE = KEY.sign(Checkpoint(KEY.name, 42, bytes(range(32))).text())

# The key pair, text and signature of the example in golang.org/x/mod/sumdb/note, where the format comes from.
SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
SIGNED = (
    "\n— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_public_vector_of_signed_notes() -> None:
    key = LogKey("PeterNeumann", Ed25519PrivateKey.from_private_bytes(SEED))
    assert key.reader.vkey() == VKEY
    assert key.sign(TEXT) == TEXT + SIGNED
    assert key.reader.open(TEXT + SIGNED) == TEXT


@given(st.text("abcdefgh/.", min_size=1), st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_checkpoints_come_back(origin: str, size: int, head: bytes) -> None:
    checkpoint = Checkpoint(origin, size, head)
    assert KEY.reader.checkpoint(KEY.sign(checkpoint.text())) == checkpoint


@given(st.integers(0, len(NOTE) - 1), st.characters(codec="utf-8"))
def test_any_changed_character_is_refused(place: int, letter: str) -> None:
    """A base64 text has spare bits at its end, so the signature's last letters may differ and mean the same bytes; what
    must never differ is what the note says."""
    changed = NOTE[:place] + letter + NOTE[place + 1 :]
    try:
        read = KEY.reader.checkpoint(changed)
    except ProvenanceError:
        return
    assert read == Checkpoint(KEY.name, 42, bytes(range(32)))


@given(st.text())
def test_no_text_is_taken_for_a_note(text: str) -> None:
    with pytest.raises(ProvenanceError):
        KEY.reader.checkpoint(text)


def test_another_key_of_the_same_name_is_refused() -> None:
    other = LogKey(KEY.name, Ed25519PrivateKey.generate())
    with pytest.raises(ProvenanceError, match="signature"):
        KEY.reader.open(other.sign(TEXT))


def test_a_signed_text_that_is_no_head_is_refused() -> None:
    for text in (TEXT, "log\n-1\n" + "A" * 43 + "=\n", "log\n1\nAAAA\n", "log\n01\n" + "A" * 43 + "=\n"):
        with pytest.raises(ProvenanceError, match="checkpoint"):
            KEY.reader.checkpoint(KEY.sign(text))


def test_signatures_of_witnesses_may_stand_beside_ours() -> None:
    witness = LogKey("witness", Ed25519PrivateKey.generate())
    line = witness.sign(Checkpoint(KEY.name, 42, bytes(range(32))).text()).splitlines()[-1]
    assert KEY.reader.checkpoint(f"{NOTE}{line}\n").size == 42
    assert LogReader("witness", witness.reader.public).checkpoint(f"{NOTE}{line}\n").size == 42


def test_the_key_is_private_and_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "new" / "log.key"
    key = log_key_at(path)
    assert log_key_at(path).reader.vkey() == key.reader.vkey()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert repr(key) == f"LogKey({key.name})"
    path.chmod(0o644)
    with pytest.raises(ProvenanceError, match="chmod 600"):
        log_key_at(path)


def test_what_is_no_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    path.write_bytes(b"-----BEGIN PRIVATE KEY-----\nnonsense\n")
    path.chmod(0o600)
    with pytest.raises(ProvenanceError, match="Ed25519"):
        log_key_at(path)


def test_anchors_come_back_in_order(tmp_path: Path) -> None:
    anchor = Anchor(tmp_path / "elsewhere" / "anchor")
    assert anchor.notes() == []
    notes = [KEY.sign(Checkpoint(KEY.name, size, bytes(32)).text()) for size in range(5)]
    for note in notes:
        anchor.append(note)
    assert anchor.notes() == anchor.newest() == notes
    assert anchor.path.stat().st_mode & 0o777 == 0o600


def test_the_newest_anchors_are_read_from_the_end(tmp_path: Path) -> None:
    """Wherever the end that is read begins: in a text, in a signature, between the bytes of its dash."""
    anchor = Anchor(tmp_path / "anchor")
    notes = [KEY.sign(Checkpoint(KEY.name, 10**size, bytes(32)).text()) for size in range(60)]
    for count, note in enumerate(notes, 1):
        anchor.append(note)
        newest = anchor.newest()
        assert len(newest) >= min(count, 12)
        assert newest == notes[count - len(newest) : count]


@pytest.mark.parametrize("content", [b"\xff\xfe", b"half a note\n", b"a\n\nb\n", b"a\n\nb\n\nc\n\n"])
def test_a_broken_anchor_is_said_to_be(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "anchor").write_bytes(content)
    with pytest.raises(ProvenanceError, match="anchor"):
        Anchor(tmp_path / "anchor").notes()
    with pytest.raises(ProvenanceError, match="anchor"):
        Anchor(tmp_path / "anchor").newest()
