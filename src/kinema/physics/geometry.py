"""The surfaces of all pieces, in the frames that move with them.

A *body* is what the shot names; a *piece* is what moves rigidly: one per unbroken body, one per cell of a body
that can break. Piece frame: origin at the piece's centre of mass, axes those of the body at rest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, UInt8

OUTER = 0
INNER = 1


@dataclass(frozen=True, kw_only=True)
class Geometry:
    """Triangles of every piece, vertices not shared between faces that differ in normal, side or UV."""

    bodies: tuple[str, ...]
    """Name of each body, in the shot's order."""
    piece_body: Int[np.ndarray, " piece"]
    """Index into `bodies`."""
    piece_mass: Float[np.ndarray, " piece"]
    """[kg]; infinite bodies (planes) have 0."""
    piece_volume: Float[np.ndarray, " piece"]
    """[m³]; 0 for planes."""
    piece_rest: Float[np.ndarray, "piece 3"]
    """Centre of mass of the piece in its body's frame [m]."""
    vertices: Float[np.ndarray, "vertex 3"]
    """Piece frame [m], float32."""
    normals: Float[np.ndarray, "vertex 3"]
    """Unit shading normals, piece frame, float32."""
    uv: Float[np.ndarray, "vertex 2"]
    """Texture coordinates in metres along the surface of the body at rest, float32; shards keep their body's."""
    faces: Int[np.ndarray, "face 3"]
    """Counter-clockwise from outside, int32."""
    face_piece: Int[np.ndarray, " face"]
    """int32."""
    face_side: UInt8[np.ndarray, " face"]
    """OUTER = the body's own surface; INNER = opened by a crack."""
    face_neighbour: Int[np.ndarray, " face"]
    """For INNER faces the piece across the crack, else -1; int32. The face shows once that bond is gone."""

    @property
    def vertex_piece(self) -> Int[np.ndarray, " vertex"]:
        """Piece that carries each vertex."""
        owner = np.zeros(len(self.vertices), np.int32)
        owner[self.faces] = self.face_piece[:, None]
        return owner
