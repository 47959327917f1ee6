"""Noun phrases: what each names, with everything it sets by itself."""

from __future__ import annotations

from kinema.shot.prompt.grammar import Node
from kinema.shot.prompt.lexer import Lexeme
from kinema.shot.prompt.read_camera import read_framing, read_lens, set_camera
from kinema.shot.prompt.read_events import apply_event_words
from kinema.shot.prompt.read_light import read_lamp
from kinema.shot.prompt.read_settings import (
    MOOD_WORDS,
    REFINED,
    STILL_AIR_MOVES,
    blow,
    read_place,
    read_setting,
    set_ground,
)
from kinema.shot.prompt.read_things import fits, read_thing, set_material, set_measure
from kinema.shot.prompt.read_ways import read_way
from kinema.shot.prompt.reading import Reading, Topic
from kinema.shot.prompt.scene import Event, Thing

GROUNDS = {"sand", "snow", "grass", "concrete", "asphalt", "soil", "ice", "tile"}
"""Matter that is ground when it is named alone: "Snow, overcast." """


def mention(reading: Reading, node: Node) -> Topic:
    """What a noun phrase names, with everything it sets by itself."""
    if node.head is None:
        return None
    if node.head.terminal == "PRON":
        return pronoun(reading, node.head, as_subject=False)
    kind = node.head.sense.kind
    if kind in ("object", "arrangement"):
        thing = read_thing(reading, node)
        if thing is not None:
            reading.mentioned.append(thing)
        return thing
    if kind == "lamp":
        if node.head.sense.name == "key" and not node.run and reading.topic == "mood":
            reading.use(node.head)  # "late afternoon light"
            return "mood"
        return read_lamp(reading, node)
    if kind in ("lens", "shot", "angle", "view"):
        (read_lens if kind == "lens" else read_framing)(reading, node)
        if node.inner is not None and isinstance(shown := mention(reading, node.inner), Thing):
            reading.scene.camera["aim"] = (shown, reading.draft)
            reading.draft.sets("camera.aim")
            return shown  # "close-up of a coin spinning on a table"
        return "camera"
    if kind == "place":
        read_place(reading, node)
        return "ground"
    if kind == "mood":
        said = [w for w in (*reading.take_pending(), *node.run) if w.sense.kind == "quality"]
        fitting = [w for w in said if w.sense.name in MOOD_WORDS]
        reading.use(node.head, *fitting)
        qualities = [w.sense.name for w in fitting]
        reading.scene.moods.append((node.head.sense.name, {"qualities": qualities}, reading.draft))
        return "mood"
    if kind == "setting":
        name = read_setting(reading, node)
        return name if name in REFINED else reading.topic
    return _other_noun(reading, node)


def _other_noun(reading: Reading, node: Node) -> Topic:
    """Stuff, measures, directions and the few words that are topics by themselves."""
    head = node.head
    assert head is not None
    if head.sense.kind == "stuff":
        if isinstance(reading.topic, Thing):  # "the ball is steel"
            as_word = Lexeme(head.text, head.start, head.end, head.senses)

            set_material(reading, reading.topic, as_word)
        elif head.sense.name in GROUNDS:
            set_ground(reading, head)
        return reading.topic
    if head.sense.kind == "measure":
        read_measure(reading, node)
        return reading.topic
    if head.sense.kind == "word":
        return _word(reading, node)
    if head.sense.kind == "way":
        read_way(reading, head)
        return reading.topic
    return None


def _word(reading: Reading, node: Node) -> Topic:
    """camera, wind, gravity, exposure."""
    assert node.head is not None
    name = node.head.sense.name
    if name == "camera":
        reading.use(node.head)
        reading.on_camera = True
        reading.take_pending()
        return "camera"
    if name == "wind":
        reading.assume(f"wind: {STILL_AIR_MOVES:g} m/s")
        reading.scene.wind = (STILL_AIR_MOVES, "left", reading.draft)
        reading.used_for("forces.wind.velocity", node.head)
        for word in node.run:
            blow(reading, word)
        return "wind"
    if name == "rope" and isinstance(reading.topic, Event):
        apply_event_words(reading, reading.topic, node.run)
        reading.used_for("forces.joints", node.head)
    if name in ("edge", "later"):
        reading.use(node.head)
    if name == "rope":
        return reading.topic
    return reading.topic if name in ("edge", "later") else name


def read_measure(reading: Reading, node: Node, *, inside: bool = False) -> None:
    """ "a radius of 5 cm", "at a speed of 8 m/s", "6 mm in diameter"."""
    assert node.head is not None
    words = [*node.run, *(node.inner.run if node.inner else ())]
    amount = next((w for w in words if w.quantity is not None and w.quantity.dimension), None)
    topic, name = reading.last if reading.after_with and reading.last else reading.topic, node.head.sense.name
    if amount is None:
        if inside and isinstance(topic, Thing) and topic.lengths:  # "30 cm in diameter"
            *rest, value = topic.lengths
            topic.lengths, topic.measures[name] = tuple(rest), value
            reading.used_for(f"{topic.path}.shape", node.head)
        elif not inside:
            reading.measure = node.head
        return
    if name == "focal":
        set_camera(reading, "focal_length", round(amount.quantity.value * 1000, 6), amount, node.head)  # type: ignore[union-attr]
    elif (name in ("speed", "angle") and isinstance(topic, Event)) or (
        isinstance(topic, Event) and name == "height"
    ):
        apply_event_words(reading, topic, [amount])
        reading.use(node.head)
    elif isinstance(topic, Thing) and fits(name, amount):
        set_measure(reading, topic, name, amount)
        reading.use(node.head)


def pronoun(reading: Reading, word: Lexeme, *, as_subject: bool) -> Thing | None:
    """ "it" as object is the last thing mentioned that is not the doer; as subject, the last doer or thing."""
    reading.use(word)
    plural = word.text.lower() in ("them", "they", "themselves", "each other")
    things = reading.mentioned[::-1]
    if as_subject:
        things = reading.subjects[::-1] + things
    else:
        things = [t for t in things if t not in reading.subjects] or things
    fitting = [t for t in things if (t.count > 1) == plural or t.arrangement] or things
    if not fitting:
        raise reading.draft.refuse(
            "must refer to a thing named before", got=f"“{word.text}”", next_step="Name the thing first."
        )
    reading.mentioned.append(fitting[0])
    return fitting[0]
