"""Text as words, numbers and marks, each with its place in the text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

_TOKEN = re.compile(
    r"""
    (?P<fstop>  \bf\s?/?\s?\d+(?:\.\d+)?(?![\w.]*\w) )        # f/2.8, f2.8
  | (?P<number> (?:(?<![\w.,])[-+−])?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![eE]) | \.\d+ )
  | (?P<word>   [^\W\d_]+(?:['’][^\W\d_]+)* )
  | (?P<stop>   [.;:!?]+(?=\s|$) | \n\s*\n )
  | (?P<comma>  [,()\[\]—–] )
  | (?P<glue>   (?: [\s"'’‘“”….;:!?] | -(?!\d) | (?<=\w)- )+ )    # spaces, quotes; a hyphen joins words
  | (?P<symbol> . )
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class Word:
    """One token. `text` is lower case; `[start:end]` is its place in the prompt."""

    kind: Literal["fstop", "number", "word", "stop", "comma", "symbol"]
    text: str
    start: int
    end: int


def split_words(text: str) -> list[Word]:
    """All tokens of `text` in order; only spaces, quotes and hyphens are left out."""
    return [
        Word(match.lastgroup, match[0].lower().replace("’", "'"), match.start(), match.end())  # type: ignore[arg-type]
        for match in _TOKEN.finditer(text)
        if match.lastgroup != "glue"
    ]
