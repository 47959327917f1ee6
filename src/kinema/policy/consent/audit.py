"""What is written down of consent: that it was given or taken back, and by which token. No name, no evidence.

The events are leaves for the transparency log: the hash binds an event to its receipt, and tells nothing of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

FORMAT: Final = "kinema.consent-event/1"
Audit = Callable[[dict[str, Any]], object]
"""Whoever keeps events: a file, or the transparency log."""


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


def leaf(said: dict[str, Any]) -> bytes:
    """The event's one form in bytes (RFC 8785 for what events hold: text alone)."""
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


class EventFile:
    """A file with an event a line, only ever added to."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, said: dict[str, Any]) -> None:
        with self.path.open("ab") as file:
            file.write(leaf(said) + b"\n")
