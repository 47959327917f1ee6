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
        self._ids: list[int] = []
        self._seen = -1
        self._kept = Fingerprint.from_bytes(b"")
        self._clip = np.zeros(0, np.int64)
        self._index = HashIndex(self._kept.hash)

    def like(self, asked: Fingerprint) -> list[Match]:
        """Clips that look like it, likest first."""
        with self._database.reading():
            self._catch_up()
            found = self._index.search(asked.hash)
            pairs = Agreement(
                clip=self._clip[found.row],
                asked_time=asked.time[found.query].astype(np.int64),
                kept_time=self._kept.time[found.row].astype(np.int64),
                asked_view=asked.view[found.query],
                kept_view=self._kept.view[found.row],
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

    def _catch_up(self) -> None:
        new = list(
            self._database.rows(
                "SELECT leaf, id, fingerprint FROM entry WHERE leaf > ? ORDER BY leaf", self._seen
            )
        )
        if not new:
            return
        prints = [self._kept, *(Fingerprint.from_bytes(raw) for _, _, raw in new)]
        numbers = range(len(self._ids), len(self._ids) + len(new))
        clips = [np.full(len(p), n, np.int64) for p, n in zip(prints[1:], numbers, strict=True)]
        self._kept = Fingerprint(
            np.concatenate([p.time for p in prints]),
            np.concatenate([p.view for p in prints]),
            np.concatenate([p.hash for p in prints]),
        )
        self._clip = np.concatenate([self._clip, *clips])
        self._ids += [int(id_, 16) for _, id_, _ in new]
        self._index = HashIndex(self._kept.hash)
        self._seen = new[-1][0]
