"""Nouns that shine: lamps with their adjectives, and whole moods of light."""

from __future__ import annotations

from collections.abc import Sequence

from kinema.shot.prompt.grammar import Node
from kinema.shot.prompt.lexer import Lexeme
from kinema.shot.prompt.reading import Reading
from kinema.shot.prompt.scene import Lamp

_QUALITIES = {"low", "high", "warm", "cool", "soft", "hard", "dim", "bright"}
_DIMENSIONS = {
    "kelvin": "kelvin",
    "lumen": "lumen",
    "candela": "candela",
    "lux": "lux",
    "angle": "elevation",
    "length": "size",
}


def read_lamp(reading: Reading, node: Node) -> Lamp:
    """ "a low warm sun", "two 5000 lumen softboxes", "the light"."""
    assert node.head is not None
    run = (*reading.take_pending(), *node.run)
    sense = node.head.sense
    reading.use(node.head)
    known = [lamp for lamp in reading.scene.lamps if lamp.kind == sense.name]
    definite = any(lexeme.text.lower() == "the" for lexeme in run)
    if known and definite:
        lamp = known[-1]
    elif sense.name == "key" and not run and reading.scene.lamps:
        lamp = reading.scene.lamps[-1]
    else:
        taken = {lamp.name for lamp in reading.scene.lamps}
        name = next(n for n in (sense.name, *(f"{sense.name}_{i}" for i in range(2, 999))) if n not in taken)
        lamp = Lamp(name, sense.name, sense.entry, reading.draft)
        reading.scene.lamps.append(lamp)
    reading.draft.sets(f"lights.{lamp.name}")
    apply_lamp_words(reading, lamp, (*run, *(node.inner.run if node.inner else ())))
    return lamp


def apply_lamp_words(reading: Reading, lamp: Lamp, run: Sequence[Lexeme]) -> None:
    """Adjectives and quantities of a lamp."""
    for word in run:
        sense, dimension = word.sense, word.quantity.dimension if word.quantity else None
        if sense.kind == "measure":  # "20 degrees high"
            reading.use(word)
        elif sense.kind == "quality" and sense.name in _QUALITIES:
            lamp.qualities.append(sense.name)
            reading.use(word)
        elif sense.kind == "colour":
            lamp.colour = sense.entry
            reading.use(word)
        elif word.quantity is not None and dimension in _DIMENSIONS:
            lamp.values[_DIMENSIONS[dimension]] = word.quantity.value
            reading.use(word)
        else:
            continue
        reading.draft.sets(f"lights.{lamp.name}")
    for pair in ({"low", "high"}, {"warm", "cool"}, {"soft", "hard"}, {"dim", "bright"}):
        if pair <= set(lamp.qualities):
            raise reading.draft.refuse(
                "must not contradict itself",
                got=" and ".join(sorted(pair)),
                next_step="Keep one of the two words, or name two lights.",
            )
