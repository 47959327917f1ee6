"""The stage: bodies with their places, as numbers that can still be moved. Metres, z up, y into the picture."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kinema.shot.force import WORLDS
from kinema.shot.prompt.scene import Thing
from kinema.shot.prompt.solids import Solid

RESTING_GAP = 5e-5
"""Between bodies that rest on each other [m]: no overlap to rounding, no fall worth seeing."""

Vector = tuple[float, float, float]
UPRIGHT = (1.0, 0.0, 0.0, 0.0)
LENGTHWAYS = (0.5, 0.5, 0.5, 0.5)
"""Height along x, width along y, depth along z."""


def about(axis: str, degrees: float) -> tuple[float, float, float, float]:
    """Quaternion w, x, y, z of a rotation about a world axis."""
    half = math.radians(degrees) / 2
    c, s = math.cos(half), math.sin(half)
    return {"x": (c, s, 0.0, 0.0), "y": (c, 0.0, s, 0.0), "z": (c, 0.0, 0.0, s)}[axis]


def rotated_half(half: Vector, rotation: tuple[float, float, float, float]) -> Vector:
    """Half extents along the world axes of a box of half extents `half` that is turned."""
    w, x, y, z = rotation
    matrix = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )
    x_, y_, z_ = np.abs(matrix) @ np.array(half)
    return float(x_), float(y_), float(z_)


@dataclass
class Block:
    """A thing on the stage: its members about the middle of the block's base, and where that base is."""

    thing: Thing
    solid: Solid
    offsets: list[Vector]
    """Centre of each member, from the middle of the base [m]."""
    half: tuple[float, float]
    """Half extents of the whole block along x and y [m]."""
    height: float
    rotation: tuple[float, float, float, float] = UPRIGHT
    base: Vector = (0.0, 0.0, 0.0)
    placed: bool = False
    support: Block | None = None
    """What it stands on; None = the ground."""
    free: bool = False
    """A pane that nothing holds."""
    level: bool = False
    """A framed pane that lies flat."""
    velocity: list[Vector] = field(default_factory=list)
    spin: list[Vector] = field(default_factory=list)
    release_at: float | None = None
    held: bool = False

    @property
    def top(self) -> float:
        """[m]"""
        return self.base[2] + self.height

    @property
    def member_half(self) -> Vector:
        """Half extents of one member, turned as it is [m]."""
        return rotated_half(self.solid.half, self.rotation)

    @property
    def centre(self) -> Vector:
        """Of the whole block [m]."""
        x, y, z = self.base
        return x, y, z + self.height / 2

    def positions(self) -> list[Vector]:
        """Of each member's centre [m]."""
        x, y, z = self.base
        return [(x + a, y + b, z + c) for a, b, c in self.offsets]

    def reach(self, direction: tuple[float, float]) -> float:
        """From the middle of the block to its face in a horizontal direction [m]."""
        return abs(direction[0]) * self.half[0] + abs(direction[1]) * self.half[1]

    def turn(self, rotation: tuple[float, float, float, float]) -> None:
        """Turn a block of one member in place; its base stays where it is."""
        self.rotation = rotation
        x, y, z = self.member_half
        self.half, self.height, self.offsets = (x, y), 2 * z, [(0.0, 0.0, z)] * len(self.offsets)


@dataclass
class Stage:
    """Everything placed, plus what the action adds."""

    blocks: dict[str, Block] = field(default_factory=dict)
    extras: list[dict[str, Any]] = field(default_factory=list)
    """Bodies nobody asked for: the frame of a pane."""
    joints: list[dict[str, Any]] = field(default_factory=list)
    pushes: list[dict[str, Any]] = field(default_factory=list)
    goals: list[dict[str, Any]] = field(default_factory=list)
    gravity: float = WORLDS["earth"]
    """Downwards [m/s²]."""
    paths: list[list[Vector]] = field(default_factory=list)
    """Points the action goes through, for framing [m]."""
    aims: dict[tuple[str, str], Vector] = field(default_factory=dict)
    """(Doer, target) to the point where they meet [m]."""
    movers: set[str] = field(default_factory=set)
    """Names of the things that go from one place to another."""
    meets: list[float] = field(default_factory=list)
    """World times at which what the prompt speaks of happens: hits, landings, the last domino [s]."""
    event: Vector | None = None
    """Where the first of it happens [m]."""
    subject: str | None = None
    """The body the eye should follow."""
    axis: tuple[float, float] = (1.0, 0.0)
    """Horizontal direction of the main action."""
    follow: str | None = None
    """A body that goes its way alone, so that a camera can go along."""
    facing: bool = False
    """The main action goes away from the camera, into something flat."""

    def block(self, thing: Thing) -> Block:
        """The block of a thing."""
        return self.blocks[thing.name]

    def happens(self, seconds: float, where: Vector | None = None) -> None:
        """What the prompt speaks of comes after so much world time, there."""
        self.meets.append(seconds)
        self.event = self.event or where

    def goal(self, **fields: Any) -> None:
        """Add a goal once."""
        if fields not in self.goals:
            self.goals.append(fields)
