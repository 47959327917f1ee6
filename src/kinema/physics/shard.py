"""Parts of Voronoi cells → a `Cut`: which part touches which, crumbs joined to their neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from kinema.physics.cut import Cell, Cracks, Cut
from kinema.physics.geometry import INNER, OUTER
from kinema.physics.inertia import Bulk, polyhedron_bulk, sum_of
from kinema.physics.shapes import planar_uv
from kinema.physics.surface import Surface, joined

CRUMB = 0.02
"""A part of a divided cell smaller than this share of a mean part stays with its closest neighbour."""
DUST = 1e-5
"""So does any part smaller than this: no engine can carry it."""


@dataclass(frozen=True, kw_only=True)
class Shard:
    """One connected part of one cell, body frame."""

    site: int
    surface: Surface
    outer: Bool[np.ndarray, " face"]
    across: Int[np.ndarray, " face"]
    """Site on the other side of a crack face, -1 for outer ones; `as_cut` turns it into a shard."""
    bulk: Bulk
    hulls: tuple[Float[np.ndarray, "point 3"], ...]

    @classmethod
    def make(
        cls,
        *,
        site: int,
        skin: Surface,
        outer: np.ndarray,
        across: np.ndarray,
        normals: np.ndarray,
        hulls: Sequence[np.ndarray],
    ) -> Shard:
        """Outer faces keep the skin's normals and UV; crack faces get their plane's (`normals`, per face)."""
        order = np.concatenate([np.flatnonzero(outer), np.flatnonzero(~outer)])
        surface = joined([skin.part(outer), _crack_faces(skin.corners[~outer], normals[~outer])])
        return cls(
            site=site,
            surface=surface,
            outer=outer[order],
            across=across[order],
            bulk=polyhedron_bulk(surface.corners),
            hulls=tuple(hulls),
        )


def _crack_faces(corners: np.ndarray, normals: np.ndarray) -> Surface:
    """Flat faces; corners are shared within one plane."""
    keys = np.concatenate([corners.reshape(-1, 3), np.repeat(normals, 3, axis=0)], axis=1)
    unique, index = np.unique(keys, axis=0, return_inverse=True)
    return Surface(
        vertices=unique[:, :3],
        normals=unique[:, 3:],
        uv=planar_uv(unique[:, :3], unique[:, 3:]),
        faces=index.reshape(-1, 3).astype(np.int32),
    )


def as_cut(shards: list[Shard]) -> Cut:
    """Number the parts, join crumbs to their neighbours, and gather the cracks between them."""
    across = _parts_across(shards)
    group = _without_dust(shards, across)
    members = [np.flatnonzero(group == g) for g in range(group.max() + 1)]
    cells = tuple(
        _cell([shards[m] for m in ms], [across[m] for m in ms], group, g) for g, ms in enumerate(members)
    )
    return Cut(cells=cells, cracks=_cracks(cells), border=np.zeros(len(cells), bool))


def _parts_across(shards: list[Shard]) -> list[Int[np.ndarray, " face"]]:
    """For every face the shard on the other side, -1 for outer faces."""
    of_site: dict[int, list[int]] = {}
    for index, shard in enumerate(shards):
        of_site.setdefault(shard.site, []).append(index)
    result = []
    for shard in shards:
        part = np.full(len(shard.across), -1, np.int32)
        for site in np.unique(shard.across[shard.across >= 0]):
            here = np.flatnonzero(shard.across == site)
            others = of_site.get(int(site), [])
            if len(others) == 1:
                part[here] = others[0]
            elif others:
                part[here] = _touching(shard, here, [shards[o] for o in others], others)
        result.append(part)
    return result


def _touching(shard: Shard, here: np.ndarray, candidates: list[Shard], indices: list[int]) -> np.ndarray:
    """Which of several parts of one cell covers the middle of each face of another, in their common plane."""
    middles = shard.surface.corners[here].mean(axis=1)
    scores = []
    for other in candidates:
        twins = other.surface.corners[other.across == shard.site]
        scores.append(_deepest(middles, twins) if len(twins) else np.full(len(middles), -np.inf))
    return np.array(indices)[np.argmax(scores, axis=0)]


def _deepest(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """For each point the largest, over triangles, of its least barycentric coordinate: positive = covered."""
    a, b, c = triangles.transpose(1, 0, 2)
    normal = np.cross(b - a, c - a)
    double = np.maximum((normal**2).sum(1), 1e-300)

    def share(p: np.ndarray, q: np.ndarray) -> np.ndarray:
        return np.einsum("pti,ti->pt", np.cross(q - p, points[:, None] - p), normal) / double

    return np.minimum(np.minimum(share(a, b), share(b, c)), share(c, a)).max(axis=1)


def _without_dust(shards: list[Shard], across: list[np.ndarray]) -> Int[np.ndarray, " shard"]:
    """Group number of every shard: its own, or for a crumb that of the neighbour it shares most area with."""
    volume = np.array([shard.bulk.volume for shard in shards])
    fellows = np.bincount([shard.site for shard in shards])
    least = np.array([CRUMB if fellows[shard.site] > 1 else DUST for shard in shards]) * volume.mean()
    parent = np.arange(len(shards))
    for index in np.flatnonzero(volume < least):
        area = np.linalg.norm(shards[index].surface.area_vectors, axis=1)
        touch = across[index] >= 0
        shared = np.bincount(across[index][touch], weights=area[touch], minlength=len(shards))
        if shared.any():
            parent[index] = int(shared.argmax())
    for index in range(len(shards)):
        seen = {index}
        while parent[parent[index]] != parent[index] and parent[index] not in seen:
            seen.add(int(parent[index]))
            parent[index] = parent[parent[index]]
    return np.unique(parent, return_inverse=True)[1]


def _cell(shards: list[Shard], across: list[np.ndarray], group: np.ndarray, own: int) -> Cell:
    """The parts of one group as one piece; faces between them are gone."""
    surface = joined([shard.surface for shard in shards])
    neighbour = np.concatenate([np.where(a >= 0, group[a], -1) for a in across])
    outer = np.concatenate([shard.outer for shard in shards])
    kept = neighbour != own
    return Cell(
        surface=surface.part(kept),
        side=np.where(outer, OUTER, INNER).astype(np.uint8)[kept],
        neighbour=neighbour[kept].astype(np.int32),
        bulk=sum_of([shard.bulk for shard in shards]),
        hulls=tuple(points for shard in shards for points in shard.hulls),
    )


def _cracks(cells: tuple[Cell, ...]) -> Cracks:
    """One per pair of cells that share a face, summed over the faces of the cell with the lower number."""
    pairs, areas, middles, normals = [], [], [], []
    for index, cell in enumerate(cells):
        vectors = cell.surface.area_vectors
        area = np.linalg.norm(vectors, axis=1)
        centres = cell.surface.corners.mean(axis=1)
        for other in np.unique(cell.neighbour[cell.neighbour > index]):
            faces = cell.neighbour == other
            total = float(area[faces].sum())
            if total <= 0:
                continue
            pairs.append((index, other))
            areas.append(total)
            middles.append((area[faces, None] * centres[faces]).sum(0) / total)
            heading = vectors[faces].sum(0)
            normals.append(heading / np.linalg.norm(heading))
    return Cracks(
        piece=np.array(pairs, np.int32).reshape(-1, 2),
        area=np.array(areas),
        midpoint=np.array(middles).reshape(-1, 3),
        normal=np.array(normals).reshape(-1, 3),
    )
