"""All fingerprints of a registry in memory, kept up with its rows, and asked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinema.provenance.fingerprint.fingerprint import Fingerprint, change_of
from kinema.provenance.fingerprint.index import HashIndex
from kinema.provenance.fingerprint.vote import Agreement, elect
from kinema.provenance.registry.database import Database


@dataclass(frozen=True)
class Match:
    """A registered clip that looks like what was asked for."""

    id: int
    score: float
    """Share of what was asked that agrees, 0 to 1."""
    quarters: int
    """How many quarters of a second that is."""
    shift: float
    """[s] from the beginning of the registered clip to that of the one asked for."""
    change: str
    """How its shape was changed, in words; empty if it was not."""


class Search:
    """The index of a database. Loads at the first question, and then only what was registered since."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen = -1
        self._ids: list[int] = []
        self._clip = np.zeros(0, np.int64)
        self._time = np.zeros(0, np.int64)
        self._view = np.zeros(0, np.uint8)
        self._parts: list[HashIndex] = []

    def like(self, asked: Fingerprint) -> list[Match]:
        """Clips that look like it, likest first."""
        with self._database.reading():
            self._catch_up()
            query, row = self._search(asked.hash)
            pairs = Agreement(
                clip=self._clip[row],
                asked_time=asked.time[query].astype(np.int64),
                kept_time=self._time[row],
                asked_view=asked.view[query],
                kept_view=self._view[row],
            )
            return [
                Match(
                    id=self._ids[e.clip],
                    score=e.score,
                    quarters=e.quarters,
                    shift=e.shift / 1000,
                    change=change_of(e.asked_view, e.kept_view),
                )
                for e in elect(pairs, asked.time)
            ]

    def _search(self, hashes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        queries, rows, first = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], 0
        for part in self._parts:
            found = part.search(hashes)
            queries.append(found.query)
            rows.append(found.row + first)
            first += len(part.hashes)
        return np.concatenate(queries), np.concatenate(rows)

    def _catch_up(self) -> None:
        statement = "SELECT leaf, id, fingerprint FROM entry WHERE leaf > ? ORDER BY leaf"
        new = list(self._database.rows(statement, self._seen))
        if not new:
            return
        prints = [Fingerprint.from_bytes(raw) for _, _, raw in new]
        clips = [np.full(len(p), n, np.int64) for n, p in enumerate(prints, len(self._ids))]
        self._clip = np.concatenate([self._clip, *clips])
        self._time = np.concatenate([self._time, *(p.time for p in prints)])
        self._view = np.concatenate([self._view, *(p.view for p in prints)])
        self._ids += [int(id_, 16) for _, id_, _ in new]
        self._seen = new[-1][0]
        self._parts.append(HashIndex(np.concatenate([p.hash for p in prints])))
        # Parts at least double, so a registry that grows clip by clip sorts each hash log2(n) times and not n.
        while len(self._parts) > 1 and len(self._parts[-2].hashes) <= 2 * len(self._parts[-1].hashes):
            last, before = self._parts.pop(), self._parts.pop()
            self._parts.append(HashIndex(np.concatenate([before.hashes, last.hashes])))
