"""Bodies of equal optics as one mesh each, and how that mesh follows the tape.

One merged mesh per material updates in 10 ms where 150 instances trace 5 to 11 times slower. A face opened by
a crack is drawn only once its bond is gone: until then it is collapsed, and a pane is one sheet of glass.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int

from kinema.physics.geometry import INNER, Geometry
from kinema.physics.tape import Tape
from kinema.render.surface import surface_of
from kinema.shot.material import Optics
from kinema.shot.shot import Shot


@dataclass(frozen=True, kw_only=True)
class Group:
    """All triangles of one optics, in the frames of their pieces."""

    name: str
    optics: Optics
    vertices: Float[np.ndarray, "vertex 3"]
    normals: Float[np.ndarray, "vertex 3"]
    uv: Float[np.ndarray, "vertex 2"]
    vertex_piece: Int[np.ndarray, " vertex"]
    faces: Int[np.ndarray, "face 3"]
    face_piece: Int[np.ndarray, " face"]
    crack: Int[np.ndarray, " face"]
    """Index of the pair of pieces a face lies between, into `Bonded.pairs`; -1 = outer surface."""

    def posed(
        self, position: Float[np.ndarray, "piece 3"], rotation: Float[np.ndarray, "piece 3 3"]
    ) -> tuple[Float[np.ndarray, "vertex 3"], Float[np.ndarray, "vertex 3"]]:
        """Vertices [m] and normals in the world, float32."""
        turn = rotation[self.vertex_piece]
        points = np.einsum("vij,vj->vi", turn, self.vertices) + position[self.vertex_piece]
        return points.astype(np.float32), np.einsum("vij,vj->vi", turn, self.normals).astype(np.float32)

    def shown(self, broken: Bool[np.ndarray, " pair"]) -> Int[np.ndarray, "face 3"]:
        """Faces with those of unbroken bonds collapsed to a point."""
        hidden = (self.crack >= 0) & ~np.append(broken, True)[self.crack]
        return np.where(hidden[:, None], self.faces[:, :1], self.faces).astype(np.uint32)


@dataclass(frozen=True, kw_only=True)
class Bonded:
    """Pairs of pieces that share a cut, and when each pair parted."""

    pairs: Int[np.ndarray, "pair 2"]
    parted: Float[np.ndarray, " pair"]
    """Moment the bond broke, in frames of the clip; inf = never."""
    tape: Tape

    def broken_at(self, frame: float) -> Bool[np.ndarray, " pair"]:
        """Pairs whose bond broke, or whose pieces move apart, at a moment counted in frames."""
        if len(self.pairs) == 0:
            return np.zeros(0, bool)
        cluster = self.tape.alive_at(frame)
        apart = cluster[self.pairs[:, 0]] != cluster[self.pairs[:, 1]]
        return apart | (self.parted <= frame + 1e-9)

    @cached_property
    def any(self) -> bool:
        """Whether anything can break at all."""
        return len(self.pairs) > 0


def group_bodies(shot: Shot, tape: Tape) -> tuple[list[Group], Bonded]:
    """Groups in the order their optics first appear in the shot, and the bonds between all pieces."""
    geometry = tape.geometry
    bonded, crack = _bonds(tape)
    optics = [surface_of(shot, shot.body(name)) for name in geometry.bodies]
    kinds = list(dict.fromkeys(optics))
    face_kind = np.array([kinds.index(o) for o in optics])[geometry.piece_body[geometry.face_piece]]
    groups = [
        _group(geometry, crack, np.flatnonzero(face_kind == kind), f"group{kind}", kinds[kind])
        for kind in range(len(kinds))
        if (face_kind == kind).any()
    ]
    return groups, bonded


def _group(
    geometry: Geometry,
    crack: Int[np.ndarray, " face"],
    own: Int[np.ndarray, " face"],
    name: str,
    optics: Optics,
) -> Group:
    vertices, faces = np.unique(geometry.faces[own], return_inverse=True)
    return Group(
        name=name,
        optics=optics,
        vertices=geometry.vertices[vertices],
        normals=geometry.normals[vertices],
        uv=geometry.uv[vertices],
        vertex_piece=geometry.vertex_piece[vertices],
        faces=faces.reshape(-1, 3).astype(np.int32),
        face_piece=geometry.face_piece[own],
        crack=crack[own],
    )


def _bonds(tape: Tape) -> tuple[Bonded, Int[np.ndarray, " face"]]:
    geometry = tape.geometry
    inner = (geometry.face_side == INNER) & (geometry.face_neighbour >= 0)
    sides = np.sort(np.stack([geometry.face_piece, geometry.face_neighbour], -1)[inner], 1)
    pairs, number = np.unique(sides.reshape(-1, 2), axis=0, return_inverse=True)
    crack = np.full(len(geometry.faces), -1, np.int32)
    crack[inner] = number.ravel()
    parted = np.full(len(pairs), np.inf)
    known = {(int(a), int(b)): i for i, (a, b) in enumerate(pairs)}
    per_frame = float(tape.samples_per_frame)
    for time, piece in zip(tape.cracks.time, np.sort(tape.cracks.piece.reshape(-1, 2), 1), strict=True):
        pair = known.get((int(piece[0]), int(piece[1])))
        if pair is not None:
            parted[pair] = min(parted[pair], float(time) * float(tape.rate) / per_frame)
    return Bonded(pairs=pairs, parted=parted, tape=tape), crack
