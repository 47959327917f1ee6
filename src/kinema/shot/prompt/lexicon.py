"""Every word kinema knows, with its senses: built once from the tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from kinema.shot.prompt.tables import forms_of, inflections_of, plural_of, table


@dataclass(frozen=True)
class Sense:
    """One meaning of a word: its role in the grammar, what kind of thing it is, and which entry of the table."""

    terminal: str
    """HEAD, MOD, VERB, PREP, DET, ... as in grammar.lark."""
    kind: str
    name: str
    entry: Any = field(default=None, compare=False, hash=False)
    plural: bool = False


Lexicon = dict[tuple[str, ...], tuple[Sense, ...]]


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """Tokens of a word or phrase -> its senses, in order of the tables."""
    found: dict[tuple[str, ...], dict[Sense, None]] = defaultdict(dict)
    for words, sense in _entries():
        for form in forms_of(words):
            found[form][sense] = None
    return {form: tuple(senses) for form, senses in found.items()}


@lru_cache(maxsize=1)
def longest_form() -> int:
    """Most tokens in one entry."""
    return max(len(form) for form in lexicon())


@lru_cache(maxsize=1)
def vocabulary() -> tuple[str, ...]:
    """All single words, for suggestions."""
    return tuple(
        sorted({token for form in lexicon() for token in form if token.isalpha() and len(token) > 2})
    )


@lru_cache(maxsize=1)
def words_of_looks() -> frozenset[str]:
    """Single words by which `--look` names styles and surfaces."""
    said = table("looks")
    several = [*said["looks"].values(), *said["surfaces"].values()]
    return frozenset(
        form[0] for words in several for word in words for form in forms_of(word) if len(form) == 1
    )


def _entries() -> Iterator[tuple[str, Sense]]:
    yield from _nouns()
    yield from _adjectives()
    yield from _light_and_place()
    yield from _camera()
    yield from _verbs()
    yield from _function()


def _nouns() -> Iterator[tuple[str, Sense]]:
    for name, entry in table("objects").items():
        for word in entry["words"]:
            yield word, Sense("HEAD", "object", name, entry)
            yield plural_of(word), Sense("HEAD", "object", name, entry, plural=True)
    for name, entry in table("arrangements").items():
        for word in entry["words"]:
            yield word, Sense("HEAD", "arrangement", name, entry)
            yield plural_of(word), Sense("HEAD", "arrangement", name, entry, plural=True)
    for name, words in table("ways").items():
        for word in words:
            yield word, Sense("HEAD", "way", name)


def _adjectives() -> Iterator[tuple[str, Sense]]:
    for name, words in table("materials").items():
        for word in words:
            yield word, Sense("MOD", "material", name)
    for name, (code, words) in table("colours").items():
        for word in words:
            yield word, Sense("MOD", "colour", name, code)
    for name, (factor, words) in table("sizes").items():
        for word in words:
            yield word, Sense("MOD", "size", name, factor)
    for name, words in table("qualities").items():
        for word in words:
            yield word, Sense("MOD", "quality", name)
    for name, entry in table("measures").items():
        for word in entry["adjective"]:
            yield word, Sense("MOD", "measure", name)
        for word in entry["noun"]:
            yield word, Sense("HEAD", "measure", name)


def _light_and_place() -> Iterator[tuple[str, Sense]]:
    for name, entry in table("light")["lamps"].items():
        for word in entry["words"]:
            yield word, Sense("HEAD", "lamp", name, entry)
            yield plural_of(word), Sense("HEAD", "lamp", name, entry, plural=True)
    for kind, entries in (
        ("mood", table("light")["moods"]),
        ("place", table("places")),
        ("setting", table("settings")),
    ):
        for name, entry in entries.items():
            for word in entry["words"]:
                yield word, Sense("HEAD", kind, name, entry)


def _camera() -> Iterator[tuple[str, Sense]]:
    camera = table("camera")
    for kind in ("lens", "shot", "angle", "view"):
        for name, (value, words) in camera["lenses" if kind == "lens" else kind + "s"].items():
            for word in words:
                yield word, Sense("HEAD", kind, name, value)
    for name, entry in camera["moves"].items():
        for word in entry["words"]:
            yield word, Sense("VERB", "move", name, entry)


def _verbs() -> Iterator[tuple[str, Sense]]:
    for name, entry in table("verbs").items():
        for word in entry["words"]:
            for form in inflections_of(word):
                yield form, Sense("VERB", "verb", name, entry)
        for form in entry.get("forms", ()):
            yield form, Sense("VERB", "verb", name, entry)


def _function() -> Iterator[tuple[str, Sense]]:
    words = table("function")
    for name, relation in table("relations").items():
        for word in relation:
            yield word, Sense("PREP", "relation", name)
    for terminal in ("DET", "PRON", "OF", "AUX", "JOIN", "PREP"):
        for word in words[terminal]:
            yield word, Sense(terminal, "function", word)
    for word, place in words["ORD"].items():
        yield word, Sense("ORD", "ordinal", word, place)
    for name, several in words["WORDS"].items():
        for word in several:
            yield word, Sense("HEAD", "word", name)
