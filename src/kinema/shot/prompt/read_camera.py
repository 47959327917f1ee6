"""Lens, framing, focus, exposure and the moves of the camera."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kinema.shot.prompt.grammar import Node
from kinema.shot.prompt.lexer import Lexeme
from kinema.shot.prompt.reading import Reading
from kinema.shot.prompt.scene import Move, Thing

_FRAMING = {"shot": "fill", "angle": "elevation", "view": "azimuth"}


def set_camera(reading: Reading, key: str, value: Any, *words: Lexeme) -> None:
    """One property of the camera; saying two different things of it is refused."""
    before = reading.scene.camera.get(key)
    if before is not None and before[0] != value:
        raise reading.draft.refuse(
            f"must not contradict “{before[1].text}”",
            got=f"{key.replace('_', ' ')} {_named(before[0])} and {_named(value)}",
            next_step="Keep one of the two.",
        )
    reading.scene.camera[key] = (value, reading.draft)
    path = {"fill": "position", "elevation": "position", "azimuth": "position", "distance": "position"}.get(
        key, key
    )
    reading.used_for(f"camera.{path}", *words)


def _named(value: Any) -> str:
    return value.name if isinstance(value, Thing) else str(value)


def read_lens(reading: Reading, node: Node) -> None:
    """ "35 mm lens", "f/2.8 telephoto", "wide-angle lens"."""
    assert node.head is not None
    reading.use(node.head)
    run = (*reading.take_pending(), *node.run)
    focal = next((w for w in run if w.quantity is not None and w.quantity.dimension == "length"), None)
    if focal is not None and focal.quantity is not None:
        set_camera(reading, "focal_length", round(focal.quantity.value * 1000, 6), focal)
    elif node.head.sense.entry is not None:
        set_camera(reading, "focal_length", float(node.head.sense.entry), node.head)
    elif any(w.sense.kind == "quality" and w.sense.name == "wide" for w in run):
        set_camera(reading, "focal_length", 24.0, *[w for w in run if w.sense.name == "wide"])
    elif any(w.sense.kind == "quality" and w.sense.name == "long" for w in run):
        set_camera(reading, "focal_length", 135.0, *[w for w in run if w.sense.name == "long"])
    for word in run:
        if word.quantity is not None and word.quantity.dimension == "fstop":
            set_camera(reading, "f_stop", word.quantity.value, word)


def read_framing(reading: Reading, node: Node) -> None:
    """ "close-up", "low angle", "side view"."""
    assert node.head is not None
    sense = node.head.sense
    set_camera(reading, _FRAMING[sense.kind], float(sense.entry), node.head)
    if sense.kind == "view":
        reading.scene.camera["view"] = (sense.name, reading.draft)


def read_move(reading: Reading, node: Node) -> Move | None:
    """ "slow push in", "pans right"; None for what does not move: a static camera, a focus."""
    assert node.head is not None
    sense = node.head.sense
    reading.use(node.head)
    if sense.name == "focus":
        reading.draft.sets("camera.focus")
        return None
    move = Move(sense.name, sense.entry, reading.draft)
    if sense.name == "static":
        clash = next((m for m in reading.scene.moves if m.kind not in ("static", "handheld")), None)
        reading.draft.sets("camera.moves")
        if clash:
            raise reading.draft.refuse(
                f"must not contradict “{clash.draft.text}”",
                got="a camera that stands still and moves",
                next_step="Keep one of the two.",
            )
    else:
        reading.draft.sets(f"camera.moves.{'dolly' if sense.name == 'crane' else sense.name}")
    if any(m.kind == "static" for m in reading.scene.moves) and sense.name not in ("static", "handheld"):
        raise reading.draft.refuse(
            "must not move a locked-off camera", got=reading.draft.text, next_step="Keep one of the two."
        )
    reading.scene.moves.append(move)
    apply_move_words(reading, move, (*reading.take_pending(), *node.run))
    return move


def apply_move_words(reading: Reading, move: Move, run: Sequence[Lexeme]) -> None:
    """Pace and amount of a move."""
    for word in run:
        if word.sense.kind == "quality" and word.sense.name in ("slow", "fast"):
            move.pace = word.sense.name
            reading.use(word)
        elif word.sense.kind == "quality" and word.sense.name == "soft":  # "gentle push in"
            move.pace = "slow"
            reading.use(word)
        elif word.quantity is not None and word.quantity.dimension in ("angle", "length", "percent"):
            move.amount[word.quantity.dimension] = word.quantity.value
            reading.use(word)
        elif word.quantity is not None and word.quantity.dimension == "time":
            move.length = word.quantity.value
            reading.use(word)
