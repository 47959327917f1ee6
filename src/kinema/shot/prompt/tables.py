"""The word lists in `lexicon/`, read once."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Any

from kinema.shot.prompt.words import split_words


@lru_cache(maxsize=32)
def table(name: str) -> dict[str, Any]:
    """`lexicon/<name>.yaml` as plain data."""
    import yaml

    text = files("kinema.shot.prompt").joinpath("lexicon", f"{name}.yaml").read_text("utf-8")
    return yaml.load(text, Loader=yaml.CSafeLoader)


def forms_of(word: str) -> list[tuple[str, ...]]:
    """The words of an entry as tokens, split as a prompt is split."""
    return [tuple(token.text for token in split_words(word))]


def plural_of(word: str) -> str:
    """The plural of an English noun phrase: of its last word."""
    irregular = {"shelf": "shelves", "die": "dice", "box": "boxes", "dice": "dice"}
    head, _, last = word.rpartition(" ")
    if last in irregular:
        many = irregular[last]
    elif last.endswith(("s", "x", "z", "ch", "sh")):
        many = last + "es"
    elif last.endswith("y") and last[-2:-1] not in "aeiou":
        many = last[:-1] + "ies"
    else:
        many = last + ("es" if last in ("domino",) else "s")
    return f"{head} {many}".strip()


def inflections_of(verb: str) -> list[str]:
    """-s, -ing and -ed of a regular English verb; of the first word of a phrase."""
    head, _, tail = verb.partition(" ")
    vowels = "aeiou"
    doubles = (
        len(head) >= 3
        and head[-1] in "bdgklmnprt"
        and head[-2] in vowels
        and head[-3] not in vowels
        and sum(c in vowels for c in head) == 1
    )
    stem = head + head[-1] if doubles else head[:-1] if head.endswith("e") and head != "see" else head
    past = head[:-1] + "ied" if head.endswith("y") and head[-2] not in vowels else stem + "ed"
    if head.endswith("y") and head[-2] not in vowels:
        third = head[:-1] + "ies"
    else:
        third = head + ("es" if head.endswith(("s", "x", "z", "ch", "sh", "o")) else "s")
    ing = (head[:-2] + "y" if head.endswith("ie") else stem) + "ing"
    return [f"{form} {tail}".strip() for form in (head, third, ing, past)]
