"""What the registry keeps, and the bytes of it that the log's leaves cover.

A leaf covers the time and every column of its row: after the schema's name each value's kind, length and bytes, in
the order of the table, so that no two rows have the same bytes.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final, Literal

from kinema.errors import UsageError

LONGEST_ID: Final = 512
LARGEST: Final = 64 << 20
"""Bytes of one manifest or fingerprint."""

NoticeKind = Literal["takedown", "restored", "revocation", "audit"]
KINDS: Final[tuple[NoticeKind, ...]] = ("takedown", "restored", "revocation", "audit")


def new_id() -> int:
    """Sixty-four random bits that tie manifest, watermark, fingerprint and leaf of one clip. Never 0."""
    return secrets.randbelow(2**64 - 1) + 1


def id_text(id_: int) -> str:
    """Sixteen hex digits. Raises `UsageError` beyond 64 bits."""
    if not 0 < id_ < 2**64:
        raise UsageError("id", "must be 64 bits and not 0", got=id_, next_step="Take one from new_id().")
    return f"{id_:016x}"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One clip."""

    id: int
    """64 bits; what the watermark carries."""
    manifest_id: str
    """`urn:c2pa:…`, the label of its active manifest."""
    manifest: bytes
    """The whole C2PA manifest store, JUMBF."""
    clip_hash: bytes
    """SHA-256 of the signed file, 32 bytes."""
    fingerprint: bytes
    """`Fingerprint.to_bytes()`; empty if the picture is too flat to have one."""

    def __post_init__(self) -> None:
        id_text(self.id)
        _text("manifest_id", self.manifest_id)
        if not self.manifest_id:
            raise UsageError("manifest_id", "must not be empty", got="''", next_step="It is urn:c2pa:…")
        if len(self.clip_hash) != 32:
            raise UsageError(
                "clip_hash",
                "must be 32 bytes",
                got=len(self.clip_hash),
                next_step="It is SHA-256 of the file.",
            )
        for name, value in (("manifest", self.manifest), ("fingerprint", self.fingerprint)):
            if len(value) > LARGEST:
                raise UsageError(
                    name,
                    f"must be at most {LARGEST} bytes",
                    got=len(value),
                    next_step="Is it the right file?",
                )

    def columns(self) -> tuple[str | bytes, ...]:
        """Its columns, in the order of the table."""
        return id_text(self.id), self.manifest_id, self.manifest, self.clip_hash, self.fingerprint


@dataclass(frozen=True, kw_only=True)
class Notice:
    """Something said about a clip, a receipt or a key: kept for ever, in the log, beside what it is about."""

    kind: NoticeKind
    """`takedown`: the clip must not be shown; `restored`: the last takedown of it no longer holds; `revocation`: a
    consent receipt or a certificate no longer holds; `audit`: a decision or an act that must be provable later."""
    subject: str
    """Sixteen hex digits of a clip, or the id of a receipt or certificate."""
    statement: str
    """Who says so and why, in words or JSON. No personal data that the law lets people have erased: it stays."""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UsageError(
                "notice", f"must be one of {', '.join(KINDS)}", got=self.kind, next_step="Choose one."
            )
        _text("subject", self.subject)

    def columns(self) -> tuple[str | bytes, ...]:
        """Its columns, in the order of the table."""
        return self.kind, self.subject, self.statement


@dataclass(frozen=True)
class Leaf:
    """Where the log keeps something."""

    index: int
    hash: bytes
    """RFC 9162 leaf hash, 32 bytes."""
    registered: str
    """UTC, ISO 8601."""
    checkpoint: str
    """The signed head of the log that first covers it."""


def covered(schema: str, *values: object) -> bytes:
    """The bytes of a leaf: the schema's name and each value, each as `t` for text or `b` for bytes, its length in eight
    bytes, itself. What is neither can only come from a row that was tampered with; as Python writes it (`?`), it
    matches nothing."""
    return b"".join(_covered(value) for value in (schema, *values))


def _covered(value: object) -> bytes:
    kind, raw = b"?", repr(value).encode()
    if isinstance(value, bytes):
        kind, raw = b"b", value
    elif isinstance(value, str):
        kind, raw = b"t", value.encode()
    return kind + len(raw).to_bytes(8, "big") + raw


def _text(name: str, value: str) -> None:
    if len(value) > LONGEST_ID or "\x00" in value or not value.isprintable():
        raise UsageError(
            name,
            f"must be printable text of at most {LONGEST_ID} characters",
            got=repr(value[:40]),
            next_step="",
        )
