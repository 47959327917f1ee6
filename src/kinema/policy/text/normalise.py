"""One text as the ways a reader may take it, so that a disguise hides nothing and plain words stay plain.

A reading is one line of words parted by single spaces, with `.` and `,` where the sentence or its part ends, and a
space at both ends: `" a ball falls . it bounces "`.

- as written: NFKC, case folded, accents off, invisible characters off (Unicode UAX #15; UTS #39 section 4 for why)
- undisguised: letters of other alphabets and digits that look like Latin letters are taken for those (the part of
  UTS #39's confusables that can spell words of these lists), letters held down are let go, and words that
  were broken up by marks or spaces are closed
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_LOOKALIKES: Final = {
    **dict(zip("авекмнорстухѕіјԁԛԝһӏүьгԍ", "abekmhopctyxsijdqwhlybrg", strict=True)),
    **dict(zip("αβγεζηικμνορτυχωσκ", "abyeznikmvoptuxwok", strict=True)),
    **dict(zip("ıɑɡɩʟоᴀᴄᴅᴇᴏᴜᴠ", "iagiloacdeouv", strict=True)),
}
_DIGITS: Final = {
    "0": "o",
    "3": "e",
    "4": "a",
    "5": "s",
    "7": "t",
    "8": "b",
    "9": "g",
    "@": "a",
    "$": "s",
    "€": "e",
}
_ONE: Final = ("i", "l")
"""What 1, ! and | stand for: there are two readings."""
_WORD: Final = re.compile(
    r"[^\W_](?:[^\W_]|[\u0900-\u0963\u0966-\u0dff\u0e31-\u0e4e])*|[.!?;:\n。！？।]+|[,，、()]"
)
"""Vowel signs of Indic scripts and of Thai belong to the word."""
_HIDDEN: Final = {"Cf", "Cc", "Me", "Cs", "Co"}
_ACCENTS: Final = re.compile(
    r"[\u0300-\u036f\u064b-\u0652\u0670\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0\ufe00-\ufe2f]"
)
"""Marks that dress a letter. Vowel signs of Devanagari and voicing marks of kana make another letter, and stay."""
_SPELT: Final = re.compile(r"(?<!\S)\S(?:[ \t]\S){2,}(?!\S)")
_BROKEN: Final = re.compile(r"(?<=[^\W\d_])[.*_\-'’`´~·•|/\\+^#=]+(?=[^\W\d_])")
_HELD: Final = re.compile(r"([^\W\d])\1{2,}")
_BLENDED: Final = re.compile(r"[^\s.,;:?()]*[^\W\d_][^\s.,;:?()]*")


def readings(text: str) -> tuple[str, ...]:
    """As written first, then undisguised where that differs; each once."""
    plain = _bare(text)
    undisguised = [_closed(_bare(_unmasked(plain, one))) for one in _ONE]
    broken_only = _closed(plain)
    return tuple(dict.fromkeys(_line(reading) for reading in (plain, broken_only, *undisguised)))


def as_written(text: str) -> str:
    """The first of `readings`: what lists of words are matched in, and are themselves brought to."""
    return _line(_bare(text))


def _bare(text: str) -> str:
    """Compatibility forms, case, accents and invisible characters are off; spaces and marks stay."""
    opened = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    kept = (c for c in opened if c in "\n\t" or unicodedata.category(c) not in _HIDDEN)
    return unicodedata.normalize("NFC", _ACCENTS.sub("", "".join(kept)))


def _unmasked(text: str, one: str) -> str:
    """Look-alikes as Latin letters; digits only inside words that have a letter, so that numbers stay numbers."""
    latin = text.translate(str.maketrans(_LOOKALIKES))
    digits = str.maketrans({**_DIGITS, "1": one, "!": one, "|": one})
    return _BLENDED.sub(lambda word: _ended(word[0], digits), latin)


def _ended(word: str, digits: dict[int, str]) -> str:
    """A mark that ends a word is a mark."""
    body = word.rstrip("!|$@")
    return body.translate(digits) + " " * (len(word) - len(body))


def _closed(text: str) -> str:
    """`c h i l d`, `ch-ild` and `chiiild` as one word."""
    joined = _SPELT.sub(lambda run: re.sub(r"[ \t]", "", run[0]), text)
    return _HELD.sub(r"\1", _BROKEN.sub("", joined))


def _line(text: str) -> str:
    words = (w if w[0].isalnum() else "," if w in ",，、()" else "." for w in _WORD.findall(text))
    return f" {' '.join(words)} "
