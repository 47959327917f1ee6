"""How unlikely an accident is: closed forms, valid whatever the picture shows.

A mark is a row of signs that the key draws. Hold any picture fixed and let the key be wrong: then the score is a sum of
numbers x with fair random signs, a Rademacher sum, whose tail is bounded without a word about the picture. Two bounds,
and the lower one counts:

    Chernoff's    P(sum >= t) <= min over s of prod cosh(s x) exp(-s t)
    Bentkus's     P(sum >= t) <= 3.178 P(N >= t / |x|)

(V. Bentkus and D. Dzindzalieta, "A tight Gaussian bound for weighted sums of Rademacher random variables",
Bernoulli 21, 2015). The decoder looks at all 2^64 codewords, and at several places: a union bound counts each. The
result is an upper bound on p, not an estimate of it.
"""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Complex, Float

_BENTKUS = 1 / (2 * math.erfc(1.0))
"""1 / (4 P(N >= sqrt 2)), about 3.178."""
_SETTLED = 1e-6
"""[nats] of Chernoff's bound."""


def agreement(
    seen: Complex[np.ndarray, " point"], expected: Complex[np.ndarray, " point"]
) -> Float[np.ndarray, " part"]:
    """The terms of the sum: every real and imaginary part of what was seen, positive where it is as expected."""
    return np.concatenate(
        [np.real(seen) * np.sign(np.real(expected)), np.imag(seen) * np.sign(np.imag(expected))]
    )


def log10_tail(terms: Float[np.ndarray, " part"], total: float) -> float:
    """log10 of the bound on the probability that `terms` with fair signs add up to `total`."""
    from scipy.special import log_ndtr

    scale = math.sqrt(float(np.dot(terms, terms)))
    if total <= 0 or scale == 0:
        return 0.0
    z = total / scale  # in standard deviations under the null
    gaussian = math.log(_BENTKUS) + float(log_ndtr(-z))
    return min(0.0, gaussian, _chernoff(terms / scale, z)) / math.log(10)


def _chernoff(x: Float[np.ndarray, " part"], t: float) -> float:
    """log of Chernoff's bound for sum of squares 1: any s gives a bound; Newton's steps find the lowest."""
    s = lowest = 0.0
    for _ in range(50):
        even = np.logaddexp(s * x, -s * x) - math.log(2)  # log cosh, without overflow
        bound = float(even.sum()) - s * t
        settled = abs(bound - lowest) < _SETTLED and s > 0
        lowest = min(lowest, bound)
        if settled:
            break
        tilt = np.tanh(s * x)
        s = max(0.0, s + (t - float(np.dot(x, tilt))) / max(float(np.dot(x * x, 1 - tilt * tilt)), 1e-3))
    return lowest


def allowance(log10_words: float, tried: int) -> float:
    """log10 of how many words were looked at, at `tried` places each: what a union bound adds to a tail."""
    return log10_words + math.log10(max(1, tried))
