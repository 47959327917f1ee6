"""The clearance of a crack: shards collide a hair smaller than they look, so that what is loose can fall.

Cells of a body fit without a gap. An engine that lets solids overlap by a tenth of a millimetre and pushes
them apart again then presses them together, and friction holds in the pane what nothing holds. Real crack
faces spring back and shed splinters.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from kinema.physics.rotation import rotate, unrotate
from kinema.physics.world import Collider, Piece, WorldBody

CLEARANCE = 1e-4
"""By which each face of a crack steps back [m]."""
_FARTHEST = 8.0
"""A sharp tip steps back by at most so many clearances."""
_ON_FACE = 1e-5
"""A vertex this near the plane of a face is on it [m]."""


def loosened(body: WorldBody) -> tuple[Piece, ...]:
    """The pieces of a breakable body, the inner faces of their hulls stepped back; masses as they are."""
    bonds = body.bonds
    if bonds is None:
        return body.pieces
    shrunk = []
    for k, piece in enumerate(body.pieces):
        first, second = bonds.piece[:, 0] == k, bonds.piece[:, 1] == k
        normal = np.concatenate([bonds.normal[first], -bonds.normal[second]])
        level = np.einsum(
            "fk,fk->f", normal, np.concatenate([bonds.midpoint[first], bonds.midpoint[second]]) - piece.rest
        )
        shrunk.append(replace(piece, colliders=tuple(_shrunk(c, normal, level) for c in piece.colliders)))
    return tuple(shrunk)


def _shrunk(
    collider: Collider, normal: Float[np.ndarray, "face 3"], level: Float[np.ndarray, " face"]
) -> Collider:
    """Move each vertex by the least amount that takes it `CLEARANCE` behind all inner faces it lies on."""
    if collider.points is None:
        return collider
    turn, origin = np.asarray(collider.orientation, float), np.asarray(collider.position, float)
    vertex = origin + rotate(turn, np.asarray(collider.points, float))
    on_face = np.abs(vertex @ normal.T - level) < _ON_FACE
    shift = np.zeros_like(vertex)
    for count in np.unique(on_face.sum(1)):
        rows = np.flatnonzero(on_face.sum(1) == count)
        if count:
            planes = normal[np.nonzero(on_face[rows])[1]].reshape(len(rows), count, 3)
            shift[rows] = -CLEARANCE * np.linalg.pinv(planes, rcond=1e-3).sum(-1)
    length = np.linalg.norm(shift, axis=1, keepdims=True)
    shift *= np.minimum(1.0, _FARTHEST * CLEARANCE / np.maximum(length, 1e-12))
    return replace(collider, points=unrotate(turn, vertex + shift - origin))
