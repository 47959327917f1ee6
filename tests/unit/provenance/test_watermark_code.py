"""The convolutional code: its distance, its symmetries, what it corrects."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinema.provenance.watermark.code import (
    BITS,
    GENERATORS,
    LENGTH,
    MEMORY,
    RATE,
    bits_of,
    decode,
    encode,
    identity_of,
    patterns,
)

FREE_DISTANCE = 56
"""Of the Cassini code, K = 15, rate 1/6: the figure in its literature, and found by the search below."""

identities = st.integers(0, 2**BITS - 1)


def test_free_distance_is_the_published_one() -> None:
    states = np.arange(1 << MEMORY)
    weight = np.bitwise_count(patterns()).astype(int)
    # The lightest path that leaves state 0 with a one and is now in each state.
    lightest = np.full(len(states), 10**6)
    lightest[1], merged = weight[1], 10**6
    for _ in range(200):
        kept = lightest[states >> 1] + weight
        flipped = lightest[(states >> 1) + (1 << (MEMORY - 1))] + RATE - weight
        after = np.minimum(kept, flipped)
        merged, after[0] = min(merged, after[0]), 10**6
        if after.min() >= merged:
            break
        lightest = after
    assert merged == FREE_DISTANCE


@given(identities)
def test_bits_and_ids_are_two_views_of_one_number(identity: int) -> None:
    assert identity_of(bits_of(identity)) == identity


@given(identities, identities)
def test_code_is_linear(one: int, other: int) -> None:
    np.testing.assert_array_equal(
        encode(bits_of(one)) * encode(bits_of(other)), encode(bits_of(one) ^ bits_of(other))
    )


@given(identities, st.integers(0, BITS - 1))
def test_code_bites_its_tail(identity: int, turn: int) -> None:
    bits = bits_of(identity)
    np.testing.assert_array_equal(encode(np.roll(bits, turn)), np.roll(encode(bits), RATE * turn))


def test_one_bit_gives_the_generators() -> None:
    word = encode(bits_of(1 << (BITS - 1))).reshape(BITS, RATE)
    for i, generator in enumerate(GENERATORS):
        taps = [generator >> k & 1 for k in range(MEMORY + 1)]
        np.testing.assert_array_equal(word[: MEMORY + 1, i], 1.0 - 2.0 * np.array(taps))


@pytest.mark.parametrize(
    ("erased", "wrong"), [(FREE_DISTANCE - 1, 0), (0, (FREE_DISTANCE - 1) // 2), (29, 13)]
)
def test_any_pattern_within_the_distance_is_corrected(erased: int, wrong: int) -> None:
    # A code of distance d puts right e erasures and w errors whenever e + 2 w < d.
    draw = np.random.default_rng(0)
    for _ in range(8):
        bits = draw.integers(0, 2, BITS).astype(np.uint8)
        word, places = encode(bits), draw.permutation(LENGTH)
        word[places[:erased]] = 0
        word[places[erased : erased + wrong]] *= -1
        np.testing.assert_array_equal(decode(word), bits)


@settings(max_examples=20, deadline=None)
@given(identities, st.integers(0, BITS - 1))
def test_decoder_turns_with_the_word(identity: int, turn: int) -> None:
    draw = np.random.default_rng(identity % 2**32)
    # Noise of this strength is two decibels above where the decoder begins to fail.
    soft = encode(bits_of(identity)) + 1.6 * draw.standard_normal(LENGTH)
    np.testing.assert_array_equal(decode(np.roll(soft, RATE * turn)), np.roll(bits_of(identity), turn))
