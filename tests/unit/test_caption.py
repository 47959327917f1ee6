"""Captions read back, numbers are rounded into bins, strange words are reported."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kinema
from kinema.diffusion.caption import captions, decode, encode, snapped, vocabulary
from kinema.diffusion.dataset.distribution import SPLITS, draw_shot
from kinema.diffusion.styles import NAMES
from kinema.shot.prompt.tables import table

EXAMPLES = Path(__file__).parents[2] / "examples"


@given(st.integers(0, 2**32 - 1), st.sampled_from(SPLITS), st.sampled_from(NAMES))
def test_captions_read_back(seed, split, style):
    shot = draw_shot(seed, split, 17).shot
    several = captions(shot, style, seed)
    assert several == captions(shot, style, seed)
    for text in several:
        tokens = encode(text)
        assert tokens.unknown == ()
        assert 0 not in tokens.ids
        assert encode(decode(tokens.ids)).ids == tokens.ids
        # Spaces about the stroke of "m/s" are all that is lost.
        assert re.sub(r"\s*/\s*", "/", decode(tokens.ids)).lower() == text.lower()


def test_phrasings_differ():
    shot = draw_shot(3, "train", 17).shot
    assert len(set(captions(shot, "ink", 3, count=8))) >= 4


@given(st.floats(1e-3, 9e4))
def test_numbers_round_to_a_near_bin(value):
    near = float(snapped(value))
    assert snapped(near) == snapped(value)
    # Bins are at most a third apart, so the nearest is within its root.
    assert 1 / 1.16 < near / value < 1.16


def test_small_numbers_and_zero():
    assert snapped(0) == snapped(1e-9) == "0"
    assert snapped(-5) == "5"


def test_other_words_for_the_same():
    assert encode("crimson wooden sphere").ids == encode("crimson oak sphere").ids
    assert encode("gray").ids == encode("grey").ids
    assert encode("a 19.7 cm ball").ids == encode("a 20 cm ball").ids


def test_strange_words_are_reported_with_suggestions():
    tokens = encode("A red baal frobnicates.")
    assert [unknown.word for unknown in tokens.unknown] == ["baal", "frobnicates"]
    assert "ball" in tokens.unknown[0].suggestions
    assert decode(tokens.ids) == "a red."


@given(st.text())
def test_any_text_is_encoded(text):
    tokens = encode(text)
    assert all(0 < token < len(vocabulary()) for token in tokens.ids)


def test_vocabulary_is_a_list_without_doubles():
    entries = vocabulary()
    assert entries[0] == "<pad>"
    assert len(set(entries)) == len(entries)
    assert {word for _, words in table("colours").values() for word in words[0].split()} <= set(entries)


def test_vocabulary_keeps_its_numbers():
    """Trained embeddings hold to them: entries may be added, at the end."""
    entries = vocabulary()
    assert [entries.index(word) for word in ("#0", "#1", "#20", "a", "ball", "red", "film")] == [
        5,
        36,
        49,
        86,
        98,
        136,
        128,
    ]
    assert np.all(np.diff([float(entry[1:]) for entry in entries if entry.startswith("#")]) > 0)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_example_can_be_told(path):
    """Also those with matter of their own, which no word of the vocabulary is for."""
    shot = kinema.load_shot(path)
    for seed in range(20):
        for text in captions(shot, "clay", seed, count=2):
            assert text
            assert "  " not in text
