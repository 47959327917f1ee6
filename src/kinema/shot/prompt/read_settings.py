"""Words that set one thing by themselves, places, and quantities that need no noun: "3 seconds", "f/2.8"."""

from __future__ import annotations

from typing import Any

from kinema.shot.prompt.grammar import Node
from kinema.shot.prompt.lexer import Lexeme
from kinema.shot.prompt.read_camera import set_camera
from kinema.shot.prompt.reading import Reading
from kinema.shot.prompt.scene import Event

REFINED = {"slow_motion", "over", "under"}
"""Settings that a number can follow."""


STILL_AIR_MOVES = 5.0
"""Speed of a wind that is not given [m/s]."""
MOOD_WORDS = {"warm": 0.75, "cool": 1.35, "dim": 0.3, "bright": 1.5}
"""Adjectives of a whole mood of light: factor on kelvin, or on its strength."""
_GUSTS = {"bright": 2.0, "soft": 0.4, "dim": 0.4}


def blow(reading: Reading, word: Lexeme) -> None:
    """The speed of the wind, from a quantity or from "strong", "gentle"."""
    assert reading.scene.wind is not None
    if word.quantity is not None and word.quantity.dimension == "speed":
        speed = word.quantity.value
    elif word.sense.kind == "quality" and word.sense.name in _GUSTS:
        speed = STILL_AIR_MOVES * _GUSTS[word.sense.name]
    else:
        return
    reading.scene.assumed[:] = [a for a in reading.scene.assumed if not a.startswith("wind")]
    reading.scene.wind = (speed, reading.scene.wind[1], reading.draft)
    reading.used_for("forces.wind.velocity", word)


def set_timing(reading: Reading, key: str, value: float, *words: Lexeme) -> None:
    """seconds, frames, fps or slow_motion; once."""
    before = reading.scene.timing.get(key)
    if before is not None and before[0] != value:
        raise reading.draft.refuse(
            f"must not contradict “{before[1].text}”",
            got=f"{key.replace('_', ' ')} {before[0]:g} and {value:g}",
            next_step="Keep one of the two.",
        )
    if value <= 0:
        raise reading.draft.refuse("must be above zero", got=f"{value:g}", next_step="Correct the number.")
    reading.scene.timing[key] = (value, reading.draft)
    path = {"seconds": "frames"}.get(key, key)
    reading.used_for(f"timing.{path}", *words)


def read_setting(reading: Reading, node: Node) -> str:
    """A word of `settings.yaml`. Returns its name, so that a number after it can refine it."""
    assert node.head is not None
    entry: dict[str, Any] = node.head.sense.entry
    reading.use(node.head)
    for field, value in entry.items():
        if field.startswith("camera."):
            set_camera(reading, field.removeprefix("camera."), value)
        elif field == "exposure":
            _expose(reading, value)
        elif field == "focus":
            reading.scene.camera.setdefault("focus", (value, reading.draft))
            reading.draft.sets("camera.focus")
        elif field == "look":
            _look(reading, value)
        elif field == "light":
            reading.scene.moods.append((value, {}, reading.draft))
        elif field == "fps":
            set_timing(reading, "fps", value)
    if "survives" in entry:
        _survive(reading)
    factor = next((w for w in (*reading.take_pending(), *node.run) if w.quantity), None)
    if "slow_motion" in entry:
        said = factor.quantity.value if factor is not None and factor.quantity is not None else None
        reading.scene.timing["slow_motion"] = (said or entry["slow_motion"], reading.draft)
        reading.used_for("timing.slow_motion", *([factor] if factor else []))
        if said is None and entry["slow_motion"] != 1:
            reading.assume(f"slow motion: {entry['slow_motion']} times slower than life")
    elif factor is not None and factor.quantity is not None and factor.quantity.dimension == "stop":
        refine(reading, node.head.sense.name, factor)
    return node.head.sense.name


def _expose(reading: Reading, stops: float) -> None:
    before = reading.scene.camera.get("exposure", (0.0, reading.draft))[0]
    if before * stops < 0:
        raise reading.draft.refuse(
            "must not be both darker and brighter than metered",
            got=f"{before:+g} and {stops:+g} stops",
            next_step="Keep one of the two.",
        )
    reading.scene.camera["exposure"] = (max((before, stops), key=abs), reading.draft)
    reading.draft.sets("camera.exposure")


def _look(reading: Reading, name: str) -> None:
    before = reading.scene.look
    if before is not None and before[0] != name:
        raise reading.draft.refuse(
            f"must not contradict “{before[1].text}”",
            got=f"{before[0]} and {name}",
            next_step="Keep one look.",
        )
    reading.scene.look = (name, reading.draft)
    reading.draft.sets("look")


def _survive(reading: Reading) -> None:
    thing = reading.last or (reading.scene.things[-1] if reading.scene.things else None)
    if thing is None:
        raise reading.draft.refuse(
            "must follow the thing that stays whole",
            got="no thing before it",
            next_step="Name the thing first.",
        )
    topic = reading.topic
    struck = [topic.target] if isinstance(topic, Event) and topic.target is not None else []
    for each in struck or reading.subjects or [thing]:
        each.survives = True
    reading.draft.sets("goals.survives")


def refine(reading: Reading, setting: str, word: Lexeme) -> bool:
    """A number after a setting: "slow motion 4x", "underexposed by 1 stop"."""
    assert word.quantity is not None
    value, dimension = word.quantity.value, word.quantity.dimension
    if setting == "slow_motion" and dimension in ("factor", None, "percent") and value > 0:
        factor = 100 / value if dimension == "percent" else value
        reading.scene.timing["slow_motion"] = (factor, reading.draft)
        reading.scene.assumed[:] = [a for a in reading.scene.assumed if not a.startswith("slow motion")]
        reading.used_for("timing.slow_motion", word)
        return True
    if setting in ("over", "under") and dimension in ("stop", None):
        stops = abs(value) if setting == "over" else -abs(value)
        reading.scene.camera["exposure"] = (stops, reading.draft)
        reading.used_for("camera.exposure", word)
        return True
    return False


def read_place(reading: Reading, node: Node) -> None:
    """ "concrete floor", "on the moon", "a white studio"."""
    assert node.head is not None
    place = reading.scene.place
    reading.use(node.head)
    for word in (*reading.take_pending(), *node.run):
        if word.sense.kind == "material":
            set_ground(reading, word)
        elif word.sense.kind == "colour":
            place.colour = word.sense.entry
            reading.used_for("bodies.ground.colour", word)
    if node.inner is not None and node.inner.head is not None and node.inner.head.sense.kind == "stuff":
        set_ground(reading, node.inner.head)
    settle(reading, node.head)


def settle(reading: Reading, word: Lexeme) -> None:
    """The ground, gravity and light of a place."""
    entry: dict[str, Any] = word.sense.entry
    place = reading.scene.place
    reading.use(word)
    if entry.get("ground") == "none":
        place.none = True
    elif "ground" in entry:
        place.material = place.material or entry["ground"]
        reading.draft.sets("bodies.ground.material")
    if "colour" in entry:
        place.colour = entry["colour"]
        reading.draft.sets("bodies.ground.colour")
    if "gravity" in entry:
        if place.gravity not in (None, entry["gravity"]):
            raise reading.draft.refuse(
                "must be in one place",
                got=f"the gravity of {place.gravity} and of {entry['gravity']}",
                next_step="Keep one.",
            )
        place.gravity = entry["gravity"]
        reading.draft.sets("forces.gravity")
    if "light" in entry:
        reading.scene.moods.append((entry["light"], {"place": True}, reading.draft))
    place.draft = reading.draft


def set_ground(reading: Reading, word: Lexeme) -> None:
    """What the ground is made of."""
    place = reading.scene.place
    if place.material not in (None, word.sense.name) and place.draft is not None:
        raise reading.draft.refuse(
            "must have one ground",
            got=f"{place.material} and {word.sense.name}",
            next_step="Keep one of them.",
        )
    place.material, place.draft = word.sense.name, reading.draft
    reading.used_for("bodies.ground.material", word)


def read_loose(reading: Reading, word: Lexeme) -> bool:
    """A quantity with no noun of its own. False if it says nothing here."""
    assert word.quantity is not None
    value, dimension = word.quantity.value, word.quantity.dimension
    if dimension == "time":
        set_timing(reading, "seconds", value, word)
    elif dimension == "frames":
        set_timing(reading, "frames", value, word)
    elif dimension == "rate":
        set_timing(reading, "fps", value, word)
    elif dimension == "factor":
        set_timing(reading, "slow_motion", value, word)
    elif dimension == "fstop":
        set_camera(reading, "f_stop", value, word)
    elif dimension == "stop":
        _expose(reading, value)
        reading.use(word)
    elif dimension == "length" and word.text.lower().endswith("mm") and 0.008 <= value <= 1.2:
        set_camera(reading, "focal_length", round(value * 1000, 6), word)
    else:
        return False
    return True
