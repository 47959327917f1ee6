"""The null: wrong keys on unmarked pictures.

A trial takes the pooled spectrum of an unmarked window, a geometry drawn at random from those a search could report,
and a key drawn at random, reads the data points and looks at all ids. To make millions affordable the decoder is
replaced by a bound on it: the best path through the trellis from any state to any state, which is never worse than the
best that bites its tail; only where that bound looks like something is the decoder itself run. What is counted is thus
the decoder's own p, of every trial in which it is below 1e-3. Besides, the whole detector, its search included, runs on
unmarked clips with wrong keys.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numba import njit

from kinema.provenance.watermark.code import BITS, LENGTH, RATE, decode, encode, patterns
from kinema.provenance.watermark.code_kernel import branch_metrics
from kinema.provenance.watermark.detector import THRESHOLD
from kinema.provenance.watermark.evidence import allowance, log10_tail
from kinema.provenance.watermark.geometry import similarity
from kinema.provenance.watermark.identities import Any64
from kinema.provenance.watermark.lattice import PERIOD, PILOTS, ring
from kinema.provenance.watermark.search import SCALES, TURN, read
from kinema.provenance.watermark.spectrum import Spectrum

PER_DRAW = 64
"""Keys tried at one geometry of one window."""
_SCREEN = -3.0
"""log10 p of the bound from which the decoder is run; larger ones are recorded as 0."""


@njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract"})
def best_open(received: Any, table: Any) -> float:  # pragma: no cover - compiled
    """The metric of the best path of `received` (step, output) from any state to any."""
    steps, outputs = received.shape
    states = len(table)
    half = states // 2
    old, new = np.zeros(states, np.float32), np.empty(states, np.float32)
    metric = np.empty(1 << outputs, np.float32)
    for t in range(steps):
        branch_metrics(received[t], metric)
        for j in range(half):
            m = metric[table[2 * j]]
            low, high = old[j], old[j + half]
            new[2 * j], new[2 * j + 1] = max(low + m, high - m), max(low - m, high + m)
        old, new = new, old
    return float(old.max())


def trials(planes: list[Spectrum], nominal: float, count: int, seed: int) -> np.ndarray:
    """log10 p of `count` trials, in threads."""
    rounds = -(-count // PER_DRAW)
    with ThreadPoolExecutor(2) as pool:
        parts = pool.map(lambda n: _draw(planes, nominal, np.random.default_rng((seed, n))), range(rounds))
        return np.concatenate(list(parts))[:count]


def _draw(planes: list[Spectrum], nominal: float, draw: np.random.Generator) -> np.ndarray:
    """PER_DRAW keys at one geometry of one window. A key is what it decides: roles, places, signs."""
    plane = planes[draw.integers(len(planes))]
    low, high = np.log(SCALES)
    scale = nominal * np.exp(draw.uniform(low, high))
    matrix = similarity(scale, draw.uniform(-TURN, TURN), mirrored=bool(draw.integers(2)))
    numbers = ring()
    seen = read(plane, numbers, (np.linalg.inv(matrix).T / PERIOD)[None])[0]
    seen = seen * np.exp(-2j * np.pi / PERIOD * (numbers @ draw.uniform(0, PERIOD, 2)))
    carriers = len(numbers) - round(PILOTS * len(numbers))
    out = np.zeros(PER_DRAW)
    for k in range(PER_DRAW):
        chosen = seen[draw.permutation(len(numbers))[:carriers]]
        parts = np.concatenate([chosen.real, chosen.imag]) * draw.choice([-1.0, 1.0], 2 * carriers)
        carried = draw.permutation(len(parts)) % LENGTH
        soft = np.bincount(carried, weights=parts, minlength=LENGTH)
        total = best_open(soft.reshape(BITS, RATE).astype(np.float32), patterns())
        if log10_tail(parts, total) + allowance(Any64.log10_count, 1) <= _SCREEN:
            agreed = float(parts @ encode(decode(soft))[carried])
            out[k] = min(0.0, log10_tail(parts, agreed) + allowance(Any64.log10_count, 1))
    return out


def summary(values: np.ndarray, what: str) -> dict[str, Any]:
    """A row of the table."""
    alarms = int(np.sum(values <= THRESHOLD))
    return {
        "null": what,
        "trials": len(values),
        "false_alarms_at_1e-6": alarms,
        "smallest_log10_p": float(values.min()),
        "false_positives_below_95_percent": 3.0 / len(values) if not alarms else None,
    }
