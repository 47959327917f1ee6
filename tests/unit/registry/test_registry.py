"""One contract for the registry, on SQLite and on PostgreSQL."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from kinema.errors import ProvenanceError, UsageError
from kinema.provenance.fingerprint.fingerprint import KEPT_RATE, Fingerprint
from kinema.provenance.keys import Keyring, open_keyring
from kinema.provenance.keys.ceremony import rotate
from kinema.provenance.log.anchor import Anchor
from kinema.provenance.log.checkpoint import LogKey, log_key
from kinema.provenance.log.proof import proves_consistency, proves_inclusion
from kinema.provenance.log.tree import leaf_hash
from kinema.provenance.registry import Entry, Notice, Registry, new_id
from kinema.provenance.registry.database import open_database
from kinema.provenance.registry.entry import LARGEST, covered
from kinema.provenance.registry.tables import ENTRIES

Entries = Callable[..., list[Entry]]


@pytest.fixture
def open_(location: str, tmp_path: Path, key: LogKey) -> Iterator[Callable[[], Registry]]:
    opened: list[Registry] = []

    def open_one() -> Registry:
        opened.append(Registry.open(location, key, tmp_path / "elsewhere" / "anchor"))
        return opened[-1]

    yield open_one
    for registry in opened:
        registry.close()


@pytest.fixture
def registry(open_: Callable[[], Registry]) -> Registry:
    return open_()


def passed(registry: Registry) -> bool:
    findings = registry.verify()
    return len(findings) == 5 and all(finding.verdict == "pass" for finding in findings)


def test_what_is_registered_comes_back(registry: Registry, entries: Entries) -> None:
    for number, entry in enumerate(entries(5)):
        leaf = registry.register(entry)
        assert leaf.index == number
        record = registry.by_id(entry.id)
        assert record is not None
        assert record.content == entry
        assert record.leaf == number
        assert leaf.hash == leaf_hash(covered(ENTRIES.schema, record.registered, *entry.columns()))
        assert registry.by_manifest(entry.manifest_id) == record
    assert registry.by_id(1) is None
    assert registry.by_manifest("urn:c2pa:other") is None
    assert passed(registry)


def test_an_empty_registry_verifies(registry: Registry) -> None:
    assert registry.checkpoint() == ""
    assert list(registry.records()) == []
    assert passed(registry)


def test_a_clip_is_registered_once_and_a_refusal_leaves_nothing(registry: Registry, entries: Entries) -> None:
    first, other = entries(2)
    registry.register(first)
    head = registry.checkpoint()
    for again in (first, Entry(**{**vars(other), "manifest_id": first.manifest_id})):
        with pytest.raises(UsageError, match="new to the registry"):
            registry.register(again)
    assert registry.checkpoint() == head
    assert registry.register(other).index == 1
    assert passed(registry)


def test_what_fails_half_way_leaves_nothing(registry: Registry, location: str, entries: Entries) -> None:
    """The row is refused after node and head were written: an intruder's row has taken its leaf number."""
    first, second, third = entries(3)
    registry.register(first)
    head = registry.checkpoint()
    database = open_database(location)
    database.run(ENTRIES.insert, 1, "", *third.columns())
    with pytest.raises(ProvenanceError, match="registry database"):
        registry.register(second)
    assert registry.checkpoint() == head
    database.run("DELETE FROM entry WHERE leaf = 1")
    database.close()
    assert passed(registry)
    assert registry.register(second).index == 1


def test_takedowns_restorations_and_revocations(registry: Registry, entries: Entries) -> None:
    (clip,) = entries(1)
    registry.register(clip)
    subject = f"{clip.id:016x}"
    assert not registry.taken_down(clip.id)
    registry.record(Notice(kind="takedown", subject=subject, statement="notice 7, by the person shown"))
    assert registry.taken_down(clip.id)
    registry.record(Notice(kind="audit", subject=subject, statement="exported nothing since"))
    assert registry.taken_down(clip.id)
    registry.record(Notice(kind="restored", subject=subject, statement="counter-notice 7"))
    assert not registry.taken_down(clip.id)
    registry.record(Notice(kind="revocation", subject="receipt 12", statement="by its grantor"))
    assert registry.revoked("receipt 12")
    assert not registry.revoked("receipt 13")
    assert [r.content.kind for r in registry.notices(subject) if isinstance(r.content, Notice)] == [
        "takedown",
        "audit",
        "restored",
    ]
    assert [r.leaf for r in registry.records()] == [0, 1, 2, 3, 4]
    assert passed(registry)


def test_receipts_convince_who_has_only_the_public_key(
    registry: Registry, entries: Entries, key: LogKey
) -> None:
    leaves = [registry.register(entry) for entry in entries(7)]
    for leaf in leaves:
        receipt = registry.receipt(leaf.index)
        head = key.reader.checkpoint(receipt.checkpoint)
        assert proves_inclusion(leaf.hash, receipt.index, head.size, receipt.path, head.head)
        before = key.reader.checkpoint(leaf.checkpoint)
        proof = registry.consistency(before.size, head.size)
        assert proves_consistency(before.size, head.size, before.head, head.head, proof)
    for call in (lambda: registry.receipt(7), lambda: registry.receipt(-1), lambda: registry.consistency(8)):
        with pytest.raises(UsageError):
            call()


def test_two_processes_share_one_log(open_: Callable[[], Registry], entries: Entries) -> None:
    one, other = open_(), open_()
    clips = entries(6)
    for number, clip in enumerate(clips):
        assert (one, other)[number % 2].register(clip).index == number
    assert all(one.by_id(clip.id) == other.by_id(clip.id) for clip in clips)
    assert passed(one)
    assert passed(other)


def test_writers_at_the_same_time_wait_for_one_another(
    open_: Callable[[], Registry], entries: Entries, tmp_path: Path
) -> None:
    registries = [open_() for _ in range(3)]
    clips = entries(24)
    with ThreadPoolExecutor(6) as pool:  # two threads for each connection
        leaves = list(pool.map(lambda n: registries[n % 3].register(clips[n]), range(24)))
    assert sorted(leaf.index for leaf in leaves) == list(range(24))
    assert len(Anchor(tmp_path / "elsewhere" / "anchor").notes()) == 24
    assert passed(registries[0])


def test_clips_are_found_by_what_they_look_like(open_: Callable[[], Registry], entries: Entries) -> None:
    """Also those that another process registered after our first question."""
    one, other = open_(), open_()
    rng = np.random.default_rng(5)
    clips, prints = entries(9), [a_fingerprint(rng) for _ in range(9)]
    for number, (clip, print_) in enumerate(zip(clips, prints, strict=True)):
        (one, other)[number % 2].register(Entry(**{**vars(clip), "fingerprint": print_.to_bytes()}))
        found = [[match.id for match in one.by_fingerprint(asked)] for asked in prints]
        assert found == [[clip.id] for clip in clips[: number + 1]] + [[]] * (8 - number)
    assert one.by_fingerprint(Fingerprint.from_bytes(b"")) == []
    assert one.known_copies(prints[1]) == []
    one.record(Notice(kind="takedown", subject=f"{clips[1].id:016x}", statement="x"))
    assert [match.id for match in other.known_copies(prints[1])] == [clips[1].id]


def a_fingerprint(rng: np.random.Generator, moments: int = 8) -> Fingerprint:
    return Fingerprint(
        (1000 // KEPT_RATE * np.arange(moments)).astype(np.uint32),
        np.zeros(moments, np.uint8),
        rng.integers(0, 2**64, (moments, 4), dtype=np.uint64),
    )


def test_a_public_key_reads_and_verifies_but_does_not_write(
    registry: Registry, location: str, tmp_path: Path, entries: Entries, key: LogKey
) -> None:
    (clip,) = entries(1)
    registry.register(clip)
    with Registry.open(location, key.reader, tmp_path / "elsewhere" / "anchor") as reading:
        assert reading.by_id(clip.id) == registry.by_id(clip.id)
        assert passed(reading)
        with pytest.raises(UsageError, match="private"):
            reading.register(entries(1, first=2)[0])
    assert passed(registry)


def test_a_new_key_goes_on_with_the_log_of_the_old(location: str, tmp_path: Path, entries: Entries) -> None:
    first, second = entries(2)
    ring, anchor = open_keyring(tmp_path / "keys").keyring, tmp_path / "anchor"
    told = log_key(ring.checkpoint).reader
    with Registry.open(location, log_key(ring.checkpoint), anchor) as before:
        before.register(first)
    rotate(ring, "checkpoint")
    with Registry.open(location, log_key(ring.checkpoint), anchor) as after:
        after.register(second)
        assert passed(after)
        assert after.by_id(first.id) is not None
    with Registry.open(location, told, anchor) as old:  # who was not told of the new key
        assert not passed(old)


def test_a_distrusted_key_is_vouched_for_once(location: str, tmp_path: Path, entries: Entries) -> None:
    """Until then nothing is read or written; after it the old heads count, because a trusted one covers them."""
    first, second = entries(2)
    ring, anchor = open_keyring(tmp_path / "keys").keyring, tmp_path / "anchor"
    with Registry.open(location, log_key(ring.checkpoint), anchor) as before:
        before.register(first)
        with pytest.raises(UsageError, match="nothing to vouch for"):
            before.vouch()
    stolen = ring.checkpoint.public
    rotate(ring, "checkpoint", compromised=True)
    with Registry.open(location, log_key(ring.checkpoint), anchor) as registry:
        for refused in (lambda: registry.by_id(first.id), lambda: registry.register(second)):
            with pytest.raises(ProvenanceError, match="distrusted"):
                refused()
        found = registry.verify()
        assert [f.verdict for f in found] == ["pass", "pass", "pass", "fail", "fail"]
        assert "distrusted, and no newer head vouches for it" in found[3].detail
        registry.vouch()
        assert passed(registry)
        assert registry.revoked(hashlib.sha256(stolen).hexdigest())
        registry.register(second)
        assert registry.by_id(first.id) is not None
        assert passed(registry)
        with pytest.raises(UsageError, match="nothing to vouch for"):
            registry.vouch()


def test_a_head_that_a_thief_signed_is_not_vouched_for(
    location: str, tmp_path: Path, entries: Entries
) -> None:
    """Whoever holds the stolen key writes a history of their own: the anchor, out of their reach, says otherwise."""
    first, second = entries(2)
    ring, anchor = open_keyring(tmp_path / "keys").keyring, tmp_path / "anchor"
    stolen = log_key(ring.checkpoint)
    thief = LogKey(stolen.reader, _private(ring).sign)
    with Registry.open(location, stolen, anchor) as registry:
        registry.register(first)
    database = open_database(location)
    for table in ("entry", "node", "head"):
        database.run(f"DELETE FROM {table}")
    database.close()
    with Registry.open(location, thief, tmp_path / "theirs") as forged:
        forged.register(second)
        assert passed(forged)
    rotate(ring, "checkpoint", compromised=True)
    with Registry.open(location, log_key(ring.checkpoint), anchor) as registry:
        with pytest.raises(ProvenanceError, match="whole to be vouched for"):
            registry.vouch()
        assert not passed(registry)


def _private(ring: Keyring) -> Any:
    """What a thief has of a keyring."""
    return load_pem_private_key((ring.folder / "checkpoint" / "0001" / "key.pem").read_bytes(), None)


def test_another_logs_registry_is_not_believed(
    location: str, tmp_path: Path, entries: Entries, key: LogKey, another_log: LogKey
) -> None:
    (clip,) = entries(1)
    with Registry.open(location, key, tmp_path / "anchor") as ours:
        ours.register(clip)
    stranger = another_log
    with Registry.open(location, stranger, tmp_path / "anchor") as theirs:
        with pytest.raises(ProvenanceError, match="signature"):
            theirs.by_id(clip.id)
        with pytest.raises(ProvenanceError, match="signature"):
            theirs.register(entries(1, first=2)[0])
        assert not passed(theirs)


def test_tables_of_another_version_are_refused(location: str, tmp_path: Path, key: LogKey) -> None:
    Registry.open(location, key, tmp_path / "anchor").close()
    database = open_database(location)
    database.run("UPDATE registry_schema SET name = 'kinema.registry/9'")
    database.close()
    with pytest.raises(ProvenanceError, match=r"kinema\.registry/1"):
        Registry.open(location, key, tmp_path / "anchor")


def test_files_are_their_owners_alone(tmp_path: Path, entries: Entries, key: LogKey) -> None:
    folder = tmp_path / "new" / "kinema"
    with Registry.open(folder / "registry.sqlite", key) as registry:
        registry.register(entries(1)[0])
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {
        "registry.sqlite": 0o600,
        "registry.anchor": 0o600,
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": 0},
        {"id": 1 << 64},
        {"id": -1},
        {"manifest_id": ""},
        {"manifest_id": "a\nb"},
        {"manifest_id": "x" * 600},
        {"clip_hash": b"short"},
        {"manifest": bytes(LARGEST + 1)},
    ],
)
def test_what_is_no_entry_is_refused(wrong: dict[str, object], entries: Entries) -> None:
    with pytest.raises(UsageError):
        Entry(**{**vars(entries(1)[0]), **wrong})


def test_what_is_no_notice_is_refused() -> None:
    good: dict[str, Any] = {"kind": "audit", "subject": "a", "statement": "b"}
    for wrong in ({"kind": "rumour"}, {"subject": "a\x00b"}, {"subject": "x" * 600}):
        with pytest.raises(UsageError):
            Notice(**{**good, **wrong})


def test_ids_are_64_bits_and_differ() -> None:
    ids = {new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(0 < id_ < 2**64 for id_ in ids)
    assert max(ids) >= 2**62  # a thousand that all lack the two top bits: chance 1e-602


def test_no_file_and_no_server_is_said(tmp_path: Path, key: LogKey) -> None:
    (tmp_path / "text").write_text("not a database, but long enough to be looked at as one. " * 20)
    with pytest.raises(ProvenanceError, match="registry database"):
        Registry.open(tmp_path / "text", key)
    pytest.importorskip("pg8000")
    with pytest.raises(ProvenanceError, match="PostgreSQL"):
        Registry.open("postgresql://kinema@localhost/kinema?host=/nowhere", key, tmp_path / "anchor")
    with pytest.raises(UsageError, match="anchor"):
        Registry.open("postgresql://kinema@localhost/kinema", key)
