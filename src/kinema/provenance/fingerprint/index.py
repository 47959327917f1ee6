"""Every stored hash within a radius of a given one, without looking at all of them.

Multi-index hashing (Norouzi, Punjani, Fleet, "Fast Search in Hamming Space with Multi-Index Hashing", CVPR 2012): cut
256 bits into sixteen bands of sixteen. Hashes that differ in at most 31 bits differ in at most one bit in some band,
or each of sixteen bands would hold two. So looking up sixteen bands, each as it is and with each one bit changed,
finds all of them: 272 short lists instead of the whole table. Exact, not approximate; `scan` is its plain twin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Int, UInt16, UInt64

from kinema.provenance.fingerprint.pdq import BITS, distance

BANDS: Final = 16
RADIUS: Final = 2 * BANDS - 1
"""31 bits: what two probes a band guarantee, and the distance PDQ's authors recommend."""

_WIDTH = BITS // BANDS
_PROBES = np.array([0, *(1 << bit for bit in range(_WIDTH))], np.uint16)
_ROOM = 4096
"""Rows that one query may find before it is asked again with more room."""


@dataclass(frozen=True)
class Found:
    """Pairs of a question and a row that it found."""

    query: Int[np.ndarray, " pair"]
    row: Int[np.ndarray, " pair"]
    distance: UInt16[np.ndarray, " pair"]


class HashIndex:
    """Rows of 256-bit hashes, found by likeness."""

    def __init__(self, hashes: UInt64[np.ndarray, "row 4"]) -> None:
        self.hashes = np.ascontiguousarray(hashes, dtype="<u8")
        self._words = self.hashes.view("<u2")  # row, band
        self._rows = np.empty((BANDS, len(hashes)), np.uint32)
        self._starts = np.zeros((BANDS, (1 << _WIDTH) + 1), np.int64)
        for band, word in enumerate(self._words.T):
            self._rows[band] = np.argsort(word, kind="stable")  # a radix sort
            np.cumsum(np.bincount(word, minlength=1 << _WIDTH), out=self._starts[band, 1:])

    def search(self, queries: UInt64[np.ndarray, "query 4"], radius: int = RADIUS) -> Found:
        """All rows within `radius` of each query, by query and row. Raises `ValueError` beyond what bands can find."""
        if not 0 <= radius <= RADIUS:
            raise ValueError(f"radius must be 0 to {RADIUS}")
        queries = np.ascontiguousarray(queries, dtype="<u8")
        found = [self._near(query, radius) for query in queries] if len(self.hashes) else []
        return _joined(
            [Found(np.full(len(row), n), row, distance) for n, (row, distance) in enumerate(found)]
        )

    def _near(self, query: np.ndarray, radius: int) -> tuple[np.ndarray, np.ndarray]:
        from kinema.provenance.fingerprint.index_kernel import compare

        room = _ROOM
        while True:
            row, far = np.empty(room, np.int64), np.empty(room, np.uint16)
            count = compare(
                *(self.hashes, self._words, self._rows, self._starts),
                *(query, query.view("<u2"), _PROBES, radius, row, far),
            )
            if count <= room:
                order = np.argsort(row[:count])
                return row[order], far[order]
            room = count


def scan(
    hashes: UInt64[np.ndarray, "row 4"], queries: UInt64[np.ndarray, "query 4"], radius: int = RADIUS
) -> Found:
    """The plain twin of `HashIndex.search`: every query against every row."""
    far = [distance(hashes, query) for query in queries]
    hits = [np.flatnonzero(d <= radius) for d in far]
    return _joined(
        [Found(np.full(len(hit), n), hit, d[hit]) for n, (d, hit) in enumerate(zip(far, hits, strict=True))]
    )


def _joined(parts: list[Found]) -> Found:
    none = Found(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.uint16))
    parts = [none, *parts]
    return Found(
        np.concatenate([p.query for p in parts]),
        np.concatenate([p.row for p in parts]),
        np.concatenate([p.distance for p in parts]),
    )
