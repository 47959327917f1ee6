"""`verify-log`: is every row what it was when it was signed, and is none missing?

    1. Every leaf number, from 0 on, has exactly one row.
    2. Every row has the bytes that its leaf covers.
    3. Every node of the log is what the rows give, none missing, none added.
    4. Every head, one for each size, is signed by the log's key and is the head of the rows at that size. One by a key
       that is distrusted since counts if a newer head, by a key that is not, covers it: its owner vouched for it.
    5. Every anchored head likewise, and none is of a log longer than this one: the database was not put back.

The tree is built anew from the rows alone; what the database says of itself is only compared with it. Not covered: who
holds the log's private key can sign another history, which only anchors kept elsewhere would show; who rolls back
database and anchor together is shown by a copy of either.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from kinema.errors import ProvenanceError
from kinema.provenance.log.anchor import Anchor
from kinema.provenance.log.checkpoint import LogReader
from kinema.provenance.log.tree import Node, Tree, leaf_hash
from kinema.provenance.registry.database import Database
from kinema.provenance.registry.entry import covered
from kinema.provenance.registry.tables import ENTRIES, NOTICES
from kinema.verify.finding import at_most
from kinema.verify.report import Finding

_NAMED = 8
"""Faults that a finding names; it counts them all."""
_BEYOND = (
    "Another history signed with the log's own key, unless an older anchor is kept elsewhere; "
    "a rollback of database and anchor together."
)


def audit(database: Database, reader: LogReader, anchor: Anchor) -> list[Finding]:
    """One finding for each numbered step. Reads everything once; holds one hash for each row and node."""
    rows = _rows(database)
    notes = list(database.rows("SELECT size, note FROM head ORDER BY size"))
    stored = {
        (level, place): hash_ for level, place, hash_ in database.rows("SELECT level, place, hash FROM node")
    }
    nodes: dict[Node, bytes] = {}
    tree = Tree(nodes)
    # As many leaves as the log ever had, whatever number a row claims. A hole gets a hash that nothing has.
    for index in range(max(len(notes), sum(level == 0 for level, _ in stored))):
        tree.append(rows[index][0][1] if index in rows else bytes(32))
    wrong = [node for node in nodes.keys() | stored.keys() if nodes.get(node) != stored.get(node)]
    vouched = _vouched(notes, tree, reader)
    return [
        _finding("every leaf has one row", _numbering(rows, len(notes))),  # (1)
        _finding("every row is what its leaf covers", _altered(rows, stored)),  # (2)
        _finding("every node follows from the rows", [f"node {n}" for n in sorted(wrong)]),  # (3)
        _finding("every head is signed and fits the rows", _heads(notes, tree, reader, vouched)),  # (4)
        _finding("every anchored head is in the log", _anchored(anchor, tree, reader, vouched)),  # (5)
    ]


def _rows(database: Database) -> dict[int, list[tuple[str, bytes]]]:
    """Name and leaf hash of each row that claims a leaf number."""
    rows: dict[int, list[tuple[str, bytes]]] = defaultdict(list)
    for table in (ENTRIES, NOTICES):
        for leaf, *columns in database.rows(table.select):
            number = leaf if isinstance(leaf, int) else -1
            rows[number].append((f"{table.name} {columns[1]}", leaf_hash(covered(table.schema, *columns))))
    return dict(rows)


def _numbering(rows: dict[int, list[tuple[str, bytes]]], signed: int) -> list[str]:
    missing = [f"leaf {n} has no row" for n in range(signed) if n not in rows]
    strange = [f"{name} is leaf {n} of {signed}" for n in rows if not 0 <= n < signed for name, _ in rows[n]]
    twice = [f"leaf {n} has {len(found)} rows" for n, found in rows.items() if len(found) > 1]
    return missing + strange + twice


def _altered(rows: dict[int, list[tuple[str, bytes]]], stored: dict[Node, bytes]) -> list[str]:
    return [
        f"{name}, leaf {n}"
        for n, found in sorted(rows.items())
        for name, hash_ in found
        if stored.get((0, n)) != hash_
    ]


def _vouched(notes: list[tuple[int, str]], tree: Tree, reader: LogReader) -> int:
    """Size of the newest head by a key that is trusted, and that fits the rows."""
    for _, note in reversed(notes):
        if reader.trusts(note):
            said = reader.checkpoint(note)
            if said.size <= tree.size and tree.head(said.size) == said.head:
                return said.size
    return 0


def _heads(notes: list[tuple[int, str]], tree: Tree, reader: LogReader, vouched: int) -> list[str]:
    sizes = [size for size, _ in notes]
    faults = [f"no head of size {n}" for n in sorted(set(range(1, tree.size + 1)) - set(sizes))]
    return faults + _unfit(((f"head {size}", size, note) for size, note in notes), tree, reader, vouched)


def _anchored(anchor: Anchor, tree: Tree, reader: LogReader, vouched: int) -> list[str]:
    try:
        notes = anchor.notes()
    except ProvenanceError as error:
        return [str(error)]
    if tree.size and not notes:
        return [f"no anchor at {anchor.path}"]
    return _unfit(((f"anchor {n + 1}", None, note) for n, note in enumerate(notes)), tree, reader, vouched)


def _unfit(
    notes: Iterable[tuple[str, int | None, str]], tree: Tree, reader: LogReader, vouched: int
) -> list[str]:
    """What is wrong with signed heads, each with a name and the size it is filed under, if any."""
    faults = []
    for name, size, note in notes:
        try:
            said = reader.credulous.checkpoint(note)
        except ProvenanceError as error:
            faults.append(f"{name}: {error}")
            continue
        if said.origin != reader.name:
            faults.append(f"{name} is of the log {said.origin}")
        elif size is not None and size != said.size:
            faults.append(f"{name} is of size {said.size}")
        elif said.size > tree.size:
            faults.append(
                f"{name} has {said.size} leaves, the database {tree.size}: it was put back or cut short"
            )
        elif tree.head(said.size) != said.head:
            faults.append(f"{name}: the first {said.size} rows are not those that were signed")
        elif said.size > vouched and not reader.trusts(note):
            faults.append(f"{name} is signed by a key that is distrusted, and no newer head vouches for it")
    return faults


def _finding(rule: str, faults: list[str]) -> Finding:
    more = f" and {len(faults) - _NAMED} more" if len(faults) > _NAMED else ""
    return at_most(
        "transparency log",
        "registry",
        rule,
        len(faults),
        0,
        unit="faults",
        detail="; ".join(faults[:_NAMED]) + more,
        not_covered=_BEYOND,
        remedy="Trust nothing that was read from it since. Restore a copy that verifies, and find who wrote to it.",
    )
