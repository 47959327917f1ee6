"""Verbs: who does what, to what, how fast, how far and when."""

from __future__ import annotations

from collections.abc import Sequence

from kinema.shot.prompt.grammar import Node
from kinema.shot.prompt.lexer import Lexeme
from kinema.shot.prompt.read_things import apply_varied
from kinema.shot.prompt.reading import Reading
from kinema.shot.prompt.scene import IN_PLACE, Event, Relation, Thing

_WAYS = {"down", "off", "off of", "across", "along", "from", "over", "through"}
"""Prepositions of a way that can end at something else: "off the table onto the floor"."""


def read_event(reading: Reading, node: Node) -> Event | None:
    """The event a verb starts; None for a verb that only says where things are."""
    assert node.head is not None
    entry = node.head.sense.entry
    reading.use(node.head)
    event = Event(
        node.head.sense.name,
        entry.get("act"),
        entry.get("does"),
        reading.draft,
        rests=entry.get("rests", False),
    )
    run = (*reading.take_pending(), *node.run)
    doers = list(reading.subjects)
    ordinal = next((word for word in run if word.terminal == "ORD"), None)
    if ordinal is not None:
        several = [thing for thing in reading.scene.things if thing.count > 1]
        if several:
            reading.use(ordinal, *(word for word in run if word.text.lower() == "one"))
            place = int(ordinal.sense.entry)
            doers, event.member = [several[-1]], several[-1].count // 2 if place == 0 else place - (place > 0)
    event.doer = doers[0] if doers else None
    if entry.get("arrange") and event.doer is not None and event.doer.count > 1:
        event.doer.arrangement = entry["arrange"]
        reading.draft.sets(f"{event.doer.path}.position")
    if reading.when is not None and not event.rests:
        apply_event_words(reading, event, [reading.when])
        event.others.append(reading.drafts[-2])
        reading.when = None
    apply_event_words(reading, event, run)
    apply_varied(reading, doers, run)
    if entry.get("flat"):
        for thing in doers:
            thing.lies = True
            reading.draft.sets(f"{thing.path}.rotation")
    if event.does == "breaks" and event.doer is not None:
        event.doer = _brittle_one(reading, event.doer)
    reading.scene.events.append(event)
    # "a ball and a cube fall": one event each
    for other in doers[1:]:
        twin = Event(event.name, event.act, event.does, event.draft, doer=other, rests=event.rests)
        apply_event_words(reading, twin, run)
        reading.scene.events.append(twin)
    return event


def _brittle_one(reading: Reading, subject: Thing) -> Thing:
    """ "A stone is thrown at it and it shatters": of the two in question, the one that can."""
    before = reading.scene.events[-1] if reading.scene.events else None
    other = before.target if before is not None else None
    if other is None or not reading.by_pronoun or _is_brittle(subject) or not _is_brittle(other):
        return subject
    return other


def _is_brittle(thing: Thing) -> bool:
    return bool(thing.entry.get("fragile")) or thing.entry["shape"] == "pane"


def apply_event_words(reading: Reading, event: Event, run: Sequence[Lexeme]) -> None:
    """Pace and quantities of an event."""
    for word in run:
        if word.sense.kind == "quality" and word.sense.name in ("slow", "fast", "soft", "hard"):
            event.pace = {"soft": "slow", "hard": "fast"}.get(word.sense.name, word.sense.name)
            reading.use(word)
        if word.quantity is None:
            continue
        field = {
            "speed": "speed",
            "length": "distance",
            "angle": "angle",
            "spin": "spin",
            "time": "at",
            "impulse": "impulse",
        }.get(word.quantity.dimension or "")
        if field is None:
            continue
        value = word.quantity.value
        if field in ("speed", "distance", "at") and value < 0:
            raise reading.draft.refuse(
                "must not be negative", got=word.text, next_step="Say the direction in words."
            )
        setattr(event, field, value)
        reading.use(word)
        if reading.draft is not event.draft:
            event.others.append(reading.draft)
        for twin in _twins(reading, event):
            setattr(twin, field, value)


def _twins(reading: Reading, event: Event) -> list[Event]:
    return [other for other in reading.scene.events if other is not event and other.draft is event.draft]


def add_adjunct(reading: Reading, event: Event, head: Lexeme, thing: Thing) -> None:
    """ "into the pane", "onto the table", "down the ramp", "by a ball"."""
    name = head.sense.name
    if name == "by" and (event.does is not None or event.act == "push"):
        event.target, event.doer = (
            event.doer,
            thing,
        )  # and the subject stays: "is hit by a stone and shatters"
        return
    in_place = event.act in IN_PLACE and event.act != "lean" and head.sense.kind == "relation"
    in_place = in_place or _collide_there(event, head, len(reading.subjects))
    beside = name in ("beside", "left_of", "right_of", "behind", "front") and event.target is None
    if (event.rests or in_place or beside) and event.doer is not None:
        for each in reading.subjects or [event.doer]:
            doer = carrier(each, _static(name))
            doer.relations.append(Relation(_static(name), thing, reading.draft))
            reading.draft.sets(f"{doer.path}.position")
        return
    if event.target is not None and head.sense.kind == "relation" and event.link not in _WAYS:
        event.target.relations.append(Relation(name, thing, reading.draft))
        reading.draft.sets(f"{event.target.path}.position")
        return
    if event.target is not None and event.link in _WAYS and event.target is not thing:
        event.second = thing
        event.others.append(reading.draft)
        return
    if event.act == "lean" and event.doer is not None:
        event.doer.relations.append(Relation("lean", thing, reading.draft))
        reading.draft.sets(f"{event.doer.path}.rotation")
        return
    aim_at(reading, event, thing, name)
    event.others.append(reading.draft)


def _collide_there(event: Event, head: Lexeme, doers: int) -> bool:
    """ "Two balls collide on a table": they hit each other, and the table is where."""
    several = doers > 1 or (event.doer is not None and event.doer.count > 1)
    return event.act == "strike" and event.target is None and several and head.text.lower() == "on"


def aim_at(reading: Reading, event: Event, thing: Thing, link: str = "") -> None:
    """The event, and those of the others who do it, are about that thing."""
    for each in (event, *_twins(reading, event)):
        if thing is not each.doer:
            each.target, each.link = thing, link


def carrier(thing: Thing, kind: str) -> Thing:
    """ "An apple on a book on a desk": the desk carries the book."""
    while kind == "on" and (under := next((r.other for r in thing.relations if r.kind == "on"), None)):
        thing = under
    return thing


def _static(name: str) -> str:
    return {"against": "beside", "in": "on", "at": "beside", "into": "on", "around": "beside"}.get(name, name)
