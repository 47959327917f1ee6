"""Bodies that overlap at rest are refused: an engine would throw them apart with energy from nowhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from kinema.errors import ShotError
from kinema.physics.actor import Actor
from kinema.physics.rotation import rotate
from kinema.physics.support import Convex, depth
from kinema.shot.body import Body, Plane
from kinema.shot.force import Forces

ALLOWED = 1e-3
"""Depth that engines push out without a visible jump [m]."""
ALLOWED_SHARE = 0.02
"""The same in shares of the smaller body's size, which decides for bodies below five centimetres."""


def refuse_overlap(actors: Sequence[Actor], forces: Forces) -> None:
    """Raises `ShotError` for the deepest-named first pair that overlaps at time 0.

    Exempt: pairs of which neither is dynamic; pairs tied by a joint; and what is held at its edges or base,
    which may reach into the static body that holds it.
    """
    tied = {frozenset((joint.a, joint.b)) for joint in forces.joints if joint.b is not None}
    solids = [_convexes(actor) for actor in actors]
    for i, j in _near_pairs(actors, solids):
        a, b = actors[i].body, actors[j].body
        if not _can_clash(a, b) or frozenset((a.name, b.name)) in tied:
            continue
        allowed = min(ALLOWED, ALLOWED_SHARE * min(_size(actors[i]), _size(actors[j])))
        found = _deepest(solids[i], solids[j], allowed)
        if found is not None:
            raise _refusal(a, b, i, j, *found)
    for i, ground in enumerate(actors):
        if isinstance(ground.body.shape, Plane):
            _refuse_sunk(ground, i, actors, solids, tied)


def _convexes(actor: Actor) -> list[Convex]:
    position, orientation = actor.pose
    return [Convex.at(c, position, orientation) for c in actor.solid.colliders if c.kind != "plane"]


def _can_clash(a: Body, b: Body) -> bool:
    if "dynamic" not in (a.motion, b.motion):
        return False
    for one, other in ((a, b), (b, a)):
        if one.fracture and one.fracture.held != "free" and other.motion == "static":
            return False
    return True


def _size(actor: Actor) -> float:
    low, high = actor.bounds
    return float((high - low).min())


def _near_pairs(actors: Sequence[Actor], solids: list[list[Convex]]) -> Iterator[tuple[int, int]]:
    """Pairs whose bounding boxes overlap by more than rounding: sweep along x, then y and z at once."""
    solid = [i for i, convexes in enumerate(solids) if convexes]
    if not solid:
        return
    low = np.array([np.min([c.box[0] for c in solids[i]], axis=0) for i in solid])
    high = np.array([np.max([c.box[1] for c in solids[i]], axis=0) for i in solid])
    order = np.argsort(low[:, 0], kind="stable")
    low, high = low[order], high[order]
    index = np.array(solid)[order]
    moves = np.array([actors[i].body.motion == "dynamic" for i in index])
    end = np.searchsorted(low[:, 0], high[:, 0] - 1e-6)
    for k in range(len(index)):
        later = slice(k + 1, int(end[k]))
        touch = (low[later, 1:] < high[k, 1:] - 1e-6).all(1) & (high[later, 1:] > low[k, 1:] + 1e-6).all(1)
        for other in np.flatnonzero(touch & (moves[later] | moves[k])) + k + 1:
            i, j = sorted((int(index[k]), int(index[other])))
            yield i, j


def _deepest(a: list[Convex], b: list[Convex], allowed: float) -> tuple[float, np.ndarray] | None:
    """The deepest overlap of two bodies beyond what is allowed, and where the second comes free."""
    worst = None
    for one in a:
        for other in b:
            apart = (one.box[0] > other.box[1] - allowed).any() or (other.box[0] > one.box[1] - allowed).any()
            if apart:
                continue
            deep, direction = depth(one, other, allowed)
            if deep > allowed and (worst is None or deep > worst[0]):
                worst = deep, direction
    return worst


def _refuse_sunk(
    ground: Actor, index: int, actors: Sequence[Actor], solids: list[list[Convex]], tied: set[frozenset[str]]
) -> None:
    """Dynamic bodies below an endless plane."""
    position, orientation = ground.pose
    up = rotate(orientation, np.array([0.0, 0.0, 1.0]))
    for i, actor in enumerate(actors):
        body = actor.body
        if (
            not solids[i]
            or not _can_clash(ground.body, body)
            or frozenset((ground.body.name, body.name)) in tied
        ):
            continue
        lowest = min(-float(c.reach(-up[None])[0]) for c in solids[i]) - float(up @ position)
        if lowest < -min(ALLOWED, ALLOWED_SHARE * _size(actor)):
            raise _refusal(ground.body, body, index, i, -lowest, up)


def _refusal(a: Body, b: Body, i: int, j: int, deep: float, direction: np.ndarray) -> ShotError:
    """Tells to move the dynamic one; the second, if both are."""
    if b.motion != "dynamic":
        a, b, i, j, direction = b, a, j, i, -direction
    step = ", ".join(f"{v:.4g}" for v in (deep * direction + 0.0).tolist())
    return ShotError(
        f"bodies.{j}.position",
        f"must not put '{b.name}' into '{a.name}' at the start",
        got=f"an overlap of {deep * 1000:.4g} mm",
        next_step=f"Move '{b.name}' by [{step}] m, or tie the two with a joint.",
    )
