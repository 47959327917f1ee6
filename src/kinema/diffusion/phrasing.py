"""What a shot says, in plain English: its bodies, what they do, where, in what light, how it is filmed."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from kinema.shot.body import Body, Box, Capsule, Compound, Cone, ConvexHull, Cylinder, Pane, Plane, Sphere
from kinema.shot.camera import Dolly, Handheld, Move, Orbit, Pan, PushIn, Tilt, Track
from kinema.shot.dressing.wet import WET
from kinema.shot.force import WORLDS, Rope
from kinema.shot.light import AreaLight, Environment, Sky, SphereLight, SpotLight, Sun
from kinema.shot.material import find_material
from kinema.shot.prompt.tables import table
from kinema.shot.shot import Shot

Snap = Callable[[float], str]
"""A number as captions write it."""
MOST_NAMED = 4
"""Bodies described one by one; of the others only how many there are."""

_SHAPES = {
    "sphere": ("ball", "sphere"),
    "box": ("box", "block", "cube"),
    "cylinder": ("cylinder", "drum"),
    "capsule": ("capsule", "pill"),
    "cone": ("cone",),
    "hull": ("stone", "pebble"),
    "compound": ("dumbbell",),
    "pane": ("pane",),
    "vase": ("vase",),
    "mesh": ("object",),
    "plane": ("floor",),
}
_STYLES = {
    "painted": ("an oil painting", "painted in gouache", "in painted style"),
    "watercolour": ("a watercolour", "in watercolour style"),
    "ink": ("an ink drawing", "drawn in ink", "in ink style"),
    "clay": ("a clay animation", "made of clay", "in clay style"),
    "noir": ("film noir", "in noir style"),
    "thermal": ("seen by a thermal camera", "in thermal style"),
    "blueprint": ("a blueprint", "in blueprint style"),
    "night": ("by moonlight", "in night style"),
    "film": ("shot on film", "in film style"),
}


def phrase(shot: Shot, style: str, rng: np.random.Generator, snap: Snap) -> str:
    """One caption. Sentences come in varied order, and the less important ones not always.

    A style that is none of kinema's is said as it is, for networks that know more words.
    """
    things = [body for body in shot.bodies if body.motion == "dynamic"]
    action = ". ".join(_sentence(shot, body, rng, snap) for body in things[:MOST_NAMED])
    if len(things) > MOST_NAMED:
        action += f", and {snap(len(things) - MOST_NAMED)} more"
    look = str(rng.choice(_STYLES[style])) if style in _STYLES else style
    rest = [
        text
        for text, odds in (
            (_ground(shot), 0.85),
            (_gravity(shot, snap), 0.9),
            (_light(shot, snap), 0.85),
            (_camera(shot, snap), 0.75),
            (_wind(shot, snap), 0.9),
        )
        if text and rng.random() < odds
    ]
    parts = [action, *(str(part) for part in rng.permutation(rest))] if rest else [action]
    parts.insert(0 if rng.random() < 0.6 else len(parts), look)
    return ". ".join(part for part in parts if part) + "."


# --- bodies -----------------------------------------------------------------------------------------------


def _sentence(shot: Shot, body: Body, rng: np.random.Generator, snap: Snap) -> str:
    return f"{_noun(body, rng, snap)} {_deed(shot, body, snap)}".strip()


def _noun(body: Body, rng: np.random.Generator, snap: Snap) -> str:
    """ "a 20 cm red oak ball", less of it now and then."""
    words = ["a"]
    if rng.random() < 0.5:
        words += [snap(100 * extent_of(body)), "cm"]
    if body.colour is not None and rng.random() < 0.9:
        words.append(colour_word(body.colour))
    if rng.random() < 0.85:
        words += filter(
            None, [material_word(body.finish or body.material)]
        )  # none for matter of the shot's own
    words.append(str(rng.choice(_SHAPES[body.shape.kind])))
    if words[1][0] in "aeiou":
        words[0] = "an"
    return " ".join(words)


def _deed(shot: Shot, body: Body, snap: Snap) -> str:
    """What it sets out to do, read from how it starts."""
    speed = math.hypot(*body.velocity)
    size = extent_of(body)
    if any(isinstance(joint, Rope) and joint.a == body.name for joint in shot.forces.joints):
        return "swings on a rope"
    if any(push.body == body.name for push in shot.forces.pushes):
        return "is pushed and topples"
    if isinstance(body.shape, Pane):
        return "stands upright"
    airborne = body.position[2] > 1.3 * size
    if not any(shot.forces.gravity):
        return f"flies at {snap(speed)} m/s" if speed > 2 * size else "floats"
    if airborne and speed > 4 * size:
        return f"flies at {snap(speed)} m/s"
    if airborne:
        return f"falls from {snap(body.position[2])} m"
    if speed < 0.3 * size:
        return "stands still"
    rolls = math.hypot(*body.spin) > 20
    return f"{'rolls' if rolls else 'slides'} at {snap(speed)} m/s"


def extent_of(body: Body) -> float:
    """Its longest side or diameter [m]."""
    match body.shape:
        case Sphere(radius=r):
            return 2 * r
        case Box(size=size):
            return max(size)
        case Cylinder(radius=r, height=h) | Cone(radius=r, height=h):
            return max(2 * r, h)
        case Capsule(radius=r, height=h):
            return h + 2 * r
        case Pane(width=w, height=h):
            return max(w, h)
        case ConvexHull(points=points):
            return float(np.ptp(np.array(points), axis=0).max())
        case Compound(parts=parts):
            return float(max(np.ptp([part.position for part in parts], axis=0))) or 0.1
        case _:
            return 1.0


def material_word(material: str) -> str:
    """The word for a material of the library, dry or wet; what is not in the tables goes by no name."""
    return str(table("materials").get(material.removeprefix(WET), [""])[0])


@lru_cache(maxsize=1)
def _colours() -> tuple[tuple[str, ...], np.ndarray]:
    names, codes = [], []
    for code, words in table("colours").values():
        names.append(words[0])
        codes.append([int(code[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return tuple(names), _opponent(np.array(codes))


def colour_word(linear: tuple[float, float, float]) -> str:
    """The nearest colour that has a name."""
    names, places = _colours()
    here = _opponent(np.clip(np.array(linear), 0, 1) ** (1 / 2.2))
    return names[int(np.linalg.norm(places - here, axis=-1).argmin())]


def _opponent(display: np.ndarray) -> np.ndarray:
    """Lightness, red-green, yellow-blue; hue weighs more than lightness, as in names of colours."""
    r, g, b = np.moveaxis(display, -1, 0)
    return np.stack([0.7 * (0.3 * r + 0.6 * g + 0.1 * b), r - g, 0.5 * (r + g) - b], -1)


# --- the rest ---------------------------------------------------------------------------------------------


def _ground(shot: Shot) -> str:
    floor = next((body for body in shot.bodies if isinstance(body.shape, Plane)), None)
    walls = [b for b in shot.bodies if b.motion == "static" and isinstance(b.shape, Box)]
    said = [f"{_stuff(shot, floor)} floor"] if floor else []
    said += [f"{_stuff(shot, wall)} wall" for wall in walls[:1]]
    return ", ".join(" ".join(text.split()) for text in said)


def _stuff(shot: Shot, body: Body) -> str:
    seen = body.finish or body.material
    find_material(seen, shot.materials, path="bodies")
    colour = colour_word(body.colour) if body.colour is not None else ""
    return f"{colour} {material_word(seen)}".strip()


def _gravity(shot: Shot, snap: Snap) -> str:
    pull = math.hypot(*shot.forces.gravity)
    if pull == 0:
        return "zero gravity"
    for name, standard in WORLDS.items():
        if standard and abs(pull / standard - 1) < 0.01:
            return "" if name == "earth" else f"on {'the ' if name == 'moon' else ''}{name}"
    return f"gravity {snap(pull)} m/s²"


def _light(shot: Shot, snap: Snap) -> str:
    lit = [light for light in shot.lights if light.on]
    for light in lit:
        match light:
            case Sun():
                height = "low" if light.elevation < 20 else "high" if light.elevation > 50 else ""
                return " ".join(f"{height} sun from {_side(shot, light.azimuth)}".split())
            case AreaLight() | SphereLight() | SpotLight():
                word = {"area": "softbox", "sphere": "lamp", "spot": "spotlight"}[light.kind]
                turn = math.degrees(math.atan2(light.position[0], light.position[1]))
                return f"{_warmth(light.kelvin)} {word} from {_side(shot, turn)}, {snap(light.kelvin)} K"
            case Environment() | Sky():
                continue
    return "overcast" if lit else ""


def _side(shot: Shot, azimuth: float) -> str:
    """As the camera sees it: it looks from its position to the middle."""
    x, y, _ = shot.camera.position
    relative = (azimuth - math.degrees(math.atan2(-x, -y)) + 180) % 360 - 180
    if abs(relative) < 45:
        return "behind"
    return "the front" if abs(relative) > 135 else "the right" if relative > 0 else "the left"


def _warmth(kelvin: float) -> str:
    return "warm" if kelvin < 4000 else "cool" if kelvin > 6200 else "white"


def _camera(shot: Shot, snap: Snap) -> str:
    said = [f"{snap(shot.camera.focal_length)} mm lens"]
    said += [_move(move) for move in shot.camera.moves[:1]]
    return ", ".join(said)


def _move(move: Move) -> str:
    match move:
        case PushIn():
            return "push in" if move.share > 0 else "pull out"
        case Orbit():
            return f"orbit {'right' if move.degrees > 0 else 'left'}"
        case Dolly():
            return f"dolly {'right' if move.right > 0 else 'left'}"
        case Pan():
            return f"pan {'right' if move.degrees > 0 else 'left'}"
        case Tilt():
            return f"tilt {'up' if move.degrees > 0 else 'down'}"
        case Track():
            return "tracking"
        case Handheld():
            return "handheld"
        case _:
            return "moving camera"


def _wind(shot: Shot, snap: Snap) -> str:
    wind = shot.forces.wind
    return f"wind at {snap(math.hypot(*wind.velocity))} m/s" if wind else ""
