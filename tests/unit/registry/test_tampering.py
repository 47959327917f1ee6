"""Whoever writes to the database behind our back is found out: each row, column, node and head, and the whole file."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinema.errors import ProvenanceError
from kinema.provenance.log.checkpoint import Checkpoint, LogKey
from kinema.provenance.log.tree import Tree, leaf_hash
from kinema.provenance.registry import Entry, Notice, Registry
from kinema.provenance.registry.database import Database, open_database
from kinema.provenance.registry.entry import covered
from kinema.provenance.registry.tables import ENTRIES

Entries = Callable[..., list[Entry]]
RULES = ("one row", "leaf covers", "follows from the rows", "signed and fits", "anchored")

# What an intruder does, in SQL, and which of the five checks must say so. Leaves 0 to 4 are clips, 5 and 6 notices.
ATTACKS: dict[str, tuple[tuple[str, ...], set[int]]] = {
    **{
        f"{column} of a clip": ((f"UPDATE entry SET {column} = {value} WHERE leaf = 2",), {1, 2, 3, 4})
        for column, value in {
            "id": "'f000000000000099'",
            "registered": "'2020-01-01T00:00:00.000+00:00'",
            "manifest_id": "'urn:c2pa:99'",
            "manifest": "clip_hash",
            "clip_hash": "manifest",
            "fingerprint": "manifest",
        }.items()
    },
    **{
        f"{column} of a notice": ((f"UPDATE notice SET {column} = {value} WHERE leaf = 5",), {1, 2, 3, 4})
        for column, value in {
            "registered": "'2020-01-01T00:00:00.000+00:00'",
            "kind": "'restored'",
            "subject": "'f000000000000002'",
            "statement": "''",
        }.items()
    },
    "a clip is deleted": (("DELETE FROM entry WHERE leaf = 3",), {0, 2, 3, 4}),
    "the first clip is deleted": (("DELETE FROM entry WHERE leaf = 0",), {0, 2, 3, 4}),
    "a notice is deleted": (("DELETE FROM notice WHERE leaf = 5",), {0, 2, 3, 4}),
    "the last row is deleted": (("DELETE FROM notice WHERE leaf = 6",), {0, 2, 3, 4}),
    "all rows are deleted": (("DELETE FROM entry", "DELETE FROM notice"), {0, 2, 3, 4}),
    "two clips change places": (
        (
            "UPDATE entry SET leaf = 99 WHERE leaf = 1",
            "UPDATE entry SET leaf = 1 WHERE leaf = 3",
            "UPDATE entry SET leaf = 3 WHERE leaf = 99",
        ),
        {1, 2, 3, 4},
    ),
    "a row is added without a leaf": (
        (
            "INSERT INTO notice (leaf, registered, kind, subject, statement) VALUES (7, '', 'audit', 'a', 'b')",
        ),
        {0, 1},
    ),
    "a row is added to a leaf that is taken": (
        (
            "INSERT INTO notice (leaf, registered, kind, subject, statement) VALUES (2, '', 'audit', 'a', 'b')",
        ),
        {0, 1},
    ),
    "a row is added before the first": (
        (
            "INSERT INTO notice (leaf, registered, kind, subject, statement) VALUES (-5, '', 'audit', 'a', 'b')",
        ),
        {0, 1},
    ),
    "a row is added far beyond the last": (
        (
            "INSERT INTO notice (leaf, registered, kind, subject, statement)"
            " VALUES (4000000000000000000, '', 'audit', 'a', 'b')",
        ),
        {0, 1},
    ),
    "a leaf's hash": (
        (
            "UPDATE node SET hash = (SELECT hash FROM node WHERE level = 1 AND place = 0)"
            " WHERE level = 0 AND place = 2",
        ),
        {1, 2},
    ),
    "an inner node's hash": (
        (
            "UPDATE node SET hash = (SELECT hash FROM node WHERE level = 0 AND place = 0)"
            " WHERE level = 1 AND place = 1",
        ),
        {2},
    ),
    "a node is deleted": (("DELETE FROM node WHERE level = 2 AND place = 0",), {2}),
    "a node is added": (
        ("INSERT INTO node (level, place, hash) SELECT 9, 9, hash FROM node WHERE level = 0 AND place = 0",),
        {2},
    ),
    "a head is another's": (
        ("UPDATE head SET note = (SELECT note FROM head WHERE size = 2) WHERE size = 3",),
        {3},
    ),
    "a head is no note": (("UPDATE head SET note = 'trust me' WHERE size = 7",), {3}),
    "an old head is deleted": (("DELETE FROM head WHERE size = 4",), {0, 3}),
    "the newest head is deleted": (("DELETE FROM head WHERE size = 7",), {0, 3}),
    "all heads are deleted": (("DELETE FROM head",), {0, 3}),
    "the last row is taken back without a trace": (
        (
            "DELETE FROM notice WHERE leaf = 6",
            "DELETE FROM node WHERE level = 0 AND place = 6",
            "DELETE FROM head WHERE size = 7",
        ),
        {4},
    ),
    "everything is taken back": (
        ("DELETE FROM entry", "DELETE FROM notice", "DELETE FROM node", "DELETE FROM head"),
        {4},
    ),
}


@pytest.fixture
def written(
    location: str, tmp_path: Path, entries: Entries, key: LogKey
) -> Iterator[tuple[Registry, Database]]:
    """Five clips and two notices, and a way in behind the registry's back."""
    database = open_database(location)
    with Registry.open(location, key, tmp_path / "elsewhere" / "anchor") as registry:
        fill(registry, entries)
        yield registry, database
    database.close()


def fill(registry: Registry, entries: Entries) -> None:
    for entry in entries(5):
        registry.register(entry)
    subject = f"{entries(1)[0].id:016x}"
    registry.record(Notice(kind="takedown", subject=subject, statement="x"))
    registry.record(Notice(kind="audit", subject=subject, statement="y"))


def failed(registry: Registry) -> set[int]:
    """Numbers of the checks that fail."""
    findings = registry.verify()
    assert all(part in finding.rule for part, finding in zip(RULES, findings, strict=True))
    assert all(finding.detail for finding in findings if finding.verdict == "fail")
    return {number for number, finding in enumerate(findings) if finding.verdict == "fail"}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_found(written: tuple[Registry, Database], attack: str) -> None:
    registry, database = written
    assert failed(registry) == set()
    statements, wanted = ATTACKS[attack]
    for statement in statements:
        database.run(statement)
    assert failed(registry) == wanted


def test_an_altered_row_is_not_believed_even_before_an_audit(written: tuple[Registry, Database]) -> None:
    registry, database = written
    clip = (0xF000 << 48) + 3
    assert registry.by_id(clip) is not None
    database.run("UPDATE entry SET manifest = clip_hash WHERE leaf = 2")
    with pytest.raises(ProvenanceError, match="verify-log"):
        registry.by_id(clip)


def test_an_altered_row_is_not_believed_with_its_leaf_altered_too(written: tuple[Registry, Database]) -> None:
    """The intruder also computes the new leaf and every node above it: only the signed head differs."""
    registry, database = written
    database.run("UPDATE entry SET manifest = clip_hash WHERE leaf = 2")
    leaves = [hash_ for (hash_,) in database.rows("SELECT hash FROM node WHERE level = 0 ORDER BY place")]
    row = database.row(f"{ENTRIES.select} WHERE leaf = 2")
    assert row is not None
    leaves[2] = leaf_hash(covered(ENTRIES.schema, *row[1:]))
    nodes: dict[tuple[int, int], bytes] = {}
    tree = Tree(nodes)
    for hash_ in leaves:
        tree.append(hash_)
    for node, hash_ in nodes.items():
        database.run("UPDATE node SET hash = ? WHERE level = ? AND place = ?", hash_, *node)
    assert failed(registry) == {3, 4}
    with pytest.raises(ProvenanceError, match="verify-log"):
        registry.by_id((0xF000 << 48) + 3)


def test_no_head_is_signed_over_a_log_that_was_altered(
    written: tuple[Registry, Database], entries: Entries
) -> None:
    """Else one more clip would sign whatever an intruder wrote."""
    registry, database = written
    database.run("UPDATE node SET hash = ? WHERE level = 2 AND place = 0", bytes(32))
    with pytest.raises(ProvenanceError, match="head that was signed last"):
        registry.register(entries(1, first=8)[0])


def test_a_stolen_signature_of_another_size_does_not_help(written: tuple[Registry, Database]) -> None:
    """The intruder cuts the log to five leaves and has the genuine head of five: the anchor has seven."""
    registry, database = written
    for statement in (
        "DELETE FROM notice",
        "DELETE FROM node WHERE level = 0 AND place > 4 OR level = 1 AND place > 1",
        "DELETE FROM head WHERE size > 5",
    ):
        database.run(statement)
    assert failed(registry) == {4}


def test_a_database_that_was_put_back_is_found_by_the_anchor(
    tmp_path: Path, entries: Entries, key: LogKey
) -> None:
    path, anchor = tmp_path / "registry.sqlite", tmp_path / "elsewhere" / "anchor"
    with Registry.open(path, key, anchor) as registry:
        fill(registry, entries)
    shutil.copy(path, tmp_path / "backup")
    with Registry.open(path, key, anchor) as registry:
        registry.record(Notice(kind="revocation", subject="receipt 1", statement="x"))
        assert failed(registry) == set()
    shutil.copy(tmp_path / "backup", path)
    with Registry.open(path, key, anchor) as registry:
        assert failed(registry) == {4}
        with pytest.raises(ProvenanceError, match="7 leaves, 8 anchored"):
            registry.record(Notice(kind="audit", subject="a", statement="b"))
    # If it is made to go on from there, that is another history, however long it grows.
    with Registry.open(path, key, tmp_path / "other anchor") as registry:
        for statement in "bcd":
            registry.record(Notice(kind="audit", subject="a", statement=statement))
    with Registry.open(path, key, anchor) as registry:
        assert failed(registry) == {4}


def test_a_lost_or_foreign_anchor_is_found(
    written: tuple[Registry, Database], tmp_path: Path, another_log: LogKey
) -> None:
    registry, _ = written
    anchor = tmp_path / "elsewhere" / "anchor"
    genuine = anchor.read_text()
    anchor.unlink()
    assert failed(registry) == {4}
    for text in ("", "nonsense", genuine.replace("\n7\n", "\n8\n")):
        anchor.write_text(text)
        assert failed(registry) == {4}
    stranger = another_log
    anchor.write_text(genuine + stranger.sign(Checkpoint(stranger.reader.name, 1, bytes(32)).text()) + "\n")
    assert failed(registry) == {4}
    anchor.write_text(genuine)
    assert failed(registry) == set()


def test_power_lost_before_the_anchor_was_written_is_no_tampering(
    written: tuple[Registry, Database], tmp_path: Path
) -> None:
    """The database may be ahead of the anchor, never behind it."""
    registry, _ = written
    anchor = tmp_path / "elsewhere" / "anchor"
    *kept, _, _, _ = anchor.read_text().split("\n\n")
    anchor.write_text("\n\n".join(kept) + "\n\n")
    assert failed(registry) == set()


@settings(max_examples=60)
@given(
    table=st.sampled_from(["entry", "notice"]),
    row=st.integers(0, 6),
    column=st.integers(0, 6),
    value=st.one_of(st.text(), st.binary(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False)),
)
def test_any_other_value_anywhere_is_found(
    tmp_path_factory: pytest.TempPathFactory, table: str, row: int, column: int, value: object, key: LogKey
) -> None:
    """SQLite keeps any type in any column, so an intruder may write any."""
    original = _original(tmp_path_factory, key)
    path = tmp_path_factory.mktemp("altered") / "registry.sqlite"
    shutil.copy(original, path)
    database = open_database(path)
    columns = [name for _, name, *_ in database.rows(f"PRAGMA table_info({table})")]
    name = columns[column % len(columns)]
    where = f"leaf = {row if table == 'entry' else 5 + row % 2}"
    everything = f"SELECT * FROM {table} ORDER BY rowid"
    old = [[(type(v), v) for v in row] for row in database.rows(everything)]
    with suppress(ProvenanceError):  # a text that no database takes, such as half a surrogate pair
        database.run(f"UPDATE OR IGNORE {table} SET {name} = ? WHERE {where}", value)
    changed = old != [[(type(v), v) for v in row] for row in database.rows(everything)]
    database.close()
    with Registry.open(path, key, original.with_suffix(".anchor")) as registry:
        assert bool(failed(registry)) == changed


_MADE: list[Path] = []


def _original(factory: pytest.TempPathFactory, key: LogKey) -> Path:
    """Made once: hypothesis asks sixty times."""
    if not _MADE:
        path = factory.mktemp("original") / "registry.sqlite"
        made = [
            Entry(id=n, manifest_id=f"urn:c2pa:{n}", manifest=b"m", clip_hash=bytes(32), fingerprint=b"f")
            for n in range(1, 6)
        ]
        with Registry.open(path, key) as registry:
            fill(registry, lambda count, first=1: made[first - 1 : first - 1 + count])
        _MADE.append(path)
    return _MADE[0]
