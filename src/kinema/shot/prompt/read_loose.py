"""Quantities and adjectives that have no noun of their own: "2 m tall", "35 mm", "3 seconds"."""

from __future__ import annotations

from collections.abc import Sequence

from kinema.shot.prompt.grammar import Node
from kinema.shot.prompt.lexer import Lexeme
from kinema.shot.prompt.read_camera import apply_move_words
from kinema.shot.prompt.read_events import apply_event_words
from kinema.shot.prompt.read_light import apply_lamp_words
from kinema.shot.prompt.read_settings import blow, read_loose, refine
from kinema.shot.prompt.read_things import apply_words, fits, set_measure
from kinema.shot.prompt.reading import Reading
from kinema.shot.prompt.scene import Event, Lamp, Move, Thing


def read_loose_words(reading: Reading, run: Sequence[Lexeme], *, apart: bool, after: Sequence[Node]) -> None:
    """What the words are about gets them; `apart`: a comma or more stands before them."""
    following = next((node for node in after if node.kind != "link"), None)
    quantities = [w for w in run if w.quantity is not None]
    article = any(w.text.lower() in ("a", "an") for w in run)
    if apart and following is not None and following.kind in ("noun", "verb") and (article or not quantities):
        reading.pending = (*reading.pending, *run)
        return
    measure, reading.measure = reading.measure, None
    if measure is not None and reading.last and quantities and fits(measure.sense.name, quantities[0]):
        set_measure(reading, reading.last, measure.sense.name, quantities[0])
        reading.use(measure)
        return
    related = following is not None and following.head is not None and following.head.sense.kind == "relation"
    if isinstance(reading.topic, Thing) and related and len(quantities) == 1 and not apart:
        reading.distance = quantities[0]
        return
    _about(reading, run, quantities, apart=apart)
    for word in quantities:
        if word.start not in reading.used:
            read_loose(reading, word)


def _about(reading: Reading, run: Sequence[Lexeme], quantities: Sequence[Lexeme], *, apart: bool) -> None:
    """Hand the words to the topic, as far as they fit it."""
    topic = reading.topic
    if not isinstance(topic, Thing | Lamp | Move) and any(w.sense.kind == "measure" for w in run):
        topic = reading.last or topic
    if isinstance(topic, Thing):
        apply_words(reading, topic, run)
    elif isinstance(topic, Event):  # a time that is not "at" or "after" is the clip's
        lasting = [w for w in quantities if w.quantity is not None and w.quantity.dimension == "time"]
        apply_event_words(reading, topic, [w for w in run if w not in lasting])
    elif isinstance(topic, Move):
        apply_move_words(reading, topic, [w for w in run if not (apart and w.quantity)])
    elif isinstance(topic, Lamp):
        apply_lamp_words(reading, topic, run)
    elif topic == "wind" and quantities and reading.scene.wind is not None:
        blow(reading, quantities[0])
    elif isinstance(topic, str) and quantities:
        refine(reading, topic, quantities[0])
