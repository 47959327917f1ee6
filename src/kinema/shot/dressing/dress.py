"""A shot and a look in words → the shot in that look. Finishes, lights, exposure and style change; the world does not.

What is drawn of a body is its `finish`; its `material`, and with it all that the tape came of, stays. So the dressed
shot has the world hash of the shot it was made from, and its tape is reused.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from kinema.errors import UsageError
from kinema.shot.body import Body, Plane
from kinema.shot.camera import Camera, Keyed
from kinema.shot.dressing.coat import Wardrobe
from kinema.shot.dressing.read import Coat, Said, read_look
from kinema.shot.files import to_tree, validate_shot
from kinema.shot.prompt.compiled import Phrase
from kinema.shot.prompt.framing import FILL
from kinema.shot.prompt.lexicon import Sense
from kinema.shot.prompt.lighting import KEYED, balance_for, light_up, opened_for
from kinema.shot.prompt.scene import Draft, Scene
from kinema.shot.prompt.settings import settings_of
from kinema.shot.prompt.stage import Stage, Vector
from kinema.shot.shot import Shot


@dataclass(frozen=True)
class Dressed:
    """The shot in its look, what each of the words set, and what they left open."""

    shot: Shot
    phrases: tuple[Phrase, ...]
    assumed: tuple[str, ...]


def dress(shot: Shot, text: str) -> Dressed:
    """The shot in the look that the words describe: "noir film, wet asphalt, golden hour".

    Same world hash as `shot`. Raises `UsageError` or `ShotError` for two styles, for a word that is not understood
    and for one that would change what happens.
    """
    said = read_look(text, shot)
    if not (said.looks or said.coats or said.light.used):
        raise UsageError(
            "look", "must say something", got=repr(text), next_step="`kinema looks` lists styles and words."
        )
    tree: dict[str, Any] = (
        to_tree(shot) | {"dressing": "; ".join(filter(None, (shot.dressing, text)))} | _style(said)
    )
    wardrobe = Wardrobe(shot)
    coats = [*said.coats, *_ground(said)]
    for body in _coated(shot, coats):
        wardrobe.put_on(body, [coat for coat in coats if body.name in _names(shot, coat)])
    tree["bodies"] = [
        fields | wardrobe.worn.get(body.name, {})
        for fields, body in zip(tree["bodies"], shot.bodies, strict=True)
    ]
    tree["materials"] = {name: to_tree(material) for name, material in wardrobe.materials.items()}
    tree |= _light(shot, said)
    new = validate_shot(tree, source="look")
    return Dressed(new, _account(text, new, said), tuple(dict.fromkeys(said.light.scene.assumed)))


def _style(said: Said) -> dict[str, str]:
    """The one look that is named. Raises `UsageError` for two."""
    named: dict[str, str] = {}
    for name, span in said.looks:
        named.setdefault(name, span.words)
    if said.light.scene.look is not None:
        name, draft = said.light.scene.look
        named.setdefault(name, draft.text)
    if len(named) > 1:
        raise UsageError(
            "look",
            "must name one style or grade",
            got=" and ".join(f"“{words}”" for words in named.values()),
            next_step="Keep one of them. Light at night is “at night”, clay on the ground “clay floor”.",
        )
    return {"look": next(iter(named))} if named else {}


# --- matter -------------------------------------------------------------------------------------------------


def _ground(said: Said) -> list[Coat]:
    """What the reader of prompts took for ground, as a coat."""
    place = said.light.scene.place
    senses = [Sense("MOD", "material", place.material)] if place.material else []
    senses += [Sense("MOD", "colour", "", place.colour)] if place.colour else []
    return [Coat((), (), tuple(senses))] if senses else []


def _coated(shot: Shot, coats: list[Coat]) -> list[Body]:
    """Bodies that change. Raises `UsageError` for words about a ground that is not there."""
    if any(not coat.bodies for coat in coats) and not _grounds(shot):
        raise UsageError(
            "look",
            "must speak of what is there: this shot has no ground",
            got="words about the ground",
            next_step="Leave them out, or name a body of the shot after them.",
        )
    names = {name for coat in coats for name in _names(shot, coat)}
    return [body for body in shot.bodies if body.name in names]


def _names(shot: Shot, coat: Coat) -> tuple[str, ...]:
    return coat.bodies or _grounds(shot)


def _grounds(shot: Shot) -> tuple[str, ...]:
    return tuple(body.name for body in shot.bodies if isinstance(body.shape, Plane))


# --- light --------------------------------------------------------------------------------------------------


def _light(shot: Shot, said: Said) -> dict[str, Any]:
    """Lights and exposure. New lights are put up as a prompt's are, about what the camera shows, and metered anew."""
    scene = said.light.scene
    camera = to_tree(shot.camera)
    changed: dict[str, Any] = {}
    if scene.lamps or any(name not in KEYED for name, *_ in scene.moods):
        # "moody, overcast" is a darker overcast; only moody alone brings lights of its own.
        scene.moods = [mood for mood in scene.moods if mood[0] not in KEYED]
    if scene.lamps or scene.moods:
        lights = changed["lights"] = _lights(shot, scene)
        stops, kelvin = opened_for(lights), balance_for(lights)
        camera |= {"ev100": None, "exposure": stops, "white_balance": kelvin or 6500.0}
        scene.assumed.append(
            "exposure: metered anew" + (f", {stops:+g} stops for the low sun" if stops else "")
        )
        if kelvin is not None:
            scene.assumed.append(f"white balance: {kelvin:g} K")
    if "exposure" in scene.camera:
        camera["exposure"] = scene.camera["exposure"][0]
    return changed | {"camera": camera}


def _lights(shot: Shot, scene: Scene) -> list[dict[str, Any]]:
    eye, aim = _stand(shot)
    away = [b - a for a, b in zip(eye, aim, strict=True)]
    camera = shot.camera
    # The action fills so much of the picture: as prompts frame it.
    radius = FILL * math.hypot(*away) * camera.sensor_width / 2 / camera.focal_length
    heading = math.degrees(math.atan2(away[0], away[1])) % 360.0
    return light_up(scene, Stage(), aim, max(radius, 0.1), heading)


def _stand(shot: Shot) -> tuple[Vector, Vector]:
    """(Where the camera is, what it aims at) when the clip starts [m]."""
    camera: Camera = shot.camera
    for move in camera.moves:
        if isinstance(move, Keyed):
            return move.keys[0].position, move.keys[0].aim
    aim = shot.body(camera.aim).position if isinstance(camera.aim, str) else camera.aim
    return camera.position, aim


# --- the account of words -----------------------------------------------------------------------------------


def _account(text: str, new: Shot, said: Said) -> tuple[Phrase, ...]:
    """What each phrase set, read back from the new shot, in the order of the words."""
    grounds = _grounds(new)
    found: list[tuple[int, int, list[str]]] = [(s.start, s.end, ["look"]) for _, s in said.looks]
    for coat in said.coats:
        found.append((coat.spans[0].start, coat.spans[-1].end, _worn_paths(coat.bodies or grounds)))
    for draft in said.light.drafts:
        if heard := [lexeme for lexeme in draft.lexemes if lexeme.text]:
            found.append((heard[0].start, heard[-1].end, _paths(draft, grounds)))
    return tuple(
        Phrase(start, end, text[start:end], settings_of(new, list(dict.fromkeys(paths))))
        for start, end, paths in sorted(found, key=lambda each: each[:2])
    )


def _paths(draft: Draft, grounds: tuple[str, ...]) -> list[str]:
    """Of a phrase that the reader of prompts heard: ground is worn by the ground of this shot."""
    worn = _worn_paths(grounds) if any(path.startswith("bodies.") for path in draft.paths) else []
    whole = {
        path for path in draft.paths if path.count(".") == 1
    }  # a light: its fields are in what is said of it
    return [
        *worn,
        *(p for p in draft.paths if not p.startswith("bodies.") and (p in whole or _top(p) not in whole)),
    ]


def _top(path: str) -> str:
    return ".".join(path.split(".")[:2])


def _worn_paths(bodies: tuple[str, ...]) -> list[str]:
    """Of several bodies by what their names begin with: they are dressed alike."""
    name = bodies[0] if len(bodies) == 1 else bodies[0].rstrip("0123456789") + "*"
    return [f"bodies.{name}.{field}" for field in ("finish", "colour", "roughness")]
