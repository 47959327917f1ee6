"""How deep two pieces overlap, from their shapes and poses alone: the engine's own word is not taken for it.

Separating axes (Gottschalk, Lin & Manocha 1996): along any direction in which the shadows of two solids overlap by
d, moving one by d parts them. So the smallest overlap over any set of directions bounds the depth from above; for
convex solids with all face normals and edge products it is the depth.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from kinema.physics.geometry import Geometry
from kinema.physics.rotation import matrix
from kinema.physics.tape import Tape

# Above this many normals a shape is round: their products with the other's edges add nothing but time.
_ANGULAR = 64


def overlap(tape: Tape, first: int, second: int, sample: int) -> float:
    """Upper bound of the depth [m] at a sample; 0 if apart. A piece without volume is a half-space below it."""
    (a, normals_a), (b, normals_b) = (_placed(tape, piece, sample) for piece in (first, second))
    flat_a, flat_b = (tape.geometry.piece_volume[piece] == 0 for piece in (first, second))
    if flat_a or flat_b:
        ground, normal, solid = (a, normals_a[0], b) if flat_a else (b, normals_b[0], a)
        return max(0.0, float((ground @ normal).max() - (solid @ normal).min()))
    axes = [normals_a, normals_b, (b.mean(0) - a.mean(0))[None]]
    if max(len(normals_a), len(normals_b)) <= _ANGULAR:
        axes.append(np.cross(normals_a[:, None], normals_b[None]).reshape(-1, 3))
    directions = np.concatenate(axes)
    length = np.linalg.norm(directions, axis=1)
    directions = directions[length > 1e-6] / length[length > 1e-6, None]
    shadow_a, shadow_b = a @ directions.T, b @ directions.T
    shared = np.minimum(shadow_a.max(0) - shadow_b.min(0), shadow_b.max(0) - shadow_a.min(0))
    return max(0.0, float(shared.min()))


def _placed(
    tape: Tape, piece: int, sample: int
) -> tuple[Float[np.ndarray, "vertex 3"], Float[np.ndarray, "normal 3"]]:
    """Vertices and the different face normals, world."""
    vertices, normals = _shape(tape.geometry, piece)
    turn = matrix(tape.orientation[sample, piece].astype(float))
    return vertices @ turn.T + tape.position[sample, piece].astype(float), normals @ turn.T


def _shape(
    geometry: Geometry, piece: int
) -> tuple[Float[np.ndarray, "vertex 3"], Float[np.ndarray, "normal 3"]]:
    corners = geometry.vertices[geometry.faces[geometry.face_piece == piece]].astype(float)
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    normals = normals[length[:, 0] > 0] / length[length[:, 0] > 0]
    # Triangles of one flat face differ in the last digits only.
    return corners.reshape(-1, 3), np.unique(normals.round(5), axis=0)
