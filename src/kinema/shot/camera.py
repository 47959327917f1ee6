"""The camera: a real lens on a real sensor, and how it moves.

Moves add up in the order given, each over its own span of clip time; before its span a move has done nothing,
after it all. `render.camera` turns this into a pose per moment.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from kinema.shot.part import Name, Part
from kinema.shot.units import Angle, Kelvin, Length, Millimetres, Number, PositiveLength, Seconds, Vec3

Ease = Literal["linear", "smooth"]


class Span(Part):
    """From `start` to `end` of clip time [s]; `end` None = the end of the clip."""

    start: Seconds = Fraction(0)
    end: Seconds | None = None
    ease: Ease = "smooth"

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.end is not None and self.end <= self.start:
            raise ValueError("must end after it starts")
        return self


class Pan(Span):
    """Turn about the vertical through the camera; positive to the right."""

    kind: Literal["pan"] = "pan"
    degrees: Angle


class Tilt(Span):
    """Turn about the camera's right axis; positive up."""

    kind: Literal["tilt"] = "tilt"
    degrees: Angle


class Dolly(Span):
    """Carry the camera along its own right, up and forward [m]; it keeps its direction."""

    kind: Literal["dolly"] = "dolly"
    right: Length = 0.0
    up: Length = 0.0
    forward: Length = 0.0


class PushIn(Span):
    """Carry the camera towards what it looks at, by a share of the distance; negative pulls out."""

    kind: Literal["push_in"] = "push_in"
    share: Annotated[Number, Field(gt=-10, lt=1)] = 0.2


class Orbit(Span):
    """Carry the camera round what it looks at, about the vertical; positive counter-clockwise from above."""

    kind: Literal["orbit"] = "orbit"
    degrees: Angle


class Track(Span):
    """Keep looking at a body, and go along with it by a share (0 = only turn, 1 = keep the offset)."""

    kind: Literal["track"] = "track"
    body: Name
    follow: Annotated[Number, Field(ge=0, le=1)] = 0.0


class Handheld(Span):
    """The small wander of an operator's hands: band-limited noise, seeded."""

    kind: Literal["handheld"] = "handheld"
    degrees: Annotated[Angle, Field(ge=0, le=20)] = 0.4
    """RMS of pan and tilt."""
    metres: Annotated[Length, Field(ge=0, le=1)] = 0.01
    """RMS of each coordinate."""
    seed: int = Field(default=0, ge=0)


class CameraKey(Part):
    """A pose at a moment of clip time."""

    at: Seconds
    position: Vec3
    aim: Vec3


class Keyed(Part):
    """A path through keys; replaces position and aim. Catmull-Rom in time, so speed is continuous."""

    kind: Literal["keyframes"] = "keyframes"
    keys: tuple[CameraKey, ...] = Field(min_length=2, max_length=10_000)

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if any(b.at <= a.at for a, b in zip(self.keys, self.keys[1:], strict=False)):
            raise ValueError("must have keys in rising order of time")
        return self


Move = Annotated[Pan | Tilt | Dolly | PushIn | Orbit | Track | Handheld | Keyed, Field(discriminator="kind")]


class Camera(Part):
    """A thin-lens camera. At rest it looks from `position` to `aim` with +z up on screen, turned by `roll`."""

    position: Vec3 = (0.0, -4.0, 1.2)
    aim: Vec3 | Name = (0.0, 0.0, 0.5)
    """A point [m], or a body: where its centre of mass is when the clip starts."""
    roll: Angle = 0.0
    focal_length: Millimetres = 35.0
    sensor_width: Millimetres = 36.0
    """Width of the sensor [mm]; its height follows the picture's shape."""
    f_stop: Annotated[Number, Field(ge=0.5, le=128)] = 5.6
    focus: PositiveLength | Name | Literal["deep"] = "deep"
    """Distance along the axis [m]; a body, followed as it moves; or `deep`: all is sharp."""
    shutter_angle: Annotated[Angle, Field(ge=0, le=360)] = 180.0
    """0 = no motion blur; 180 = open half the time."""
    ev100: Annotated[Number, Field(ge=-12, le=24)] | None = None
    """Exposure value at ISO 100; None = metered once, on the light that falls where the camera aims."""
    exposure: Annotated[Number, Field(ge=-8, le=8)] = 0.0
    """Stops over (+) or under (-) `ev100`."""
    white_balance: Kelvin = 6500.0
    """Colour temperature of the light that comes out white [K]."""
    moves: tuple[Move, ...] = Field(default=(), max_length=64)
