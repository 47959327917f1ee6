"""Who has taken consent back: one bit a receipt, so that the list names nobody (W3C Bitstring Status List 1.0).

The list is a bit string, first bit leftmost, gzipped and written in base64url after `u` (multibase); 131,072 bits at
least, so that who looks a bit up hides among many.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import zlib
from dataclasses import dataclass
from typing import Final

from kinema.errors import PolicyError

SIZE: Final = 131_072
"""Receipts that one signer can revoke."""


@dataclass(frozen=True)
class StatusList:
    """Bits of one signer."""

    bits: bytes

    @staticmethod
    def empty() -> StatusList:
        """Nobody has taken anything back."""
        return StatusList(bytes(SIZE // 8))

    def __contains__(self, index: int) -> bool:
        """Whether that receipt is revoked."""
        return bool(self.bits[index // 8] >> (7 - index % 8) & 1)

    def with_revoked(self, index: int) -> StatusList:
        """The list with one more bit set. No bit is ever cleared."""
        bits = bytearray(self.bits)
        bits[index // 8] |= 1 << (7 - index % 8)
        return StatusList(bytes(bits))

    def encoded(self) -> str:
        """As it stands in a file; equal lists give equal text."""
        packed = gzip.compress(self.bits, mtime=0)
        return "u" + base64.urlsafe_b64encode(packed).rstrip(b"=").decode()

    @staticmethod
    def decoded(text: str) -> StatusList:
        """Read what `encoded` wrote. Raises `PolicyError`; never unpacks more than a list holds."""
        try:
            if not text.startswith("u"):
                raise ValueError("no multibase u")
            packed = base64.b64decode(text[1:] + "=" * (-len(text[1:]) % 4), altchars=b"-_", validate=True)
            unpack = zlib.decompressobj(wbits=31)
            bits = unpack.decompress(packed, SIZE // 8 + 1)
            if len(bits) != SIZE // 8 or not unpack.eof:
                raise ValueError(f"not {SIZE} bits")
        except (ValueError, binascii.Error, zlib.error) as error:
            raise PolicyError(
                "the list of revoked receipts",
                "must be a Bitstring Status List",
                got=error,
                next_step="Fetch it again from its signer: until then none of their receipts holds.",
            ) from error
        return StatusList(bits)
