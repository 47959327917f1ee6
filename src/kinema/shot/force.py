"""What pushes: gravity, regions of other gravity, wind, impulses; and what ties bodies together."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from kinema.shot.part import Name, Part
from kinema.shot.units import (
    Acceleration,
    Angle,
    Damping,
    Density,
    Impulse,
    PositiveLength,
    Seconds,
    Stiffness,
    Vec3,
    Velocity3,
)

WORLDS: dict[str, float] = {
    # Standard gravity, 3rd CGPM 1901; the others: NASA planetary fact sheets, surface gravity.
    "earth": 9.80665,
    "moon": 1.62,
    "mars": 3.71,
    "jupiter": 24.79,
    "zero": 0.0,
}


def _world_gravity(value: Any) -> Any:
    if isinstance(value, str):
        if value not in WORLDS:
            raise ValueError(f"must be a vector [m/s²] or one of {', '.join(WORLDS)}")
        return (0.0, 0.0, -WORLDS[value])
    return value


Gravity = Annotated[tuple[Acceleration, Acceleration, Acceleration], BeforeValidator(_world_gravity)]
"""[m/s²], world frame, or a named world."""


class GravityRegion(Part):
    """A box of space with a gravity of its own; the last region that holds a body's centre decides."""

    low: Vec3
    high: Vec3
    gravity: Gravity

    @model_validator(mode="after")
    def _a_box(self) -> Self:
        if any(h <= l for l, h in zip(self.low, self.high, strict=True)):
            raise ValueError("must have high above low along every axis")
        return self


class Wind(Part):
    """Still-air drag against a moving air mass: F = ½ rho Cd A |u| u, u = wind - velocity."""

    velocity: Velocity3
    air_density: Density = 1.225
    """ISO 2533 standard atmosphere at sea level [kg/m³]."""
    drag: Annotated[float, Field(gt=0, le=3)] = 0.9
    """Drag coefficient Cd on the body's mean projected area (a quarter of its hull's surface, Cauchy 1832)."""


class Push(Part):
    """An impulse at a moment of world time."""

    body: Name
    at: Seconds = Fraction(0)
    impulse: tuple[Impulse, Impulse, Impulse]
    """World frame [N s]."""
    point: Vec3 | None = None
    """Where, in the body's frame [m]; None = the centre of mass."""


class _Joint(Part):
    a: Name
    b: Name | None = None
    """None = the world."""


class Hinge(_Joint):
    """Leaves one rotation: about `axis` through `anchor`, both given in the world at time 0. `limits` bound the turn
    of `a` against `b` (or the world) from time 0, right-handed about the axis."""

    kind: Literal["hinge"] = "hinge"
    anchor: Vec3
    axis: Vec3
    limits: tuple[Angle, Angle] | None = None


class Ball(_Joint):
    """Leaves all rotations about `anchor` (world, time 0)."""

    kind: Literal["ball"] = "ball"
    anchor: Vec3


class Fixed(_Joint):
    """Leaves nothing: both move as one."""

    kind: Literal["fixed"] = "fixed"


class Spring(_Joint):
    """A damped spring between two points (world, time 0)."""

    kind: Literal["spring"] = "spring"
    at_a: Vec3
    at_b: Vec3
    stiffness: Stiffness
    damping: Damping = 0.0
    rest_length: PositiveLength | None = None
    """None = its length at time 0."""


class Rope(_Joint):
    """Keeps two points (world, time 0) no farther apart than `length`; slack costs nothing. Drawn as a line."""

    kind: Literal["rope"] = "rope"
    at_a: Vec3
    at_b: Vec3
    length: PositiveLength | None = None
    """None = their distance at time 0."""


Joint = Annotated[Hinge | Ball | Fixed | Spring | Rope, Field(discriminator="kind")]


class Forces(Part):
    """All that acts on bodies besides contact."""

    gravity: Gravity = (0.0, 0.0, -WORLDS["earth"])
    regions: tuple[GravityRegion, ...] = Field(default=(), max_length=256)
    wind: Wind | None = None
    pushes: tuple[Push, ...] = Field(default=(), max_length=10_000)
    joints: tuple[Joint, ...] = Field(default=(), max_length=10_000)
