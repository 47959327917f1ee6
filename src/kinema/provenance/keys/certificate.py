"""Certificates of claim signers: a development authority that issues them, and the profile that all must keep.

The profile is that of the C2PA Certificate Policy (Conformance Programme 0.2), as far as a certificate without
enrolment may claim it: v3, at most 366 days, C + O + CN, key and authority identifiers, critical key usage and basic
constraints, extended key usages claim signing and e-mail protection. Left out on purpose, because they state an
enrolment that a development certificate does not have: the policy OID, the assurance level, the product record and
the address of an OCSP responder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from kinema.errors import ProvenanceError

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

DEVELOPMENT: Final = "kinema development (not for production)"
"""Organisation of the development authority, so that every viewer shows what the certificate is worth."""
LEAF_DAYS: Final = 365
AUTHORITY_DAYS: Final = 3650
MOST_DAYS: Final = 366
CLAIM_SIGNING: Final = "1.3.6.1.4.1.62558.2.1"
_SKEW: Final = timedelta(minutes=10)
"""A certificate begins this long before it is made: clocks of those who verify differ."""


@dataclass(frozen=True)
class Certificates:
    """The chain of one signer, as PEM."""

    chain: bytes
    """Leaf first, then intermediates; never the root."""
    anchor: bytes
    """The root that whoever verifies must trust."""


def issue(public_key: CertificatePublicKeyTypes, now: datetime) -> Certificates:
    """A development root, an intermediate below it, and a leaf for `public_key`.

    The two authorities' private keys are dropped here, and never touch the disk: nobody can steal an authority
    that issued one certificate and is gone. Distrusting its root distrusts that one signer and nothing else.
    """
    from cryptography.hazmat.primitives.asymmetric import ec

    root_key, middle_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root_name, middle_name = _name("root"), _name("intermediate")
    root = _authority(root_name, root_key, root_name, root_key, now, below=1)
    middle = _authority(middle_name, middle_key, root_name, root_key, now, below=0)
    leaf = _leaf(_name("claim signer"), public_key, middle_name, middle_key, now)
    return Certificates(chain=_pem(leaf, middle), anchor=_pem(root))


def read_chain(chain: bytes) -> list[x509.Certificate]:
    """Certificates of a PEM file. Raises `ProvenanceError` if there are none."""
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificates(chain)
    except ValueError as error:
        raise ProvenanceError(
            "certificates",
            "must be one or more in PEM",
            got=str(error)[:120],
            next_step="Convert them: openssl x509 -in FILE -out FILE.pem",
        ) from error


def in_order(pool: Sequence[x509.Certificate], leaf: x509.Certificate) -> Certificates:
    """`leaf` and those of `pool` that lead from it to a self-signed root. Raises `ProvenanceError` without one."""
    chain = [leaf]
    while chain[-1].issuer != chain[-1].subject:
        issuer = next((other for other in pool if _issued(chain[-1], other) and other not in chain), None)
        if issuer is None:
            raise ProvenanceError(
                "certificate chain",
                "must lead to its root",
                got=f"no issuer of {chain[-1].subject.rfc4514_string()}",
                next_step="Give the root, and the intermediates, with --anchor.",
            )
        chain.append(issuer)
    if len(chain) == 1:
        raise ProvenanceError(
            "certificate",
            "must be issued by an authority",
            got="a self-signed one",
            next_step="Ask an authority for one, or let kinema issue a development one.",
        )
    return Certificates(chain=_pem(*chain[:-1]), anchor=_pem(chain[-1]))


def refuse_unfit(certificates: Certificates, now: datetime) -> None:
    """Raise `ProvenanceError` for a leaf that C2PA verifiers would not accept, or that is not valid now."""
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    leaf = read_chain(certificates.chain)[0]
    refuse_expired(leaf, now)
    extensions = leaf.extensions

    def value(kind: type[x509.ExtensionType]) -> x509.ExtensionType | None:
        try:
            return extensions.get_extension_for_class(kind).value
        except x509.ExtensionNotFound:
            return None

    usage, constraints, purposes = (
        value(kind) for kind in (x509.KeyUsage, x509.BasicConstraints, x509.ExtendedKeyUsage)
    )
    days = (leaf.not_valid_after_utc - leaf.not_valid_before_utc).days
    wrong = {
        "key usage digitalSignature": isinstance(usage, x509.KeyUsage) and usage.digital_signature,
        "basic constraint cA=FALSE": not (isinstance(constraints, x509.BasicConstraints) and constraints.ca),
        "extended key usage emailProtection": isinstance(purposes, x509.ExtendedKeyUsage)
        and ExtendedKeyUsageOID.EMAIL_PROTECTION in purposes,
        "an authority key identifier": value(x509.AuthorityKeyIdentifier) is not None,
        f"a validity of at most {MOST_DAYS} days": days <= MOST_DAYS,
    }
    missing = [rule for rule, kept in wrong.items() if not kept]
    if missing:
        raise ProvenanceError(
            "claim certificate",
            "must have the profile of C2PA claim signers",
            got=f"one without {', '.join(missing)}",
            next_step="Ask the authority for a C2PA claim-signing certificate.",
        )


def refuse_expired(leaf: x509.Certificate, now: datetime) -> None:
    """Raise `ProvenanceError` outside the certificate's validity."""
    if not leaf.not_valid_before_utc <= now <= leaf.not_valid_after_utc:
        raise ProvenanceError(
            "claim certificate",
            "must be valid now",
            got=f"one valid {leaf.not_valid_before_utc:%Y-%m-%d} to {leaf.not_valid_after_utc:%Y-%m-%d}",
            next_step="Make a new one: kinema keys rotate",
        )


def _issued(child: x509.Certificate, parent: x509.Certificate) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        child.verify_directly_issued_by(parent)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _name(role: str) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "XX"),  # ISO 3166: unknown
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, DEVELOPMENT),
            x509.NameAttribute(NameOID.COMMON_NAME, f"kinema DEVELOPMENT {role}"),
        ]
    )


def _authority(
    name: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    now: datetime,
    *,
    below: int,
) -> x509.Certificate:
    """A certificate that may sign others, with `below` authorities under it."""
    from cryptography import x509

    builder = _begun(name, key.public_key(), issuer, issuer_key, now, AUTHORITY_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=below), critical=True)
    return _signed(builder, issuer_key, authority=True)


def _leaf(
    name: x509.Name,
    public_key: CertificatePublicKeyTypes,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    now: datetime,
) -> x509.Certificate:
    """A certificate that may sign claims, and nothing else."""
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

    purposes = [ObjectIdentifier(CLAIM_SIGNING), ExtendedKeyUsageOID.EMAIL_PROTECTION]
    builder = _begun(name, public_key, issuer, issuer_key, now, LEAF_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    return _signed(builder, issuer_key, authority=False)


def _begun(
    name: x509.Name,
    public_key: CertificatePublicKeyTypes,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    now: datetime,
    days: int,
) -> x509.CertificateBuilder:
    """What all three kinds share: names, validity, and whose key signs whose."""
    from cryptography import x509

    start = now - _SKEW
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
        )
    )


def _signed(
    builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey, *, authority: bool
) -> x509.Certificate:
    """With its key usage: an authority signs certificates, a leaf signs claims."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    usage = x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=not authority,  # RFC 5280's later name of nonRepudiation
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )
    return builder.add_extension(usage, critical=True).sign(key, hashes.SHA256())


def _pem(*certificates: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)
