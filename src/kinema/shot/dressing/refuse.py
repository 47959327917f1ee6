"""What a look cannot say: words that are not known, are about nothing, or would change what happens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kinema.errors import UsageError
from kinema.shot.dressing.words import near
from kinema.shot.prompt.lighting import KEYED
from kinema.shot.prompt.reading import Reading
from kinema.shot.prompt.scene import Scene
from kinema.shot.prompt.tables import table
from kinema.shot.shot import Shot


def refused_elsewhere(words: str, where: str) -> UsageError:
    """For words of how a clip is made: "preview"."""
    return UsageError(
        f"“{words}”",
        "must be said elsewhere: a look is a style, materials, light and weather",
        got="it among the words of a look",
        next_step=f"Say {where}.",
    )


def refused_bare(words: str) -> UsageError:
    """For a body of which nothing is said."""
    return UsageError(
        f"“{words}”",
        "must have words before it that say how it looks",
        got="none",
        next_step=f"Write, say, “red {words}” or “brass {words}”.",
    )


def refuse_strange(words: Sequence[str], shot: Shot) -> None:
    """Words that are not known, each with words that look like it."""
    if words:
        close = {word: ", ".join(near(word, shot)) for word in dict.fromkeys(words)}
        raise UsageError(
            "look",
            "must hold only words that kinema knows",
            got="; ".join(f"{word} (did you mean {c}?)" if c else word for word, c in [*close.items()][:8]),
            next_step="Replace them or leave them out; `kinema looks` lists the words.",
        )


def refuse_idle(words: Sequence[str]) -> None:
    """Words that are known and are about nothing here."""
    if words:
        raise UsageError(
            " ".join(f"“{word}”" for word in words[:8]),
            "must be about something in the picture",
            got="nothing that it could be about",
            next_step="Write it before the ground or a body, as in “marble floor”, “red ball”, or before a light.",
        )


def refuse_many_lights(scene: Scene) -> None:
    """Two weathers or times of day; a warm overcast, which nothing would be done for."""
    moods = table("light")["moods"]
    said = {name: draft for name, more, draft in scene.moods if not more.get("place") and name not in KEYED}
    if len(said) > 1:
        raise UsageError(
            "look",
            "must name one weather or time of day",
            got=" and ".join(f"“{draft.text}”" for draft in said.values()),
            next_step="Keep one of them.",
        )
    for name, more, draft in scene.moods:
        if more.get("qualities") and "sun" not in moods[name]:
            raise UsageError(
                f"“{draft.text}”",
                "must be light with a sun, for words to make it warmer or dimmer",
                got=" ".join(more["qualities"]),
                next_step="Leave the word out, or change the exposure: “underexposed by 1 stop”.",
            )


def refuse_deeds(reading: Reading, shot: Shot) -> None:
    """What would change what happens, or what is filmed of it."""
    scene = reading.scene
    stems = (body.name.rstrip("_0123456789").replace("_", " ") for body in shot.bodies[:200])
    names = ", ".join(dict.fromkeys(stems))
    for thing in scene.things:
        step = f"The shot has {names}: write, say, “red {names.split(', ')[-1]}”, or “marble floor” of the ground."
        raise _refused(thing.draft.text, "a thing, and not how it looks", step)
    filmed: list[tuple[str, Any]] = [
        *(("the camera", draft) for key, (_, draft) in scene.camera.items() if key != "exposure"),
        *(("the camera", move.draft) for move in scene.moves),
    ]
    happens: list[tuple[str, Any]] = [
        *(("an action", event.draft) for event in scene.events),
        *(("time", draft) for _, draft in scene.timing.values()),
        *([("wind", scene.wind[2])] if scene.wind else []),
        *([("gravity", scene.gravity[1])] if scene.gravity else []),
        *([("gravity", scene.place.draft)] if scene.place.gravity or scene.place.none else []),
    ]
    for what, draft in (*filmed, *happens):
        raise _refused(draft.text, what, "Say it in the prompt or the shot file, or set it with --set.")


def _refused(words: str, what: str, next_step: str) -> UsageError:
    return UsageError(
        f"“{words}”",
        "must say how the shot looks, not what happens in it or how it is filmed",
        got=what,
        next_step=next_step,
    )
