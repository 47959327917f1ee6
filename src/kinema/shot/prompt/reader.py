"""Phrases to a scene: who is meant, who does what to whom, and what each remaining word is about.

The reader walks the phrases once. `Reading.topic` is what later words are about: in "a ball flies at 8 m/s" the
speed is the flight's, in "a sun at 20 degrees" the angle is the sun's.
"""

from __future__ import annotations

from collections.abc import Sequence

from kinema.shot.prompt.grammar import Node
from kinema.shot.prompt.lexer import Lexeme
from kinema.shot.prompt.read_adjuncts import read_adjunct
from kinema.shot.prompt.read_camera import read_move, set_camera
from kinema.shot.prompt.read_events import aim_at, read_event
from kinema.shot.prompt.read_loose import read_loose_words
from kinema.shot.prompt.read_nouns import mention, pronoun
from kinema.shot.prompt.read_ways import read_way
from kinema.shot.prompt.reading import Reading
from kinema.shot.prompt.scene import Draft, Event, Move, Thing

_FREE = {"DET", "AUX", "JOIN", "COMMA", "STOP", "OF", "PREP", "PRON"}


def read(nodes: Sequence[Node]) -> Reading:
    """The scene these phrases describe. Raises `ShotError` for what contradicts itself."""
    reading = Reading()
    waiting: list[Lexeme] = []
    for i, node in enumerate(nodes):
        if node.kind == "link":
            _link(reading, node)
            waiting += [lexeme for lexeme in node.lexemes if lexeme.terminal in ("JOIN", "OF")]
            continue
        reading.drafts.append(Draft([*waiting, *node.lexemes]))
        waiting = []
        if node.kind == "noun":
            _noun(reading, node, joined=_joins(nodes, i))
        elif node.kind == "verb":
            _verb(reading, node, joined=i == 0 or nodes[i - 1].kind in ("link", "noun"))
        elif node.kind == "adjunct":
            read_adjunct(reading, node)
        else:
            apart = i == 0 or nodes[i - 1].kind == "link"
            read_loose_words(reading, node.run, apart=apart, after=nodes[i + 1 :])
    if waiting and reading.drafts:
        reading.draft.lexemes += waiting
    return reading


def _joins(nodes: Sequence[Node], i: int) -> bool:
    """Whether a noun stands in a list: "a ball, a cube and a cone fall"."""
    before = i - 1
    while before > 0 and nodes[before].kind == "link":
        before -= 1
    return before >= 0 and before < i - 1 and nodes[before].kind in ("noun", "loose")


def unused(reading: Reading) -> list[Lexeme]:
    """Words with a meaning that had nothing to apply to."""
    return [
        lexeme
        for draft in reading.drafts
        for lexeme in draft.lexemes
        if lexeme.terminal not in _FREE and lexeme.start not in reading.used
    ]


def _link(reading: Reading, node: Node) -> None:
    word = node.lexemes[0]
    if word.terminal == "STOP":
        reading.subjects, reading.on_camera, reading.topic = [], False, None
    elif word.text.lower() in ("which", "that", "who") and reading.last is not None:
        reading.subjects = [reading.last]
    reading.after_with = word.text.lower() in ("with", "having")
    if word.text.lower() in ("then", "and then") and reading.scene.moves:
        reading.scene.moves[-1].then = True


def _noun(reading: Reading, node: Node, *, joined: bool) -> None:
    """A noun that starts a clause: the subject of the next verb."""
    if node.head is not None and node.head.terminal == "PRON":
        topic = pronoun(reading, node.head, as_subject=True)
        reading.by_pronoun = True
    else:
        topic = mention(reading, node)
        reading.by_pronoun = False
    if isinstance(topic, Thing):
        together = joined and isinstance(reading.topic, Thing) and reading.topic in reading.subjects
        if node.head is not None and node.head.sense.kind != "stuff":
            reading.subjects = [*reading.subjects, topic] if together else [topic]
    reading.topic = topic


def _verb(reading: Reading, node: Node, *, joined: bool) -> None:
    assert node.head is not None
    inner = node.inner
    entry = node.head.sense.entry or {}
    moves_itself = node.head.sense.kind == "verb" and "does" not in entry
    if not joined and moves_itself and reading.last is not None and not reading.last.entry.get("held"):
        reading.subjects = [reading.last]  # "onto a pane lying on the ground", "by a ball thrown at 9 m/s"
    if node.head.sense.kind == "move":
        move = read_move(reading, node)
        reading.topic = move if move is not None else _resting_topic(node.head.sense.name)
    else:
        event = read_event(reading, node)
        reading.topic = event if event is not None else reading.topic
    if inner is None:
        return
    if inner.kind == "bare":
        read_loose_words(reading, inner.run, apart=False, after=())
    elif inner.head is not None and inner.head.sense.kind == "way":
        read_loose_words(reading, inner.run, apart=False, after=())
        read_way(reading, inner.head)
    else:
        _object(reading, inner)


def _resting_topic(name: str) -> str:
    return "focus" if name == "focus" else "camera"


def _object(reading: Reading, inner: Node) -> None:
    """ "shatters it", "tracks the ball", "drop a ball"."""
    topic = reading.topic
    if isinstance(topic, Move) and inner.head is not None and inner.head.sense.kind != "object":
        mention(reading, inner)
        return
    named = mention(reading, inner)
    if not isinstance(named, Thing):
        if named is not None and not isinstance(topic, Event):
            reading.topic = named
        return
    if isinstance(topic, Move):
        topic.body = named
    elif topic == "focus":
        set_camera(reading, "focus", named)
    elif isinstance(topic, Event):
        if topic.doer is None and (topic.does is None or topic.act == "push"):
            topic.doer, reading.subjects = named, [named]
        elif topic.does is not None or topic.act == "push":
            aim_at(reading, topic, named)
        else:
            reading.subjects, reading.topic = [named], named
