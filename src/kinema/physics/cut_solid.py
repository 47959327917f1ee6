"""A massive or hollow body cut into cells: its exact intersections with the cells of a Voronoi diagram.

Cells of a Voronoi diagram are convex, so the hulls of pieces never overlap, whatever the body's shape.
Booleans by manifold3d: volumes add up to the body's to rounding, and the normals and UV of its own surface
are kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from kinema.physics.closed import as_manifold, encloses
from kinema.physics.convex import convex_parts
from kinema.physics.cut import Cut
from kinema.physics.shard import Shard, as_cut
from kinema.physics.surface import Surface

if TYPE_CHECKING:
    from manifold3d import Manifold

FOCUSED = 0.4
"""Share of the cells that lie within `FOCUS_RADIUS` times the body's size of the place that is hit."""
FOCUS_RADIUS = 0.35
CANDIDATES = 6
THIN = 0.15
"""A body that fills less of its bounding box has its sites on its walls."""
FAR = 4.0
"""Outermost sites, in sizes of the body: they bound every cell, and their own cells miss the body by far. Farther
ones would coarsen the tolerance of the booleans, which grows with what they cut: at 20, 3e-8 of a block was lost."""


def cut_solid(surface: Surface, count: int, focus: np.ndarray, rng: np.random.Generator, path: str) -> Cut:
    """Divide a closed body into about `count` cells: a cell that a hollow divides becomes several.

    `focus` is the place of the expected hit, body frame [m]. Raises `ShotError` if the surface is not closed.
    """
    from manifold3d import Manifold

    body = as_manifold(surface, path)
    sites = solid_sites(surface, body, count, focus, rng)
    regions, beside = _voronoi(sites, surface)
    shards = [
        _shard(part, index, body.original_id(), sites, beside[index])
        for index, region in enumerate(regions)
        for part in (body ^ Manifold.hull_points(np.ascontiguousarray(region))).decompose()
    ]
    return as_cut(shards)


def solid_sites(
    surface: Surface, body: Manifold, count: int, focus: np.ndarray, rng: np.random.Generator
) -> Float[np.ndarray, "site 3"]:
    """Points in the body: a share of them near the focus, with uniform distance from it; each is the emptiest
    of a few candidates for its place (Mitchell 1991), so that no cell is a sliver."""
    low, high = surface.vertices.min(0), surface.vertices.max(0)
    reach = FOCUS_RADIUS * float(np.linalg.norm(high - low)) / np.sqrt(3)
    focused = round(FOCUSED * count)
    numbers = focused * CANDIDATES, (count - focused) * CANDIDATES
    if body.volume() < THIN * float((high - low).prod()):
        pools = _on_walls(surface, focus, reach, numbers, rng)
    else:
        pools = _in_bulk(surface, body, focus, reach, numbers, rng)
    pool = np.concatenate([points[: len(points) // CANDIDATES * CANDIDATES] for points in pools])[
        : sum(numbers)
    ]
    placed = np.empty((0, 3))
    for candidates in pool.reshape(-1, CANDIDATES, 3):
        best = 0
        if len(placed):
            gap = np.linalg.norm(candidates[:, None] - placed, axis=2).min(axis=1)
            best = int((gap / (np.linalg.norm(candidates - focus, axis=1) + 0.25 * reach)).argmax())
        placed = np.vstack([placed, candidates[best]])
    return placed


def _on_walls(
    surface: Surface, focus: np.ndarray, reach: float, numbers: tuple[int, int], rng: np.random.Generator
) -> list[np.ndarray]:
    """Candidates for a hollow body: on its surface, near the focus and anywhere."""
    area = np.linalg.norm(surface.area_vectors, axis=1)
    distance = np.linalg.norm(surface.corners.mean(axis=1) - focus, axis=1)
    close = np.where(distance < reach, area / (distance + 0.1 * reach), 0.0)
    pools = []
    for number, weight in zip(numbers, (close if close.any() else area, area), strict=True):
        face = surface.corners[rng.choice(len(area), number, p=weight / weight.sum())]
        share = rng.dirichlet((1.0, 1.0, 1.0), number)
        pools.append(np.einsum("nc,nci->ni", share, face))
    return pools


def _in_bulk(
    surface: Surface,
    body: Manifold,
    focus: np.ndarray,
    reach: float,
    numbers: tuple[int, int],
    rng: np.random.Generator,
) -> list[np.ndarray]:
    """Candidates for a massive body: draws that fall inside it."""
    low, high = surface.vertices.min(0), surface.vertices.max(0)

    def near(number: int) -> np.ndarray:
        heading = rng.standard_normal((number, 3))
        heading = heading / np.linalg.norm(heading, axis=1, keepdims=True)
        return focus + reach * rng.uniform(0, 1, (number, 1)) * heading

    def anywhere(number: int) -> np.ndarray:
        return low + rng.uniform(0, 1, (number, 3)) * (high - low)

    close = _inside(body, near, numbers[0], 1e3 * reach)
    # A focus outside the body, or on a thin part of it, has fewer points of the body round it than asked.
    rest = _inside(body, anywhere, sum(numbers) - len(close), 1e3 * reach)
    return [close, rest]


def _inside(body: Manifold, draw: Callable[[int], np.ndarray], number: int, far: float) -> np.ndarray:
    """`number` draws that fall inside the body; fewer if hardly any do."""
    kept = np.empty((0, 3))
    for _ in range(40):
        if len(kept) >= number:
            break
        points = draw(2 * number + 16)
        kept = np.vstack([kept, points[encloses(body, points, far)]])
    return kept[:number]


def _voronoi(sites: np.ndarray, surface: Surface) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Corners of every site's cell, and the sites beside it."""
    from scipy.spatial import Voronoi

    low, high = surface.vertices.min(0), surface.vertices.max(0)
    outermost = (low + high) / 2 + FAR * float(np.linalg.norm(high - low)) * np.vstack(
        [np.eye(3), -np.eye(3)]
    )
    diagram = Voronoi(np.vstack([sites, outermost]))
    regions = [diagram.vertices[diagram.regions[diagram.point_region[index]]] for index in range(len(sites))]
    pairs = diagram.ridge_points[(diagram.ridge_points < len(sites)).all(axis=1)]
    both = np.vstack([pairs, pairs[:, ::-1]])
    return regions, [np.sort(both[both[:, 0] == index, 1]) for index in range(len(sites))]


def _shard(part: Manifold, site: int, body_id: int, sites: np.ndarray, beside: np.ndarray) -> Shard:
    """One connected part of a cell, with the site across each of its crack faces."""
    mesh = part.to_mesh64()
    faces = np.asarray(mesh.tri_verts).astype(np.int64)
    values = np.asarray(mesh.vert_properties)
    runs = np.asarray(mesh.run_index).astype(np.int64) // 3
    outer = np.repeat(np.asarray(mesh.run_original_id) == body_id, np.diff(runs))
    corners = values[:, :3][faces]
    across = np.full(len(faces), -1)
    headings = sites[beside] - sites[site]
    headings = headings / np.linalg.norm(headings, axis=1, keepdims=True)
    middles = (sites[beside] + sites[site]) / 2
    # A crack face lies in the bisector of two sites: all three corners do.
    off = np.einsum("fci,bi->fcb", corners[~outer], headings) - (middles * headings).sum(1)
    plane = np.abs(off).max(axis=1).argmin(axis=1)
    across[~outer] = beside[plane]
    normals = np.zeros((len(faces), 3))
    normals[~outer] = headings[plane]
    skin = Surface(
        vertices=values[:, :3], normals=_unit(values[:, 3:6]), uv=values[:, 6:8], faces=faces.astype(np.int32)
    )
    cell = np.column_stack([headings, -(middles * headings).sum(1)])
    return Shard.make(
        site=site, skin=skin, outer=outer, across=across, normals=normals, hulls=convex_parts(part, cell)
    )


def _unit(vectors: np.ndarray) -> np.ndarray:
    """Interpolated normals have lost a little length; corners of cracks have none."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
