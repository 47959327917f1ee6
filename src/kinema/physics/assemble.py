"""Drafts of bodies → `WorldBody`s and the one `Geometry` that all pieces share."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kinema.physics.actor import Actor
from kinema.physics.cut import Cell, Cut
from kinema.physics.geometry import OUTER, Geometry
from kinema.physics.inertia import polyhedron_bulk
from kinema.physics.surface import joined
from kinema.physics.whole import place
from kinema.physics.world import Bonds, Collider, Piece, WorldBody
from kinema.shot.material import Material

_SLAB = 0.75
"""[m]"""
_LOT = 2.0
"""Side of the square of matter that small bodies are cut from [m]."""
_UPRIGHT = np.array([1.0, 0.0, 0.0, 0.0])


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A body ready to be numbered."""

    actor: Actor
    material: Material
    cut: Cut | None
    bonds: Bonds | None

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Its pieces; one for a body that cannot break."""
        if self.cut is not None:
            return self.cut.cells
        surface = self.actor.solid.surface
        return (
            Cell(
                surface=surface,
                side=np.full(len(surface.faces), OUTER, np.uint8),
                neighbour=np.full(len(surface.faces), -1, np.int32),
                bulk=self.actor.solid.bulk,
                hulls=(),
            ),
        )


def assemble(drafts: Sequence[Draft]) -> tuple[tuple[WorldBody, ...], Geometry]:
    """Number all pieces in the order of the bodies, and gather their surfaces in their own frames."""
    starts = np.cumsum([0, *(len(draft.cells) for draft in drafts)])
    bodies = tuple(_world_body(draft, int(start)) for draft, start in zip(drafts, starts, strict=False))
    cells = [cell for draft in drafts for cell in draft.cells]
    pieces = [piece for body in bodies for piece in body.pieces]
    start_of = np.repeat(starts[:-1], np.diff(starts))
    whole = joined([cell.surface for cell in cells])
    counts = np.array([len(cell.surface.faces) for cell in cells], int)
    owner = np.repeat(np.arange(len(cells)), np.array([len(cell.surface.vertices) for cell in cells], int))
    rest = np.array([piece.rest for piece in pieces]).reshape(-1, 3)
    across = np.concatenate([np.empty(0, np.int32), *(cell.neighbour for cell in cells)])
    shift = np.repeat(start_of, counts)
    grain = np.repeat([_grain(draft) for draft in drafts], np.diff(starts), axis=0).reshape(-1, 2)
    geometry = Geometry(
        bodies=tuple(draft.actor.body.name for draft in drafts),
        piece_body=np.repeat(np.arange(len(drafts)), np.diff(starts)).astype(np.int32),
        piece_mass=np.array([piece.mass for piece in pieces]),
        piece_volume=np.array([piece.volume for piece in pieces]),
        piece_rest=rest,
        vertices=(whole.vertices - rest[owner]).astype(np.float32),
        normals=whole.normals.astype(np.float32),
        uv=(whole.uv + grain[owner]).astype(np.float32),
        faces=whole.faces.astype(np.int32),
        face_piece=np.repeat(np.arange(len(cells)), counts).astype(np.int32),
        face_side=np.concatenate([np.empty(0, np.uint8), *(cell.side for cell in cells)]),
        face_neighbour=np.where(across >= 0, across + shift, -1).astype(np.int32),
    )
    return bodies, geometry


def _grain(draft: Draft) -> np.ndarray:
    """Where in its matter a body was cut [m]: no two bricks of a wall, no two boards of a crate are alike. What is
    larger than a slab keeps the origin, so that the joints of a floor stay where they were laid."""
    vertices = draft.actor.solid.surface.vertices
    if len(vertices) == 0 or np.ptp(vertices, axis=0).max() > _SLAB:
        return np.zeros(2)
    digest = hashlib.sha256(draft.actor.body.name.encode()).digest()
    return np.frombuffer(digest[:4], "<u2") / 2**16 * _LOT


def _world_body(draft: Draft, start: int) -> WorldBody:
    body, solid = draft.actor.body, draft.actor.solid
    position, orientation = draft.actor.pose
    return WorldBody(
        name=body.name,
        motion=body.motion,
        position=position,
        orientation=orientation,
        velocity=np.asarray(body.velocity, float),
        spin=np.radians(body.spin),
        release_at=body.release_at,
        keyframes=tuple(
            (float(key.at), np.asarray(key.position, float), np.asarray(key.rotation, float))
            for key in body.keyframes
        ),
        friction=draft.material.friction,
        restitution=draft.material.restitution,
        pieces=tuple(_pieces(draft, start)),
        bonds=draft.bonds,
        unbroken=solid.colliders if draft.cut else (),
        drag_area=solid.hull_area / 4,
    )


def _pieces(draft: Draft, start: int) -> list[Piece]:
    """Cells with mass and volume. What facets leave out of a round body is spread over its cells: they weigh
    and fill what it does, unless one of them is lost, which `verify` then sees."""
    solid = draft.actor.solid
    density = draft.actor.mass / solid.bulk.volume if solid.bulk.volume > 0 else 0.0
    facets = 1.0 if draft.cut is None else solid.bulk.volume / polyhedron_bulk(solid.surface.corners).volume
    return [
        Piece(
            index=start + number,
            rest=cell.bulk.centre,
            mass=cell.bulk.volume * facets * density,
            inertia=cell.bulk.inertia * facets * density,
            volume=cell.bulk.volume * facets,
            colliders=_colliders(draft, cell),
        )
        for number, cell in enumerate(draft.cells)
    ]


def _colliders(draft: Draft, cell: Cell) -> tuple[Collider, ...]:
    """In the piece's frame."""
    if draft.cut is None:
        return tuple(place(c, -cell.bulk.centre, _UPRIGHT) for c in draft.actor.solid.colliders)
    return tuple(Collider(kind="hull", points=points - cell.bulk.centre) for points in cell.hulls)
