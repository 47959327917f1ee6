"""Keys and seals from the command line; time stamps by a real authority, OpenSSL's, behind HTTP on this machine."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from typer.testing import CliRunner, Result

from kinema.cli import app
from kinema.errors import KinemaError, ProvenanceError
from kinema.media.encode import ClipWriter
from kinema.provenance.keys import open_keyring
from kinema.provenance.keys.certificate import issue, read_chain
from kinema.provenance.manifest.definition import SEAL_LABEL
from kinema.provenance.manifest.inspection import inspect
from kinema.provenance.manifest.sdk import read
from kinema.provenance.manifest.seal import seal_child
from kinema.provenance.watermark import Watermark

CONFIGURATION = """
[tsa]
default_tsa = authority
[authority]
serial = ./serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keys of its own, and so a registry of its own: a log of other keys would rightly be refused."""
    monkeypatch.setenv("KINEMA_KEYS", str(tmp_path / "keys"))
    monkeypatch.setenv("KINEMA_REGISTRY", str(tmp_path / "registry.sqlite"))
    monkeypatch.setenv("KINEMA_REGISTRY_ANCHOR", str(tmp_path / "registry.anchor"))
    return tmp_path


def run(*words: object, fails: bool = False) -> Result:
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert (result.exit_code != 0) == fails, (result.output, result.exception)
    return result


def certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    stamps: bool,
) -> bytes:
    """Of a time-stamping authority (RFC 3161, 2.3: one critical purpose, and no other), or of the root above it."""
    now = datetime.now(UTC)
    usage = x509.KeyUsage(stamps, stamps, False, False, False, not stamps, not stamps, False, False)
    subject, above = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, one)]) for one in (name, issuer))
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(above)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=not stamps, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
        )
        .add_extension(usage, critical=True)
    )
    if stamps:
        made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return made.sign(issuer_key, hashes.SHA256()).public_bytes(Encoding.PEM)


@contextmanager
def authority(home: Path) -> Iterator[str]:
    """A time-stamping authority; yields its address. `home` then holds root.pem."""
    home.mkdir()
    root, leaf = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    (home / "root.pem").write_bytes(certificate("root", root, "root", root, stamps=False))
    (home / "tsa.pem").write_bytes(certificate("stamps", leaf, "root", root, stamps=True))
    pem = leaf.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (home / "key.pem").write_bytes(pem)
    (home / "serial").write_text("01\n")
    (home / "tsa.cnf").write_text(CONFIGURATION)

    class Stamp(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            (home / "query").write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            command = "openssl ts -reply -config tsa.cnf -queryfile query -out reply"
            keys = "-signer tsa.pem -inkey key.pem -chain tsa.pem"
            subprocess.run(f"{command} {keys}".split(), cwd=home, check=True, capture_output=True)
            reply = (home / "reply").read_bytes()
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Stamp)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def test_time_stamp_of_a_trusted_authority(
    folder: Path, draw_clip: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = draw_clip(folder / "clip.mp4")
    with authority(folder / "tsa") as address:
        monkeypatch.setenv("KINEMA_TSA", address)
        refused = run("seal", clip, "-o", folder / "out.mp4", fails=True)  # its root is not trusted yet
        assert isinstance(refused.exception, ProvenanceError)
        assert "no trusted time stamp" in str(refused.exception)
        assert not (folder / "out.mp4").exists()
        run("keys", "trust", folder / "tsa" / "root.pem")
        before = datetime.now(UTC).replace(microsecond=0)
        run("seal", clip, "-o", folder / "out.mp4")
    monkeypatch.delenv("KINEMA_TSA")
    found = inspect(folder / "out.mp4", open_keyring().keyring)
    assert found.ours
    assert found.manifest is not None
    stamped = datetime.fromisoformat(found.manifest.stamped)
    assert before <= stamped <= datetime.now(UTC)
    assert found.manifest.stamped in found.words


def test_keys_and_seals_by_command(folder: Path, draw_clip: Callable[[Path], Path]) -> None:
    assert "trusted here, and nowhere else" in run("keys", "init").output
    parent = seal_child(draw_clip(folder / "plate.mp4"), folder / "parent.mp4", open_keyring().keyring)
    said = run(
        "seal", draw_clip(folder / "edit.mp4"), "--parent", parent.clip, "-o", folder / "out.mp4"
    ).output
    assert "made from parent.mp4 (parentOf; its own manifest is trusted)" in said
    run("keys", "rotate", "claim")
    run("keys", "rotate", "consent", "--compromised")
    run("keys", "rotate", "checkpoint")
    run("keys", "distrust", "checkpoint", "0001")
    shown = json.loads(run("keys", "show", "--json").output)
    assert [one["state"] for one in shown["claims"]] == ["signs", "verifies"]
    assert inspect(folder / "out.mp4", open_keyring().keyring).ours
    lines = run("keys", "show").output
    assert "signs       claim 0002, file, CN=kinema DEVELOPMENT claim signer" in lines
    assert "signs       consent" in lines
    told = json.loads(run("seal", folder / "edit.mp4", "-o", folder / "json.mp4", "--json").output)
    assert told["inputs"][0]["relationship"] == "parentOf"
    assert told["manifest"].startswith("urn:c2pa:")


def test_a_mark_under_an_input_is_named_in_the_seal(folder: Path, draw_clip: Callable[[Path], Path]) -> None:
    """A clip of ours whose manifest was lost goes into an edit: the seal says whose pixels they are."""
    run("keys", "init")
    keyring = open_keyring().keyring
    mark = Watermark(keyring.watermarks()[0], 0xFEED)
    draw = np.random.default_rng(3)
    grain = draw.integers(60, 190, (45, 80, 3), np.uint8).repeat(8, 0).repeat(8, 1)  # texture a codec keeps
    with ClipWriter(folder / "stripped.mp4", "h264", 640, 360, Fraction(24)) as writer:
        for n in range(24):
            writer.write(mark.embed(np.roll(grain, 2 * n, 1)))
    plain = draw_clip(folder / "plain.mp4")
    named = {"id": f"{0xFEED:016x}"}

    def sealed(clip: Path, parent: Path) -> tuple[dict, dict]:
        told = json.loads(run("seal", clip, "-o", folder / "cut.mp4", "--parent", parent, "--json").stdout)
        stored = read(folder / "cut.mp4", keyring.anchors)
        assert stored is not None
        return told["watermarks"], stored.crjson["manifests"][0]["assertions"][SEAL_LABEL]

    told, stated = sealed(plain, folder / "stripped.mp4")
    assert told.keys() == {str(folder / "stripped.mp4")}
    assert stated["inputs"][0]["watermark"].items() >= named.items()
    assert stated["inputs"][0]["watermark"]["log10_p"] < -6
    assert "watermark" not in stated

    _, stated = sealed(folder / "stripped.mp4", plain)
    assert "watermark" not in stated["inputs"][0]
    assert stated["watermark"].items() >= named.items()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["keys", "show"], 4),
        (["keys", "rotate", "everything"], 2),
        (["keys", "import-p12", "nothing.p12"], 2),
        (["keys", "trust", "nothing.pem"], 2),
        (["seal", "nothing.mp4", "-o", "out.mp4"], 2),
        (["seal", "nothing.mp4", "-o", "out.mp4", "--editor", "ghost"], 2),
    ],
)
@pytest.mark.usefixtures("folder")
def test_mistakes_are_said(words: list[str], code: int) -> None:
    error = run(*words, fails=True).exception
    assert isinstance(error, KinemaError)
    assert error.exit_code == code


def test_imported_bundle_signs_and_its_password_is_nowhere(
    folder: Path, draw_clip: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = ec.generate_private_key(ec.SECP384R1())
    made = issue(key.public_key(), datetime.now(UTC))
    leaf, *above = read_chain(made.chain)
    password = "correct horse battery staple"
    lock = BestAvailableEncryption(password.encode())
    (folder / "studio.p12").write_bytes(serialize_key_and_certificates(b"x", key, leaf, above, lock))
    (folder / "root.pem").write_bytes(made.anchor)
    monkeypatch.setenv("KINEMA_KEY_PASSWORD", "wrong")
    run("keys", "import-p12", folder / "studio.p12", "--anchor", folder / "root.pem", fails=True)
    monkeypatch.setenv("KINEMA_KEY_PASSWORD", password)
    refused = run("keys", "import-p12", folder / "studio.p12", fails=True)  # its root is not in it
    assert "lead to its root" in str(refused.exception)
    run("keys", "import-p12", folder / "studio.p12", "--anchor", folder / "root.pem")
    run("seal", draw_clip(folder / "clip.mp4"), "-o", folder / "out.mp4")
    assert inspect(folder / "out.mp4", open_keyring().keyring).ours
    assert "PKCS#12" in run("keys", "show").output
    raw = key.private_numbers().private_value.to_bytes(48, "big")
    for path in [folder / "out.mp4", *(folder / "keys").rglob("*.*")]:
        if path.is_file():
            content = path.read_bytes()
            assert password.encode() not in content
            assert raw not in content
