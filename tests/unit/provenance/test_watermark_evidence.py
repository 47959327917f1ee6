"""The bound on p: never below the truth, and near it."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from kinema.provenance.watermark.code import BITS
from kinema.provenance.watermark.evidence import agreement, allowance, log10_tail
from kinema.provenance.watermark.identities import Any64, Known


@pytest.mark.parametrize("right", [60, 70, 85, 99, 100])
def test_equal_terms_are_a_binomial(right: int) -> None:
    exact = math.log10(sum(math.comb(100, k) for k in range(right, 101)) / 2**100)
    bound = log10_tail(np.ones(100), 2.0 * right - 100)
    assert bound >= exact - 1e-9
    # Chernoff's bound loses the factor in front of the exponential, below 1 / (z sqrt(2 pi)) of it: 1.4 decades here.
    assert bound <= exact + 1.4


def test_bound_holds_for_simulated_signs() -> None:
    draw = np.random.default_rng(1)
    terms = draw.exponential(size=60)
    sums = np.concatenate([draw.choice([-1.0, 1.0], (50_000, 60)) @ terms for _ in range(8)])
    for z in (1.5, 2.5, 3.5):
        total = z * math.sqrt(float(terms @ terms))
        share = float(np.mean(sums >= total))
        # 400,000 draws: at z = 3.5 some 70 exceed it, so the share is known to an eighth.
        assert 0 < share <= 10 ** log10_tail(terms, total)
        assert 10 ** log10_tail(terms, total) <= 20 * share


def test_more_agreement_is_less_likely() -> None:
    terms = np.random.default_rng(2).random(300)
    tails = [log10_tail(terms, share * terms.sum()) for share in np.linspace(0.1, 1, 10)]
    assert all(later < earlier for earlier, later in pairwise(tails))
    # All signs right has probability 2^-n, and no bound may say less.
    assert tails[-1] >= -300 * math.log10(2) - 1e-6


def test_nothing_seen_and_disagreement_are_no_evidence() -> None:
    assert log10_tail(np.zeros(10), 0.0) == 0.0
    assert log10_tail(np.ones(10), -3.0) == 0.0


def test_terms_are_positive_where_a_part_is_as_expected() -> None:
    seen = np.array([2 - 3j, -1 + 0.5j])
    np.testing.assert_array_equal(agreement(seen, np.array([1 - 1j, 1 + 1j])), [2, -1, 3, 0.5])


def test_every_id_and_every_place_is_paid_for() -> None:
    assert allowance(Any64.log10_count, 10) == pytest.approx(BITS * math.log10(2) + 1)
    assert allowance(Known(range(1000)).log10_count, 1) == pytest.approx(3)
