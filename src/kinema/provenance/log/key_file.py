"""The log's key on disk: PKCS#8 PEM, readable by its owner alone, made at first use."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from kinema.errors import ProvenanceError
from kinema.provenance.log.checkpoint import LogKey
from kinema.provenance.private_file import private_file, private_folder


def log_key_at(path: Path) -> LogKey:
    """The key in this file; a new one if there is no file. Raises `ProvenanceError` if it is none, or others may
    read it."""
    if not path.exists():
        private = Ed25519PrivateKey.generate()
        private_folder(path.parent)
        private_file(path, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return named_after(private)
    mode = path.stat().st_mode & 0o777
    if os.name == "posix" and mode & 0o077:
        raise ProvenanceError(
            "log key", "must be readable by its owner alone", got=f"{mode:o}", next_step=f"chmod 600 {path}"
        )
    try:
        private = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError):
        private = None
    if not isinstance(private, Ed25519PrivateKey):
        raise ProvenanceError(
            "log key",
            "must be an Ed25519 key, PKCS#8 PEM without a password",
            got=type(private).__name__ if private else "no such key",
            next_step=f"Restore {path}, or move it away to begin another log.",
        )
    return named_after(private)


def named_after(private: Ed25519PrivateKey, retired: tuple[Ed25519PublicKey, ...] = ()) -> LogKey:
    """A log named after its first key, `kinema.registry/` and eight hex digits: two logs never share a name, and a new
    key leaves a log its own. `retired`: newest first."""
    first = retired[-1] if retired else private.public_key()
    digest = hashlib.sha256(first.public_bytes_raw()).hexdigest()
    return LogKey(f"kinema.registry/{digest[:8]}", private, retired)
