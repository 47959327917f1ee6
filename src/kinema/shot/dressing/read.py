"""The words of a look, read: which style, what each body is to look like, and what is left for the reader of prompts.

Styles, water and bodies of the shot are taken here, longest words first. The rest is blanked of them and read as a
prompt is, so that light, weather and places mean what they mean there; what it says of anything else is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kinema.errors import UsageError
from kinema.shot.dressing.words import Form, Meaning, body_words, near, own_words
from kinema.shot.prompt.grammar import parse
from kinema.shot.prompt.lexer import lex
from kinema.shot.prompt.lexicon import Sense, lexicon, longest_form
from kinema.shot.prompt.lighting import KEYED
from kinema.shot.prompt.reader import read, unused
from kinema.shot.prompt.reading import Reading
from kinema.shot.prompt.scene import Scene
from kinema.shot.prompt.tables import table
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
        for span in _styles(fragment):
            if span.own is not None and span.own.kind == "look":
                said.looks.append((span.own.name, span))
            taken.add(span)
        for coat in _coats([span for span in fragment if span not in taken]):
            said.coats.append(coat)
            taken.update(coat.spans)
    rest = "".join(" " if any(s.start <= i < s.end for s in taken) else c for i, c in enumerate(text))
    lexemes, strange = lex(rest, split_words(rest))
    said.light = read(parse(lexemes))
    _refuse_strange([text[w.start : w.end] for w in strange], shot)
    _refuse_deeds(said.light, shot)
    _refuse_idle([w.text for w in unused(said.light)])
    _refuse_many_lights(said.light.scene)
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


def _styles(fragment: Sequence[Span]) -> list[Span]:
    """Spans that name a look, with "style" and the like about them."""
    fillers = [span for span in fragment if span.own is not None and span.own.kind == "filler"]
    others = [span for span in fragment if not span.free and span not in fillers]
    for span in others:
        if span.own is not None and span.own.kind == "elsewhere":
            raise UsageError(
                f"“{span.words}”",
                "must be said elsewhere: a look is a style, materials, light and weather",
                got="it among the words of a look",
                next_step=f"Say {span.own.name}.",
            )
    named = [span for span in others if span.own is not None and span.own.kind == "look"]
    styles = [span for span in named if len(others) == 1 or not span.senses or " " in span.words]
    return [*styles, *fillers] if styles else []


def _coats(fragment: Sequence[Span]) -> Iterator[Coat]:
    """Bodies with the words before them that say how they look, then what is said of no body: of the ground."""
    run: list[tuple[Span, Sense]] = []
    for i, span in enumerate(fragment):
        after = fragment[i + 1] if i + 1 < len(fragment) else None
        sense = span.describes()
        if sense is not None and not (span.own and span.own.kind == "body" and not _noun(after)):
            run.append((span, sense))
        elif span.own is not None and span.own.kind == "body" and (run or not _noun(span)):
            if not run:
                raise UsageError(
                    f"“{span.words}”",
                    "must have words before it that say how it looks",
                    got="none",
                    next_step=f"Write, say, “red {span.words}” or “brass {span.words}”.",
                )
            yield Coat(span.own.bodies, (*(s for s, _ in run), span), tuple(sense for _, sense in run))
            run = []
        else:
            yield from _of_the_ground(run)
            run = []
    yield from _of_the_ground(run)


def _of_the_ground(run: Sequence[tuple[Span, Sense]]) -> Iterator[Coat]:
    """Water and polish; the reader of prompts knows which matter and colours are ground."""
    for span, sense in run:
        if sense.kind == "surface" or sense.name in SURFACES:
            yield Coat((), (span,), (sense,))


def _noun(span: Span | None) -> bool:
    """Whether it names something that words before it can be about."""
    if span is None:
        return False
    body = span.own is not None and span.own.kind == "body"
    return body or span.describes() is not None or any(s.kind in _NOUNS for s in span.senses)


def _refuse_strange(words: Sequence[str], shot: Shot) -> None:
    """Words that are not known, each with words that look like it."""
    if words:
        close = {word: ", ".join(near(word, shot)) for word in dict.fromkeys(words)}
        raise UsageError(
            "look",
            "must hold only words that kinema knows",
            got="; ".join(f"{word} (did you mean {c}?)" if c else word for word, c in [*close.items()][:8]),
            next_step="Replace them or leave them out; `kinema looks` lists the words.",
        )


def _refuse_idle(words: Sequence[str]) -> None:
    """Words that are known and are about nothing here."""
    if words:
        raise UsageError(
            " ".join(f"“{word}”" for word in words[:8]),
            "must be about something in the picture",
            got="nothing that it could be about",
            next_step="Write it before the ground or a body, as in “marble floor”, “red ball”, or before a light.",
        )


def _refuse_many_lights(scene: Scene) -> None:
    """Two weathers or times of day; a warm overcast, which nothing would be done for."""
    moods = table("light")["moods"]
    said = {name: draft for name, more, draft in scene.moods if not more.get("place") and name not in KEYED}
    if len(said) > 1:
        raise UsageError(
            "look",
            "must name one weather or time of day",
            got=" and ".join(f"“{draft.text}”" for draft in said.values()),
            next_step="Keep one of them.",
        )
    for name, more, draft in scene.moods:
        if more.get("qualities") and "sun" not in moods[name]:
            raise UsageError(
                f"“{draft.text}”",
                "must be light with a sun, for words to make it warmer or dimmer",
                got=" ".join(more["qualities"]),
                next_step="Leave the word out, or change the exposure: “underexposed by 1 stop”.",
            )


def _refuse_deeds(reading: Reading, shot: Shot) -> None:
    """What would change what happens, or what is filmed of it."""
    scene = reading.scene
    stems = (body.name.rstrip("_0123456789").replace("_", " ") for body in shot.bodies[:200])
    names = ", ".join(dict.fromkeys(stems))
    for thing in scene.things:
        step = f"The shot has {names}: write, say, “red {names.split(', ')[-1]}”, or “marble floor” of the ground."
        raise _refused(thing.draft.text, "a thing, and not how it looks", step)
    filmed: list[tuple[str, Any]] = [
        *(("the camera", draft) for key, (_, draft) in scene.camera.items() if key != "exposure"),
        *(("the camera", move.draft) for move in scene.moves),
    ]
    happens: list[tuple[str, Any]] = [
        *(("an action", event.draft) for event in scene.events),
        *(("time", draft) for _, draft in scene.timing.values()),
        *([("wind", scene.wind[2])] if scene.wind else []),
        *([("gravity", scene.gravity[1])] if scene.gravity else []),
        *([("gravity", scene.place.draft)] if scene.place.gravity or scene.place.none else []),
    ]
    for what, draft in (*filmed, *happens):
        raise _refused(draft.text, what, "Say it in the prompt or the shot file, or set it with --set.")


def _refused(words: str, what: str, next_step: str) -> UsageError:
    return UsageError(
        f"“{words}”",
        "must say how the shot looks, not what happens in it or how it is filmed",
        got=what,
        next_step=next_step,
    )
