"""What a text asks for, by flags, each with the words that raised it. Deterministic, offline, a millisecond.

Not covered: meaning that stands in no word of the lists (allusion, a language that is not there), and pictures. An
outside classifier can be asked as well: `policy.classifier`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final, Literal

from kinema.policy.text.gazetteer import WordList, read_packaged, word_lists
from kinema.policy.text.normalise import readings

MAX_TEXT: Final = 1_000_000
"""Characters that are read; more is refused, never skipped."""


@dataclass(frozen=True)
class Flag:
    """One thing a text asks for."""

    name: str
    words: tuple[str, ...]
    """One of each list that had to be found, as they were read."""


@dataclass(frozen=True)
class _Way:
    flag: str
    within: Literal["text", "sentence"]
    lists: tuple[WordList, ...]

    def raised_by(self, reading: _Reading) -> tuple[str, ...] | None:
        """A word of each list, if all are found together."""
        found = [reading.word(words) for words in self.lists]
        if self.within == "text" or not all(found):  # what the text lacks, no sentence has
            return tuple(filter(None, found)) if all(found) else None
        for sentence in reading.sentences:
            found = [words.found_in(sentence) for words in self.lists]
            if all(found):
                return tuple(filter(None, found))
        return None


class _Reading:
    """One reading of a text; each list is looked for once."""

    def __init__(self, line: str) -> None:
        self._line, self._found = line, dict[str, str | None]()

    def word(self, words: WordList) -> str | None:
        if words.name not in self._found:
            self._found[words.name] = words.found_in(self._line)
        return self._found[words.name]

    @cached_property
    def sentences(self) -> list[str]:
        return [f" {part.strip()} " for part in self._line.split(" . ")]


@lru_cache(maxsize=1)
def _ways() -> tuple[_Way, ...]:
    lists = word_lists()
    return tuple(
        _Way(flag, within, tuple(lists[name] for name in names))
        for flag, ways in read_packaged("rules.yaml").items()
        for way in ways
        for within, names in way.items()
    )


def moderate(text: str) -> tuple[Flag, ...]:
    """All flags a text raises, in the order of rules.yaml. Raises `ValueError` for a text that is too long to read."""
    if len(text) > MAX_TEXT:
        raise ValueError(f"a text of {len(text)} characters; {MAX_TEXT} are read")
    found: dict[str, Flag] = {}
    for reading in map(_Reading, readings(text)):
        for way in _ways():
            if way.flag not in found and (words := way.raised_by(reading)):
                found[way.flag] = Flag(way.flag, words)
    order = list(dict.fromkeys(way.flag for way in _ways()))
    return tuple(sorted(found.values(), key=lambda flag: order.index(flag.name)))
