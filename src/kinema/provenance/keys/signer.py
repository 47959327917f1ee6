"""Who signs claims: one small protocol, and the signer whose key is in this process's memory.

A key in a PEM file and one in a PKCS#12 file differ in how they are read, and not afterwards. A key that never
leaves its hardware is in `hsm`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from kinema.errors import ProvenanceError
from kinema.provenance.keys.certificate import Certificates, in_order, read_chain

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes

Algorithm = Literal["ES256", "ES384", "ES512", "PS256", "ED25519"]
"""COSE's names, RFC 9053: ECDSA by curve, RSA-PSS with SHA-256, Ed25519."""
_CURVES: dict[str, Algorithm] = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}


class ClaimSigner(Protocol):
    """Signs claims of manifests."""

    @property
    def algorithm(self) -> Algorithm:
        """What `sign` computes."""
        ...

    @property
    def chain(self) -> bytes:
        """Certificates as PEM, leaf first, without the root."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The signature of `message`; of ECDSA as r ‖ s, RFC 9053. Raises `ProvenanceError`."""
        ...


@dataclass(frozen=True)
class SoftwareSigner:
    """A key in memory: P-256, P-384, P-521, RSA of 2048 bits or more, or Ed25519."""

    key: PrivateKeyTypes = field(repr=False)
    chain: bytes

    @property
    def algorithm(self) -> Algorithm:
        """By the kind of key. Raises `ProvenanceError` for one that C2PA does not take."""
        return algorithm_of(self.key.public_key())

    def sign(self, message: bytes) -> bytes:
        """See `ClaimSigner`."""
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
        from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

        if isinstance(self.key, ed25519.Ed25519PrivateKey):
            return self.key.sign(message)
        if isinstance(self.key, rsa.RSAPrivateKey):
            pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
            return self.key.sign(message, pss, hashes.SHA256())
        assert isinstance(self.key, ec.EllipticCurvePrivateKey)  # algorithm_of refused all others
        digest = {"ES256": hashes.SHA256, "ES384": hashes.SHA384, "ES512": hashes.SHA512}[self.algorithm]()
        width = (self.key.key_size + 7) // 8
        r, s = decode_dss_signature(self.key.sign(message, ec.ECDSA(digest)))
        return r.to_bytes(width, "big") + s.to_bytes(width, "big")


def algorithm_of(key: PublicKeyTypes) -> Algorithm:
    """What a key of this kind signs with. Raises `ProvenanceError` for one that C2PA does not take."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES:
        return _CURVES[key.curve.name]
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= 2048:
        return "PS256"
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "ED25519"
    raise ProvenanceError(
        "claim key",
        "must be P-256, P-384, P-521, RSA of 2048 bits or more, or Ed25519",
        got=f"{type(key).__name__.strip('_')} {getattr(key, 'key_size', '')}".strip(),
        next_step="Make a P-256 key: openssl ecparam -name prime256v1 -genkey",
    )


def from_pem(key: bytes, chain: bytes) -> SoftwareSigner:
    """PKCS#8 and its certificates. Raises `ProvenanceError`."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        loaded = load_pem_private_key(key, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _unreadable("claim key", "must be PKCS#8 in PEM") from error
    return _matched(SoftwareSigner(loaded, chain))


def from_pkcs12(
    file: bytes, password: str | None, anchors: bytes = b""
) -> tuple[SoftwareSigner, Certificates]:
    """Key and certificates of a PKCS#12 file (RFC 7292); `anchors` are PEM that it lacks. Raises `ProvenanceError`."""
    from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12

    try:
        bundle = load_pkcs12(file, password.encode() if password else None)
    except ValueError as error:
        raise _unreadable("PKCS#12 file", "must open with the password of KINEMA_KEY_PASSWORD") from error
    if bundle.key is None or bundle.cert is None:
        raise _unreadable("PKCS#12 file", "must hold a key and its certificate")
    pool = [extra.certificate for extra in bundle.additional_certs]
    pool += read_chain(anchors) if anchors else []
    certificates = in_order(pool, bundle.cert.certificate)
    return _matched(SoftwareSigner(bundle.key, certificates.chain)), certificates


def _matched(signer: SoftwareSigner) -> SoftwareSigner:
    """Refuse a certificate of another key."""
    if read_chain(signer.chain)[0].public_key() != signer.key.public_key():
        raise _unreadable("claim certificate", "must be of the claim key")
    algorithm_of(signer.key.public_key())
    return signer


def _unreadable(name: str, rule: str) -> ProvenanceError:
    """Says nothing of what was read: it may be a secret."""
    return ProvenanceError(
        name, rule, got="something else", next_step="Import it again: kinema keys import-p12, or rotate."
    )
