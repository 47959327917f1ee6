"""Text for the network: captions of a shot in several phrasings, and their tokens.

The vocabulary is fixed in `vocabulary.txt`, one entry a line, its number the token; entries are added at the end and
never move, for trained embeddings hold to them. Numbers are rounded to ten a decade. Other words that the prompt
compiler knows for a colour, a material or a thing are read as the caption's own word for it; the rest is reported.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from importlib.resources import files
from typing import Final

import numpy as np

from kinema.diffusion.phrasing import phrase
from kinema.shot.prompt.compiled import Unknown
from kinema.shot.prompt.lexicon import lexicon
from kinema.shot.prompt.tables import table
from kinema.shot.prompt.words import Word, split_words
from kinema.shot.shot import Shot

PAD: Final = 0
"""Fills rows of a batch; never in a caption."""
MANTISSAS: Final = (1.0, 1.2, 1.6, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)
"""Preferred numbers: R10 of ISO 3, rounded."""
DECADES: Final = range(-3, 5)


@dataclass(frozen=True)
class Encoded:
    """A text as tokens."""

    ids: list[int]
    unknown: tuple[Unknown, ...]
    """Words left out, with words that look like them."""


def captions(shot: Shot, style: str, seed: int, count: int = 4) -> list[str]:
    """`count` captions, each phrased anew. Every word and number of them is in the vocabulary."""
    rng = np.random.default_rng([seed, 11])
    return [phrase(shot, style, rng, snapped) for _ in range(count)]


def encode(text: str) -> Encoded:
    """Tokens of a text, any text; what it says besides is reported, not guessed."""
    known, ids, unknown, at = numbers_of_words(), [], [], 0
    words = split_words(text)
    while at < len(words):
        word = words[at]
        if word.kind == "number":
            ids.append(known[_bin_name(float(word.text.replace(",", "").replace("−", "-")))])
        elif word.text in known:
            ids.append(known[word.text])
        elif (found := _synonym(words, at)) is not None:
            own, length = found
            ids += own
            at += length - 1
        elif word.kind == "word" or word.kind == "fstop":
            near = get_close_matches(word.text, [w for w in known if w.isalpha()], n=3, cutoff=0.6)
            unknown.append(
                Unknown(text[word.start : word.end], word.start, word.end, tuple(near), of_a_look=False)
            )
        at += 1
    return Encoded(ids, tuple(unknown))


def decode(ids: list[int]) -> str:
    """The text of tokens; `encode` of it gives them again."""
    names = [entry.removeprefix("#") for i in ids if (entry := vocabulary()[i]) != "<pad>"]
    return " ".join(names).replace(" ,", ",").replace(" .", ".")


@lru_cache(maxsize=1)
def vocabulary() -> tuple[str, ...]:
    """All entries, by token. Numbers start with #."""
    text = files("kinema.diffusion").joinpath("vocabulary.txt").read_text("utf-8")
    return tuple(text.split())


@lru_cache(maxsize=1)
def numbers_of_words() -> dict[str, int]:
    """Token of each entry."""
    return {entry: number for number, entry in enumerate(vocabulary())}


def snapped(value: float) -> str:
    """The nearest number of the vocabulary, by ratio, as captions write it; sign and what is below a thousandth are
    lost."""
    value = abs(value)
    if value < 10**DECADES.start / 2:
        return "0"
    decade = min(max(math.floor(math.log10(value)), DECADES.start), DECADES.stop - 1)
    steps = [(m * 10**d) for d in (decade, decade + 1) for m in MANTISSAS if d in DECADES]
    return f"{min(steps, key=lambda step: abs(math.log(step / value))):g}"


def _bin_name(value: float) -> str:
    return "#" + snapped(value)


def _synonym(words: list[Word], at: int) -> tuple[list[int], int] | None:
    """(Tokens, number of words read) for what the prompt compiler knows by another name."""
    known = numbers_of_words()
    for length in (3, 2, 1):
        form = tuple(word.text for word in words[at : at + length])
        for sense in lexicon().get(form, ()):
            own = _own_words(sense.kind, sense.name)
            if own and all(word in known for word in own):
                return [known[word] for word in own], length
    return None


def _own_words(kind: str, name: str) -> list[str]:
    """The caption's words for an entry of the compiler's tables."""
    match kind:
        case "colour":
            return str(table("colours")[name][1][0]).split()
        case "material":
            return str(table("materials")[name][0]).split()
        case "object":
            return str(table("objects")[name]["words"][0]).split()
        case _:
            return []
