"""What is written down of consent: that it was given or taken back, and by which token; that its evidence was kept,
read or removed. No name, no evidence and no hash of it.

The events are leaves for the transparency log: the hash binds an event to its receipt, and tells nothing of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, Literal

from kinema.provenance.registry import Notice, open_registry

FORMAT: Final = "kinema.consent-event/1"
Audit = Callable[[dict[str, Any]], object]
"""Whoever keeps events."""


def event(step: Literal["granted", "revoked"], receipt_id: str, token: str, signer: str) -> dict[str, Any]:
    """One event, as plain values."""
    return {
        "schema": FORMAT,
        "step": step,
        "receipt": receipt_id,
        "token_sha256": hashlib.sha256(token.encode()).hexdigest(),
        "signer": signer,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def evidence_event(
    step: Literal["evidence_kept", "evidence_read", "evidence_removed"], receipt_id: str
) -> dict[str, Any]:
    """Likewise, of what a receipt was granted on."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return {"schema": FORMAT, "step": step, "receipt": receipt_id, "at": at}


def leaf(said: dict[str, Any]) -> bytes:
    """The event's one form in bytes (RFC 8785 for what events hold: text alone)."""
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def in_registry(said: dict[str, Any]) -> None:
    """Keep it in the registry of this machine: a notice about the receipt, and a leaf of its log."""
    kind = "revocation" if said["step"] == "revoked" else "audit"
    with open_registry() as registry:
        registry.record(Notice(kind=kind, subject=said["receipt"], statement=leaf(said).decode()))
