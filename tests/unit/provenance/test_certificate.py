"""The profile of claim certificates, read back by another library than made them: OpenSSL."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kinema.errors import ProvenanceError
from kinema.provenance.keys.certificate import (
    DEVELOPMENT,
    Certificates,
    in_order,
    issue,
    read_chain,
    refuse_expired,
    refuse_unfit,
)

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def made() -> Certificates:
    return issue(ec.generate_private_key(ec.SECP256R1()).public_key(), NOW)


def test_openssl_verifies_the_chain(made: Certificates, tmp_path: Path) -> None:
    """Strict RFC 5280, for the purpose of signing."""
    (tmp_path / "chain.pem").write_bytes(made.chain)
    (tmp_path / "anchor.pem").write_bytes(made.anchor)
    command = (
        "openssl verify -x509_strict -purpose smimesign -CAfile anchor.pem -untrusted chain.pem chain.pem"
    )
    said = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, text=True, check=False)
    assert said.stdout.strip() == "chain.pem: OK", said.stderr


def test_leaf_has_the_profile(made: Certificates, tmp_path: Path) -> None:
    (tmp_path / "leaf.pem").write_bytes(made.chain)
    command = ["openssl", "x509", "-in", "leaf.pem", "-noout", "-text"]
    text = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    for wanted in (
        "Version: 3",
        f"O = {DEVELOPMENT}",
        "ASN1 OID: prime256v1",
        "X509v3 Basic Constraints: critical",
        "CA:FALSE",
        "X509v3 Key Usage: critical",
        "Digital Signature, Non Repudiation",
        "X509v3 Subject Key Identifier",
        "X509v3 Authority Key Identifier",
        "E-mail Protection",
        "1.3.6.1.4.1.62558.2.1",
    ):
        assert wanted in text, wanted
    leaf = read_chain(made.chain)[0]
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc <= timedelta(days=366)


def test_authorities_claim_no_more_than_they_need(made: Certificates) -> None:
    """The intermediate can make no other authority, the root one below it; neither signs claims."""
    middle, root = read_chain(made.chain)[1], read_chain(made.anchor)[0]
    for certificate, below in ((middle, 0), (root, 1)):
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        assert (constraints.ca, constraints.path_length) == (True, below)
        assert usage.key_cert_sign
        assert not usage.digital_signature


def test_every_issue_has_an_authority_of_its_own(made: Certificates) -> None:
    other = issue(read_chain(made.chain)[0].public_key(), NOW)  # type: ignore[arg-type]
    assert other.anchor != made.anchor
    with pytest.raises(ProvenanceError, match="lead to its root"):
        in_order(read_chain(other.anchor + other.chain)[0:1], read_chain(made.chain)[0])


def test_chain_is_put_in_order(made: Certificates) -> None:
    leaf, middle = read_chain(made.chain)
    root = read_chain(made.anchor)[0]
    assert in_order([root, leaf, middle], leaf) == made
    with pytest.raises(ProvenanceError, match="issued by an authority"):
        in_order([root], root)


def test_made_certificate_is_fit(made: Certificates) -> None:
    refuse_unfit(made, NOW)


@pytest.mark.parametrize("when", [NOW - timedelta(minutes=11), NOW + timedelta(days=366)])
def test_certificate_outside_its_time_is_refused(made: Certificates, when: datetime) -> None:
    with pytest.raises(ProvenanceError, match="valid now"):
        refuse_expired(read_chain(made.chain)[0], when)


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"purpose": ExtendedKeyUsageOID.CODE_SIGNING}, "emailProtection"),
        ({"days": 400}, "366 days"),
        ({"authority": True}, "cA=FALSE"),
        ({"signs": False}, "digitalSignature"),
    ],
)
def test_unfit_certificate_is_refused(change: dict, wanted: str) -> None:
    """Each by its one fault, which the message names."""
    with pytest.raises(ProvenanceError, match=wanted):
        refuse_unfit(Certificates(_leaf(**change), b""), NOW)


def _leaf(
    *,
    purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.EMAIL_PROTECTION,
    days: int = 90,
    authority: bool = False,
    signs: bool = True,
) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "studio")])
    usage = x509.KeyUsage(signs, not signs, *[False] * 7)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.PEM)
    )
