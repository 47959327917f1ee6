"""One contract for every claim signer: a key in a file, in a PKCS#12 bundle, on a token."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates

from kinema.errors import ProvenanceError
from kinema.provenance.keys import Keyring, open_keyring
from kinema.provenance.keys.ceremony import import_hsm, import_p12
from kinema.provenance.keys.certificate import issue, read_chain
from kinema.provenance.keys.hsm import Slot
from kinema.provenance.keys.signer import ClaimSigner, SoftwareSigner
from kinema.provenance.manifest.inspection import inspect
from kinema.provenance.manifest.seal import seal_child

PASSWORD, PIN = "a password of the test", "123456"
MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")
_DIGESTS = {"ES256": hashes.SHA256(), "ES384": hashes.SHA384(), "ES512": hashes.SHA512()}


def bundle(key: Any, password: str) -> bytes:
    """A PKCS#12 file with key, leaf, intermediate and root."""
    made = issue(key.public_key(), datetime.now(UTC))
    leaf, *above = read_chain(made.chain + made.anchor)
    return serialize_key_and_certificates(
        b"claim", key, leaf, above, BestAvailableEncryption(password.encode())
    )


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Slot:
    """A SoftHSM token with a P-256 pair that may not leave it."""
    pkcs11 = pytest.importorskip("pkcs11", reason="python-pkcs11 is in the extra hsm")
    module = next((path for path in MODULES if Path(path).is_file()), None)
    if module is None or shutil.which("softhsm2-util") is None:
        pytest.skip("needs softhsm2, of Debian's packages")
    (tmp_path / "tokens").mkdir()
    conf = tmp_path / "softhsm2.conf"
    conf.write_text(f"directories.tokendir = {tmp_path / 'tokens'}\nobjectstore.backend = file\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(conf))
    monkeypatch.setenv("KINEMA_HSM_PIN", PIN)
    start = ["softhsm2-util", "--init-token", "--free", "--label", "kinema", "--pin", PIN, "--so-pin", "0000"]
    subprocess.run(start, check=True, capture_output=True, env={**os.environ})
    pkcs11.unload(module)  # a library that another test loaded knows that test's tokens
    with pkcs11.lib(module).get_token(token_label="kinema").open(user_pin=PIN, rw=True) as session:
        curve = pkcs11.util.ec.encode_named_curve_parameters("secp256r1")
        parameters = session.create_domain_parameters(
            pkcs11.KeyType.EC, {pkcs11.Attribute.EC_PARAMS: curve}, local=True
        )
        parameters.generate_keypair(store=True, label="claim")
    return Slot(module=module, token="kinema", key="claim")


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return open_keyring(tmp_path / "keys").keyring


@pytest.fixture(params=["file", "PKCS#12", "PKCS#11"])
def signer(request: pytest.FixtureRequest, keyring: Keyring, monkeypatch: pytest.MonkeyPatch) -> ClaimSigner:
    if request.param == "PKCS#12":
        monkeypatch.setenv("KINEMA_KEY_PASSWORD", PASSWORD)
        import_p12(keyring, bundle(ec.generate_private_key(ec.SECP256R1()), PASSWORD))
    elif request.param == "PKCS#11":
        import_hsm(keyring, request.getfixturevalue("token"))
    return keyring.claim


def verify(signer: ClaimSigner, signature: bytes, message: bytes) -> None:
    """Raises `InvalidSignature`. By the certificate alone, as a stranger would."""
    key = read_chain(signer.chain)[0].public_key()
    if isinstance(key, ed25519.Ed25519PublicKey):
        key.verify(signature, message)
    elif isinstance(key, rsa.RSAPublicKey):
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
        key.verify(signature, message, pss, hashes.SHA256())
    else:
        assert isinstance(key, ec.EllipticCurvePublicKey)
        half = (key.key_size + 7) // 8
        assert len(signature) == 2 * half
        r, s = (int.from_bytes(part, "big") for part in (signature[:half], signature[half:]))
        key.verify(encode_dss_signature(r, s), message, ec.ECDSA(_DIGESTS[signer.algorithm]))


def test_signs_what_its_certificate_verifies(signer: ClaimSigner) -> None:
    signature = signer.sign(b"a claim")
    verify(signer, signature, b"a claim")
    with pytest.raises(InvalidSignature):
        verify(signer, signature, b"another claim")


def test_chain_is_leaf_first_and_without_root(signer: ClaimSigner) -> None:
    leaf, *above = read_chain(signer.chain)
    for child, parent in zip([leaf, *above], above, strict=False):
        child.verify_directly_issued_by(parent)
    assert all(certificate.issuer != certificate.subject for certificate in (leaf, *above))


def test_signs_clips_that_are_trusted(
    signer: ClaimSigner, keyring: Keyring, tmp_path: Path, draw_clip: Callable[[Path], Path]
) -> None:
    assert signer.algorithm == "ES256"
    clip = draw_clip(tmp_path / "clip.mp4")
    sealed = seal_child(clip, tmp_path / "sealed.mp4", keyring)
    assert inspect(sealed.clip, keyring).ours


def test_shows_no_secret(signer: ClaimSigner) -> None:
    shown = repr(signer)
    assert all(secret not in shown for secret in (PASSWORD, PIN, "PRIVATE KEY", "PrivateKey"))


def _software(kind: str) -> SoftwareSigner:
    key = {
        "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "ES384": lambda: ec.generate_private_key(ec.SECP384R1()),
        "ES512": lambda: ec.generate_private_key(ec.SECP521R1()),
        "PS256": lambda: rsa.generate_private_key(65537, 2048),
        "ED25519": ed25519.Ed25519PrivateKey.generate,
    }[kind]()
    return SoftwareSigner(key, issue(key.public_key(), datetime.now(UTC)).chain)


@pytest.mark.parametrize("kind", ["ES256", "ES384", "ES512", "PS256", "ED25519"])
def test_software_signs_by_every_algorithm(kind: str) -> None:
    signer = _software(kind)
    assert signer.algorithm == kind
    verify(signer, signer.sign(b"a claim"), b"a claim")


@pytest.mark.parametrize("kind", ["ES384", "ES512", "PS256", "ED25519"])
def test_every_algorithm_signs_clips_that_are_trusted(
    kind: str,
    keyring: Keyring,
    tmp_path: Path,
    draw_clip: Callable[[Path], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KINEMA_KEY_PASSWORD", PASSWORD)
    import_p12(keyring, bundle(_software(kind).key, PASSWORD))
    sealed = seal_child(draw_clip(tmp_path / "clip.mp4"), tmp_path / "sealed.mp4", keyring)
    assert inspect(sealed.clip, keyring).ours


def test_bundle_without_its_password_is_refused(keyring: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINEMA_KEY_PASSWORD", PASSWORD)
    import_p12(keyring, bundle(ec.generate_private_key(ec.SECP256R1()), PASSWORD))
    monkeypatch.setenv("KINEMA_KEY_PASSWORD", "wrong")
    with pytest.raises(ProvenanceError, match="KINEMA_KEY_PASSWORD") as refusal:
        _ = keyring.claim
    assert "wrong" not in str(refusal.value)


def test_token_without_its_pin_is_refused(
    token: Slot, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_hsm(keyring, token)
    monkeypatch.setenv("KINEMA_HSM_PIN", "999999")
    with pytest.raises(ProvenanceError, match="PinIncorrect") as refusal:
        keyring.claim.sign(b"a claim")
    assert "999999" not in str(refusal.value)


def test_token_that_is_gone_is_refused(token: Slot, keyring: Keyring) -> None:
    with pytest.raises(ProvenanceError, match="NoSuchKey"):
        import_hsm(keyring, Slot(module=token.module, token=token.token, key="another"))
    with pytest.raises(ProvenanceError, match="NoSuchToken"):
        import_hsm(keyring, Slot(module=token.module, token="another", key="claim"))


def test_module_that_is_no_library_is_refused(keyring: Keyring, tmp_path: Path) -> None:
    pytest.importorskip("pkcs11")
    with pytest.raises(ProvenanceError, match="hardware key"):
        import_hsm(keyring, Slot(module=str(tmp_path / "nothing.so"), token="kinema", key="claim"))


def test_token_takes_certificates_of_its_own_key_alone(token: Slot, keyring: Keyring) -> None:
    others = issue(ec.generate_private_key(ec.SECP256R1()).public_key(), datetime.now(UTC))
    with pytest.raises(ProvenanceError, match="of the token's key"):
        import_hsm(keyring, token, certificates=others.chain + others.anchor)
