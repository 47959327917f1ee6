"""A pane cut into shards: the plates of a crack pattern, given their thickness."""

from __future__ import annotations

import numpy as np

from kinema.physics.crack_pattern import Pattern, crack_pattern
from kinema.physics.cut import Cell, Cracks, Cut
from kinema.physics.geometry import INNER, OUTER
from kinema.physics.inertia import polyhedron_bulk
from kinema.physics.surface import Surface, flat, joined


def cut_pane(
    width: float,
    height: float,
    thickness: float,
    count: int,
    focus: tuple[float, float],
    rng: np.random.Generator,
) -> Cut:
    """Divide a pane (x, z in the middle plane, thickness along y) into `count` convex prisms.

    `focus` is (x, z) of the expected hit in the pane's frame [m].
    """
    pattern = crack_pattern(np.array([width, height]), np.asarray(focus), count, rng)
    return Cut(
        cells=tuple(_prism(pattern, index, thickness) for index in range(len(pattern.rings))),
        cracks=_cracks(pattern, thickness),
        border=np.array([any(pattern.across(a, b) < 0 for a, b in _sides(ring)) for ring in pattern.rings]),
    )


def _sides(ring: list[int]) -> list[tuple[int, int]]:
    return list(zip(ring, ring[1:] + ring[:1], strict=True))


def _prism(pattern: Pattern, index: int, thickness: float) -> Cell:
    """One shard: front and back, and a rectangle for every edge, open crack or rim."""
    ring, outline = pattern.rings[index], pattern.polygon(index)
    front = np.column_stack([outline[:, 0], np.full(len(ring), -thickness / 2), outline[:, 1]])
    back = front * [1, -1, 1]
    parts: list[Surface] = [
        # x to the right and z up is counter-clockwise seen from -y.
        flat(front, np.array([0.0, -1.0, 0.0]), outline),
        flat(back[::-1], np.array([0.0, 1.0, 0.0]), outline[::-1]),
    ]
    sides, across = [OUTER, OUTER], [-1, -1]
    for k, (a, b) in enumerate(_sides(ring)):
        j = (k + 1) % len(ring)
        run = outline[j] - outline[k]
        length = float(np.hypot(*run))
        quad = np.array([front[k], back[k], back[j], front[j]])
        uv = np.stack([np.array([0.0, 0.0, length, length]), quad[:, 1]], axis=1)
        parts.append(flat(quad, np.array([run[1], 0.0, -run[0]]) / length, uv))
        other = pattern.across(a, b)
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


def _cracks(pattern: Pattern, thickness: float) -> Cracks:
    """One per pair of plates: sides that a T-junction has divided count together."""
    sides: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for index, ring in enumerate(pattern.rings):
        for a, b in _sides(ring):
            if (other := pattern.across(a, b)) > index:
                sides.setdefault((index, other), []).append((a, b))
    corners = np.array(pattern.corners)
    owner = np.repeat(np.arange(len(sides)), [len(parts) for parts in sides.values()])
    ends = np.array([part for parts in sides.values() for part in parts], int).reshape(-1, 2)
    start, stop = corners[ends[:, 0]], corners[ends[:, 1]]
    run, middle = np.zeros((len(sides), 2)), np.zeros((len(sides), 2))
    # Two convex plates share one straight side, so its parts follow each other and add up to it.
    np.add.at(run, owner, stop - start)
    length = np.hypot(run[:, 0], run[:, 1])
    weight = np.linalg.norm(stop - start, axis=1) / length[owner]
    np.add.at(middle, owner, weight[:, None] * (start + stop) / 2)
    none = np.zeros(len(length))
    return Cracks(
        piece=np.array(list(sides), np.int32).reshape(-1, 2),
        area=length * thickness,
        midpoint=np.stack([middle[:, 0], none, middle[:, 1]], axis=1),
        normal=np.stack([run[:, 1], none, -run[:, 0]], axis=1) / length[:, None],
    )
