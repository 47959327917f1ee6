"""The commands, as typed; and the page about them, executed."""

from __future__ import annotations

import json
import re
import shlex
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from kinema.cli import app
from kinema.errors import KinemaError, MediaError, PolicyError
from kinema.policy.rulebook import read_rules
from kinema.policy.settings import read_settings
from kinema.provenance.registry import open_registry
from kinema.shot.files import parse_shot

PAGE = (Path(__file__).parents[3] / "docs" / "policy.md").read_text("utf-8")
SHOT = "bodies: [{name: hero, shape: {kind: sphere, radius: 1}, likeness: Jane Roe}]\nlights: [{name: s, kind: sun}]\n"


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KINEMA_CONSENT", str(tmp_path / "consent"))
    monkeypatch.setenv("KINEMA_KEYS", str(tmp_path / "keys"))
    monkeypatch.setenv("KINEMA_REGISTRY", str(tmp_path / "registry.sqlite"))
    monkeypatch.setenv("KINEMA_REGISTRY_ANCHOR", str(tmp_path / "registry.anchor"))
    monkeypatch.delenv("KINEMA_POLICY", raising=False)
    monkeypatch.delenv("KINEMA_MODERATION_URL", raising=False)
    (tmp_path / "contract.txt").write_text("I agree.")
    (tmp_path / "shot.yaml").write_text(SHOT)
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def said(*words: str) -> Any:
    done = run(*words, "--json")
    assert not isinstance(done.exception, KinemaError), done.exception
    return json.loads(done.stdout)


def grant(*more: str) -> Any:
    until = date.today().replace(day=1, year=date.today().year + 3).isoformat()
    return said("consent", "grant", "--subject", "Jane Roe", "--evidence", "contract.txt", "--use", "film",
                "--until", until, *more)  # fmt: skip


def test_from_refusal_to_consent_to_revocation(workplace: Path) -> None:
    ask = ("policy", "check", "shot.yaml", "--use", "film")
    assert run(*ask).exit_code == 3
    receipt = grant()
    assert run("consent", "verify", receipt["id"], "--use", "film").exit_code == 0
    allowed = said(*ask)
    assert (allowed["allowed"], allowed["receipts"], allowed["labels"]) == (
        True,
        [receipt["id"]],
        ["deepfake"],
    )
    take = workplace / "a.take"
    take.mkdir()
    (take / "take.json").write_text(json.dumps({"clip": "clip.mp4", "policy": allowed}))
    revoked = said("consent", "revoke", receipt["id"], "--takes", str(workplace))
    assert revoked["clips"] == [{"id": str(take), "where": str(take / "clip.mp4")}]
    with open_registry() as registry:
        assert registry.revoked(receipt["id"])
    refused = said(*ask, "--act", "export")
    assert refused["rules"] == ["kinema.likeness.consent"]
    assert [row["state"] for row in said("consent", "list")] == ["revoked"]
    assert isinstance(run("consent", "verify", receipt["id"], "--use", "film").exception, PolicyError)


def test_from_evidence_kept_to_evidence_removed(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    yesterday = (date.today() - timedelta(days=1)).isoformat()
    term = ("--subject", "Jane Roe", "--use", "film", "--from", "2025-01-01", "--until", yesterday)
    receipt = said("consent", "grant", *term, "--evidence", "contract.txt", "--keep")
    assert run("consent", "evidence", receipt["id"], "-o", "shown.txt").exit_code == 0
    assert (workplace / "shown.txt").read_text() == "I agree."
    assert run("consent", "keep", receipt["id"], "shown.txt").exit_code == 0
    assert isinstance(run("consent", "keep", receipt["id"], "shot.yaml").exception, PolicyError)
    assert said("consent", "prune") == {"removed": [], "unproved": []}
    (workplace / "house").mkdir()
    (workplace / "house" / "policy.yaml").write_text("evidence_days: 0\n")
    monkeypatch.setenv("KINEMA_POLICY", str(workplace / "house"))
    refused = run("consent", "evidence", receipt["id"], "-o", "late.txt")
    assert isinstance(refused.exception, PolicyError)
    assert not (workplace / "late.txt").exists()
    removed = said("consent", "prune")["removed"]
    assert [(one["sha256"], one["until"]) for one in removed] == [(receipt["evidence"], yesterday)]
    assert not list((workplace / "consent" / "evidence").glob("*.locked"))
    (workplace / "consent" / "evidence" / f"{'0' * 64}.locked").write_text("rubbish")
    damaged = run("consent", "prune")
    assert damaged.exit_code == 3
    assert "DAMAGED" in damaged.stdout


def test_an_export_asks_for_takedowns(workplace: Path) -> None:
    """Of a take, by the id that its record says; of a finished one that says none, nothing is answered."""
    from kinema.provenance.registry import Notice

    take, id_ = workplace / "a.take", "0123456789abcdef"
    take.mkdir()
    (take / "shot.yaml").write_text(SHOT.replace(", likeness: Jane Roe", ""))
    (take / "take.json").write_text(json.dumps({"complete": True, "origin": {"id": id_}}))
    ask = ("policy", "check", "a.take", "--act", "export")
    assert run(*ask).exit_code == 0
    with open_registry() as registry:
        registry.record(Notice(kind="takedown", subject=id_, statement="notice 7"))
    refused = said(*ask)
    assert refused["rules"] == ["kinema.takedown"]
    assert id_ in refused["reasons"][0]["text"]
    assert "registry restore" in refused["reasons"][0]["appeal"]
    for origin in ({}, {"id": "x"}, {"id": 7}, [], None):
        (take / "take.json").write_text(json.dumps({"complete": True, "origin": origin}))
        assert isinstance(run(*ask).exception, MediaError)
    (take / "take.json").write_text(json.dumps({"complete": False}))
    assert run(*ask).exit_code == 0  # there is no clip yet


def test_a_receipt_as_a_file(workplace: Path) -> None:
    token = grant("--project", "Moon", "--territory", "DE")["token"]
    (workplace / "theirs.jws").write_text(token)
    asked = ("consent", "verify", "theirs.jws", "--use", "film")
    assert run(*asked, "--project", "Moon", "--territory", "DE").exit_code == 0
    assert isinstance(run(*asked, "--project", "Moon").exception, PolicyError)
    assert isinstance(run(*asked, "--territory", "DE").exception, PolicyError)


@pytest.mark.parametrize(
    "words",
    [
        ("policy", "check", "shot.yaml", "--use", "fun"),
        ("policy", "check", "shot.yaml", "--act", "burn"),
        ("policy", "check", "shot.yaml", "--plate", "nothing.png"),
        ("consent", "grant", "--subject", "A", "--evidence", "nothing", "--use", "film", "--until", "2030-01-01"),
        ("consent", "grant", "--subject", "A", "--evidence", "contract.txt", "--use", "film", "--until", "soon"),
        ("consent", "grant", "--subject", "A", "--evidence", "contract.txt", "--use", "fun", "--until", "2030-01-01"),
        ("consent", "grant", "--subject", "A", "--evidence", "contract.txt", "--use", "film", "--until", "2099-01-01"),
        ("consent", "grant", "--subject", "A", "--minor", "--evidence", "contract.txt", "--use", "film",
         "--until", "2027-12-01"),
        ("consent", "verify", "0" * 32),
        ("consent", "keep", "0" * 32, "contract.txt"),
        ("consent", "evidence", "0" * 32, "-o", "shown.txt"),
        ("consent", "verify", "nothing.jws"),
        ("consent", "revoke", "../../etc/passwd"),
        ("licences", "nothing.take"),
    ],
)  # fmt: skip
def test_bad_input_is_said_and_ends_with_two(words: tuple[str, ...]) -> None:
    error = run(*words).exception
    assert isinstance(error, KinemaError)
    assert error.exit_code == 2
    assert len(error.next_step) > 5


def test_the_ledger_fails_on_what_is_unknown(workplace: Path) -> None:
    assert run("licences").exit_code == 0
    (workplace / "hero.glb").write_bytes(b"mesh")
    shot = "bodies: [{name: hero, shape: {kind: mesh, file: hero.glb}}]\nlights: [{name: s, kind: sun}]\n"
    (workplace / "mesh.yaml").write_text(shot)
    done = run("licences", "mesh.yaml")
    assert done.exit_code == 3
    assert "UNKNOWN: no source; no licence" in done.stdout
    (workplace / "mesh.yaml").write_text(shot + "assets: {hero.glb: {source: me, licence: CC0-1.0}}\n")
    assert run("licences", "mesh.yaml").exit_code == 0
    assert run("licences", "mesh.yaml", "--training").exit_code == 3


def test_secrets_are_nowhere_but_in_the_key_file(workplace: Path) -> None:
    grant()
    secret = (workplace / "keys" / "consent" / "0001" / "key.pem").read_text().splitlines()[1]
    for words in (("consent", "list"), ("policy", "check", "shot.yaml"), ("consent", "revoke", "x")):
        done = run(*words)
        assert secret not in done.output + str(done.exception)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.S | re.M)


def test_the_page_commands_run() -> None:
    lines = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("kinema ")]
    assert len(lines) >= 5
    for line in lines:
        done = run(*shlex.split(line)[1:])
        assert done.exit_code == 0, f"{line}\n{done.output}{done.exception}"


def test_the_page_rules_and_settings_are_read(workplace: Path) -> None:
    (workplace / "page.cedar").write_text("\n".join(blocks("cedar")))
    settings, assets = blocks("yaml")
    (workplace / "policy.yaml").write_text(settings)
    assert len(read_rules(workplace).rules) == len(read_rules(None).rules) + 3
    assert read_settings(workplace).subjects["weapons"].found_in(" two cannonballs ") == "cannonballs"
    shot = parse_shot(
        "bodies: [{name: a, shape: {kind: mesh, file: statue.glb}}]\nlights: [{name: s, kind: sun}]\n"
        + assets
    )
    assert shot.assets["statue.glb"].training == "notAllowed"


def test_the_page_figures_are_the_measured_ones() -> None:
    results = json.loads((Path(__file__).parents[3] / "benchmarks" / "results" / "policy.json").read_text())
    rows = {row["prompts"]: row for row in results["tables"]["prompts"]}
    harmless, page = rows["harmless, all"], " ".join(PAGE.split())
    assert f"of {harmless['number']} harmless film prompts" in page
    assert f"{harmless['refused']} is refused" in page
    must = rows["must be refused, tuned on"]["number"] + rows["must be refused, held out"]["number"]
    assert f"of {must} that must be refused, all are" in page
    assert all(rows[name]["rate"] == 1 for name in rows if name.startswith("must"))
