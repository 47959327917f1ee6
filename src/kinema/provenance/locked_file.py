"""Files that a secret alone opens: AES-256-GCM in chunks, each proved before a byte of it is given out.

    header   one line of JSON: what may be known without the secret, proved with every chunk
    chunks   1 MiB each, the last as long as it is, with a tag of 16 bytes

The construction is STREAM (Hoang, Reyhanitabar, Rogaway and Vizár, CRYPTO 2015): a nonce is the number of its chunk,
and whether it is the last one, so that chunks which are changed, moved or cut off do not open. The key is of one file
alone, derived from the secret by the header's salt, so that no nonce comes twice under a key.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from kinema.errors import ProvenanceError
from kinema.provenance.keys.derive import derived

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CHUNK: Final = 1 << 20
"""Bytes in the clear."""
_TAG: Final = 16
_LONGEST: Final = 1 << 20
"""Bytes of a header."""
_PURPOSE: Final = "kinema.locked-file/1"


def lock(source: BinaryIO, target: BinaryIO, secret: bytes, header: Mapping[str, Any]) -> str:
    """Write `source` to `target`, locked; the SHA-256 of what was read. `header` stays readable.

    Raises `ProvenanceError` for a header that is longer than what is read of one.
    """
    salt = secrets.token_bytes(32)
    head = json.dumps({**header, "salt": salt.hex()}, sort_keys=True).encode() + b"\n"
    if len(head) > _LONGEST:
        raise ProvenanceError("header", f"must be at most {_LONGEST} bytes", got=len(head),
                              next_step="Say less in it.")  # fmt: skip
    cipher, number, hashed = _cipher(secret, salt), 0, hashlib.sha256()
    target.write(head)
    chunk = source.read(CHUNK)
    while True:
        following = source.read(CHUNK) if chunk else b""
        hashed.update(chunk)
        target.write(cipher.encrypt(_nonce(number, last=not following), chunk, head))
        if not following:
            return hashed.hexdigest()
        chunk, number = following, number + 1


def header_of(file: BinaryIO) -> dict[str, Any]:
    """What the header says, not yet proved. Raises `ProvenanceError`."""
    return _read_head(file)[1]


def unlocked(file: BinaryIO, secret: bytes) -> Iterator[bytes]:
    """What was locked, chunk by chunk; the first proves the header, the last that nothing is missing.

    Raises `ProvenanceError` at the first chunk that is not as it was written.
    """
    from cryptography.exceptions import InvalidTag

    head, header = _read_head(file)
    cipher, number = _cipher(secret, bytes.fromhex(header["salt"])), 0
    chunk = file.read(CHUNK + _TAG)
    while True:
        following = file.read(CHUNK + _TAG)
        try:
            yield cipher.decrypt(_nonce(number, last=not following), chunk, head)
        except InvalidTag as error:
            raise _not_as_written(file, f"chunk {number} or a header that is not") from error
        if not following:
            return
        chunk, number = following, number + 1


def _read_head(file: BinaryIO) -> tuple[bytes, dict[str, Any]]:
    file.seek(0)
    head = file.readline(_LONGEST)
    try:
        said = json.loads(head)
    except (ValueError, RecursionError):
        said = None
    salt = said.get("salt") if isinstance(said, dict) else None
    if not isinstance(said, dict) or not isinstance(salt, str) or not re.fullmatch("[0-9a-f]{64}", salt):
        raise _not_as_written(file, "a header that is none")
    return head, said


def _cipher(secret: bytes, salt: bytes) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(derived(secret, _PURPOSE, 32, salt=salt))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _not_as_written(file: BinaryIO, got: str) -> ProvenanceError:
    return ProvenanceError(
        str(getattr(file, "name", "a locked file")),
        "must be as it was locked, by a secret of this keyring",
        got=got,
        next_step="Restore it, or the keys that locked it, from a copy.",
    )
