"""Phrases to a scene: who is meant, who does what to whom, and what each remaining word is about.

The reader walks the phrases once. `Reading.topic` is what later words are about: in "a ball flies at 8 m/s" the
speed is the flight's, in "a sun at 20 degrees" the angle is the sun's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kinema.shot.prompt.grammar import Node
from kinema.shot.prompt.lexer import Lexeme
from kinema.shot.prompt.lexicon import Sense
from kinema.shot.prompt.read_camera import apply_move_words, read_framing, read_lens, read_move, set_camera
from kinema.shot.prompt.read_events import add_adjunct, aim_at, apply_event_words, carrier, read_event
from kinema.shot.prompt.read_light import apply_lamp_words, read_lamp
from kinema.shot.prompt.read_settings import (
    MOOD_WORDS,
    REFINED,
    STILL_AIR_MOVES,
    blow,
    read_loose,
    read_place,
    read_setting,
    refine,
    set_ground,
)
from kinema.shot.prompt.read_things import apply_words, arrange, fits, read_thing, set_material, set_measure
from kinema.shot.prompt.reading import Reading, Topic
from kinema.shot.prompt.scene import IN_PLACE, Draft, Event, Lamp, Move, Relation, Thing

_GROUNDS = {"sand", "snow", "grass", "concrete", "asphalt", "soil", "ice", "tile"}
"""Matter that is ground when it is named alone: "Snow, overcast." """
_OVER = {"on", "onto", "across", "along", "above", "over", "in", "into", "through", "around"}
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
            _adjunct(reading, node)
        else:
            apart = i == 0 or nodes[i - 1].kind == "link"
            _loose(reading, node.run, apart=apart, after=nodes[i + 1 :])
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


# --- nouns -------------------------------------------------------------------------------------------------


def mention(reading: Reading, node: Node) -> Topic:
    """What a noun phrase names, with everything it sets by itself."""
    if node.head is None:
        return None
    if node.head.terminal == "PRON":
        return _pronoun(reading, node.head, as_subject=False)
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
        elif head.sense.name in _GROUNDS:
            set_ground(reading, head)
        return reading.topic
    if head.sense.kind == "measure":
        _measure(reading, node)
        return reading.topic
    if head.sense.kind == "word":
        return _word(reading, node)
    if head.sense.kind == "way":
        _way(reading, head)
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


def _measure(reading: Reading, node: Node, *, inside: bool = False) -> None:
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


def _noun(reading: Reading, node: Node, *, joined: bool) -> None:
    """A noun that starts a clause: the subject of the next verb."""
    if node.head is not None and node.head.terminal == "PRON":
        topic = _pronoun(reading, node.head, as_subject=True)
        reading.by_pronoun = True
    else:
        topic = mention(reading, node)
        reading.by_pronoun = False
    if isinstance(topic, Thing):
        together = joined and isinstance(reading.topic, Thing) and reading.topic in reading.subjects
        if node.head is not None and node.head.sense.kind != "stuff":
            reading.subjects = [*reading.subjects, topic] if together else [topic]
    reading.topic = topic


def _pronoun(reading: Reading, word: Lexeme, *, as_subject: bool) -> Thing | None:
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


# --- verbs -------------------------------------------------------------------------------------------------


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
        _loose(reading, inner.run, apart=False, after=())
    elif inner.head is not None and inner.head.sense.kind == "way":
        _loose(reading, inner.run, apart=False, after=())
        _way(reading, inner.head)
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


# --- adjuncts ----------------------------------------------------------------------------------------------


def _adjunct(reading: Reading, node: Node) -> None:
    assert node.head is not None
    inner, link = node.inner, node.head.sense.name
    if inner is None:
        if isinstance(reading.topic, Event):
            reading.topic.link = reading.topic.link or link
        return
    if inner.kind == "bare":
        _bare_adjunct(reading, link, inner.run)
        return
    assert inner.head is not None
    if inner.head.sense.kind == "way":
        _loose(reading, inner.run, apart=False, after=())
        _way(reading, inner.head, source=link == "from")
        return
    topic = reading.topic
    if inner.head.sense.kind == "stuff":  # "on concrete"
        if link in _OVER:
            set_ground(reading, inner.head)
        return
    if inner.head.sense.kind == "arrangement" and inner.inner is None and link in ("in", "into"):
        several = [topic.doer] if isinstance(topic, Event) and topic.doer else reading.subjects
        arrange(reading, several, inner)
        return
    if (
        inner.head.sense.kind == "word"
        and inner.head.sense.name == "camera"
        and isinstance(topic, Event | Lamp)
    ):
        _way(reading, replace(inner.head, senses=(Sense("HEAD", "way", "front"),)), source=link == "from")
        return
    if inner.head.sense.kind == "measure":
        _measure(reading, inner, inside=True)
        return
    if (
        inner.head.sense.kind == "word"
        and inner.head.sense.name == "edge"
        and isinstance(topic, Thing | Event)
    ):
        named = _edge(reading, inner)
    else:
        named = mention(reading, inner)
    if isinstance(named, Thing):
        _towards(reading, topic, node.head, named)
        if node.head.sense.kind == "relation" and _says_where(topic) and len(reading.mentioned) > 1:
            reading.mentioned.insert(0, reading.mentioned.pop())  # a landmark is not what "it" means next
    elif named == "ground" and isinstance(topic, Event):
        topic.on_ground = True
    elif named == "focus" or topic in ("focus",):
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
    _loose(reading, run, apart=False, after=())


def _way(reading: Reading, word: Lexeme, *, source: bool = False) -> None:
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


# --- quantities and adjectives without a noun ---------------------------------------------------------------


def _loose(reading: Reading, run: Sequence[Lexeme], *, apart: bool, after: Sequence[Node]) -> None:
    following = next((node for node in after if node.kind != "link"), None)
    quantities = [w for w in run if w.quantity is not None]
    article = any(w.text.lower() in ("a", "an") for w in run)
    waits = following is not None and following.kind in ("noun", "verb") and (article or not quantities)
    if apart and waits:
        reading.pending = (*reading.pending, *run)
        return
    topic = reading.topic
    if (
        not isinstance(topic, Thing | Lamp | Move)
        and any(w.sense.kind == "measure" for w in run)
        and reading.last
    ):
        topic = reading.last
    measure, reading.measure = reading.measure, None
    if measure is not None and reading.last and quantities and fits(measure.sense.name, quantities[0]):
        set_measure(reading, reading.last, measure.sense.name, quantities[0])
        reading.use(measure)
        return
    if isinstance(topic, Thing):
        if (
            following is not None
            and following.kind == "adjunct"
            and following.head is not None
            and following.head.sense.kind == "relation"
            and len(quantities) == 1
            and not apart
        ):
            reading.distance = quantities[0]
            return
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
    for word in quantities:
        if word.start not in reading.used:
            read_loose(reading, word)
