"""Lists of words in several languages, and what of them is found in a reading of a text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from kinema.policy.text.normalise import as_written

_UNSPACED: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Kana, Han and Hangul: words stand without spaces, or carry endings, so a word is found inside others."""


@dataclass(frozen=True)
class WordList:
    """One meaning: a pattern for its words, and one for phrases that hold them and mean something else."""

    name: str
    words: re.Pattern[str]
    harmless: re.Pattern[str] | None

    def found_in(self, reading: str) -> str | None:
        """The first word of the list in a reading of `normalise.readings`, or None."""
        rest = self.harmless.sub(" _ ", reading) if self.harmless else reading
        match = self.words.search(rest)
        return match[0].strip() if match else None

    def all_in(self, reading: str) -> tuple[str, ...]:
        """Every word of the list in a reading, each once."""
        rest = self.harmless.sub(" _ ", reading) if self.harmless else reading
        return tuple(dict.fromkeys(match[0].strip() for match in self.words.finditer(rest)))


@lru_cache(maxsize=1)
def word_lists() -> dict[str, WordList]:
    """The lists that came along, by name."""
    return {name: word_list(name, entry) for name, entry in read_packaged("words.yaml").items()}


def word_list(name: str, entry: Mapping[str, Any]) -> WordList:
    """One list from its entry in words.yaml: `words` by language, `harmless` phrases."""
    words = [word for language in entry["words"].values() for word in language]
    harmless = entry.get("harmless")
    return WordList(name, pattern(words), pattern(harmless) if harmless else None)


def pattern(words: Iterable[str]) -> re.Pattern[str]:
    """Any of the words, whole; `*` ends a stem; /.../ is taken as written."""
    words = list(words)
    written = [word[1:-1] for word in words if word.startswith("/")]
    plain = [_Term.read(word) for word in words if not word.startswith("/")]
    spaced = _branches([f"{term.text}{'*' if term.stem else ''}" for term in plain if not term.unspaced])
    inside = [re.escape(term.text).replace(r"\ ", " ?") for term in plain if term.unspaced]
    whole = "|".join(filter(None, [spaced, *written]))
    return re.compile("|".join([*([f" (?:{whole})(?= )"] if whole else []), *inside]))


@dataclass(frozen=True)
class _Term:
    text: str
    stem: bool
    unspaced: bool

    @staticmethod
    def read(word: str) -> _Term:
        text = as_written(word.rstrip("*")).strip()
        if not text:
            raise ValueError(f"no letter in the word {word!r}")
        return _Term(text, word.endswith("*"), bool(_UNSPACED.search(text)))


def _branches(words: list[str]) -> str:
    """Words as one expression that shares their beginnings: looked for letter by letter, not word by word."""
    tree: dict[str, list[str]] = {}
    for word in sorted(set(words)):
        tree.setdefault(word[:1], []).append(word[1:])
    ends = "" in tree
    parts = [
        r"\w*" if letter == "*" else re.escape(letter) + _branches(rests)
        for letter, rests in tree.items()
        if letter
    ]
    if not parts:
        return ""
    return f"(?:{'|'.join(parts)})?" if ends else parts[0] if len(parts) == 1 else f"(?:{'|'.join(parts)})"


def read_packaged(name: str) -> Any:
    """A YAML file of this package."""
    import yaml

    return yaml.load(packaged_text(name), Loader=yaml.CSafeLoader)


def packaged_text(name: str) -> str:
    """The file as it is written."""
    return files("kinema.policy.text").joinpath(name).read_text("utf-8")
