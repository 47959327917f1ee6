"""Signed tree heads as text: C2SP `tlog-checkpoint` inside C2SP `signed-note`, Ed25519.

    kinema.registry/0f2a77c1        origin: which log
    42                              leaves
    q1Zk…=                          head, base64
                                    (empty line)
    — kinema.registry/0f2a77c1 x08go/ZJ…=

The last line is the key's name and base64 of its four-byte id and the signature over all text above the empty line,
its last newline included. Witnesses and other logs' tools read the same text.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from kinema.errors import ProvenanceError

_ED25519 = b"\x01"
_DASH = "— "


@dataclass(frozen=True)
class Checkpoint:
    """The state of a log: whose, how many leaves, which head."""

    origin: str
    size: int
    head: bytes
    """32 bytes."""

    def text(self) -> str:
        """The body of the note."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.head).decode()}\n"


@dataclass(frozen=True)
class LogReader:
    """What is needed to check heads: the log's name and its public keys."""

    name: str
    public: Ed25519PublicKey
    retired: tuple[Ed25519PublicKey, ...] = ()
    """Keys that signed before this one, newest first: their heads still count."""

    def vkey(self) -> str:
        """`name+id+key`, the form in which verifier keys are handed round."""
        key = base64.b64encode(_ED25519 + self.public.public_bytes_raw()).decode()
        return f"{self.name}+{key_id(self.name, self.public).hex()}+{key}"

    def open(self, note: str) -> str:
        """The text that this key signed. Raises `ProvenanceError`: no note, or no valid signature of this key."""
        keys = {key_id(self.name, key): key for key in (*self.retired, self.public)}
        body, blank, signatures = note.rpartition("\n\n")
        for line in signatures.split("\n") if blank else ():
            name, _, value = line.removeprefix(_DASH).partition(" ")
            try:
                signed = base64.b64decode(value, validate=True)
            except (binascii.Error, ValueError):
                continue
            if line.startswith(_DASH) and name == self.name and signed[:4] in keys:
                try:
                    keys[signed[:4]].verify(signed[4:], f"{body}\n".encode())
                except InvalidSignature:
                    break
                return f"{body}\n"
        raise ProvenanceError(
            "signed note",
            f"must carry a valid signature of {self.name}",
            got=repr(note[:60]),
            next_step="It was altered, or another key signed it: compare it with an anchor kept elsewhere.",
        )

    def checkpoint(self, note: str) -> Checkpoint:
        """A signed head, checked. Raises `ProvenanceError`."""
        lines = self.open(note).split("\n")
        try:
            origin, size, head, *_ = lines
            parsed = Checkpoint(origin, int(size), base64.b64decode(head, validate=True))
        except (ValueError, binascii.Error):
            parsed = None
        if parsed is None or not note.startswith(parsed.text()) or len(parsed.head) != 32 or parsed.size < 0:
            raise ProvenanceError(
                "checkpoint",
                "must be origin, size and a head of 32 bytes",
                got=repr(lines[:3]),
                next_step="This signature is over something else.",
            )
        return parsed


@dataclass(frozen=True)
class LogKey:
    """The private key of a log. Never printed."""

    name: str
    private: Ed25519PrivateKey
    retired: tuple[Ed25519PublicKey, ...] = ()

    @property
    def reader(self) -> LogReader:
        """Its public half."""
        return LogReader(self.name, self.private.public_key(), self.retired)

    def sign(self, text: str) -> str:
        """A note: the text, an empty line, the signature."""
        if not text.endswith("\n"):
            raise ValueError("the text of a note ends with a newline")
        value = base64.b64encode(
            key_id(self.name, self.private.public_key()) + self.private.sign(text.encode())
        ).decode()
        return f"{text}\n{_DASH}{self.name} {value}\n"

    def __repr__(self) -> str:
        return f"LogKey({self.name})"


def key_id(name: str, public: Ed25519PublicKey) -> bytes:
    """First four bytes of SHA-256 over name, newline, type and key."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public.public_bytes_raw()).digest()[:4]
