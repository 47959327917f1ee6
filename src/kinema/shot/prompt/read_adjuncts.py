"""Prepositions: relations between things, targets of motions, what the camera is after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kinema.shot.prompt.grammar import Node
from kinema.shot.prompt.lexer import Lexeme
from kinema.shot.prompt.lexicon import Sense
from kinema.shot.prompt.read_camera import set_camera
from kinema.shot.prompt.read_events import add_adjunct, apply_event_words, carrier
from kinema.shot.prompt.read_loose import read_loose_words
from kinema.shot.prompt.read_nouns import mention, read_measure
from kinema.shot.prompt.read_settings import read_loose, set_ground
from kinema.shot.prompt.read_things import arrange, fits
from kinema.shot.prompt.read_ways import read_way
from kinema.shot.prompt.reading import Reading, Topic
from kinema.shot.prompt.scene import IN_PLACE, Event, Lamp, Move, Relation, Thing

_OVER = {"on", "onto", "across", "along", "above", "over", "in", "into", "through", "around"}


def read_adjunct(reading: Reading, node: Node) -> None:
    """ "into the pane", "at 8 m/s", "from the left", "on concrete", "in a row", "10 cm in diameter"."""
    assert node.head is not None
    inner, link, topic = node.inner, node.head.sense.name, reading.topic
    if inner is None:
        if isinstance(topic, Event):
            topic.link = topic.link or link
    elif inner.kind == "bare" or inner.head is None:
        _bare_adjunct(reading, link, inner.run)
    elif inner.head.sense.kind == "way":
        read_loose_words(reading, inner.run, apart=False, after=())
        read_way(reading, inner.head, source=link == "from")
    elif inner.head.sense.kind == "stuff":
        if link in _OVER:
            set_ground(reading, inner.head)
    elif inner.head.sense.kind == "arrangement" and inner.inner is None and link in ("in", "into"):
        several = [topic.doer] if isinstance(topic, Event) and topic.doer else reading.subjects
        arrange(reading, several, inner)
    elif inner.head.sense.name == "camera" and isinstance(topic, Event | Lamp):
        read_way(reading, replace(inner.head, senses=(Sense("HEAD", "way", "front"),)), source=link == "from")
    elif inner.head.sense.kind == "measure":
        read_measure(reading, inner, inside=True)
    else:
        _with_noun(reading, node.head, inner)


def _with_noun(reading: Reading, head: Lexeme, inner: Node) -> None:
    """A preposition with a thing, a place, a lamp, a mood."""
    assert inner.head is not None
    topic = reading.topic
    edge = inner.head.sense.kind == "word" and inner.head.sense.name == "edge"
    named = _edge(reading, inner) if edge and isinstance(topic, Thing | Event) else mention(reading, inner)
    if isinstance(named, Thing):
        _towards(reading, topic, head, named)
        if head.sense.kind == "relation" and _says_where(topic) and len(reading.mentioned) > 1:
            reading.mentioned.insert(0, reading.mentioned.pop())  # a landmark is not what "it" means next
    elif named == "ground" and isinstance(topic, Event):
        topic.on_ground = True
    elif topic == "focus":
        reading.topic = topic
    elif isinstance(named, Lamp) or (isinstance(named, str) and named not in ("ground", "mood", "camera")):
        reading.topic = named


def _edge(reading: Reading, inner: Node) -> Topic:
    """ "on the edge of the table"; "a ball on top": of what was mentioned before it."""
    assert inner.head is not None
    reading.use(inner.head)
    if inner.inner is not None:
        return mention(reading, inner.inner)
    if isinstance(reading.topic, Thing):
        reading.subjects = [reading.topic]
    return next((thing for thing in reading.mentioned[::-1] if thing not in reading.subjects), None)


def _says_where(topic: Topic) -> bool:
    return not isinstance(topic, Event) or topic.rests or topic.act in IN_PLACE


def _towards(reading: Reading, topic: Topic, head: Lexeme, thing: Thing) -> None:
    """A preposition with a thing: a relation, the target of a motion, or what the camera is after."""
    if isinstance(topic, Event):
        add_adjunct(reading, topic, head, thing)
    elif topic == "focus":
        set_camera(reading, "focus", thing)
    elif isinstance(topic, Move):
        topic.body = thing
    elif isinstance(topic, Lamp):
        topic.beside = thing
        reading.draft.sets(f"lights.{topic.name}")
    elif topic == "camera" or reading.on_camera:
        reading.scene.camera.setdefault("aim", (thing, reading.draft))
        reading.draft.sets("camera.aim")
    elif isinstance(topic, Thing) and head.sense.kind == "relation":
        for each in reading.subjects if topic in reading.subjects else [topic]:
            relate(reading, carrier(each, head.sense.name), head.sense.name, thing)
    elif head.sense.kind == "relation" and reading.subjects:
        for each in reading.subjects:
            relate(reading, each, head.sense.name, thing)
    elif isinstance(topic, Thing):
        relate(
            reading,
            topic,
            {"against": "against", "in": "inside", "inside": "inside"}.get(head.sense.name, "on"),
            thing,
        )


def relate(reading: Reading, thing: Thing, kind: str, other: Thing) -> None:
    """Place one thing against another."""
    if thing is other:
        raise reading.draft.refuse(
            "must not place a thing against itself", got=thing.name, next_step="Name another thing."
        )
    if kind == "inside":
        raise reading.draft.refuse(
            "must not put one thing inside another: kinema places things on, above, under, beside or against others",
            got=f"{thing.name} in {other.name}",
            next_step=f"Write “on the {other.kind}” or “next to the {other.kind}”.",
        )
    relation = Relation(kind, other, reading.draft)
    distance, reading.distance = reading.distance, None
    if distance is not None and fits("distance", distance) and distance.quantity is not None and kind != "on":
        relation.distance = distance.quantity.value
        reading.use(distance)
    thing.relations.append(relation)
    reading.draft.sets(f"{thing.path}.position")


def _bare_adjunct(reading: Reading, link: str, run: Sequence[Lexeme]) -> None:
    """A preposition with a quantity: "at 8 m/s", "from 2 m", "after 1 s", "by 1 stop"."""
    timed = [w for w in run if w.quantity is not None and w.quantity.dimension in ("time", "frames")]
    if timed and link in ("after", "at") and isinstance(reading.topic, Move):
        reading.topic.start = timed[0].quantity.value  # type: ignore[union-attr]
        reading.use(timed[0])
        return
    if timed and link in ("after", "at") and timed[0].quantity.dimension == "time":  # type: ignore[union-attr]
        if isinstance(reading.topic, Event):
            apply_event_words(reading, reading.topic, timed)
        else:
            reading.when = timed[0]
        return
    if timed and link in ("for", "in", "over", "during") and not isinstance(reading.topic, Move):
        read_loose(reading, timed[0])
        return
    read_loose_words(reading, run, apart=False, after=())
