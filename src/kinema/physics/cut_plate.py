"""A pane cut into shards: spokes and arcs round the place where it is hit, large plates far from it.

Annealed glass struck at a point breaks first along radii and then along arcs (Bradt, *Fractography of Glass*,
1994), which leaves daggers that grow with the distance. Sites on jittered spokes of rings whose radii grow
geometrically have such daggers for Voronoi cells, and all of them are convex.
"""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float, Int

from kinema.physics.cut import Cell, Cracks, Cut
from kinema.physics.geometry import INNER, OUTER
from kinema.physics.inertia import polyhedron_bulk
from kinema.physics.surface import Surface, flat, joined

FOCUSED = 0.4
"""Share of the shards that lie within `FOCUS_RADIUS` times the shorter side of the place that is hit."""
FOCUS_RADIUS = 0.35
RING_RATIO = 2.0
"""Radius of one ring over that of the next inner one."""
SPOKE_JITTER = 0.28
RING_JITTER = 0.30
MERGE = 1e-3
"""Corners of cells closer than this become one [m]: hull builders and eyes dislike slivers."""


def cut_pane(
    width: float,
    height: float,
    thickness: float,
    count: int,
    focus: tuple[float, float],
    rng: np.random.Generator,
) -> Cut:
    """Divide a pane (x, z in the middle plane, thickness along y) into about `count` convex prisms.

    `focus` is (x, z) of the expected hit in the pane's frame [m]. Fewer shards come back where two sites
    fell so close that nothing was left of the cell between them.
    """
    size = np.array([width, height])
    sites = plate_sites(size, np.asarray(focus) + size / 2, count, rng)
    corners, cells = merged_voronoi(sites, size)
    corners = corners - size / 2
    edges = _shared_edges(cells)
    solids = tuple(_prism(corners, cell, edges, thickness) for cell in cells)
    border = np.array([_touches_rim(cell, edges) for cell in cells])
    return Cut(cells=solids, cracks=_cracks(corners, cells, edges, thickness), border=border)


# --- where the shards are --------------------------------------------------------------------------------


def plate_sites(
    size: np.ndarray, focus: np.ndarray, count: int, rng: np.random.Generator
) -> Float[np.ndarray, "site 2"]:
    """Voronoi sites in the rectangle from (0, 0) to `size`: rings near the focus, scattered elsewhere."""
    focus = np.clip(focus, 0.02 * size, 0.98 * size)
    reach = FOCUS_RADIUS * size.min()
    near = _on_rings(focus, reach, max(round(count * FOCUSED), 1), rng)
    near = near[((near > 0) & (near < size)).all(axis=1)]
    far = _scattered(size, focus, reach, count - len(near), rng)
    return _relaxed(np.vstack([near, far]), size)


def _on_rings(focus: np.ndarray, reach: float, count: int, rng: np.random.Generator) -> np.ndarray:
    """`count` sites on spokes that run through all rings, each ring twice as far out as the last."""
    rings = max(2, min(5, round(math.sqrt(count / 4))))
    spokes = max(3, count // rings)
    per_ring = np.full(rings, spokes)
    per_ring[: count - spokes * rings] += 1
    per_ring = per_ring[::-1] if per_ring.sum() == count else per_ring
    points = []
    start = rng.uniform(0, 2 * math.pi)
    for ring, number in enumerate(per_ring):
        radius = reach * RING_RATIO ** (-(ring + 0.5 + rng.uniform(-RING_JITTER, RING_JITTER, number)))
        turn = (np.arange(number) + rng.uniform(-SPOKE_JITTER, SPOKE_JITTER, number)) / number
        angle = start + 2 * math.pi * turn
        points.append(focus + radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1))
    return np.vstack(points)[:count]


def _scattered(
    size: np.ndarray, focus: np.ndarray, reach: float, count: int, rng: np.random.Generator
) -> np.ndarray:
    """`count` sites outside the rings, each the best of several throws: far from focus and from its fellows
    (Mitchell's best candidate, 1991), with a preference for long radial cells: distances across the spokes
    count more than along them."""
    placed = np.empty((0, 2))
    for _ in range(count):
        throws = rng.uniform(0, 1, (12, 2)) * size
        outside = np.linalg.norm(throws - focus, axis=1) > 0.9 * reach
        throws = throws[outside] if outside.any() else throws
        if len(placed):
            gap = throws[:, None] - placed
            radial = throws - focus
            radial = radial / np.maximum(np.linalg.norm(radial, axis=1, keepdims=True), 1e-12)
            along = np.einsum("tpi,ti->tp", gap, radial)
            across = np.abs(gap[..., 0] * radial[:, None, 1] - gap[..., 1] * radial[:, None, 0])
            throws = throws[[np.hypot(0.6 * along, across).min(axis=1).argmax()]]
        placed = np.vstack([placed, throws[:1]])
    return placed


# --- bounded Voronoi diagram -------------------------------------------------------------------------------


def _mirrored(sites: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Sites and their images in the four sides: then the rectangle's sides are edges of the diagram."""
    flip_x, flip_z = sites * [-1, 1], sites * [1, -1]
    return np.vstack([sites, flip_x, flip_z, flip_x + [2 * size[0], 0], flip_z + [0, 2 * size[1]]])


def _voronoi(sites: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """Corners, and for each site the indices of its cell's corners, counter-clockwise."""
    from scipy.spatial import Voronoi

    diagram = Voronoi(_mirrored(sites, size))
    corners = diagram.vertices
    cells = []
    for index, site in enumerate(sites):
        region = np.array(diagram.regions[diagram.point_region[index]])
        arm = corners[region] - site
        cells.append(region[np.argsort(np.arctan2(arm[:, 1], arm[:, 0]), kind="stable")])
    return corners, cells


def _relaxed(sites: np.ndarray, size: np.ndarray) -> np.ndarray:
    """One step of Lloyd's algorithm: every site to the centroid of its cell, so that none is a sliver."""
    corners, cells = _voronoi(sites, size)
    return np.array([_centroid(corners[cell]) for cell in cells])


def _centroid(polygon: np.ndarray) -> np.ndarray:
    ahead = np.roll(polygon, -1, axis=0)
    cross = polygon[:, 0] * ahead[:, 1] - ahead[:, 0] * polygon[:, 1]
    return ((polygon + ahead) * cross[:, None]).sum(0) / (3 * cross.sum())


def merged_voronoi(
    sites: np.ndarray, size: np.ndarray
) -> tuple[Float[np.ndarray, "corner 2"], list[np.ndarray]]:
    """Bounded Voronoi cells of the rectangle (0, 0) to `size` as rings of indices into shared corners.

    Corners closer than `MERGE` are one and the same for all cells that meet there, so the cells still tile the
    rectangle exactly; corners on its sides stay on them.
    """
    corners, cells = _voronoi(sites, size)
    used = np.unique(np.concatenate(cells))
    position = corners[used]
    slack = 1e-9 * size.max()
    position = np.where(position < slack, 0.0, np.where(position > size - slack, size, position))
    tolerance = min(MERGE, 0.1 * math.sqrt(size.prod() / len(sites)))
    target = _merge_map(position, size, tolerance)
    lookup = np.zeros(len(corners), int)
    lookup[used] = target
    rings = [_ring(lookup[cell]) for cell in cells]
    return position, [ring for ring in rings if len(ring) >= 3]


def _merge_map(position: np.ndarray, size: np.ndarray, tolerance: float) -> Int[np.ndarray, " corner"]:
    """For each corner the one that stands for it: the most bound (rectangle's corner, side, inside) wins."""
    from scipy.spatial import cKDTree

    bound = ((position == 0.0) | (position == size)).sum(axis=1)
    target = np.arange(len(position))
    for index in np.argsort(-bound, kind="stable"):
        target[index] = -1
    tree = cKDTree(position)
    for index in np.argsort(-bound, kind="stable"):
        if target[index] >= 0:
            continue
        target[index] = index
        for other in sorted(tree.query_ball_point(position[index], tolerance)):
            # A corner on one side must not be dragged onto another side: the rectangle would lose a piece.
            same_side = (
                bound[other] == 0
                or ((position[other] == position[index])[_sides(position[other], size)]).all()
            )
            if target[other] < 0 and same_side:
                target[other] = index
    return target


def _sides(point: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Which coordinates of a point lie on a side."""
    return (point == 0.0) | (point == size)


def _ring(indices: np.ndarray) -> np.ndarray:
    """A ring of corners without immediate repeats."""
    return indices[indices != np.roll(indices, 1)]


# --- prisms and cracks ----------------------------------------------------------------------------------------


def _shared_edges(cells: list[np.ndarray]) -> dict[tuple[int, int], int]:
    """Directed edge (from corner, to corner) to the cell that has it on its left."""
    return {
        (int(a), int(b)): index
        for index, cell in enumerate(cells)
        for a, b in zip(cell, np.roll(cell, -1), strict=True)
    }


def _touches_rim(cell: np.ndarray, edges: dict[tuple[int, int], int]) -> bool:
    """An edge that no other cell has is part of the rim."""
    return any((int(b), int(a)) not in edges for a, b in zip(cell, np.roll(cell, -1), strict=True))


def _prism(
    corners: np.ndarray, cell: np.ndarray, edges: dict[tuple[int, int], int], thickness: float
) -> Cell:
    """One shard: front and back, and a rectangle for every edge, open crack or rim."""
    outline = corners[cell]
    front = np.column_stack([outline[:, 0], np.full(len(cell), -thickness / 2), outline[:, 1]])
    back = front * [1, -1, 1]
    parts: list[Surface] = [
        # x to the right and z up is counter-clockwise seen from -y.
        flat(front, np.array([0.0, -1.0, 0.0]), outline),
        flat(back[::-1], np.array([0.0, 1.0, 0.0]), outline[::-1]),
    ]
    sides, across = [OUTER, OUTER], [-1, -1]
    for k in range(len(cell)):
        j = (k + 1) % len(cell)
        run = outline[j] - outline[k]
        length = float(np.hypot(*run))
        normal = np.array([run[1], 0.0, -run[0]]) / length
        quad = np.array([front[k], back[k], back[j], front[j]])
        uv = np.stack([np.array([0.0, 0.0, length, length]), quad[:, 1]], axis=1)
        parts.append(flat(quad, normal, uv))
        other = edges.get((int(cell[j]), int(cell[k])), -1)
        sides.append(OUTER if other < 0 else INNER)
        across.append(other)
    surface = joined(parts)
    repeats = [len(part.faces) for part in parts]
    return Cell(
        surface=surface,
        side=np.repeat(np.array(sides, np.uint8), repeats),
        neighbour=np.repeat(np.array(across, np.int32), repeats),
        bulk=polyhedron_bulk(surface.corners),
        hulls=(np.vstack([front, back]),),
    )


def _cracks(
    corners: np.ndarray, cells: list[np.ndarray], edges: dict[tuple[int, int], int], thickness: float
) -> Cracks:
    rows = [
        (index, edges[(int(b), int(a))], corners[a], corners[b])
        for index, cell in enumerate(cells)
        for a, b in zip(cell, np.roll(cell, -1), strict=True)
        if edges.get((int(b), int(a)), -1) > index
    ]
    start = np.array([row[2] for row in rows]).reshape(-1, 2)
    end = np.array([row[3] for row in rows]).reshape(-1, 2)
    run = end - start
    length = np.hypot(run[:, 0], run[:, 1])
    flat_zero = np.zeros(len(rows))
    middle = (start + end) / 2
    return Cracks(
        piece=np.array([row[:2] for row in rows], np.int32).reshape(-1, 2),
        area=length * thickness,
        midpoint=np.stack([middle[:, 0], flat_zero, middle[:, 1]], axis=1),
        normal=np.stack([run[:, 1], flat_zero, -run[:, 0]], axis=1) / length[:, None],
    )
