"""Random bodies: shapes of all kinds, real materials, colours people would choose."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kinema.shot.body import (
    Body,
    Box,
    Capsule,
    Compound,
    Cone,
    ConvexHull,
    Cylinder,
    Placed,
    Shape,
    Sphere,
)
from kinema.shot.material import library

Vector = tuple[float, float, float]

MATERIALS = (
    "abs", "aluminium", "bamboo", "brass", "brick", "bronze", "car_paint", "cardboard", "ceramic",
    "chrome", "concrete", "copper", "cork", "cotton", "crystal", "foam", "glass", "gold", "granite",
    "ice", "iron", "leather", "limestone", "maple", "marble", "nylon", "oak", "paper", "phenolic",
    "pine", "plaster", "plywood", "pmma", "porcelain", "ptfe", "rubber", "sandstone", "silicone",
    "silver", "slate", "steel", "terracotta", "titanium", "walnut", "wax", "zinc",
)  # fmt: skip
"""Of bodies."""
FLOORS = (
    "concrete", "oak", "walnut", "maple", "marble", "granite", "tile", "asphalt", "felt", "rubber",
    "plaster", "slate", "sandstone", "limestone", "paper", "cork", "leather", "snow", "sand", "plywood",
)  # fmt: skip
BOUNCY = ("rubber", "abs", "steel", "phenolic", "silicone", "ceramic")
SLIPPERY = ("ice", "ptfe", "phenolic", "nylon", "aluminium", "marble")
ROUND = ("sphere", "cylinder", "capsule")
KINDS = ("sphere", "box", "cylinder", "capsule", "cone", "hull", "compound")
SQUATTEST, TALLEST = 0.6, 1.5
"""Height over width of upright bodies: those of training stand firm, so that toppling stays unseen."""


@dataclass(frozen=True)
class Thing:
    """A body to be placed."""

    shape: Shape
    material: str
    colour: Vector | None
    roughness: float | None
    reach: float
    """Radius of a ball about its origin that holds it [m]."""
    rest: float
    """Height of its origin above a floor it stands on, unturned [m]."""

    def body(self, name: str, position: Vector, **more: Any) -> Body:
        """The body at a place."""
        return Body(
            name=name,
            shape=self.shape,
            material=self.material,
            colour=self.colour,
            roughness=self.roughness,
            position=position,
            **more,
        )


def thing(
    rng: np.random.Generator,
    size: float,
    kinds: tuple[str, ...] = KINDS,
    materials: Sequence[str] = MATERIALS,
) -> Thing:
    """A random thing whose typical side is `size` [m]."""
    shape, reach, rest = _shape(rng, str(rng.choice(kinds)), size)
    material = str(rng.choice(materials))
    return Thing(shape, material, *finish(rng, material), reach, rest)


def finish(rng: np.random.Generator, material: str) -> tuple[Vector | None, float | None]:
    """(Colour, roughness) over those of the material: paint on most of what can be painted, tint on some glass."""
    kind = library()[material].optics.kind
    odds = {"plastic": 0.65, "diffuse": 0.55, "flake": 0.9, "dielectric": 0.5, "conductor": 0.1}[kind]
    colour = paint(rng) if rng.random() < odds else None
    rough = float(rng.uniform(0.05, 0.5)) if kind in ("plastic", "conductor") and rng.random() < 0.3 else None
    return colour, rough


def paint(rng: np.random.Generator) -> Vector:
    """A linear colour, by hue, chroma and lightness: more saturated than nature, never black or glaring."""
    hue, chroma, value = rng.random(), rng.uniform(0.35, 0.95), rng.uniform(0.35, 0.95)
    if rng.random() < 0.15:
        chroma = 0.05
    display = colorsys.hsv_to_rgb(hue, chroma, value)
    red, green, blue = (round(float(max(c, 0.02) ** 2.2), 4) for c in display)
    return red, green, blue


def _shape(rng: np.random.Generator, kind: str, size: float) -> tuple[Shape, float, float]:
    """(Shape, reach, rest)."""
    half, aspect = size / 2, float(rng.uniform(SQUATTEST, TALLEST))
    match kind:
        case "sphere":
            return Sphere(radius=half), half, half
        case "box":
            sides = size * rng.uniform(0.75, 1.25, 3)
            sides[2] = min(sides[2], TALLEST * sides[:2].min())
            x, y, z = (float(side) for side in sides)
            return Box(size=(x, y, z)), float(np.linalg.norm(sides)) / 2, z / 2
        case "cylinder":
            tall = size * aspect
            return Cylinder(radius=half, height=tall), float(np.hypot(half, tall / 2)), tall / 2
        case "capsule":
            thin, straight = 0.35 * size, 0.6 * size * aspect
            return Capsule(radius=thin, height=straight), thin + straight / 2, thin + straight / 2
        case "cone":
            tall = size * aspect
            return Cone(radius=0.6 * size, height=tall), float(np.hypot(0.6 * size, tall / 2)), tall / 2
        case "hull":
            return _hull(rng, half)
        case _:
            return _dumbbell(rng, size)


def _hull(rng: np.random.Generator, half: float) -> tuple[Shape, float, float]:
    """A pebble of 8 to 20 corners."""
    corners = rng.normal(size=(int(rng.integers(8, 21)), 3))
    corners *= (
        1.25 * half * rng.uniform(0.75, 1.0, (len(corners), 1)) / np.linalg.norm(corners, axis=1)[:, None]
    )
    points = tuple((float(x), float(y), float(z)) for x, y, z in corners)
    return ConvexHull(points=points), 1.25 * half, float(-corners[:, 2].min())


def _dumbbell(rng: np.random.Generator, size: float) -> tuple[Shape, float, float]:
    """A bar between two ends, lying along x."""
    end, span = 0.3 * size, 0.9 * size
    bar = Cylinder(radius=0.12 * size, height=span)
    weights: Sphere | Box = Sphere(radius=end) if rng.random() < 0.5 else Box(size=(end, 2 * end, 2 * end))
    parts = (
        Placed(shape=bar, rotation=(0.0, 90.0, 0.0)),  # type: ignore[arg-type]
        Placed(shape=weights, position=(-span / 2, 0.0, 0.0)),
        Placed(shape=weights, position=(span / 2, 0.0, 0.0)),
    )
    return Compound(parts=parts), span / 2 + 1.5 * end, end
