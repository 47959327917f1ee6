"""No secret leaves its file: not in what is printed, not in a take, a manifest, the registry or its log.

Every command that touches a secret is run as its user runs it, well and badly; then all that was printed and every byte
on disk outside the keys themselves is searched for each secret, as it is, in hexadecimal and in base64.
"""

from __future__ import annotations

import base64
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, load_pem_private_key
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates

from kinema.provenance.keys import read_keyring
from kinema.provenance.keys.certificate import issue, read_chain

SAID = {
    "KINEMA_KEY_PASSWORD": "password-4c1d6b8e2f",
    "KINEMA_HSM_PIN": "pin-902b7754a1",
    "KINEMA_LLM_KEY": "sk-llm-5e3f0a9d77c2",
}
DATABASE = "database-61b0c97f44"
SHOT = """
schema: kinema.shot/1
timing: {fps: 12, frames: 3}
bodies:
- {name: floor, shape: {kind: plane}, material: concrete}
- {name: ball, shape: {kind: sphere, radius: 0.2}, material: rubber, position: [0, 0, 0.6]}
lights: [{kind: sun, name: sun, elevation: 35, azimuth: 240}]
camera: {position: [0, -3, 1], aim: ball}
"""


@contextmanager
def endpoint() -> Iterator[str]:
    """A language model that refuses, and quotes the key it was given, as some do."""

    class Refuse(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            answer = f"Incorrect API key provided: {self.headers['Authorization']}".encode()
            self.send_response(401)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Refuse)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which everything was done once; `printed` holds all that was said."""
    home = tmp_path_factory.mktemp("house")
    (home / "shot.yaml").write_text(SHOT)
    key = ec.generate_private_key(ec.SECP256R1())
    made = issue(key.public_key(), datetime.now(UTC))
    leaf, *above = read_chain(made.chain + made.anchor)
    lock = BestAvailableEncryption(SAID["KINEMA_KEY_PASSWORD"].encode())
    (home / "import.p12").write_bytes(serialize_key_and_certificates(b"k", key, leaf, above, lock))

    def run(*words: str, fails: bool = False, **env: str) -> None:
        places = {"KINEMA_KEYS": "keys", "KINEMA_CONSENT": "consent", "KINEMA_REGISTRY": "registry.sqlite",
                  "KINEMA_REGISTRY_ANCHOR": "log.anchor"}  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-m", "kinema.cli", *words],
            cwd=home,
            env=os.environ | {name: str(home / place) for name, place in places.items()} | SAID | env,
            capture_output=True,
            check=False,
        )
        with (home / "printed").open("ab") as file:
            file.write(done.stdout + done.stderr)
        assert (done.returncode != 0) == fails, (words, done.stdout, done.stderr)
        assert b"Traceback" not in done.stderr, (words, done.stderr)

    draft = ("shoot", "shot.yaml", "--size", "48x28", "--quality", "draft")
    run(*draft, "-o", "software.take")
    run("keys", "import-p12", "import.p12")
    run(*draft, "-o", "imported.take", "--passes")
    run(*draft, "-o", "locked.take", fails=True, KINEMA_KEY_PASSWORD=f"{SAID['KINEMA_KEY_PASSWORD']}-wrong")
    run("keys", "show", "--json")
    run("keys", "import-hsm", "--module", "/none.so", "--token", "t", "--key", "k", fails=True)
    run("registry", "verify-log")
    url = f"postgresql://kinema:{DATABASE}@127.0.0.1:9/kinema"
    run("registry", "verify-log", fails=True, KINEMA_REGISTRY=url)
    (home / "contract").write_text("I agree.")
    terms = ("--subject", "A", "--use", "film", "--from", "2026-01-01", "--until", "2030-01-01")
    run("consent", "grant", *terms, "--evidence", "contract", "--keep")
    run("consent", "prune")
    run("doctor")
    with endpoint() as url:
        run("shoot", "a ball falls", "--llm", "-o", "words.take", fails=True, KINEMA_LLM_URL=url)
        broken = f"{SAID['KINEMA_LLM_KEY']}\r\n"
        run(
            "shoot",
            "a ball falls",
            "--llm",
            "-o",
            "words.take",
            fails=True,
            KINEMA_LLM_URL=url,
            KINEMA_LLM_KEY=broken,
        )
    return home


def secrets_of(home: Path) -> dict[str, bytes]:
    """All of them, as bytes."""
    found = {name: value.encode() for name, value in SAID.items()} | {"KINEMA_REGISTRY": DATABASE.encode()}
    for path in (home / "keys").rglob("key.pem"):
        key = load_pem_private_key(path.read_bytes(), None)
        if isinstance(key, Ed25519PrivateKey):
            found[str(path.relative_to(home))] = key.private_bytes_raw()
        else:
            assert isinstance(key, ec.EllipticCurvePrivateKey)
            found[str(path.relative_to(home))] = key.private_numbers().private_value.to_bytes(32, "big")
    ring = read_keyring(home / "keys")
    found["the watermark's secret"] = (ring.folder / "watermark" / "0001" / "secret").read_bytes()
    found["the secret of evidence"] = (ring.folder / "evidence" / "0001" / "secret").read_bytes()
    found["the watermark's key"] = bytes(b"".join([ring.watermark()]))
    return found


def written(secret: bytes) -> list[bytes]:
    """As it may stand in a file: base64 at each of three offsets, without the letters that its neighbours share."""
    ways = [secret, secret.hex().encode(), secret.hex().upper().encode(), repr(secret)[2:-1].encode()]
    for before in range(3):
        text = base64.b64encode(bytes(before) + secret)
        middle = text[4 if before else 0 : -4]
        ways += [middle, middle.replace(b"+", b"-").replace(b"/", b"_")]
    return ways


def test_the_search_finds_what_is_there() -> None:
    """In a file of each kind, at each offset."""
    secret = bytes(range(40, 72))
    for before in range(3):
        for text in (base64.b64encode(bytes(before) + secret + b"x"), b"k=" + secret.hex().encode(), secret):
            assert any(way in text for way in written(secret))


def test_no_secret_is_in_anything_that_was_made_or_said(house: Path) -> None:
    secrets = secrets_of(house)
    assert {"keys/checkpoint/0001/key.pem", "KINEMA_LLM_KEY", "the watermark's secret"} < secrets.keys()
    assert sum("key.pem" in name for name in secrets) >= 2
    theirs = {house / "keys", house / "import.p12"}
    searched = [path for path in house.rglob("*") if path.is_file() and not theirs & {path, *path.parents}]
    names = {path.name for path in searched}
    assert {
        "printed",
        "clip.mp4",
        "take.json",
        "shot.yaml",
        "registry.sqlite",
        "log.anchor",
        "tape.kt",
    } <= names
    assert any(name.endswith(".locked") for name in names)
    for name, secret in secrets.items():
        for path in searched:
            content = path.read_bytes()
            assert not any(way in content for way in written(secret)), (
                f"{name} is in {path.relative_to(house)}"
            )


def test_what_was_said_names_what_to_do_about_each(house: Path) -> None:
    """The failures were those that were meant."""
    printed = (house / "printed").read_text("utf-8", "replace")
    for word in (
        "KINEMA_KEY_PASSWORD",
        "KINEMA_HSM_PIN",
        "Incorrect API key provided",
        "one line of ASCII",
        "PostgreSQL",
    ):
        assert word in printed, word


def test_keys_are_their_owners_alone(house: Path) -> None:
    private = [*(house / "keys").rglob("*"), house / "keys"]
    assert len(private) > 12
    for path in private:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    for path in (house / "registry.sqlite", house / "log.anchor"):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path
