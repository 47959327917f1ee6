"""A prompt to a shot: words, lexemes, phrases, scene, stage, action, camera, light, shot. Deterministic throughout."""

from __future__ import annotations

from difflib import get_close_matches
from fractions import Fraction
from functools import lru_cache
from typing import Any

from kinema.errors import ShotError
from kinema.shot.body import Breaks, Compound, Pane, Plane
from kinema.shot.files import validate_shot
from kinema.shot.force import WORLDS
from kinema.shot.prompt.action import act_out
from kinema.shot.prompt.compiled import Compiled, Phrase, Unknown
from kinema.shot.prompt.framing import frame
from kinema.shot.prompt.goals import MOST_BROKEN
from kinema.shot.prompt.grammar import parse
from kinema.shot.prompt.layout import add_frames, lay_out
from kinema.shot.prompt.lexer import Lexeme, lex
from kinema.shot.prompt.lexicon import vocabulary, words_of_looks
from kinema.shot.prompt.lighting import balance_for, light_up, opened_for
from kinema.shot.prompt.reader import read, unused
from kinema.shot.prompt.reading import Reading
from kinema.shot.prompt.scene import Draft, Scene
from kinema.shot.prompt.settings import settings_of
from kinema.shot.prompt.stage import Block, Stage
from kinema.shot.prompt.timing import timing_of
from kinema.shot.prompt.vary import vary
from kinema.shot.prompt.words import Word, split_words
from kinema.shot.shot import Shot

_PIECES, _SMALL = 60, 0.15
"""What breaks is cut into so many, and into half of them if it is smaller [m] than this: shards of a glass in sixty
are as thick as they are wide, and overlap while they tumble."""
LONGEST = 8000
"""Characters in a prompt."""


def compile_prompt(text: str, *, strict: bool = False, seed: int = 0) -> Compiled:
    """The shot that plain English describes, and what each word of it set.

    Raises `ShotError` for a prompt that contradicts itself, asks for what cannot be or names nothing that has a
    body; with `strict` also for any word that is not understood.
    """
    if len(text) > LONGEST:
        raise ShotError(
            "prompt", f"must be at most {LONGEST} characters", got=len(text), next_step="Describe one shot."
        )
    lexemes, strange = lex(text, split_words(text))
    reading = read(parse(lexemes))
    unknown = _unknown(text, strange, unused(reading))
    if strict and unknown:
        raise _not_understood(unknown)
    if not reading.scene.things:
        raise _nothing(text, unknown)
    try:
        shot = _build(text, reading, seed)
    except ShotError as error:
        raise _with_unknown(error, unknown) from None
    return Compiled(
        shot=shot,
        phrases=_phrases(text, reading.drafts, shot, unknown),
        unknown=unknown,
        assumed=tuple(dict.fromkeys(reading.scene.assumed)),
    )


def _build(text: str, reading: Reading, seed: int) -> Shot:
    scene = reading.scene
    vary(scene)
    stage = lay_out(scene)
    act_out(scene, stage)
    add_frames(stage)
    timing = timing_of(scene, stage)
    camera, centre, radius, heading = frame(scene, stage, timing["frames"] / Fraction(timing["fps"]))
    lights = light_up(scene, stage, centre, radius, heading)
    if "exposure" not in camera and (stops := opened_for(lights)):
        camera["exposure"] = stops
        scene.assumed.append(f"exposure: {stops:+g} stops for the low sun")
    if (kelvin := balance_for(lights)) is not None:
        camera["white_balance"] = kelvin
        scene.assumed.append(f"white balance: {kelvin:g} K")
    for thing in reading.default_materials:
        scene.assumed.append(f"{thing.name} of {thing.entry['material']}")
    tree: dict[str, Any] = {
        "title": text.strip().split(".")[0][:80].strip(),
        "prompt": text,
        "seed": seed,
        "timing": timing,
        "bodies": [
            *_ground(scene),
            *(body for block in stage.blocks.values() for body in _bodies(block)),
            *stage.extras,
        ],
        "lights": lights,
        "camera": camera,
        "forces": _forces(scene, stage, heading),
        "goals": stage.goals,
        "look": scene.look[0] if scene.look else "natural",
    }
    return validate_shot(tree, source="prompt")


def _ground(scene: Scene) -> list[dict[str, Any]]:
    place = scene.place
    if place.none or (place.gravity == "zero" and place.material is None):
        return []
    if place.material is None:
        scene.assumed.append("ground of concrete")
    material = _laid(place.material or "concrete")
    ground = {"name": "ground", "shape": Plane(), "material": material}
    return [ground if place.colour is None else {**ground, "colour": place.colour}]


def _bodies(block: Block) -> list[dict[str, Any]]:
    thing, solid = block.thing, block.solid
    material = _laid(solid.material) if thing.kind == "wall" else solid.material
    shared: dict[str, Any] = {"shape": solid.shape, "material": material, "rotation": block.rotation}
    if thing.density is not None and thing.mass is None:
        shared["density"] = thing.density
    elif solid.mass is not None:
        shared["mass"] = solid.mass
    colour = thing.colour or (thing.entry.get("colour") if thing.material is None else None)
    optional = {"colour": colour, "roughness": thing.roughness, "release_at": block.release_at}
    shared |= {key: value for key, value in optional.items() if value is not None}
    still = (0.0, 0.0, 0.0)
    return [
        {
            **shared,
            **_breaks(block, name),
            "motion": "static" if block.held and name not in thing.breaks else "dynamic",
            "name": name,
            "position": tuple(round(v, 6) for v in position),
            "velocity": block.velocity[i] if block.velocity else still,
            "spin": block.spin[i] if block.spin else still,
        }
        for i, (name, position) in enumerate(zip(thing.names, block.positions(), strict=True))
    ]


def _laid(material: str) -> str:
    """What a wall or a floor of that material is made of: bricks come laid in mortar."""
    return "masonry" if material == "brick" else material


def _breaks(block: Block, name: str) -> dict[str, Breaks]:
    thing, shape = block.thing, block.solid.shape
    if isinstance(shape, Compound):
        if thing.breaks:
            raise thing.draft.refuse(
                "must not break: kinema cuts solids, panes and vessels, not furniture",
                got=thing.kind,
                next_step="Break something else.",
            )
        return {}
    if isinstance(shape, Pane):
        return {"breaks": Breaks(held="free" if block.free else "edges")}
    fragile = bool(thing.entry.get("fragile")) and thing.count <= MOST_BROKEN
    if thing.survives or not (name in thing.breaks or fragile):
        return {}
    pieces = _PIECES if 2 * max(block.solid.half) >= _SMALL else _PIECES // 2
    return {"breaks": Breaks(pieces=pieces, held="base" if block.held else "free")}


def _forces(scene: Scene, stage: Stage, heading: float) -> dict[str, Any]:
    forces: dict[str, Any] = {
        "gravity": (0.0, 0.0, 0.0 - stage.gravity),
        "joints": stage.joints,
        "pushes": stage.pushes,
    }
    if stage.gravity == WORLDS["earth"]:
        del forces["gravity"]
    if scene.wind is not None:
        import math

        speed, side, _ = scene.wind
        turn = {"left": 90.0, "right": -90.0, "front": 0.0, "back": 180.0}.get(side, 90.0)
        a = math.radians(heading + turn)
        vertical = {"up": -speed, "down": speed}.get(side)
        across = (round(speed * math.sin(a), 6), round(speed * math.cos(a), 6), 0.0)
        forces["wind"] = {"velocity": across if vertical is None else (0.0, 0.0, vertical)}
    return forces


# --- the account of words ------------------------------------------------------------------------------------


def _unknown(text: str, strange: list[Word], idle: list[Lexeme]) -> tuple[Unknown, ...]:
    places = sorted({(w.start, w.end) for w in strange} | {(l.start, l.end) for l in idle})
    words = [(text[a:b], a, b) for a, b in places]
    return tuple(
        Unknown(word, a, b, _suggest(word.lower()), word.lower() in words_of_looks()) for word, a, b in words
    )


@lru_cache(maxsize=1024)
def _suggest(word: str) -> tuple[str, ...]:
    near = get_close_matches(word, vocabulary(), n=3, cutoff=0.72)
    return tuple(match for match in near if match != word)


def _nothing(text: str, unknown: tuple[Unknown, ...]) -> ShotError:
    strange = f" Not understood: {', '.join(u.word for u in unknown[:6])}." if unknown else ""
    return ShotError(
        "prompt",
        "must name at least one thing with a body",
        got=repr(text if len(text) <= 60 else text[:57] + "..."),
        next_step="Write, say, “a steel ball falls onto a concrete floor”." + strange,
    )


def _with_unknown(error: ShotError, unknown: tuple[Unknown, ...]) -> ShotError:
    """A refusal may come of a word that was not understood: "a wrench falls"."""
    if not unknown:
        return error
    strange = f"{error.next_step} Not understood: {', '.join(u.word for u in unknown[:6])}."
    return ShotError(error.name, error.rule, got=error.got, next_step=strange)


def _not_understood(unknown: tuple[Unknown, ...]) -> ShotError:
    listed = list(map(str, unknown))
    return ShotError(
        "prompt",
        "must hold only words kinema understands",
        got="; ".join(listed[:8]) + (f"; and {len(listed) - 8} more" if len(listed) > 8 else ""),
        next_step="Replace them, or compile without strict.",
    )


def _phrases(text: str, drafts: list[Draft], shot: Shot, unknown: tuple[Unknown, ...]) -> tuple[Phrase, ...]:
    silent = {u.start for u in unknown}
    phrases = []
    for draft in drafts:
        heard = [lexeme for lexeme in draft.lexemes if lexeme.start not in silent]
        if not heard:
            continue
        start, end = heard[0].start, heard[-1].end
        phrases.append(Phrase(start, end, text[start:end], settings_of(shot, draft.paths)))
    return tuple(phrases)
