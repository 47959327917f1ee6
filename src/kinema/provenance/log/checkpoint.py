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
from collections.abc import Callable
from dataclasses import dataclass, field

from kinema.errors import ProvenanceError
from kinema.provenance.keys.signing_key import SigningKey, verified

_ED25519 = b"\x01"
_DASH = "— "
_BLANK = "\n\n"


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
    """What is needed to check heads: the log's name and its public keys, raw Ed25519."""

    name: str
    publics: tuple[bytes, ...]
    """Keys whose heads count, newest first."""
    distrusted: tuple[bytes, ...] = ()
    """Keys whose heads count no longer: somebody else may have signed with them."""

    @property
    def credulous(self) -> LogReader:
        """As before any key was distrusted: to see what was signed, never to believe it."""
        return LogReader(self.name, (*self.publics, *self.distrusted))

    def vkey(self) -> str:
        """`name+id+key`, the form in which verifier keys are handed round."""
        key = base64.b64encode(_ED25519 + self.publics[0]).decode()
        return f"{self.name}+{key_id(self.name, self.publics[0]).hex()}+{key}"

    def open(self, note: str) -> str:
        """The text that these keys signed. Raises `ProvenanceError`: no note, or no valid signature that counts."""
        if self.signer(note) in self.distrusted:
            raise self._refused(
                "one of a key that is distrusted",
                "Compare the log with an anchor kept elsewhere; if it is whole: kinema registry vouch",
            )
        return f"{note.rpartition(_BLANK)[0]}\n"

    def trusts(self, note: str) -> bool:
        """Whether it carries a valid signature of a key that counts."""
        try:
            return self.signer(note) in self.publics
        except ProvenanceError:
            return False

    def signer(self, note: str) -> bytes:
        """Which of our keys signed, distrusted ones too. Raises `ProvenanceError` if none did."""
        keys = {key_id(self.name, key): key for key in (*self.distrusted, *self.publics)}
        body, blank, signatures = note.rpartition(_BLANK)
        for line in signatures.split("\n") if blank else ():
            name, _, value = line.removeprefix(_DASH).partition(" ")
            try:
                signed = base64.b64decode(value, validate=True)
            except (binascii.Error, ValueError):
                continue
            if line.startswith(_DASH) and name == self.name and signed[:4] in keys:
                if not verified(keys[signed[:4]], signed[4:], f"{body}\n".encode()):
                    break
                return keys[signed[:4]]
        raise self._refused(
            repr(note[:60]),
            "It was altered, or another key signed it: compare it with an anchor kept elsewhere.",
        )

    def _refused(self, got: str, next_step: str) -> ProvenanceError:
        rule = f"must carry a valid signature of {self.name}"
        return ProvenanceError("signed note", rule, got=got, next_step=next_step)

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
    """What a log signs with. It holds no private key, only who asks it for a signature."""

    reader: LogReader
    signature: Callable[[bytes], bytes] = field(repr=False)
    """Ed25519 by the newest of the reader's keys."""

    def sign(self, text: str) -> str:
        """A note: the text, an empty line, the signature."""
        if not text.endswith("\n"):
            raise ValueError("the text of a note ends with a newline")
        name, public = self.reader.name, self.reader.publics[0]
        value = base64.b64encode(key_id(name, public) + self.signature(text.encode())).decode()
        return f"{text}\n{_DASH}{name} {value}\n"


def log_key(signing: SigningKey) -> LogKey:
    """The log of these keys: the newest signs, all that are trusted verify, the first gave it its name."""
    reader = LogReader(named_after(signing.first), signing.publics, signing.distrusted)
    return LogKey(reader, signing.sign)


def named_after(first: bytes) -> str:
    """`kinema.registry/` and eight hex digits of the log's first public key, whatever became of that key: two logs
    never share a name, and a new key leaves a log its own."""
    return f"kinema.registry/{hashlib.sha256(first).hexdigest()[:8]}"


def key_id(name: str, public: bytes) -> bytes:
    """First four bytes of SHA-256 over name, newline, type and key."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:4]
