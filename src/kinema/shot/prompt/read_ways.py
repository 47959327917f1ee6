"""Directions, for whatever the words are about."""

from __future__ import annotations

from kinema.shot.prompt.lexer import Lexeme
from kinema.shot.prompt.read_camera import set_camera
from kinema.shot.prompt.reading import Reading
from kinema.shot.prompt.scene import Event, Lamp, Move


def read_way(reading: Reading, word: Lexeme, *, source: bool = False) -> None:
    """A direction, for whatever the words are about."""
    topic, way = reading.topic, word.sense.name
    if isinstance(topic, Event):
        if source:
            topic.source = way
        else:
            topic.way = way
    elif isinstance(topic, Move):
        topic.way = way
    elif isinstance(topic, Lamp):
        topic.side = way
        reading.draft.sets(f"lights.{topic.name}")
    elif topic == "wind" and reading.scene.wind is not None:
        speed, _, draft = reading.scene.wind
        reading.scene.wind = (speed, way, draft)
        reading.draft.sets("forces.wind.velocity")
    elif topic == "mood":
        reading.scene.moods[-1] = (
            *reading.scene.moods[-1][:1],
            {**reading.scene.moods[-1][1], "side": way},
            reading.draft,
        )
    elif reading.on_camera or topic == "camera":
        views = {"left": -60.0, "right": 60.0, "front": 0.0, "back": 180.0}
        if way in views:
            set_camera(reading, "azimuth", views[way])
        else:
            set_camera(reading, "elevation", {"up": 60.0, "down": -6.0}.get(way, 8.0))
    else:
        return
    reading.use(word)
