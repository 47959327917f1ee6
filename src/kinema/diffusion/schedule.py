"""Times that a sampler visits, and its one step; the same for torch's and numpy's arrays.

Without jumps a step is Euler's along the velocity, and many steps follow the flow to first order. With jumps the
network is told how far, and lands there: one to four steps.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Protocol


class Denoise(Protocol):
    """(noisy, time, span) → clean, for one time for all."""

    def __call__(self, noisy: Any, time: float, span: float, /) -> Any: ...


def times(steps: int, *, start: float = 1.0, shift: float = 1.0) -> tuple[float, ...]:
    """`start` down to 0, denser near it for `shift` > 1."""
    even = [start * (steps - k) / steps for k in range(steps + 1)]
    return tuple(shift * t / (1 + (shift - 1) * t) for t in even)


def descend(denoise: Denoise, noisy: Any, visits: tuple[float, ...], *, jump: bool) -> Any:
    """From noise at `visits[0]` to a picture at `visits[-1]` = 0. Arrays of any library."""
    for time, after in pairwise(visits):
        span = time - after
        clean = denoise(noisy, time, span if jump else 0.0)
        noisy = noisy - (noisy - clean) * (span / time)
    return noisy
