"""The words of a look: styles and grades, wet and dry, and what prompts call matter, colours, light and weather."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Literal

from kinema.shot.body import Plane
from kinema.shot.prompt.lexicon import lexicon
from kinema.shot.prompt.tables import forms_of, plural_of, table
from kinema.shot.shot import Shot

Kind = Literal["look", "surface", "filler", "elsewhere", "body"]
Form = tuple[str, ...]
_HEARD = {"material", "colour", "lamp", "mood", "place"}
"""Kinds of words of prompts that say how something looks."""


@dataclass(frozen=True)
class Meaning:
    """What a word of a look stands for."""

    kind: Kind
    name: str
    """Of the look, the surface, or where else to say it."""
    bodies: tuple[str, ...] = ()
    """Those that a word for a body may mean."""


@lru_cache(maxsize=1)
def own_words() -> Mapping[Form, Meaning]:
    """The words of `looks.yaml`."""
    words = table("looks")
    found: dict[Form, Meaning] = {}
    groups: tuple[tuple[Kind, Mapping[str, list[str]]], ...] = (
        ("look", words["looks"]),
        ("surface", words["surfaces"]),
        ("filler", {"": words["fillers"]}),
        ("elsewhere", words["elsewhere"]),
    )
    for kind, entries in groups:
        for name, several in entries.items():
            found |= {form: Meaning(kind, name) for word in several for form in forms_of(word)}
            if kind == "look":  # `painted-noir` as it is listed
                found |= {form: Meaning(kind, name) for form in forms_of(name)}
    return found


def body_words(shot: Shot) -> dict[Form, Meaning]:
    """The words for bodies of a shot: by their names, and by the nouns that prompts make bodies of those names from.

    Of `domino_1`, `domino_2`: "domino 2" is one of them, "domino" and "dominoes" are both.
    """
    found: dict[Form, list[str]] = {}
    for body in shot.bodies:
        plain = body.name.lower().replace("_", " ").strip()
        forms = {*forms_of(plain), *_nouns(re.sub(r"[ \d]+$", "", plain))}
        if isinstance(body.shape, Plane):
            forms |= {("ground",), ("floor",)}
        for form in forms:
            found.setdefault(form, []).append(body.name)
    return {form: Meaning("body", " ".join(form), tuple(names)) for form, names in found.items()}


@lru_cache(maxsize=256)
def _nouns(stem: str) -> tuple[Form, ...]:
    """What several bodies of a stem are called, as one and as many."""
    known = table("objects").get(stem.replace(" ", "_"), {}).get("words", ())
    words = {stem, *known} if stem else set()
    return tuple(form for word in {*words, *map(plural_of, words)} for form in forms_of(word))


def listed() -> dict[str, tuple[str, ...]]:
    """The first words of each group, as `kinema looks` shows them."""
    light = table("light")
    return {
        "style": tuple(words[0] for words in table("looks")["looks"].values()),
        "material": tuple(words[0] for words in table("materials").values()),
        "colour": tuple(words[0] for _, words in table("colours").values()),
        "surface": ("wet", "dry", "shiny", "matte"),
        "weather": tuple(entry["words"][0] for entry in light["moods"].values() if entry["words"]),
        "lamp": tuple(entry["words"][0] for entry in light["lamps"].values()),
        "exposure": ("dark", "moody", "low key", "high key", "overexposed", "underexposed"),
    }


def near(word: str, shot: Shot) -> tuple[str, ...]:
    """Words of a look that look like `word`, nearest first."""
    known = {token for form in (*own_words(), *body_words(shot), *_prompt_words()) for token in form}
    close = get_close_matches(word.lower(), sorted(t for t in known if len(t) > 2), n=3, cutoff=0.7)
    return tuple(match for match in close if match != word.lower())


@lru_cache(maxsize=1)
def _prompt_words() -> tuple[Form, ...]:
    return tuple(form for form, senses in lexicon().items() if any(s.kind in _HEARD for s in senses))
