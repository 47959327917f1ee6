"""What the words said, before it is placed, moved, lit and framed. Filled in by the readers, in SI and degrees."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from kinema.errors import ShotError
from kinema.shot.prompt.lexer import Lexeme

MOTIONS = ("fly", "fall", "roll", "slide", "swing", "bounce", "strike", "go")
"""Acts that carry a body from one place to another."""


IN_PLACE = ("spin", "hang", "float", "push", "topple", "lean")
"""Acts that leave a body where it is, or start there."""


@dataclass
class Draft:
    """One phrase of the prompt and the fields of the shot it sets, as paths."""

    lexemes: list[Lexeme]
    paths: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Its words."""
        return " ".join(lexeme.text for lexeme in self.lexemes)

    def sets(self, *paths: str) -> None:
        """Record fields this phrase decides."""
        self.paths += [path for path in paths if path not in self.paths]

    def refuse(self, rule: str, *, got: object, next_step: str) -> ShotError:
        """The error for a phrase that cannot be."""
        return ShotError(f"“{self.text}”", rule, got=got, next_step=next_step)


@dataclass
class Thing:
    """A noun with a body: one, or several of a kind."""

    name: str
    kind: str
    """Its entry in `objects.yaml`."""
    entry: dict[str, Any]
    draft: Draft
    plural: bool = False
    count: int = 1
    arrangement: str | None = None
    material: str | None = None
    colour: str | None = None
    roughness: float | None = None
    mass: float | None = None
    density: float | None = None
    measures: dict[str, float] = field(default_factory=dict)
    """width, depth, height, diameter, length, thickness, side, angle: as said."""
    lengths: tuple[float, ...] = ()
    """Bare lengths: "a 1 m pane"."""
    factor: float = 1.0
    relations: list[Relation] = field(default_factory=list)
    survives: bool = False
    breaks: set[str] = field(default_factory=set)
    """Which of its bodies must be able to break."""
    varies: set[str] = field(default_factory=set)
    """In what several of them differ: sizes, colours."""
    lies: bool = False
    """Laid flat."""

    @property
    def path(self) -> str:
        """Of its bodies in the shot."""
        return f"bodies.{self.name}" + ("_*" if self.count > 1 else "")

    @property
    def names(self) -> list[str]:
        """Of its bodies."""
        return [self.name] if self.count == 1 else [f"{self.name}_{i + 1}" for i in range(self.count)]


@dataclass
class Relation:
    """Where a thing is: against another thing, or against the ground (`other` None)."""

    kind: str
    other: Thing | None
    draft: Draft
    distance: float | None = None
    angle: float | None = None
    """Of what leans, off the plumb [deg]."""


@dataclass
class Event:
    """A verb: who does what to whom, how fast, how far, when."""

    name: str
    act: str | None
    does: str | None
    draft: Draft
    doer: Thing | None = None
    member: int | None = None
    """Which one of several (from 0; -1 = the last)."""
    target: Thing | None = None
    second: Thing | None = None
    """What is met at the end of a way that has a target of its own: down the ramp and into the vase."""
    link: str = ""
    """The preposition to the target: into, on, off, down, across, ..."""
    on_ground: bool = False
    """It goes onto, along or across the ground."""
    speed: float | None = None
    pace: str | None = None
    """slow, fast: when no speed is given."""
    distance: float | None = None
    """Height of a fall, length of a way or rope [m]."""
    angle: float | None = None
    way: str | None = None
    source: str | None = None
    """The side it comes from."""
    spin: float | None = None
    """[deg/s]"""
    impulse: float | None = None
    at: float | None = None
    """[s] of world time"""
    rests: bool = False
    others: list[Draft] = field(default_factory=list)
    """Phrases besides `draft` that say how it happens: "at 8 m/s"."""

    def sets(self, *paths: str) -> None:
        """Record fields this event decides, for every phrase that speaks of it."""
        for draft in (self.draft, *self.others):
            draft.sets(*paths)


@dataclass
class Lamp:
    """A light that was named."""

    name: str
    kind: str
    entry: dict[str, Any]
    draft: Draft
    values: dict[str, float] = field(default_factory=dict)
    """kelvin, lumen, candela, lux, elevation, radius, width: as said."""
    qualities: list[str] = field(default_factory=list)
    colour: str | None = None
    side: str | None = None
    beside: Thing | None = None


@dataclass
class Move:
    """A move of the camera."""

    kind: str
    entry: dict[str, Any]
    draft: Draft
    way: str | None = None
    pace: str | None = None
    amount: dict[str, float] = field(default_factory=dict)
    """angle [deg], length [m], percent"""
    start: float | None = None
    length: float | None = None
    body: Thing | None = None
    then: bool = False
    """The next move waits for it to end."""


@dataclass
class Place:
    """The ground, the gravity."""

    draft: Draft | None = None
    material: str | None = None
    colour: str | None = None
    none: bool = False
    gravity: str | None = None


@dataclass
class Scene:
    """All of it."""

    things: list[Thing] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    lamps: list[Lamp] = field(default_factory=list)
    moods: list[tuple[str, dict[str, Any], Draft]] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    place: Place = field(default_factory=Place)
    camera: dict[str, tuple[Any, Draft]] = field(default_factory=dict)
    """focal_length, f_stop, focus, exposure, shutter_angle; fill, elevation, azimuth, distance: as said."""
    timing: dict[str, tuple[float, Draft]] = field(default_factory=dict)
    """seconds, frames, fps, slow_motion"""
    wind: tuple[float, str, Draft] | None = None
    """Speed [m/s], the side it comes from."""
    gravity: tuple[float, Draft] | None = None
    look: tuple[str, Draft] | None = None
    assumed: list[str] = field(default_factory=list)
