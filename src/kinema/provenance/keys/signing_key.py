"""Ed25519 keys (RFC 8032) that sign what is not a claim: tree heads of the log, receipts of consent."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from kinema.errors import ProvenanceError
from kinema.provenance.private_file import read_secret

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes


def new_key() -> dict[str, bytes]:
    """Files of a new generation."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    return {"key.pem": private_pem(key), "public.pem": _public_pem(key)}


@dataclass(frozen=True)
class SigningKey:
    """Signs with the newest generation, verifies by all that are trusted. The private key is read when it signs."""

    generations: tuple[Path, ...]
    """Newest first."""
    revoked: tuple[Path, ...] = ()
    """Those that are distrusted, newest first."""

    def sign(self, message: bytes) -> bytes:
        """64 bytes. Raises `ProvenanceError` if the key is missing or others may read it."""
        return self._private().sign(message)

    @cached_property
    def public(self) -> bytes:
        """32 raw bytes of the newest generation."""
        return _raw_public(self.generations[0])

    @cached_property
    def publics(self) -> tuple[bytes, ...]:
        """Raw public keys whose signatures count, newest first."""
        return tuple(_raw_public(generation) for generation in self.generations)

    @cached_property
    def distrusted(self) -> tuple[bytes, ...]:
        """Raw public keys whose signatures count no longer, newest first."""
        return tuple(_raw_public(generation) for generation in self.revoked)

    @cached_property
    def first(self) -> bytes:
        """Raw public key of the oldest generation, trusted or not: what is named after it keeps its name."""
        return _raw_public(min((*self.generations, *self.revoked), key=lambda generation: generation.name))

    @property
    def key_id(self) -> str:
        """The first 16 hexadecimal digits of the public key's SHA-256."""
        return hashlib.sha256(self.public).hexdigest()[:16]

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Whether one of the trusted keys made `signature`."""
        return any(verified(public, signature, message) for public in self.publics)

    def _private(self) -> Ed25519PrivateKey:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        path = self.generations[0] / "key.pem"
        try:
            key = load_pem_private_key(read_secret(path), password=None)
        except (ValueError, UnsupportedAlgorithm):
            key = None
        if not isinstance(key, Ed25519PrivateKey):
            raise _broken(path)
        return key


def verified(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the owner of the raw `public` key made `signature`."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def private_pem(key: PrivateKeyTypes) -> bytes:
    """PKCS#8."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _public_pem(key: Ed25519PrivateKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _raw_public(generation: Path) -> bytes:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    path = generation / "public.pem"
    try:
        key = load_pem_public_key(read_secret(path))
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise _broken(path)
    return key.public_bytes_raw()


def _broken(path: Path) -> ProvenanceError:
    return ProvenanceError(
        str(path), "must be an Ed25519 key in PEM", got="something else", next_step="Put the file back."
    )
