# pyright: reportAttributeAccessIssue=false
# (MuJoCo's names live in a compiled module without stubs.)
"""How the joints of a shot become MuJoCo's: a forest of exact joints, and constraints for the loops.

Joint coordinates hold exactly, constraints only to their stiffness; so every joint that can be a branch is
one. Trees grow from what stands fast, then from free bodies. A joint to a driven body is a constraint: MuJoCo
has no velocity for a branch to inherit there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from kinema.physics.forces import pose_at, to_world
from kinema.physics.mujoco_units import Unit
from kinema.physics.rotation import unrotate
from kinema.physics.world import World
from kinema.shot.force import Ball, Fixed, Hinge, Rope, Spring

Tie = Hinge | Ball | Fixed
Line = Spring | Rope


@dataclass(frozen=True, kw_only=True)
class Branch:
    """A unit hung on another."""

    child: int
    parent: int | None
    """None = the world, or a unit that stands fast."""
    tie: Tie
    sign: float
    """-1 where the shot names the child second: angles count the other way."""


@dataclass(frozen=True, kw_only=True)
class Loop:
    """A joint that must be a constraint."""

    first: int
    second: int | None
    tie: Tie


@dataclass(frozen=True, kw_only=True)
class Cord:
    """A spring or a rope between points of units, each in its unit's frame; None = a point of the world."""

    ends: tuple[tuple[int | None, Float[np.ndarray, " 3"]], tuple[int | None, Float[np.ndarray, " 3"]]]
    line: Line


@dataclass(frozen=True, kw_only=True)
class Ties:
    """All joints, sorted."""

    branches: tuple[Branch, ...]
    """Parents before children."""
    loops: tuple[Loop, ...]
    cords: tuple[Cord, ...]
    tied: frozenset[int]
    """Units that any joint touches."""


def sort_ties(world: World, units: Sequence[Unit]) -> Ties:
    """Decide for every joint what it becomes."""
    cords, open_ties = [], []
    tied: set[int] = set()
    for joint in world.forces.joints:
        if isinstance(joint, Spring | Rope):
            cords.append(_cord(units, joint))
            tied.update(k for k, _ in cords[-1].ends if k is not None)
        else:
            ends = _ends(world, units, joint)
            open_ties.append((joint, *ends))
            tied.update(k for k in ends if k is not None)
    branches, loops = _forest(units, open_ties)
    return Ties(branches=tuple(branches), loops=tuple(loops), cords=tuple(cords), tied=frozenset(tied))


def _forest(
    units: Sequence[Unit], ties: list[tuple[Tie, int, int | None]]
) -> tuple[list[Branch], list[Loop]]:
    held = {k for k, unit in enumerate(units) if unit.mode == "held"}
    driven = {k for k, unit in enumerate(units) if unit.mode == "driven"}
    reached: set[int | None] = {None, *held, *driven}
    branches: list[Branch] = []
    left = list(ties)
    while left:
        for tie in left:
            joint, a, b = tie
            free = [k for k in (a, b) if k is not None and k not in reached]
            to_driven = a in driven or b in driven
            if len(free) == 1 and (isinstance(joint, Fixed) or not to_driven):
                child = free[0]
                other = b if child == a else a
                parent = None if other in held else other
                branches.append(
                    Branch(child=child, parent=parent, tie=joint, sign=1.0 if child == a else -1.0)
                )
                reached.add(child)
                left.remove(tie)
                break
        else:
            # Nothing more hangs on what is reached: let a free body be the next root.
            root = next((k for _, a, b in left for k in (a, b) if k not in reached), None)
            if root is None:
                break
            reached.add(root)
    fast = {None, *held, *driven}
    loops = [Loop(first=a, second=b, tie=tie) for tie, a, b in left if not {a, b} <= fast]
    return branches, loops


def _ends(world: World, units: Sequence[Unit], joint: Tie) -> tuple[int, int | None]:
    if isinstance(joint, Fixed):
        names = {body.name: body for body in world.bodies}
        point = pose_at(names[joint.a], 0.0)[0]
    else:
        point = np.array(joint.anchor)
    return _unit_at(units, joint.a, point), None if joint.b is None else _unit_at(units, joint.b, point)


def _cord(units: Sequence[Unit], line: Line) -> Cord:
    a, b = np.array(line.at_a), np.array(line.at_b)
    first = _unit_at(units, line.a, a)
    second = None if line.b is None else _unit_at(units, line.b, b)
    return Cord(ends=((first, in_frame(units, first, a)), (second, in_frame(units, second, b))), line=line)


def in_frame(units: Sequence[Unit], k: int | None, point: Float[np.ndarray, " 3"]) -> Float[np.ndarray, " 3"]:
    """A world point at time 0 in a unit's frame."""
    if k is None:
        return point
    position, orientation = units[k].at_rest()
    return unrotate(orientation, point - position)


def _unit_at(units: Sequence[Unit], name: str, point: Float[np.ndarray, " 3"]) -> int:
    """The unit of a body that has the piece nearest to a world point of time 0."""

    def nearest(k: int) -> float:
        body = units[k].body
        return min(
            float(np.linalg.norm(to_world(body, body.pieces[m].rest) - point)) for m in units[k].members
        )

    return min((k for k, unit in enumerate(units) if unit.body.name == name), key=nearest)


def length_at_start(line: Line) -> float:
    """Distance of the two points of a spring or rope at time 0 [m]."""
    return float(np.linalg.norm(np.array(line.at_a) - np.array(line.at_b)))


def axis_frame(units: Sequence[Unit], k: int, axis: Float[np.ndarray, " 3"]) -> Float[np.ndarray, " 3"]:
    """A world direction at time 0 in a unit's frame, of length one."""
    axis = np.asarray(axis, float) / np.linalg.norm(axis)
    return unrotate(units[k].at_rest()[1], axis)
