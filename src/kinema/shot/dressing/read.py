"""The words of a look, read: which style, what each body is to look like, and what is left for the reader of prompts.

Styles, water and bodies of the shot are taken here, longest words first. The rest is blanked of them and read as a
prompt is, so that light, weather and places mean what they mean there; what it says of anything else is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kinema.errors import UsageError
from kinema.shot.dressing.refuse import (
    refuse_deeds,
    refuse_idle,
    refuse_many_lights,
    refuse_strange,
    refused_bare,
    refused_elsewhere,
)
from kinema.shot.dressing.words import Form, Meaning, body_words, own_words
from kinema.shot.prompt.grammar import parse
from kinema.shot.prompt.lexer import lex
from kinema.shot.prompt.lexicon import Sense, lexicon, longest_form
from kinema.shot.prompt.read_nouns import GROUNDS
from kinema.shot.prompt.reader import read, unused
from kinema.shot.prompt.reading import Reading
from kinema.shot.prompt.words import Word, split_words
from kinema.shot.shot import Shot

SURFACES = ("shiny", "matte")
"""Words of prompts that say how a surface is finished."""
_LOOKS_SO = {"material", "colour"}
_NOUNS = {"place", "object", "lamp", "mood"}
LONGEST = 1000
"""Characters in a look."""


@dataclass(frozen=True)
class Span:
    """Words that belong together, `text[start:end]`."""

    start: int
    end: int
    words: str
    own: Meaning | None
    senses: tuple[Sense, ...]
    """What prompts take them for."""

    def describes(self) -> Sense | None:
        """The sense in which it says how the noun after it looks."""
        if self.own is not None and self.own.kind == "surface":
            return Sense("MOD", "surface", self.own.name)
        return next(
            (s for s in self.senses if s.kind in _LOOKS_SO or (s.kind == "quality" and s.name in SURFACES)),
            None,
        )

    @property
    def free(self) -> bool:
        """A word of grammar: it belongs to the phrase it stands in."""
        return bool(self.senses) and all(s.kind in ("function", "relation", "way") for s in self.senses)


@dataclass(frozen=True)
class Coat:
    """What some bodies are to look like."""

    bodies: tuple[str, ...]
    """None of them: the ground, whichever it is."""
    spans: tuple[Span, ...]
    """The words that say so, the noun last if there is one."""
    senses: tuple[Sense, ...]
    """Materials, colours and surfaces."""


@dataclass
class Said:
    """A look as its words have it."""

    looks: list[tuple[str, Span]] = field(default_factory=list)
    """Names of looks and the words for them; the first word for a name comes first."""
    coats: list[Coat] = field(default_factory=list)
    light: Reading = field(default_factory=Reading)
    """Light, weather, exposure and the ground, as the reader of prompts found them."""


def read_look(text: str, shot: Shot) -> Said:
    """Raises `UsageError` for a word that says nothing here, `ShotError` for words that contradict each other."""
    if len(text) > LONGEST:
        raise UsageError(
            "look", f"must be at most {LONGEST} characters", got=len(text), next_step="Say less of it."
        )
    said, taken = Said(), set[Span]()
    words = split_words(text)
    for fragment in _fragments(_spans(text, words, shot)):
        for name, span in _styles(fragment):
            said.looks.append((name, span))
            taken.add(span)
        for coat in _coats([span for span in fragment if span not in taken]):
            said.coats.append(coat)
            taken.update(coat.spans)
    rest = "".join(" " if any(s.start <= i < s.end for s in taken) else c for i, c in enumerate(text))
    lexemes, strange = lex(rest, split_words(rest))
    said.light = read(parse(lexemes))
    refuse_strange([text[w.start : w.end] for w in strange], shot)
    refuse_deeds(said.light, shot)
    refuse_idle([w.text for w in unused(said.light)])
    refuse_many_lights(said.light.scene)
    return said


def _spans(text: str, words: Sequence[Word], shot: Shot) -> Iterator[Span]:
    """The text as the longest words known, in order; marks between them have no meaning of either kind."""
    own: Mapping[Form, Meaning] = {**body_words(shot), **own_words()}
    longest = max(longest_form(), *map(len, own))
    at = 0
    while at < len(words):
        mine, senses, length = None, (), 1
        for length in range(min(longest, len(words) - at), 0, -1):
            form = tuple(word.text for word in words[at : at + length])
            mine, senses = own.get(form), lexicon().get(form, ())
            if mine or senses:
                break
        start, end = words[at].start, words[at + length - 1].end
        yield Span(start, end, text[start:end], mine, senses)
        at += length


def _fragments(spans: Iterator[Span]) -> Iterator[list[Span]]:
    """What stands between commas and stops."""
    fragment: list[Span] = []
    for span in spans:
        if span.words[0] in ",()[]—–.;:!?\n":
            yield fragment
            fragment = []
        else:
            fragment.append(span)
    yield fragment


def _styles(fragment: Sequence[Span]) -> list[tuple[str, Span]]:
    """Spans that name a look, and "style" and the like about them: (the look, the span)."""
    fillers = [span for span in fragment if span.own is not None and span.own.kind == "filler"]
    others = [span for span in fragment if not span.free and span not in fillers]
    for span in others:
        if span.own is not None and span.own.kind == "elsewhere":
            raise refused_elsewhere(span.words, span.own.name)
    styles = [
        (span.own.name, span)
        for span in others
        if span.own is not None
        and span.own.kind == "look"
        and (len(others) == 1 or not span.senses or " " in span.words)
    ]
    return [*styles, *((styles[0][0], span) for span in fillers)] if styles else []


def _coats(fragment: Sequence[Span]) -> Iterator[Coat]:
    """Bodies with the words before them that say how they look, then what is said of no body: of the ground."""
    run: list[tuple[Span, Sense]] = []
    for i, span in enumerate(fragment):
        after = fragment[i + 1] if i + 1 < len(fragment) else None
        sense = span.describes()
        if sense is not None and not (span.own and span.own.kind == "body" and not _noun(after)):
            run.append((span, sense))
        elif span.own is not None and span.own.kind == "body" and (run or not span.senses):
            if not run:
                raise refused_bare(span.words)
            yield Coat(span.own.bodies, (*(s for s, _ in run), span), tuple(sense for _, sense in run))
            run = []
        else:
            yield from _of_the_ground(run, span)
            run = []
    yield from _of_the_ground(run, None)


def _of_the_ground(run: Sequence[tuple[Span, Sense]], after: Span | None) -> Iterator[Coat]:
    """ "wet red asphalt" by itself; of "wet red asphalt street" the water, for the reader of prompts knows streets."""
    if run and run[-1][1].name in GROUNDS and not _noun(after):
        yield Coat((), tuple(span for span, _ in run), tuple(sense for _, sense in run))
        return
    for span, sense in run:
        if sense.kind == "surface" or sense.name in SURFACES:
            yield Coat((), (span,), (sense,))


def _noun(span: Span | None) -> bool:
    """Whether it names something that words before it can be about."""
    if span is None:
        return False
    body = span.own is not None and span.own.kind == "body"
    return body or span.describes() is not None or any(s.kind in _NOUNS for s in span.senses)
