"""How large, fast and heavy the worlds are: one table for training, one beyond it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from kinema.shot.force import WORLDS

Span = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Ranges:
    """What numbers are drawn from."""

    sizes: tuple[Span, ...]
    """Length of the largest body's typical side [m]: one span is chosen, then log-uniform within it."""
    speed: Span
    """Of what flies, rolls and slides, in units of root(g × size): Froude's number, so that large and small worlds
    move alike. Without gravity, of root(9.8 m/s² × size)."""
    gravities: tuple[tuple[float, Span], ...]
    """(share, span of g [m/s²])."""


def _named(share: float, world: str) -> tuple[float, Span]:
    return share, (WORLDS[world], WORLDS[world])


TRAINED: Final = Ranges(
    sizes=((0.08, 0.4),),
    speed=(1.0, 4.0),
    gravities=(
        _named(0.62, "earth"),
        _named(0.14, "mars"),
        _named(0.14, "moon"),
        _named(0.10, "jupiter"),
    ),
)
"""Toys to crates."""

BEYOND: Final = Ranges(
    sizes=((0.02, 0.04), (0.9, 1.8)),
    speed=(6.0, 10.0),
    gravities=((0.3, (0.2, 0.8)), (0.4, (14.0, 20.0)), (0.3, (32.0, 50.0))),
)
"""Dice and boulders, faster, under gravities between and beyond those of training."""


def log_uniform(rng: np.random.Generator, span: Span) -> float:
    """Even in the logarithm."""
    low, high = span
    return float(low * (high / low) ** rng.random())


def choice(rng: np.random.Generator, weighted: tuple[tuple[float, Span], ...]) -> Span:
    """One of the spans, by its share."""
    shares = np.array([share for share, _ in weighted])
    return weighted[int(rng.choice(len(weighted), p=shares / shares.sum()))][1]
