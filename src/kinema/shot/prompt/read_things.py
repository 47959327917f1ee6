"""Nouns that have a body: new ones, references to old ones, and the adjectives and measures they carry."""

from __future__ import annotations

from collections.abc import Sequence

from kinema.shot.prompt.grammar import Node
from kinema.shot.prompt.lexer import Lexeme
from kinema.shot.prompt.lexicon import Sense
from kinema.shot.prompt.read_settings import settle
from kinema.shot.prompt.reading import Reading
from kinema.shot.prompt.scene import Thing
from kinema.shot.prompt.tables import table

_DEFINITE = {"the", "its", "that", "this", "these", "those", "their", "both"}
ROUGHNESS = {"shiny": 0.05, "matte": 0.5}
"""GGX alpha of what is said to be so."""
_VARIES = {"sizes": "sizes", "hues": "colours"}
"""Qualities of several things that differ -> in what."""
MOST = 2000
"""Bodies of one kind a prompt may ask for; more belong in a shot file."""


def read_thing(reading: Reading, node: Node) -> Thing | None:
    """The thing a noun phrase names: "a 1 m glass pane", "a row of 12 dominoes", "the ball"."""
    assert node.head is not None
    run = (*reading.take_pending(), *node.run)
    if node.head.sense.kind == "arrangement":
        return _arranged(reading, node, run)
    known = _referred(reading, node, run)
    thing = known or _new_thing(reading, node, run)
    reading.use(node.head)
    apply_words(reading, thing, run)
    if node.inner:
        _read_of(reading, thing, node.inner)
    return thing


def arrange(reading: Reading, things: Sequence[Thing], node: Node) -> None:
    """ "five balls in a row"."""
    assert node.head is not None
    for thing in things:
        if thing.count == 1:
            raise reading.draft.refuse(
                f"needs more than one thing for a {node.head.text}",
                got=f"one {thing.kind}",
                next_step=f"Write, say, “five {thing.kind}s in a {node.head.text}”.",
            )
        thing.arrangement = thing.entry.get("stands") or node.head.sense.name
        reading.used_for(f"{thing.path}.position", node.head)


def _arranged(reading: Reading, node: Node, run: Sequence[Lexeme]) -> Thing | None:
    """ "a stack of ten crates"; "the stack" refers to one."""
    head = node.head
    assert head is not None
    reading.use(head)
    inner = node.inner
    if inner is None or inner.head is None or inner.head.sense.kind != "object":
        for thing in reversed(reading.scene.things):
            if thing.arrangement == head.sense.name:
                reading.use(*(lexeme for lexeme in run if lexeme.terminal == "DET"))
                return thing
        if not run:  # "rack focus"
            reading.used.discard(head.start)
            return None
        raise reading.draft.refuse(
            f"must say of what the {head.text} is",
            got=f"“{head.text}” alone",
            next_step=f"Write, say, “a {head.text} of 10 boxes”.",
        )
    thing = _new_thing(reading, inner, inner.run, arrangement=head.sense.name)
    reading.use(inner.head)
    apply_words(reading, thing, [*inner.run])
    apply_words(reading, thing, [lexeme for lexeme in run if lexeme.terminal != "NUM"])
    if inner.inner:
        _read_of(reading, thing, inner.inner)
    return thing


def _referred(reading: Reading, node: Node, run: Sequence[Lexeme]) -> Thing | None:
    """The thing already in the scene that "the steel ball" means, if any."""
    assert node.head is not None
    if not any(lexeme.text.lower() in _DEFINITE or lexeme.terminal == "ORD" for lexeme in run):
        return None
    said = {lexeme.sense.kind: lexeme.sense for lexeme in run if lexeme.terminal == "MOD"}
    for thing in reversed(reading.scene.things):
        one = thing.count == 1 or any(lexeme.terminal == "ORD" for lexeme in run)
        if thing.kind != node.head.sense.name or not (one or node.head.sense.plural):
            continue
        material, colour = said.get("material"), said.get("colour")
        if material and material.name != (thing.material or thing.entry["material"]):
            continue
        if colour and colour.entry != thing.colour:
            continue
        return thing
    return None


def _new_thing(
    reading: Reading, node: Node, run: Sequence[Lexeme], *, arrangement: str | None = None
) -> Thing:
    assert node.head is not None
    sense = _sheet_of_glass(node.head.sense, run)
    taken = {thing.name for thing in reading.scene.things}
    name, n = sense.name, 2
    while name in taken:
        name, n = f"{sense.name}_{chr(96 + n) if n < 28 else n}", n + 1
    standing = arrangement or sense.entry.get("stands")
    thing = Thing(name, sense.name, sense.entry, reading.draft, plural=sense.plural, arrangement=standing)
    number = next((lexeme for lexeme in run if lexeme.terminal == "NUM"), None)
    if number is not None and number.quantity is not None:
        thing.count = _count(reading, number)
    elif arrangement:
        thing.count = int(table("arrangements")[arrangement]["count"])
        reading.assume(f"{thing.count} in the {arrangement} of {thing.kind}s")
    elif sense.plural:
        thing.count = 3
        reading.assume(f"{node.head.text}: three of them")
    reading.scene.things.append(thing)
    reading.draft.sets(f"{thing.path}.shape")
    if not any(lexeme.sense.kind == "material" for lexeme in run):
        reading.default_materials.append(thing)
    return thing


def _sheet_of_glass(sense: Sense, run: Sequence[Lexeme]) -> Sense:
    """ "4 mm glass" is a pane, "a glass" one to drink from."""
    thin = any(w.quantity is not None and fits("thickness", w) and w.quantity.value <= 0.03 for w in run)
    return (
        Sense("HEAD", "object", "pane", table("objects")["pane"])
        if sense.name == "tumbler" and thin
        else sense
    )


def _count(reading: Reading, number: Lexeme) -> int:
    assert number.quantity is not None
    count = number.quantity.value
    if count != int(count) or not 1 <= count <= MOST:
        raise reading.draft.refuse(
            f"must count from 1 to {MOST} whole things",
            got=f"{count:g}",
            next_step="Write a smaller whole number, or describe them in a shot file.",
        )
    reading.use(number)
    return int(count)


def _read_of(reading: Reading, thing: Thing, inner: Node) -> None:
    """ "of glass", "of solid gold"."""
    if inner.head is not None and inner.head.sense.kind == "stuff":
        set_material(reading, thing, inner.head)
        apply_words(reading, thing, inner.run)
    elif inner.head is None:
        apply_words(reading, thing, inner.run)


def set_material(reading: Reading, thing: Thing, word: Lexeme) -> None:
    name = word.sense.name
    if thing.material not in (None, name):
        raise reading.draft.refuse(
            "must be of one material",
            got=f"{thing.material} and {name}",
            next_step="Keep one of them, or make two things.",
        )
    thing.material = name
    reading.use(word)
    reading.draft.sets(f"{thing.path}.material")
    if thing in reading.default_materials:
        reading.default_materials.remove(thing)


def apply_words(reading: Reading, thing: Thing, run: Sequence[Lexeme]) -> None:
    """Adjectives and quantities of a thing. What does not apply to it stays unused, and is reported."""
    for i, word in enumerate(run):
        after = run[i + 1] if i + 1 < len(run) else None
        sense = word.sense
        if sense.kind == "material":
            set_material(reading, thing, word)
        elif sense.kind == "colour":
            thing.colour = sense.entry
            reading.used_for(f"{thing.path}.colour", word)
        elif sense.kind == "size":
            thing.factor *= sense.entry
            reading.used_for(f"{thing.path}.shape", word)
        elif sense.kind == "quality" and sense.name in ROUGHNESS:
            thing.roughness = ROUGHNESS[sense.name]
            reading.used_for(f"{thing.path}.roughness", word)
        elif sense.kind == "quality" and sense.name in _VARIES and thing.count > 1:
            thing.varies.add(_VARIES[sense.name])
            reading.used_for(f"{thing.path}.{'shape' if sense.name == 'sizes' else 'colour'}", word)
        elif sense.kind == "place":
            settle(reading, word)
        elif sense.kind == "quality" and sense.name in ("solid", "clear"):
            _confirm(reading, thing, word)
        elif word.quantity is not None:
            measure = after if after is not None and after.sense.kind == "measure" else None
            _measure(reading, thing, word, measure)


def apply_varied(reading: Reading, things: Sequence[Thing], run: Sequence[Lexeme]) -> None:
    """ "three balls of different sizes bounce": the words stand before the verb, and are the things'."""
    for thing in things:
        apply_words(reading, thing, [word for word in run if word.sense.name in _VARIES])


def _confirm(reading: Reading, thing: Thing, word: Lexeme) -> None:
    """ "solid" lets a mass set the size; "clear" holds for clear matter only."""
    if word.sense.name == "solid":
        thing.entry = {**thing.entry, "solid": True, "mass": None}
        reading.used_for(f"{thing.path}.shape", word)
    elif (thing.material or thing.entry["material"]) in ("glass", "crystal", "pmma", "ice", "polycarbonate"):
        reading.used_for(f"{thing.path}.material", word)


def _measure(reading: Reading, thing: Thing, word: Lexeme, measure: Lexeme | None) -> None:
    assert word.quantity is not None
    amount = word.quantity
    if measure is not None and fits(measure.sense.name, word):
        set_measure(reading, thing, measure.sense.name, word)
        reading.use(measure)
    elif amount.dimension == "length":
        thing.lengths += amount.values
        reading.used_for(f"{thing.path}.shape", word)
    elif amount.dimension in ("mass", "density", "angle"):
        set_measure(reading, thing, amount.dimension, word)


_DIMENSION = {"mass": "mass", "density": "density", "angle": "angle", "speed": "speed"}


def fits(measure: str, word: Lexeme) -> bool:
    """Whether a quantity can be that measure: a density in kg/m³, a width in metres."""
    return word.quantity is not None and word.quantity.dimension == _DIMENSION.get(measure, "length")


def set_measure(reading: Reading, thing: Thing, measure: str, word: Lexeme) -> None:
    """One named measure of a thing: its mass, its height."""
    assert word.quantity is not None
    value = word.quantity.value
    if value <= 0:
        raise reading.draft.refuse(
            f"must have a {measure} above zero", got=word.text, next_step="Correct the number."
        )
    if measure in ("mass", "density"):
        setattr(thing, measure, value)
        reading.used_for(f"{thing.path}.{measure}", word)
        return
    if measure == "length" and thing.count > 1 and thing.arrangement in ("row", None):
        measure = "span"
    before = thing.measures.get(measure)
    if before is not None and before != value:
        raise reading.draft.refuse(
            f"must have one {measure}", got=f"{before:g} m and {value:g} m", next_step="Keep one of them."
        )
    thing.measures[measure] = value
    reading.used_for(f"{thing.path}.shape", word)
