"""The compiled loop of `code`: add, compare, select over 16384 states.

Every generator taps the newest and the oldest bit, so either one flips all six outputs: of the four branches of a
butterfly two carry the metric and two its negative.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

_ROUNDS = 3
"""Times round the block: one to forget the unknown start, one to decide, one for the path to settle behind it."""


@njit(cache=True, nogil=True, error_model="numpy")
def branch_metrics(row: Any, metric: Any) -> None:  # pragma: no cover - compiled
    """What every pattern of outputs agrees with one step of what was received."""
    for pattern in range(len(metric)):
        total = np.float32(0)
        for i in range(len(row)):
            total += -row[i] if pattern >> i & 1 else row[i]
        metric[pattern] = total


@njit(cache=True, nogil=True, error_model="numpy")
def viterbi(received: Any, patterns: Any) -> Any:  # pragma: no cover - compiled
    """Bits from `received` (step, output); `patterns` as `code.patterns`."""
    steps, outputs = received.shape
    states = len(patterns)
    half = states // 2
    total = steps * _ROUNDS
    old, new = np.zeros(states, np.float32), np.empty(states, np.float32)
    came = np.empty((total, states), np.bool_)
    metric = np.empty(1 << outputs, np.float32)
    for t in range(total):
        branch_metrics(received[t % steps], metric)
        taken = came[t]
        for j in range(half):
            m = metric[patterns[2 * j]]
            low, high = old[j], old[j + half]
            a, b, c, d = low + m, high - m, low - m, high + m
            taken[2 * j], taken[2 * j + 1] = b > a, d > c
            new[2 * j], new[2 * j + 1] = max(a, b), max(c, d)
        old, new = new, old
    state = np.argmax(old)
    bits = np.empty(steps, np.uint8)
    for t in range(total - 1, -1, -1):
        if t < 2 * steps:
            if t < steps:
                break
            bits[t - steps] = state & 1
        state = (state >> 1) + (half if came[t, state] else 0)
    return bits
