"""Keys from a key: HKDF-SHA256, RFC 5869. From one derived key nobody finds another, nor what it was derived from."""

from __future__ import annotations


def derived(secret: bytes, purpose: str, length: int, *, salt: bytes = b"") -> bytes:
    """`length` bytes, at most 8160, for one purpose: extract, then expand."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(hashes.SHA256(), length=length, salt=salt, info=purpose.encode()).derive(secret)
