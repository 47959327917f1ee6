"""From single hashes that agree to clips that agree: votes by moment, by shift in time and by turn.

One hash may agree by chance, or because two worlds have the same empty floor. A copy agrees at many moments, all
shifted by the same time and turned the same way. Moments are asked more densely than they are kept, so a quarter of a
second has one vote, which any of its moments casts; a clip's score is the share of quarters that vote for its best
shift and turn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Int, UInt8

SLACK: Final = 500
"""[ms] of shift that count as the same: moments lie 250 ms apart, and 25 frames for 24 gain 40 ms a second."""
TILES: Final = 32
"""Kept views from here on are tiles."""
WINDOWS: Final = 136
"""Asked views from here on are windows, which may be tiles and nothing else: a narrow cut-out of one horizon is like a
window on another."""
QUARTER: Final = 250
"""[ms] that have one vote: as far apart as kept moments."""
LEAST_SHARE: Final = 0.25
"""Share of the quarters asked that must agree."""
LEAST_QUARTERS: Final = 2
"""Of a clip; a still picture has one, and needs it."""
LEAST_TILED: Final = 3
"""The same for tiles, which are asked for ten thousand times."""


@dataclass(frozen=True)
class Agreement:
    """Pairs of an asked and a kept hash that agree; arrays belong together."""

    clip: Int[np.ndarray, " pair"]
    asked_time: Int[np.ndarray, " pair"]
    kept_time: Int[np.ndarray, " pair"]
    """[ms]"""
    asked_view: UInt8[np.ndarray, " pair"]
    kept_view: UInt8[np.ndarray, " pair"]


@dataclass(frozen=True)
class Elected:
    """A clip that enough moments voted for."""

    clip: int
    score: float
    """Share of the quarters of a second that were asked, 0 to 1."""
    quarters: int
    shift: int
    """[ms] from the beginning of the kept clip to that of the asked one."""
    asked_view: int
    kept_view: int
    """The view that most pairs agreed in."""


def elect(pairs: Agreement, asked_time: Int[np.ndarray, " row"]) -> list[Elected]:
    """Clips by falling score. `asked_time` [ms]: of every hash that was asked."""
    meant = (pairs.asked_view < WINDOWS) | (pairs.kept_view >= TILES)
    pairs = Agreement(**{name: values[meant] for name, values in vars(pairs).items()})
    if not len(pairs.clip):
        return []
    asked = len(np.unique(asked_time // QUARTER))
    shift = pairs.kept_time.astype(np.int64) - pairs.asked_time
    best: dict[int, Elected] = {}
    tile = np.where(pairs.kept_view >= TILES, pairs.kept_view, 0)  # a copy shows the same tile all the time
    for phase in (0, SLACK // 2):  # bins that overlap by half, so that no shift falls between two
        ballots = np.stack([pairs.clip, pairs.asked_view, tile, (shift + phase) // SLACK], axis=1)
        kinds, ballot = np.unique(ballots.astype(np.int64), axis=0, return_inverse=True)
        votes = np.unique(np.stack([ballot.ravel(), pairs.asked_time // QUARTER], axis=1), axis=0)
        for number, count in enumerate(np.bincount(votes[:, 0], minlength=len(kinds))):
            clip = int(kinds[number, 0])
            if clip not in best or count > best[clip].quarters:
                mine = ballot.ravel() == number
                best[clip] = Elected(
                    clip=clip,
                    score=int(count) / asked,
                    quarters=int(count),
                    shift=int(np.median(shift[mine])),
                    asked_view=int(kinds[number, 1]),
                    kept_view=int(np.bincount(pairs.kept_view[mine]).argmax()),
                )
    enough = [
        e
        for e in best.values()
        if e.score >= LEAST_SHARE
        and e.quarters >= min(LEAST_TILED if e.kept_view >= TILES else LEAST_QUARTERS, asked)
    ]
    return sorted(enough, key=lambda e: (-e.score, -e.quarters, e.clip))
