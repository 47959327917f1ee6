"""Words to lexemes: the longest known phrase or quantity at each place, in the one sense that fits there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kinema.shot.prompt.lexicon import Sense, lexicon, longest_form
from kinema.shot.prompt.quantity import Quantity, read_quantity
from kinema.shot.prompt.words import Word


@dataclass(frozen=True)
class Lexeme:
    """One or more words with one meaning."""

    text: str
    start: int
    end: int
    senses: tuple[Sense, ...]
    quantity: Quantity | None = None

    @property
    def sense(self) -> Sense:
        """The one sense left after `lex`."""
        return self.senses[0]

    @property
    def terminal(self) -> str:
        """Its symbol in the grammar."""
        return self.sense.terminal

    def has(self, *kinds: str) -> bool:
        """Whether one of its possible senses is of these kinds."""
        return any(sense.kind in kinds for sense in self.senses)


_MARK = {"stop": Sense("STOP", "mark", "stop"), "comma": Sense("COMMA", "mark", "comma")}


_STRANGE = Sense("STRANGE", "strange", "")
"""Stands where an unknown word is while senses are chosen: what comes before it describes it, and nothing else."""
_COMPLETE = {"setting", "mood", "shot", "angle", "view"}
"""Nouns that take no measure: in "at 30 fps in slow motion" the rate is not the slow motion's."""


def lex(text: str, words: Sequence[Word]) -> tuple[list[Lexeme], list[Word]]:
    """(Lexemes in order, words that mean nothing to kinema)."""
    found: list[Lexeme] = []
    strange: list[Word] = []
    at = 0
    while at < len(words):
        word = words[at]
        if word.kind in _MARK:
            found.append(Lexeme(word.text, word.start, word.end, (_MARK[word.kind],)))
            at += 1
            continue
        lexeme, after = _longest(text, words, at)
        if lexeme is None:
            strange.append(word)
            found.append(Lexeme(word.text, word.start, word.end, (_STRANGE,)))
        else:
            found.append(lexeme)
        at = after
    heard = [lexeme for lexeme in _one_sense(found) if lexeme.sense is not _STRANGE]
    return _punctuate(heard), strange


def _punctuate(lexemes: list[Lexeme]) -> list[Lexeme]:
    """Commas as the grammar needs them: none inside "a big, red ball"; one after "at 0.5 s" in "at 0.5 s a ball"."""
    kept: list[Lexeme] = []
    for i, lexeme in enumerate(lexemes):
        if lexeme.terminal == "COMMA" and kept and kept[-1].terminal == "MOD":
            rest = i + 1
            while rest < len(lexemes) and lexemes[rest].terminal in ("MOD", "QTY"):
                rest += 1
            if rest > i + 1 and rest < len(lexemes) and lexemes[rest].terminal == "HEAD":
                continue
        if lexeme.terminal == "DET" and kept and kept[-1].terminal == "QTY":
            kept.append(Lexeme("", lexeme.start, lexeme.start, (_MARK["comma"],)))
        amount = kept[-1].sense.name if kept and kept[-1].terminal == "QTY" else "factor"
        if lexeme.sense.kind in _COMPLETE and amount not in ("factor", "stop", "percent"):
            kept.append(Lexeme("", lexeme.start, lexeme.start, (_MARK["comma"],)))
        kept.append(lexeme)
    return kept


def _longest(text: str, words: Sequence[Word], at: int) -> tuple[Lexeme | None, int]:
    known = lexicon()
    senses: tuple[Sense, ...] = ()
    after = at
    for length in range(min(longest_form(), len(words) - at), 0, -1):
        if (form := tuple(word.text for word in words[at : at + length])) in known:
            senses, after = known[form], at + length
            break
    quantity = read_quantity(words, at)
    if quantity is not None and quantity[1] >= after:
        amount, after = quantity
        terminal = "NUM" if amount.dimension is None else "QTY"
        senses = (Sense(terminal, "quantity", amount.dimension or "number"),)
    elif after == at:
        return None, at + 1
    start, end = words[at].start, words[after - 1].end
    amount = quantity[0] if quantity and senses and senses[0].kind == "quantity" else None
    return Lexeme(text[start:end], start, end, senses, amount), after


def _one_sense(lexemes: list[Lexeme]) -> list[Lexeme]:
    """Choose by what stands before and after; from the right, so that what follows is already decided."""
    for i in range(len(lexemes) - 1, -1, -1):
        before = lexemes[i - 1] if i else None
        after = lexemes[i + 1] if i + 1 < len(lexemes) else None
        lexemes[i] = replace(lexemes[i], senses=(_choose(lexemes[i], before, after),))
    return lexemes


def _choose(lexeme: Lexeme, before: Lexeme | None, after: Lexeme | None) -> Sense:
    by_kind = {sense.kind: sense for sense in reversed(lexeme.senses)}
    goes_on = after is not None and (
        after.sense is _STRANGE
        or (after.terminal == "MOD" and after.sense.kind != "measure")
        or after.has("object", "arrangement", "place", "lamp")
    )
    noun_follows = goes_on or (
        after is not None
        and after.terminal in ("DET", "PRON", "NUM", "ORD", "HEAD")
        and after.sense.kind != "way"
    )
    if "measure" in by_kind and by_kind["measure"].terminal == "MOD" and before is not None:
        if before.has("quantity"):
            return by_kind["measure"]
        by_kind.pop("measure")
    if "place" in by_kind and after is not None and after.has("object"):
        place = by_kind["place"]  # "a kitchen table", "a garden wall": where, and not a thing of its own
        return Sense("MOD", "place", place.name, place.entry)
    if "material" in by_kind:
        return _matter(
            by_kind,
            goes_on,
            of=before is not None and any(sense.terminal == "OF" for sense in before.senses),
        )
    if "colour" in by_kind and "object" in by_kind:
        return by_kind["colour"] if goes_on else by_kind["object"]
    if "relation" in by_kind or ("way" in by_kind and len(lexeme.senses) > 1):
        from_there = before is not None and any(s.name in ("from", "the") for s in before.senses)
        return _relation(lexeme, by_kind, noun_follows and not from_there)
    if "arrangement" in by_kind and len(by_kind) > 1:
        if after is not None and after.terminal == "OF":
            return by_kind["arrangement"]
        return by_kind.get("verb") or by_kind.get("object") or lexeme.sense
    if "verb" in by_kind and "word" in by_kind:  # "is shot" against "the shot"
        passive = before is not None and any(sense.terminal == "AUX" for sense in before.senses)
        return by_kind["verb"] if passive else by_kind["word"]
    if "setting" in by_kind and "quality" in by_kind:
        return by_kind["quality"] if goes_on else by_kind["setting"]
    return next(iter(s for s in lexeme.senses if s.kind in by_kind), lexeme.sense)


def _matter(by_kind: dict[str, Sense], goes_on: bool, *, of: bool) -> Sense:
    """ "glass marble", "a marble", "made of marble": adjective, thing or stuff."""
    material = by_kind["material"]
    if goes_on:
        return material
    if "object" in by_kind and not of:
        return by_kind["object"]
    return Sense("HEAD", "stuff", material.name)


def _relation(lexeme: Lexeme, by_kind: dict[str, Sense], noun_follows: bool) -> Sense:
    """ "behind the box" against "from behind"."""
    if not noun_follows and "way" in by_kind:
        return by_kind["way"]
    if "relation" in by_kind:
        return by_kind["relation"]
    return next(sense for sense in lexeme.senses if sense.terminal == "PREP" or sense.kind != "way")
