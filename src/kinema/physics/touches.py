"""What engines tell the tape of a step: what touched what, and what broke by which blow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int


@dataclass(frozen=True, kw_only=True)
class Touches:
    """Rows as of `tape.Contacts`."""

    piece: Int[np.ndarray, "contact 2"]
    impulse: Float[np.ndarray, " contact"]
    point: Float[np.ndarray, "contact 3"]
    depth: Float[np.ndarray, " contact"]

    @classmethod
    def one(
        cls, piece: Sequence[int] | Int[np.ndarray, "2"], impulse: float, point: Float[np.ndarray, 3]
    ) -> Touches:
        """A single row, of things that meet and do not overlap."""
        return cls(
            piece=np.array([piece], np.int32),
            impulse=np.array([impulse]),
            point=np.array([point], float),
            depth=np.zeros(1),
        )


@dataclass(frozen=True, kw_only=True)
class Broken:
    """Bonds of one body that broke in a step, and the blow that broke them.

    The blow is a contact like any other, but no solver has it: it is taken back with the step, and what it did passes
    by way of `settling`.
    """

    piece: Int[np.ndarray, "crack 2"]
    """On the tape."""
    energy: Float[np.ndarray, " crack"]
    """[J]"""
    blow: Touches


def merged(rows: Sequence[Touches]) -> Touches:
    """One row per pair of pieces: several solids of one piece may touch the same other. Points are weighted by their
    impulses, depths are the deepest."""
    piece, impulse, point, depth = (
        np.concatenate([getattr(row, name) for row in rows])
        for name in ("piece", "impulse", "point", "depth")
    )
    ordered = np.sort(piece, axis=1)
    # One number a pair: sorting rows of two takes many times as long, and this is done in every step.
    key, group = np.unique(ordered[:, 0] * np.int64(2**32) + ordered[:, 1], return_inverse=True)
    if len(key) == len(piece):
        return Touches(piece=piece, impulse=impulse, point=point, depth=depth)
    total = np.bincount(group, impulse)
    mean = np.stack([np.bincount(group, impulse * point[:, k]) for k in range(3)], -1)
    mean /= np.maximum(total, 1e-30)[:, None]
    deepest = np.zeros(len(key))
    np.maximum.at(deepest, group, depth)
    pair = np.stack([key >> 32, key & (2**32 - 1)], -1).astype(np.int32)
    return Touches(piece=pair, impulse=total, point=mean, depth=deepest)
