"""What is locked comes back to the bit by its secret alone; nothing that was changed, moved or cut off comes back."""

from __future__ import annotations

import hashlib
import json
from io import BytesIO

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kinema.errors import ProvenanceError
from kinema.provenance.keys.derive import derived
from kinema.provenance.locked_file import CHUNK, header_of, lock, unlocked

SECRET = bytes(range(32))
HEADER = {"until": "2031-11-26"}


def locked(content: bytes, secret: bytes = SECRET) -> bytes:
    target = BytesIO()
    assert lock(BytesIO(content), target, secret, HEADER) == hashlib.sha256(content).hexdigest()
    return target.getvalue()


def opened(raw: bytes, secret: bytes = SECRET) -> bytes:
    return b"".join(unlocked(BytesIO(raw), secret))


@pytest.mark.parametrize("length", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK])
def test_it_comes_back_to_the_bit(length: int) -> None:
    content = (b"I agree. " * (length // 9 + 1))[:length]
    raw = locked(content)
    assert opened(raw) == content
    assert header_of(BytesIO(raw)).items() >= HEADER.items()
    assert not length or b"agree" not in raw
    chunks = max(1, -(-length // CHUNK))
    assert len(raw) - raw.index(b"\n") - 1 == length + 16 * chunks


def test_it_is_aes_256_gcm_by_a_key_of_its_own() -> None:
    """Opened by hand: the key by HKDF-SHA256 of the salt, a nonce of number and end, the header as associated."""
    raw = locked(b"I agree.")
    head = raw[: raw.index(b"\n") + 1]
    key = derived(SECRET, "kinema.locked-file/1", 32, salt=bytes.fromhex(json.loads(head)["salt"]))
    assert AESGCM(key).decrypt(bytes(11) + b"\1", raw[len(head) :], head) == b"I agree."
    assert locked(b"I agree.") != raw  # another salt, another key


def test_one_changed_bit_opens_nothing() -> None:
    raw = locked(b"I agree.")
    for at in range(len(raw)):
        changed = bytearray(raw)
        changed[at] ^= 1
        with pytest.raises(ProvenanceError):
            opened(bytes(changed))


def test_chunks_are_neither_moved_nor_cut_off() -> None:
    raw = locked(b"a" * CHUNK + b"b" * CHUNK + b"c")
    start, step = raw.index(b"\n") + 1, CHUNK + 16
    head, first, second, last = (
        raw[:start],
        raw[start:][:step],
        raw[start + step :][:step],
        raw[start + 2 * step :],
    )
    assert head + first + second + last == raw
    for broken in (
        first,
        first + second,
        second + first + last,
        first + last,
        first + second + second + last,
        b"",
    ):
        with pytest.raises(ProvenanceError):
            opened(head + broken)
    with pytest.raises(ProvenanceError):
        opened(raw + b"d")


def test_another_secret_or_another_header_opens_nothing() -> None:
    raw = locked(b"I agree.")
    with pytest.raises(ProvenanceError):
        opened(raw, bytes(32))
    with pytest.raises(ProvenanceError):
        opened(raw.replace(b"2031", b"2099"))


@pytest.mark.parametrize(
    "head", [b"", b"{}", b"[]\n", b'{"salt": "00"}\n', b'{"salt": 1}\n', b"[" * 100_000, b"\xff\n"]
)
def test_what_is_no_locked_file_is_said(head: bytes) -> None:
    for read in (header_of, lambda file: list(unlocked(file, SECRET))):
        with pytest.raises(ProvenanceError, match="header"):
            read(BytesIO(head))


def test_a_header_that_could_not_be_read_is_not_written() -> None:
    with pytest.raises(ProvenanceError, match="at most"):
        lock(BytesIO(b""), BytesIO(), SECRET, {"receipts": "x" * (1 << 20)})
