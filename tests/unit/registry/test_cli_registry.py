"""`kinema registry`, as it is typed."""

from __future__ import annotations

import base64
import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kinema.cli import app
from kinema.errors import KinemaError, PolicyError, UsageError
from kinema.provenance.fingerprint.fingerprint import kept
from kinema.provenance.iscc.code import installed
from kinema.provenance.keys import read_keyring
from kinema.provenance.keys.ceremony import rotate
from kinema.provenance.log.proof import proves_inclusion
from kinema.provenance.log.tree import leaf_hash
from kinema.provenance.registry import Entry, Notice, open_registry
from kinema.provenance.registry.database import open_database
from kinema.provenance.registry.entry import covered

IMAGES = Path(__file__).parents[3] / "docs" / "images"

Entries = Callable[[int], list[Entry]]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entries: Entries) -> Path:
    """A user's folder with three clips and a notice in its registry."""
    for name in ("KINEMA_REGISTRY", "KINEMA_REGISTRY_ANCHOR", "KINEMA_KEYS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with open_registry() as registry:
        for entry in entries(3):
            registry.register(entry)
        registry.record(Notice(kind="audit", subject="receipt 1", statement="seen"))
    return tmp_path / "kinema"


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["registry", *words])
    if isinstance(result.exception, KinemaError):
        raise result.exception
    return result.exit_code, result.stdout


def test_the_registry_lies_in_the_users_data_folder(home: Path) -> None:
    files = {path.name: path.stat().st_mode & 0o777 for path in home.iterdir()}
    assert files == {"registry.sqlite": 0o600, "registry.anchor": 0o600, "keys": 0o700}
    assert home.stat().st_mode & 0o777 == 0o700


def test_verify_log_passes_and_then_finds_tampering(home: Path) -> None:
    code, said = run("verify-log")
    assert code == 0
    assert said.count("pass ") == 5
    assert "kinema.registry/" in said
    database = open_database(home / "registry.sqlite")
    database.run("DELETE FROM entry WHERE leaf = 1")
    database.close()
    code, said = run("verify-log")
    assert code == 3
    assert "leaf 1 has no row" in said
    code, said = run("verify-log", "--json")
    assert code == 3
    assert [f["verdict"] for f in json.loads(said)["findings"]] == ["fail", "pass", "fail", "fail", "fail"]


def test_a_database_put_back_exits_with_3(home: Path, entries: Entries) -> None:
    shutil.copy(home / "registry.sqlite", home / "old")
    with open_registry() as registry:
        registry.register(entries(4)[3])
    shutil.copy(home / "old", home / "registry.sqlite")
    code, said = run("verify-log")
    assert code == 3
    assert "put back" in said


def test_an_export_proves_itself_without_the_database(home: Path, entries: Entries) -> None:
    file = home / "out.jsonl"
    code, _ = run("export", "-o", str(file))
    assert code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    *rows, last = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert [row["leaf"] for row in rows] == [0, 1, 2, 3]
    assert base64.b64decode(rows[1]["manifest"]["base64"]) == entries(3)[1].manifest
    with open_registry() as registry:
        for row in rows:
            schema, leaf, *columns = row.values()
            values = [base64.b64decode(v["base64"]) if isinstance(v, dict) else v for v in columns]
            receipt = registry.receipt(leaf)
            head = registry._reader.checkpoint(last["note"])
            hash_ = leaf_hash(covered(schema, *values))
            assert proves_inclusion(hash_, leaf, head.size, receipt.path, head.head)
    with pytest.raises(UsageError, match="new file"):
        run("export", "-o", str(file))


def test_a_stolen_log_key_is_vouched_for(home: Path) -> None:
    rotate(read_keyring(home / "keys"), "checkpoint", compromised=True)
    code, said = run("verify-log")
    assert code == 3
    assert "no newer head vouches for it" in said
    assert run("vouch") == (0, "vouched   all before leaf 4\n")
    assert run("verify-log")[0] == 0


def test_from_takedown_to_return(home: Path, entries: Entries) -> None:
    del home
    picture = IMAGES / "glass.jpg"
    clip, twin = (f"{entry.id:016x}" for entry in entries(5)[3:])
    with open_registry() as registry:
        for entry in entries(5)[3:]:
            registry.register(replace(entry, fingerprint=kept(picture).to_bytes()))
    assert run("copies", str(picture)) == (0, "looks like nothing that was taken down here\n")
    code, said = run("takedown", clip, "--ground", "likeness", "--by", "case 7")
    assert code == 0
    assert f"clip      {clip} is withheld" in said
    assert f"alike     {twin}, 100% agrees" in said
    code, said = run("copies", str(picture), "--json")
    assert (code, [match["id"] for match in json.loads(said)]) == (3, [clip])
    assert run("copies", str(IMAGES / "materials.jpg"))[0] == 0
    with pytest.raises(PolicyError, match="must be one of countered"):
        run("restore", clip, "--by", "case 7")
    assert run("answer", clip, "countered", "--by", "case 7")[0] == 0
    code, said = run("restore", f"{clip}.1", "--by", "case 7", "--json")
    case = json.loads(said)
    assert (code, case["withheld"]) == (0, False)
    assert [event["step"] for event in case["events"]] == ["noticed", "removed", "countered", "restored"]
    assert run("copies", str(picture))[0] == 0
    assert run("verify-log")[0] == 0


@pytest.mark.parametrize(
    "words",
    [
        ("takedown", "f000000000000099", "--ground", "likeness", "--by", "x"),
        ("takedown", "f000000000000001", "--ground", "taste", "--by", "x"),
        ("answer", "f000000000000001", "countered", "--by", "x"),
        ("answer", "f000000000000001", "noticed", "--by", "x"),
        ("restore", "f000000000000001.1", "--by", "x"),
        ("copies", "/nowhere"),
        ("vouch",),
    ],
)
def test_bad_words_are_said_and_end_with_two(home: Path, words: tuple[str, ...]) -> None:
    del home
    with pytest.raises(KinemaError) as error:
        run(*words)
    assert error.value.exit_code == 2


@pytest.mark.parametrize(
    "words", [("serve", "--port", "0"), ("serve", "--max-upload", "0"), ("serve", "--token-file", "/nowhere")]
)
def test_what_cannot_be_served_is_said(home: Path, words: tuple[str, ...]) -> None:
    del home
    pytest.importorskip("uvicorn")
    with pytest.raises(KinemaError):
        run(*words)


def test_a_short_token_is_refused(home: Path) -> None:
    pytest.importorskip("uvicorn")
    (home / "token").write_text("short\n")
    with pytest.raises(UsageError, match="16"):
        run("serve", "--token-file", str(home / "token"))


@pytest.fixture
def served(home: Path) -> Iterator[HTTPConnection]:
    """`kinema registry serve` in a process of its own, once it answers."""
    pytest.importorskip("uvicorn")
    del home
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "kinema.cli", "registry", "serve", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert str(port) in process.stdout.readline()
        yield HTTPConnection("127.0.0.1", port, timeout=20)
        process.terminate()


def test_serve_answers(served: HTTPConnection) -> None:
    served.request("GET", "/manifests/urn:c2pa:2")
    answer = served.getresponse()
    assert (answer.status, answer.read()) == (200, b"manifest 2")
    served.request("GET", "/services/supportedAlgorithms")
    more = [{"alg": "io.iscc.v0"}] if installed() else []
    assert json.loads(served.getresponse().read())["fingerprints"] == [{"alg": "io.kinema.pdq.1"}, *more]
