"""The registry: what is written once, proved on every read, and found again.

A write is one transaction: the row, its leaf, the nodes that the leaf completes, and a newly signed head. After it the
head goes to the anchor, outside the database; in that order, since an anchor ahead of the database would look like a
rollback. A read checks its row against the newest signed head before it is believed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from kinema.errors import ProvenanceError, UsageError
from kinema.provenance.fingerprint.fingerprint import Fingerprint, asked, asked_closely
from kinema.provenance.log.anchor import Anchor
from kinema.provenance.log.checkpoint import Checkpoint, LogKey, LogReader
from kinema.provenance.log.proof import proves_inclusion
from kinema.provenance.log.tree import EMPTY, Tree, leaf_hash
from kinema.provenance.registry.audit import audit
from kinema.provenance.registry.database import Database, open_database
from kinema.provenance.registry.entry import Entry, Leaf, Notice, covered, id_text
from kinema.provenance.registry.search import Match, Search
from kinema.provenance.registry.tables import ENTRIES, NOTICES, NodeTable, Table, create_tables
from kinema.verify.report import Finding


@dataclass(frozen=True)
class Record:
    """What was registered, when, and where the log has it."""

    leaf: int
    registered: str
    """UTC, ISO 8601."""
    content: Entry | Notice


@dataclass(frozen=True)
class Receipt:
    """What convinces somebody who has the log's public key, without the database. `proves_inclusion` checks it."""

    index: int
    leaf: bytes
    path: tuple[bytes, ...]
    checkpoint: str


class Registry:
    """Clips and notices, in a database with its log. Safe for threads; several processes may share it."""

    def __init__(self, database: Database, key: LogKey | LogReader, anchor: Anchor) -> None:
        self._database = database
        self._key = key
        self._reader = key.reader if isinstance(key, LogKey) else key
        self._anchor = anchor
        self._nodes = NodeTable(database)
        self._search = Search(database)

    @classmethod
    def open(cls, location: str | Path, log_key: LogKey | LogReader, anchor: Path | None = None) -> Self:
        """A SQLite file (made, 0600, if there is none) or a `postgresql://` URL. With a `LogReader` nothing can be
        registered. `anchor`: where signed heads are kept as well; beside a SQLite file if not said."""
        if anchor is None:
            if "://" in str(location):
                raise UsageError(
                    "anchor", "must be a file", got="none", next_step="Set KINEMA_REGISTRY_ANCHOR."
                )
            anchor = Path(location).with_suffix(".anchor")
        database = open_database(location)
        create_tables(database)
        return cls(database, log_key, Anchor(anchor))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    # Writing

    def register(self, entry: Entry) -> Leaf:
        """Keep a clip. Raises `UsageError` if its id or its manifest is registered already."""
        with self._database.alone():
            for column, value in (("id", id_text(entry.id)), ("manifest_id", entry.manifest_id)):
                if self._database.row(f"SELECT leaf FROM entry WHERE {column} = ?", value):
                    raise UsageError(
                        column, "must be new to the registry", got=value, next_step="Each clip has its own."
                    )
            leaf = self._append(entry, self._as_signed(self._reader))
            self._database.run(ENTRIES.insert, leaf.index, leaf.registered, *entry.columns())
        self._anchor.append(leaf.checkpoint)
        return leaf

    def record(self, notice: Notice) -> Leaf:
        """Keep a notice."""
        with self._database.alone():
            leaf = self._say(notice, self._reader)
        self._anchor.append(leaf.checkpoint)
        return leaf

    def refuse_altered(self) -> None:
        """Raise `ProvenanceError` now if nothing could be registered: the log is not the one that was signed last."""
        with self._database.reading():
            self._as_signed(self._reader)

    def vouch(self) -> Leaf:
        """Go on after the key of the newest head was distrusted. All is audited as that key left it, and the new key
        signs a notice of its revocation: the head of that covers everything before it. Who calls this has compared
        the log with an anchor that the key's thief could not reach. Raises `UsageError` where no head needs it,
        `ProvenanceError` for a log that is not whole."""
        believed = self._reader.credulous
        with self._database.alone():
            note = self.checkpoint()
            if not note or self._reader.trusts(note):
                raise UsageError(
                    "the newest head",
                    "must be of a distrusted key",
                    got="one that is trusted" if note else "none",
                    next_step="There is nothing to vouch for.",
                )
            faults = [f.detail for f in audit(self._database, believed, self._anchor) if f.verdict != "pass"]
            if faults:
                raise ProvenanceError(
                    "log", "must be whole to be vouched for", got="; ".join(faults),
                    next_step="Restore a copy that is, from before the key was stolen.",
                )  # fmt: skip
            head = believed.checkpoint(note)
            leaf = self._say(
                Notice(
                    kind="revocation",
                    subject=hashlib.sha256(believed.signer(note)).hexdigest(),
                    statement=json.dumps(
                        {"schema": "kinema.vouch/1", "size": head.size, "head": head.head.hex()}
                    ),
                ),
                believed,
            )
        self._anchor.append(leaf.checkpoint)
        return leaf

    def _say(self, notice: Notice, reader: LogReader) -> Leaf:
        leaf = self._append(notice, self._as_signed(reader))
        self._database.run(NOTICES.insert, leaf.index, leaf.registered, *notice.columns())
        return leaf

    def _append(self, content: Entry | Notice, tree: Tree) -> Leaf:
        if not isinstance(self._key, LogKey):
            raise UsageError(
                "log key", "must be private to register", got="public", next_step="Open with it."
            )
        registered = datetime.now(UTC).isoformat(timespec="milliseconds")
        table = ENTRIES if isinstance(content, Entry) else NOTICES
        hash_ = leaf_hash(covered(table.schema, registered, *content.columns()))
        index = tree.append(hash_)
        note = self._key.sign(Checkpoint(self._reader.name, tree.size, tree.head()).text())
        self._database.run("INSERT INTO head (size, note) VALUES (?, ?)", tree.size, note)
        return Leaf(index, hash_, registered, note)

    def _as_signed(self, reader: LogReader) -> Tree:
        """The log, which must be the one we signed, and not an older one: else our next signature would cover for
        whoever altered it or put it back. That it was longer is believed of a distrusted key too."""
        signed = self._head(reader)
        tree = Tree(self._nodes, signed.size)
        anchored = max((reader.credulous.checkpoint(note).size for note in self._anchor.newest()), default=0)
        if tree.head() != signed.head or anchored > signed.size:
            raise ProvenanceError(
                "log",
                "must have the head that was signed last",
                got=f"{signed.size} leaves, {anchored} anchored",
                next_step="Nothing was written. Run kinema registry verify-log.",
            )
        return tree

    # Reading

    def by_id(self, id_: int) -> Record | None:
        """The clip of this id, proved; None if it is not ours. Raises `ProvenanceError` if its row was altered."""
        return self._one(ENTRIES, "id", id_text(id_))

    def by_manifest(self, manifest_id: str) -> Record | None:
        """The clip of this manifest, likewise."""
        return self._one(ENTRIES, "manifest_id", manifest_id)

    def ids(self) -> list[int]:
        """Of all clips, in the order of the log; a row is proved when it is asked for."""
        return [int(id_, 16) for (id_,) in self._database.rows("SELECT id FROM entry ORDER BY leaf")]

    def manifests(self, after: int = -1) -> Iterator[tuple[int, int, bytes]]:
        """Leaf, id and manifest of clips beyond a leaf, likewise."""
        statement = "SELECT leaf, id, manifest FROM entry WHERE leaf > ? ORDER BY leaf"
        return (
            (leaf, int(id_, 16), manifest) for leaf, id_, manifest in self._database.rows(statement, after)
        )

    def by_fingerprint(self, fingerprint: Fingerprint) -> list[Match]:
        """Clips that look like it, likest first; empty if none does."""
        return self._search.like(fingerprint)

    def by_clip(self, path: str | Path) -> list[Match]:
        """Clips that look like this file: asked quickly, and closely if that finds nothing. Raises `MediaError`."""
        return self.by_fingerprint(asked(path)) or self.by_fingerprint(asked_closely(path))

    def notices(self, subject: str) -> list[Record]:
        """All that was said about a clip (sixteen hex digits), a receipt or a certificate; oldest first, proved."""
        return self._where(NOTICES, "WHERE subject = ?", subject)

    def taken_down(self, id_: int) -> bool:
        """True if the last word on this clip was a takedown."""
        said = [r.content.kind for r in self.notices(id_text(id_)) if isinstance(r.content, Notice)]
        last = [kind for kind in said if kind in ("takedown", "restored")]
        return bool(last) and last[-1] == "takedown"

    def revoked(self, subject: str) -> bool:
        """True if this receipt or certificate was revoked."""
        return any(
            isinstance(r.content, Notice) and r.content.kind == "revocation" for r in self.notices(subject)
        )

    def known_copies(self, fingerprint: Fingerprint) -> list[Match]:
        """Clips that look like it and were taken down: it must not be shown either."""
        return [match for match in self.by_fingerprint(fingerprint) if self.taken_down(match.id)]

    def naming(self, words: str) -> list[Entry]:
        """Clips whose manifest, or that of anything they were made from, has these words in it: the id of a receipt, of
        a model. Every row is read and proved, so it takes a while and misses none."""
        sought = words.encode()
        contents = (record.content for record in self.records())
        return [one for one in contents if isinstance(one, Entry) and sought in one.manifest]

    def records(self) -> Iterator[Record]:
        """All there is, in the order of the log, each proved; for export."""
        for index in range(self._head().size):
            for table in (ENTRIES, NOTICES):
                yield from self._where(table, "WHERE leaf = ?", index)

    def checkpoint(self) -> str:
        """The newest signed head; empty if nothing was registered."""
        row = self._database.row("SELECT note FROM head ORDER BY size DESC LIMIT 1")
        return row[0] if row else ""

    def receipt(self, index: int) -> Receipt:
        """Proof that leaf `index` is in the log. Raises `UsageError` if there is none."""
        with self._database.reading():
            tree = Tree(self._nodes, self._head().size)
            if not 0 <= index < tree.size:
                raise UsageError(
                    "leaf", f"must be below {tree.size}", got=index, next_step="Ask for another."
                )
            return Receipt(index, self._nodes[0, index], tuple(tree.inclusion(index)), self.checkpoint())

    def consistency(self, old: int, size: int | None = None) -> list[bytes]:
        """Proof that the log of `old` leaves is a beginning of the log of `size`, of all if not said."""
        with self._database.reading():
            tree = Tree(self._nodes, self._head().size)
            size = tree.size if size is None else size
            if not 0 < old <= size <= tree.size:
                raise UsageError(
                    "old", f"must be 1 to {tree.size}", got=(old, size), next_step="Ask for less."
                )
            return tree.consistency(old, size)

    def verify(self) -> list[Finding]:
        """Everything, from rows to anchor: see `audit`. It passes if every finding does and there are some."""
        with self._database.reading():
            return audit(self._database, self._reader, self._anchor)

    def _one(self, table: Table, column: str, value: str) -> Record | None:
        return next(iter(self._where(table, f"WHERE {column} = ?", value)), None)

    def _where(self, table: Table, condition: str, *values: object) -> list[Record]:
        """Records whose leaves are in the newest signed log. Raises `ProvenanceError` for one that is not."""
        with self._database.reading():
            head = self._head()
            tree = Tree(self._nodes, head.size)
            rows = self._database.rows(f"{table.select} {condition} ORDER BY leaf", *values)
            return [_proved(table, row, tree, head) for row in list(rows)]

    def _head(self, reader: LogReader | None = None) -> Checkpoint:
        note, reader = self.checkpoint(), reader or self._reader
        return reader.checkpoint(note) if note else Checkpoint(reader.name, 0, EMPTY)


def _proved(table: Table, row: tuple[Any, ...], tree: Tree, head: Checkpoint) -> Record:
    index, columns = row[0], row[1:]
    leaf = leaf_hash(covered(table.schema, *columns))
    inside = isinstance(index, int) and 0 <= index < tree.size
    if not inside or not proves_inclusion(leaf, index, head.size, tree.inclusion(index), head.head):
        raise ProvenanceError(
            "registry row",
            "must be what the log has",
            got=f"leaf {index}, altered",
            next_step="Trust nothing in it. Run kinema registry verify-log.",
        )
    registered, *values = columns
    if table is NOTICES:
        kind, subject, statement = values
        return Record(index, registered, Notice(kind=kind, subject=subject, statement=statement))
    id_, manifest_id, manifest, clip_hash, fingerprint = values
    entry = Entry(
        id=int(id_, 16),
        manifest_id=manifest_id,
        manifest=manifest,
        clip_hash=clip_hash,
        fingerprint=fingerprint,
    )
    return Record(index, registered, entry)
