"""The registry's tables, and the log's nodes as a map over one of them."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from typing import Final

from kinema.errors import ProvenanceError
from kinema.provenance.log.tree import Node
from kinema.provenance.registry.database import Database

SCHEMA: Final = "kinema.registry/1"
_TABLES: Final = (
    "CREATE TABLE IF NOT EXISTS registry_schema (name TEXT PRIMARY KEY)",
    # One row for each clip. `id` is sixteen hex digits, since SQL's integers are signed.
    "CREATE TABLE IF NOT EXISTS entry (id TEXT PRIMARY KEY, leaf BIGINT NOT NULL UNIQUE, registered TEXT NOT NULL,"
    " manifest_id TEXT NOT NULL UNIQUE, manifest BYTES NOT NULL, clip_hash BYTES NOT NULL,"
    " fingerprint BYTES NOT NULL)",
    "CREATE TABLE IF NOT EXISTS notice (leaf BIGINT PRIMARY KEY, registered TEXT NOT NULL, kind TEXT NOT NULL,"
    " subject TEXT NOT NULL, statement TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS notice_subject ON notice (subject)",
    "CREATE TABLE IF NOT EXISTS node (level BIGINT NOT NULL, place BIGINT NOT NULL, hash BYTES NOT NULL,"
    " PRIMARY KEY (level, place))",
    "CREATE TABLE IF NOT EXISTS head (size BIGINT PRIMARY KEY, note TEXT NOT NULL)",
)


@dataclass(frozen=True)
class Table:
    """Rows that have a leaf each."""

    name: str
    schema: str
    """First in what a leaf covers. A column more is a new name."""
    columns: tuple[str, ...]
    """After leaf and time, in the order in which a leaf covers them."""

    @property
    def select(self) -> str:
        """All rows: leaf, time, columns."""
        return f"SELECT leaf, registered, {', '.join(self.columns)} FROM {self.name}"

    @property
    def insert(self) -> str:
        """One row, likewise."""
        names, values = ", ".join(("leaf", "registered", *self.columns)), ", ?" * (len(self.columns) + 1)
        return f"INSERT INTO {self.name} ({names}) VALUES (?{values})"


ENTRIES: Final = Table(
    "entry", "kinema.registry.entry/1", ("id", "manifest_id", "manifest", "clip_hash", "fingerprint")
)
NOTICES: Final = Table("notice", "kinema.registry.notice/1", ("kind", "subject", "statement"))


def create_tables(database: Database) -> None:
    """Tables where there are none. Raises `ProvenanceError` for those of another version."""
    with database.alone():
        for statement in _TABLES:
            database.run(statement)
        found = [name for (name,) in database.rows("SELECT name FROM registry_schema")]
        if not found:
            database.run("INSERT INTO registry_schema (name) VALUES (?)", SCHEMA)
        elif found != [SCHEMA]:
            raise ProvenanceError(
                "registry",
                f"must be {SCHEMA}",
                got=", ".join(map(str, found)),
                next_step="Use the kinema that wrote it.",
            )


class NodeTable(MutableMapping[Node, bytes]):
    """Nodes of the log. Written once; a log never changes or drops one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __getitem__(self, node: Node) -> bytes:
        row = self._database.row("SELECT hash FROM node WHERE level = ? AND place = ?", *node)
        if row is None:
            raise ProvenanceError(
                "log",
                "must hold every node it has written",
                got=f"no node {node}",
                next_step="Run verify-log.",
            )
        return row[0]

    def __setitem__(self, node: Node, value: bytes) -> None:
        self._database.run("INSERT INTO node (level, place, hash) VALUES (?, ?, ?)", *node, value)

    def __delitem__(self, node: Node) -> None:
        raise TypeError("a log forgets nothing")

    def __iter__(self) -> Iterator[Node]:
        nodes = self._database.rows("SELECT level, place FROM node ORDER BY level, place")
        return ((level, place) for level, place in nodes)

    def __len__(self) -> int:
        row = self._database.row("SELECT COUNT(*) FROM node")
        return row[0] if row else 0
