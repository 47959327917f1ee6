"""How unlikely an accident is: closed forms, valid whatever the picture shows.

A mark is a row of signs that the key draws. Hold any picture fixed and let the key be wrong: then the score is a sum of
numbers with fair random signs, a Rademacher sum, and its tail is bounded without a word about the picture. Bentkus and
Dzindzalieta, "A tight Gaussian bound for weighted sums of Rademacher random variables" (Bernoulli 21, 2015):
P(sum >= z) <= 3.178 P(N >= z), with the sum of unit variance. The decoder looks at all 2^64 codewords, and at several
geometries: a union bound counts every one. The result is an upper bound on p, not an estimate of it.
"""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Complex

from kinema.provenance.watermark.code import BITS

_BENTKUS = 1 / (4 * 0.5 * math.erfc(1.0))
"""1 / (4 P(N >= sqrt 2)), about 3.178."""


def score(seen: Complex[np.ndarray, "point"], expected: Complex[np.ndarray, "point"]) -> float:
    """What was seen along what was expected, in standard deviations under the null. 0 if nothing was seen.

    Each real and imaginary part is one term with a sign of its own, so the variance is the sum of their squares.
    """
    scale = math.sqrt(float(np.sum(seen.real**2 + seen.imag**2)))
    along = float(np.sum(seen.real * np.sign(expected.real) + seen.imag * np.sign(expected.imag)))
    return along / scale if scale > 0 else 0.0


def log10_tail(z: float) -> float:
    """log10 of the bound on P(sum >= z) for one fixed word."""
    from scipy.special import log_ndtr

    return min(0.0, (math.log(_BENTKUS) + float(log_ndtr(-z))) / math.log(10))


def log10_p(z: float, tried: int) -> float:
    """log10 of the bound for the best of all ids at `tried` geometries. At most 0."""
    return min(0.0, log10_tail(z) + BITS * math.log10(2) + math.log10(max(1, tried)))
