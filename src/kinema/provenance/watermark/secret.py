"""What a key decides: signs, orders and roles, drawn by HKDF-SHA256 (RFC 5869).

A pseudorandom function stands behind the arithmetic of `evidence`: to whoever lacks the key, every sign is a fair
coin. Nothing of the key can be read back from what is drawn.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float, Int

from kinema.errors import ProvenanceError
from kinema.provenance.keys.derive import derived

MINIMUM: Final = 16
"""[bytes] 128 bits: less can be searched."""
_SALT: Final = b"kinema watermark 1"


def checked(key: bytes) -> bytes:
    """The key itself. Raises `ProvenanceError` for one too short; the message never says what it is."""
    if not isinstance(key, bytes) or len(key) < MINIMUM:
        got = f"{len(key)} bytes" if isinstance(key, bytes) else type(key).__name__
        raise ProvenanceError(
            "watermark key",
            f"must be at least {MINIMUM} bytes",
            got=got,
            next_step="Make one with `kinema keys init`.",
        )
    return key


def signs(key: bytes, purpose: str, count: int) -> Float[np.ndarray, " count"]:
    """`count` fair signs, -1 or +1."""
    bits = np.unpackbits(np.frombuffer(derived(key, purpose, -(-count // 8), salt=_SALT), np.uint8))[:count]
    return np.where(bits == 1, 1.0, -1.0)


def order(key: bytes, purpose: str, count: int) -> Int[np.ndarray, " count"]:
    """A permutation of `count` things: the ranks of 64-bit draws, which collide once in 2^44 draws."""
    return np.argsort(np.frombuffer(derived(key, purpose, 8 * count, salt=_SALT), "<u8"), kind="stable")
