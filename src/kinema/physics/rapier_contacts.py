"""What touched what in a step, as rows of the tape and as blows that may break things."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from kinema.physics.rapier_scene import Scene
from kinema.physics.rapier_unit import Solid, Unit
from kinema.physics.rotation import rotate
from kinema.physics.touches import Touches, merged

if TYPE_CHECKING:
    import rapier3d as rp

_LEAST = 1e-12
"""Impulses below this are rounding [N s]. A touch of 1e-8 already ends the free flight of a shard of half a gram:
see `Scene.kick`."""


@dataclass(frozen=True, kw_only=True)
class Blow:
    """All that passed between two units in a step."""

    first: Unit
    second: Unit
    impulse: Float[np.ndarray, 3]
    """Normal impulse on the second, world [N s]."""
    point: Float[np.ndarray, 3]
    """Impulse-weighted mean, world [m]."""

    @property
    def strength(self) -> float:
        """[N s]"""
        return float(np.linalg.norm(self.impulse))


def hard_pairs(scene: Scene) -> list[rp.ContactPair]:
    """Pairs whose contact force exceeded their threshold in the last step. Empties the events."""
    events = scene.rapier.event_handler.drain_contact_force_events()  # pyright: ignore
    narrow = scene.rapier.narrow_phase
    pairs = (narrow.contact_pair(event.collider1, event.collider2) for event in events)
    return [pair for pair in pairs if pair is not None]


def soft_pairs(scene: Scene, hard: list[rp.ContactPair]) -> list[rp.ContactPair]:
    """The other pairs that touched in the last step, but for those asleep, whose impulses are old."""
    known = {(pair.collider1.index, pair.collider2.index) for pair in hard}
    awake = {c.index for unit in scene.moving if not unit.rigid.is_sleeping for c in unit.colliders}
    found = []
    for pair in scene.rapier.narrow_phase.contact_pairs():
        if pair.total_impulse_magnitude() > _LEAST:
            one, two = pair.collider1.index, pair.collider2.index
            if (one in awake or two in awake) and (one, two) not in known:
                found.append(pair)
    return found


def blows(scene: Scene, pairs: Iterable[rp.ContactPair]) -> list[Blow]:
    """By pair of units, strongest first; only those that may break something."""
    groups: dict[tuple[int, int], list[rp.ContactPair]] = defaultdict(list)
    units: dict[int, Unit] = {}
    for pair in pairs:
        first, second = scene.solids[pair.collider1.index].unit, scene.solids[pair.collider2.index].unit
        if min(first.least_impulse, second.least_impulse) < math.inf:
            groups[first.handle.index, second.handle.index].append(pair)
            units |= {first.handle.index: first, second.handle.index: second}
    found = []
    for (one, two), group in groups.items():
        first, second = units[one], units[two]
        impulse = np.array([pair.total_impulse().to_tuple() for pair in group])
        weight = np.linalg.norm(impulse, axis=1)
        if np.linalg.norm(impulse.sum(0)) >= min(first.least_impulse, second.least_impulse):
            point = weight @ contact_points(scene, group) / weight.sum()
            found.append(Blow(first=first, second=second, impulse=impulse.sum(0), point=point))
    return sorted(found, key=lambda blow: -blow.strength)


def touches(scene: Scene, pairs: list[rp.ContactPair], *, deepest: bool) -> Touches:
    """Rows for the tape, one per pair of pieces. The point is the impulse-weighted mean of the contact
    points, or with `deepest` the deepest of them, which is much quicker to have and as good for things at
    rest."""
    first = [scene.solids[pair.collider1.index] for pair in pairs]
    second = [scene.solids[pair.collider2.index] for pair in pairs]
    contacts = [pair.find_deepest_contact() for pair in pairs]
    if deepest:
        nowhere = (0.0, 0.0, 0.0)
        local = np.array([c.local_p1.to_tuple() if c else nowhere for c in contacts]).reshape(-1, 3)
    else:
        local = _mean_points(pairs)
    point = _in_world(first, local)
    piece = [(_piece_at(a, x), _piece_at(b, x)) for a, b, x in zip(first, second, point, strict=True)]
    rows = Touches(
        piece=np.array(piece, np.int32).reshape(-1, 2),
        impulse=np.array([pair.total_impulse_magnitude() for pair in pairs], float),
        point=point,
        depth=np.array([max(0.0, -contact.dist) if contact else 0.0 for contact in contacts], float),
    )
    return merged([rows])


def contact_points(scene: Scene, pairs: list[rp.ContactPair]) -> Float[np.ndarray, "pair 3"]:
    """Impulse-weighted mean contact point of each pair, world [m]."""
    return _in_world([scene.solids[pair.collider1.index] for pair in pairs], _mean_points(pairs))


def _mean_points(pairs: list[rp.ContactPair]) -> Float[np.ndarray, "pair 3"]:
    """In the frame of the first solid of each pair [m]."""
    rows = [
        # Some weight for points without impulse, lest all have none.
        (k, point.impulse + 1e-20, *point.local_p1.to_tuple())
        for k, pair in enumerate(pairs)
        for manifold in pair.manifolds
        for point in manifold.points
    ]
    table = np.array(rows, float).reshape(-1, 5)
    index, weight = table[:, 0].astype(int), table[:, 1]
    total = np.bincount(index, weight, len(pairs))
    mean = np.stack([np.bincount(index, weight * table[:, k], len(pairs)) for k in (2, 3, 4)], -1)
    return mean / np.maximum(total, 1e-30)[:, None]


def _in_world(solids: list[Solid], local: Float[np.ndarray, "solid 3"]) -> Float[np.ndarray, "solid 3"]:
    """One point in the frame of each solid [m]."""
    if not solids:
        return np.zeros((0, 3))
    poses = {id(solid.unit): solid.unit for solid in solids}
    where = {key: unit.pose for key, unit in poses.items()}
    place, turn = (np.array(x) for x in zip(*(where[id(solid.unit)] for solid in solids), strict=True))
    offset = np.array([solid.position for solid in solids])
    return place + rotate(turn, offset + rotate(np.array([solid.orientation for solid in solids]), local))


def _piece_at(solid: Solid, point: Float[np.ndarray, 3]) -> int:
    """The piece that a solid belongs to; where it covers many, the one whose centre is nearest."""
    return solid.piece if solid.piece >= 0 else solid.unit.nearest(solid.unit.at_rest(point))[1]
