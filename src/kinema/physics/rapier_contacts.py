"""What touched what in a step, as rows of the tape and as blows that may break things."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int

from kinema.physics.rapier_scene import Scene
from kinema.physics.rapier_unit import Unit
from kinema.physics.rotation import rotate

if TYPE_CHECKING:
    import rapier3d as rp

_LEAST = 1e-7
"""Impulses below this are rounding [N s]."""


@dataclass(frozen=True, kw_only=True)
class Touches:
    """Rows as of `tape.Contacts`."""

    piece: Int[np.ndarray, "contact 2"]
    impulse: Float[np.ndarray, " contact"]
    point: Float[np.ndarray, "contact 3"]
    depth: Float[np.ndarray, " contact"]


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
    awake = {unit.handle.index for unit in scene.moving if not unit.rigid.is_sleeping}
    solids = scene.solids
    found = []
    for pair in scene.rapier.narrow_phase.contact_pairs():
        if pair.total_impulse_magnitude() > _LEAST:
            one, two = pair.collider1.index, pair.collider2.index
            units = solids[one].unit.handle.index, solids[two].unit.handle.index
            if (units[0] in awake or units[1] in awake) and (one, two) not in known:
                found.append(pair)
    return found


def blows(scene: Scene, pairs: Iterable[rp.ContactPair]) -> list[Blow]:
    """By pair of units, strongest first."""
    found: dict[tuple[int, int], tuple[Unit, Unit, list[rp.ContactPair]]] = {}
    for pair in pairs:
        first, second = scene.solids[pair.collider1.index].unit, scene.solids[pair.collider2.index].unit
        found.setdefault((first.handle.index, second.handle.index), (first, second, []))[2].append(pair)
    merged = []
    for first, second, group in found.values():
        impulse = np.array([pair.total_impulse().to_tuple() for pair in group])
        weight = np.linalg.norm(impulse, axis=1)
        point = np.array([_mean_point(scene, pair) for pair in group])
        merged.append(
            Blow(
                first=first,
                second=second,
                impulse=impulse.sum(0),
                point=weight @ point / max(weight.sum(), 1e-30),
            )
        )
    return sorted(merged, key=lambda blow: -blow.strength)


def touches(scene: Scene, pairs: list[rp.ContactPair], *, deepest: bool) -> Touches:
    """Rows for the tape, one per pair of pieces. The point is the impulse-weighted mean of the contact
    points, or with `deepest` the deepest of them, which is much quicker to have and as good for things at
    rest."""
    piece, impulse, point, depth = [], [], [], []
    for pair in pairs:
        contact = pair.find_deepest_contact()
        if contact is None:
            continue
        one, two = pair.collider1.index, pair.collider2.index
        where = _world(scene, one, contact.local_p1.to_tuple()) if deepest else _mean_point(scene, pair)
        piece.append((_piece_at(scene, one, where), _piece_at(scene, two, where)))
        impulse.append(pair.total_impulse_magnitude())
        point.append(where)
        depth.append(max(0.0, -contact.dist))
    rows = Touches(
        piece=np.array(piece, np.int32).reshape(-1, 2),
        impulse=np.array(impulse, float),
        point=np.array(point, float).reshape(-1, 3),
        depth=np.array(depth, float),
    )
    return _merged(rows)


def _mean_point(scene: Scene, pair: rp.ContactPair) -> Float[np.ndarray, 3]:
    points = [point for manifold in pair.manifolds for point in manifold.points]
    weight = np.array([point.impulse for point in points])
    local = np.array([point.local_p1.to_tuple() for point in points])
    return _world(scene, pair.collider1.index, weight @ local / max(weight.sum(), 1e-30))


def _world(scene: Scene, collider: int, local: Float[np.ndarray, 3] | tuple[float, ...]) -> np.ndarray:
    """From the collider's frame, at the end of the step."""
    solid = scene.solids[collider]
    in_unit = solid.position + rotate(solid.orientation, np.asarray(local, float))
    position, turn = solid.unit.pose
    return position + rotate(turn, in_unit)


def _piece_at(scene: Scene, collider: int, point: Float[np.ndarray, 3]) -> int:
    """The piece a collider belongs to; where it covers many, the one whose centre is nearest."""
    solid = scene.solids[collider]
    if solid.piece >= 0:
        return solid.piece
    return solid.unit.nearest(solid.unit.at_rest(point))[1]


def _merged(rows: Touches) -> Touches:
    """One row per pair of pieces: several solids of one piece may touch the same other."""
    if not len(rows.impulse):
        return rows
    ordered = np.sort(rows.piece, axis=1)
    pair, group = np.unique(ordered, axis=0, return_inverse=True)
    if len(pair) == len(ordered):
        return rows
    group = group.reshape(-1)
    impulse = np.bincount(group, rows.impulse)
    point = np.stack([np.bincount(group, rows.impulse * rows.point[:, k]) for k in range(3)], -1)
    depth = np.zeros(len(pair))
    np.maximum.at(depth, group, rows.depth)
    return Touches(piece=pair.astype(np.int32), impulse=impulse, point=point / impulse[:, None], depth=depth)
