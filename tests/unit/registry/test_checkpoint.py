"""Signed heads: the public vector of signed notes, and everything that must not pass for one."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from kinema.errors import ProvenanceError
from kinema.provenance.keys import Keyring, open_keyring
from kinema.provenance.keys.ceremony import distrust, rotate
from kinema.provenance.log.anchor import Anchor
from kinema.provenance.log.checkpoint import Checkpoint, LogKey, LogReader, log_key


def key_of(name: str, private: Ed25519PrivateKey) -> LogKey:
    """A log of one key in memory, as the public vector needs it."""
    return LogKey(LogReader(name, (private.public_key().public_bytes_raw(),)), private.sign)


NAME = "kinema.registry/0f2a77c1"
KEY = key_of(NAME, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
NOTE = KEY.sign(Checkpoint(NAME, 42, bytes(range(32))).text())

# The key pair, text and signature of the example in golang.org/x/mod/sumdb/note, where the format comes from.
SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
SIGNED = (
    "\n— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_public_vector_of_signed_notes() -> None:
    key = key_of("PeterNeumann", Ed25519PrivateKey.from_private_bytes(SEED))
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
    assert read == Checkpoint(NAME, 42, bytes(range(32)))


@given(st.text())
def test_no_text_is_taken_for_a_note(text: str) -> None:
    with pytest.raises(ProvenanceError):
        KEY.reader.checkpoint(text)


def test_another_key_of_the_same_name_is_refused() -> None:
    other = key_of(NAME, Ed25519PrivateKey.generate())
    with pytest.raises(ProvenanceError, match="signature"):
        KEY.reader.open(other.sign(TEXT))


def test_a_signed_text_that_is_no_head_is_refused() -> None:
    for text in (TEXT, "log\n-1\n" + "A" * 43 + "=\n", "log\n1\nAAAA\n", "log\n01\n" + "A" * 43 + "=\n"):
        with pytest.raises(ProvenanceError, match="checkpoint"):
            KEY.reader.checkpoint(KEY.sign(text))


def test_signatures_of_witnesses_may_stand_beside_ours() -> None:
    witness = key_of("witness", Ed25519PrivateKey.generate())
    line = witness.sign(Checkpoint(NAME, 42, bytes(range(32))).text()).splitlines()[-1]
    assert KEY.reader.checkpoint(f"{NOTE}{line}\n").size == 42
    assert witness.reader.checkpoint(f"{NOTE}{line}\n").size == 42


@pytest.fixture
def ring(tmp_path: Path) -> Keyring:
    return open_keyring(tmp_path / "keys").keyring


def test_a_log_keeps_its_name_over_rotations_and_distrust(ring: Keyring) -> None:
    """By hand: eight hex digits of SHA-256 over the first key's 32 bytes."""
    first = ring.checkpoint.public
    name = f"kinema.registry/{hashlib.sha256(first).hexdigest()[:8]}"
    assert log_key(ring.checkpoint).reader.name == name
    rotate(ring, "checkpoint")
    rotate(ring, "checkpoint", compromised=True)
    distrust(ring, "checkpoint", "0001")
    reader = log_key(ring.checkpoint).reader
    assert reader.name == name
    assert first not in reader.publics
    assert reader.distrusted[-1] == first
    assert (len(reader.publics), len(reader.distrusted)) == (1, 2)


def test_retired_keys_verify_and_distrusted_ones_do_not(ring: Keyring) -> None:
    def note(size: int) -> str:
        key = log_key(ring.checkpoint)
        return key.sign(Checkpoint(key.reader.name, size, bytes(32)).text())

    notes = [note(1)]
    for size in (2, 3):
        rotate(ring, "checkpoint")
        notes.append(note(size))
    reader = log_key(ring.checkpoint).reader
    assert [reader.checkpoint(each).size for each in notes] == [1, 2, 3]
    distrust(ring, "checkpoint", "0002")
    reader = log_key(ring.checkpoint).reader
    assert [reader.trusts(each) for each in notes] == [True, False, True]
    with pytest.raises(ProvenanceError, match=r"distrusted.*registry vouch"):
        reader.checkpoint(notes[1])
    assert reader.credulous.checkpoint(notes[1]).size == 2  # it is seen, to be compared


def test_a_log_key_shows_no_secret(ring: Keyring) -> None:
    secret = (ring.folder / "checkpoint" / "0001" / "key.pem").read_text().splitlines()[1]
    assert secret not in repr(log_key(ring.checkpoint))
    assert "signature" not in repr(log_key(ring.checkpoint))


def test_anchors_come_back_in_order(tmp_path: Path) -> None:
    anchor = Anchor(tmp_path / "elsewhere" / "anchor")
    assert anchor.notes() == []
    notes = [KEY.sign(Checkpoint(NAME, size, bytes(32)).text()) for size in range(5)]
    for note in notes:
        anchor.append(note)
    assert anchor.notes() == anchor.newest() == notes
    assert anchor.path.stat().st_mode & 0o777 == 0o600


def test_the_newest_anchors_are_read_from_the_end(tmp_path: Path) -> None:
    """Wherever the end that is read begins: in a text, in a signature, between the bytes of its dash."""
    anchor = Anchor(tmp_path / "anchor")
    notes = [KEY.sign(Checkpoint(NAME, 10**size, bytes(32)).text()) for size in range(60)]
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
