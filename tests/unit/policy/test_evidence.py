"""Evidence of consent: locked, read by its owner, refused past its time, removed; the log says so and names nobody."""

from __future__ import annotations

import hashlib
import json
import stat
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from kinema.config import Config
from kinema.errors import PolicyError, ProvenanceError, UsageError
from kinema.policy.consent.evidence import EvidenceStore, Kept
from kinema.policy.consent.receipt import Receipt
from kinema.policy.consent.store import ConsentStore
from kinema.policy.settings import EVIDENCE_DAYS, read_settings
from kinema.provenance.keys import open_keyring, read_keyring
from kinema.provenance.keys.ceremony import rotate
from kinema.provenance.registry import Notice, open_registry

DAY, END = date(2026, 11, 26), date(2031, 11, 26)
DAYS = 30
LAST = END + timedelta(days=DAYS)
CONTRACT = b"Jane Roe: I agree, and show my face for it.\n" * 50_000  # more than one chunk
Grant = Callable[..., tuple[Receipt, str]]


@pytest.fixture
def contract(tmp_path: Path) -> Path:
    (tmp_path / "contract.txt").write_bytes(CONTRACT)
    return tmp_path / "contract.txt"


@pytest.fixture
def signed(granted: Grant, contract: Path) -> Callable[..., Receipt]:
    """A receipt on that contract."""

    def make(**changes: Any) -> Receipt:
        return granted(evidence=hashlib.sha256(contract.read_bytes()).hexdigest(), **changes)[0]

    return make


@pytest.fixture
def evidence(config: Config) -> EvidenceStore:
    return EvidenceStore(config.consent / "evidence", config.keys, DAYS)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock")


def said_of(receipt: Receipt) -> list[dict[str, Any]]:
    with open_registry() as registry:
        contents = [record.content for record in registry.notices(receipt.id)]
    return [json.loads(one.statement) for one in contents if isinstance(one, Notice)]


def test_evidence_is_kept_locked_and_read_by_its_owner(
    evidence: EvidenceStore, signed: Callable[..., Receipt], contract: Path, config: Config, tmp_path: Path
) -> None:
    receipt = signed()
    evidence.keep(contract, receipt, DAY)
    assert files(evidence.folder) == [f"{receipt.evidence}.locked"]  # under the hash that the receipt holds
    kept = evidence.folder / f"{receipt.evidence}.locked"
    key = config.keys / "evidence" / "0001" / "secret"
    assert [stat.S_IMODE(path.stat().st_mode) for path in (kept, key)] == [0o600, 0o600]
    assert [stat.S_IMODE(path.parent.stat().st_mode) for path in (kept, key)] == [0o700, 0o700]
    for told in (b"Jane", b"agree"):
        assert told not in kept.read_bytes()
    evidence.read(receipt.id, tmp_path / "shown.txt", DAY)
    assert (tmp_path / "shown.txt").read_bytes() == CONTRACT
    assert stat.S_IMODE((tmp_path / "shown.txt").stat().st_mode) == 0o600
    with pytest.raises(UsageError, match="new file"):
        evidence.read(receipt.id, contract, DAY)
    assert contract.read_bytes() == CONTRACT


def test_past_its_time_it_is_refused_and_then_removed(
    evidence: EvidenceStore, signed: Callable[..., Receipt], contract: Path, tmp_path: Path
) -> None:
    receipt = signed()
    kept = evidence.keep(contract, receipt, DAY)
    assert evidence.last_day(kept) == LAST
    evidence.read(receipt.id, tmp_path / "last", LAST)
    assert not evidence.prune(LAST).removed
    after = LAST + timedelta(days=1)
    with pytest.raises(PolicyError, match=f"{DAYS} days after the last term.*consent prune"):
        evidence.read(receipt.id, tmp_path / "late", after)
    with pytest.raises(PolicyError, match="is not kept longer"):
        evidence.keep(contract, receipt, after)
    assert not (tmp_path / "late").exists()
    assert evidence.prune(after).removed == (Kept(receipt.evidence, (receipt.id,), END),)
    assert files(evidence.folder) == []
    assert evidence.prune(after).removed == ()
    with pytest.raises(PolicyError, match="must be of a receipt that it is kept for"):
        evidence.read(receipt.id, tmp_path / "late", DAY)


def test_the_log_says_what_became_of_it_and_names_nobody(
    evidence: EvidenceStore, signed: Callable[..., Receipt], contract: Path, tmp_path: Path
) -> None:
    receipt, other = signed(), signed(valid_until=date(2027, 11, 26))
    for one in (receipt, other):
        evidence.keep(contract, one, DAY)
    evidence.read(receipt.id, tmp_path / "shown.txt", DAY)
    with pytest.raises(PolicyError):
        evidence.read(receipt.id, tmp_path / "late.txt", LAST + timedelta(days=1))
    evidence.prune(LAST + timedelta(days=1))
    steps = {one.id: [said["step"] for said in said_of(one)] for one in (receipt, other)}
    assert steps == {
        receipt.id: ["granted", "evidence_kept", "evidence_read", "evidence_removed"],
        other.id: ["granted", "evidence_kept", "evidence_removed"],
    }
    for said in said_of(receipt):
        assert said["receipt"] == receipt.id
        assert not {"Jane", "Roe", receipt.evidence} & set(json.dumps(said).replace('"', " ").split())


def test_it_stays_for_the_last_receipt_that_leans_on_it(
    evidence: EvidenceStore, signed: Callable[..., Receipt], contract: Path, tmp_path: Path
) -> None:
    """One contract, two terms; whichever was granted first."""
    long, short = signed(), signed(valid_until=date(2027, 11, 26))
    for receipt in (long, short):
        evidence.keep(contract, receipt, DAY)
    assert not evidence.prune(date(2029, 1, 1)).removed
    for receipt in (long, short):
        evidence.read(receipt.id, tmp_path / receipt.id, date(2029, 1, 1))
        assert (tmp_path / receipt.id).read_bytes() == CONTRACT
    assert evidence.prune(LAST + timedelta(days=1)).removed[0].receipts == (long.id, short.id)


def test_a_revocation_neither_removes_nor_shortens_it(
    evidence: EvidenceStore,
    signed: Callable[..., Receipt],
    contract: Path,
    store: ConsentStore,
    tmp_path: Path,
) -> None:
    receipt = signed()
    evidence.keep(contract, receipt, DAY)
    store.revoke(receipt.id)
    evidence.read(receipt.id, tmp_path / "shown.txt", LAST)
    assert not evidence.prune(LAST).removed


def test_another_file_is_not_its_evidence(
    evidence: EvidenceStore, signed: Callable[..., Receipt], tmp_path: Path
) -> None:
    receipt = signed()
    (tmp_path / "other.txt").write_bytes(CONTRACT + b".")
    with pytest.raises(PolicyError, match="was granted on"):
        evidence.keep(tmp_path / "other.txt", receipt, DAY)
    assert files(evidence.folder) == []  # nor a part of it
    assert [said["step"] for said in said_of(receipt)] == ["granted"]


def test_damaged_evidence_is_said_and_not_given_out(
    evidence: EvidenceStore, signed: Callable[..., Receipt], contract: Path, tmp_path: Path
) -> None:
    receipt = signed()
    evidence.keep(contract, receipt, DAY)
    kept = evidence.folder / f"{receipt.evidence}.locked"
    whole = kept.read_bytes()
    kept.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))  # of the second chunk: the first was already proved
    with pytest.raises(ProvenanceError, match="as it was locked"):
        evidence.read(receipt.id, tmp_path / "shown.txt", DAY)
    assert not (tmp_path / "shown.txt").exists()
    # Whoever writes a later day into the header does not have it read longer, nor kept in silence.
    kept.write_bytes(whole.replace(END.isoformat().encode(), b"2099-11-26", 1))
    late = LAST + timedelta(days=1)
    with pytest.raises(PolicyError, match="must be of a receipt"):
        evidence.read(receipt.id, tmp_path / "shown.txt", late)
    assert evidence.prune(late).unproved == (kept.name,)
    kept.write_bytes(whole)
    assert evidence.prune(late).removed[0].receipts == (receipt.id,)


def test_what_was_cut_short_is_swept(
    evidence: EvidenceStore, signed: Callable[..., Receipt], contract: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = signed()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", lambda *_, **__: None)  # as a killed process leaves it
        (contract.parent / "other").write_bytes(b"other")
        with pytest.raises(PolicyError):
            evidence.keep(contract.parent / "other", receipt, DAY)
    assert [name[-8:] for name in files(evidence.folder)] == [".partial"]
    evidence.prune(DAY)
    assert files(evidence.folder) == []


@pytest.mark.parametrize("compromised", [False, True])
def test_a_new_key_locks_and_the_old_one_still_opens(
    evidence: EvidenceStore, signed: Callable[..., Receipt], contract: Path, config: Config, tmp_path: Path,
    compromised: bool,
) -> None:  # fmt: skip
    receipt = signed()
    evidence.keep(contract, receipt, DAY)
    before = (evidence.folder / f"{receipt.evidence}.locked").read_bytes()
    rotate(read_keyring(config.keys), "evidence", compromised=compromised)
    evidence.read(receipt.id, tmp_path / "old", DAY)
    evidence.keep(tmp_path / "old", receipt, DAY)
    after = (evidence.folder / f"{receipt.evidence}.locked").read_bytes()
    assert (json.loads(before.split(b"\n")[0])["key"], json.loads(after.split(b"\n")[0])["key"]) == (
        "0001",
        "0002",
    )
    evidence.read(receipt.id, tmp_path / "new", DAY)
    assert (tmp_path / "new").read_bytes() == CONTRACT
    assert evidence.prune(LAST + timedelta(days=1)).removed[0].receipts == (receipt.id,)


def test_a_keyring_of_before_gets_the_key_when_it_is_first_needed(
    evidence: EvidenceStore, signed: Callable[..., Receipt], contract: Path, config: Config, tmp_path: Path
) -> None:
    ring = open_keyring(config.keys).keyring.folder
    for path in sorted((ring / "evidence").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    (ring / "evidence").rmdir()
    receipt = signed()
    evidence.keep(contract, receipt, DAY)
    evidence.read(receipt.id, tmp_path / "shown.txt", DAY)
    assert (tmp_path / "shown.txt").read_bytes() == CONTRACT


def test_reading_and_pruning_make_nothing(evidence: EvidenceStore, config: Config, tmp_path: Path) -> None:
    assert evidence.prune(DAY).removed == ()
    with pytest.raises(PolicyError):
        evidence.read("0" * 32, tmp_path / "shown.txt", DAY)
    assert not config.consent.exists()
    assert not config.keys.exists()


def test_a_house_says_how_long(house: Callable[..., Config]) -> None:
    assert read_settings(None).evidence_days == EVIDENCE_DAYS
    config = house(policy_yaml="evidence_days: 7\n")
    assert read_settings(config.policy).evidence_days == 7
    for wrong in ("-1", "4000", "for ever"):
        with pytest.raises(PolicyError, match="evidence_days"):
            read_settings(house(policy_yaml=f"evidence_days: {wrong}\n").policy)
