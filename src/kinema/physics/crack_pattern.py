"""How a plate cracks when it is struck at a point: spokes from the hit, arcs between them, branches outward.

Made as cracks make it, one after the other: each new crack crosses one plate and ends at cracks that are
there (T-junctions), radial ones first and arcs after them (Bradt, Fractography of Glass, 1994). Every plate
so made is convex, and corners are shared, so the plates tile the pane exactly.
"""

from __future__ import annotations

import heapq
import math

import numpy as np
from jaxtyping import Float

CORE = 0.035
"""Plates stop growing smaller towards the hit within this share of the shorter side."""
FALL = 1.35
"""Plates per area fall with this power of the distance from the hit."""
DAGGER = 2.4
"""Plates longer than this times their width, along the spoke, are cut by an arc, others by a spoke."""
VARIETY = 0.45
"""Scatter of the logarithm of plate sizes."""
SMALLEST = 1e-3
"""No side of a plate is shorter [m]: hull builders and eyes dislike slivers."""

Ring = list[int]


class Pattern:
    """Convex plates that tile a rectangle. Corners are shared by index; rings run counter-clockwise."""

    def __init__(self, size: np.ndarray, tolerance: float) -> None:
        w, h = float(size[0]) / 2, float(size[1]) / 2
        self.corners: list[tuple[float, float]] = [(-w, -h), (w, -h), (w, h), (-w, h)]
        self.rings: list[Ring] = [[0, 1, 2, 3]]
        self._tolerance = tolerance
        self._left_of: dict[tuple[int, int], int] = {}
        self._register(0)

    def polygon(self, index: int) -> Float[np.ndarray, "corner 2"]:
        """Corners of one plate [m]."""
        return np.array([self.corners[i] for i in self.rings[index]])

    def split(self, index: int, point: np.ndarray, direction: np.ndarray) -> bool:
        """Crack one plate along the line through `point`; the part on the left keeps its index, the other is
        appended. False, and nothing is changed, if a part would be a sliver."""
        ring = self.rings[index]
        side = [self._side(i, point, direction) for i in ring]
        ends: list[tuple[int, float]] = []  # (position in the ring, share of the way to the next corner)
        for k, (here, there) in enumerate(zip(side, side[1:] + side[:1], strict=True)):
            if here == 0.0:
                ends.append((k, 0.0))
            elif here * there < 0.0:
                ends.append((k, here / (here - there)))
        if len(ends) != 2:
            return False
        first, second = (self._end(ring, *end) for end in ends)
        if first == second or not self._both_fat(ring, first, second):
            return False
        corner = [self._materialise(ring, end) for end in (first, second)]
        self._divide(index, corner[0], corner[1])
        return True

    def _side(self, corner: int, point: np.ndarray, direction: np.ndarray) -> float:
        """Distance to the left of the line [m]; within the tolerance a corner is on it."""
        x, y = self.corners[corner]
        distance = direction[0] * (y - point[1]) - direction[1] * (x - point[0])
        return 0.0 if abs(distance) < self._tolerance else float(distance)

    def _end(self, ring: Ring, k: int, share: float) -> tuple[int, float]:
        """Where a crack ends: at a corner if one is within the tolerance along the side, else between two."""
        (ax, ay), (bx, by) = self.corners[ring[k]], self.corners[ring[(k + 1) % len(ring)]]
        length = math.hypot(bx - ax, by - ay)
        if share * length < self._tolerance:
            return k, 0.0
        if (1 - share) * length < self._tolerance:
            return (k + 1) % len(ring), 0.0
        return k, share

    def _both_fat(self, ring: Ring, first: tuple[int, float], second: tuple[int, float]) -> bool:
        """Whether both parts would be wider than twice the tolerance."""
        a, b = self._point(ring, first), self._point(ring, second)
        run = b - a
        length = float(np.hypot(*run))
        if length < 2 * self._tolerance:
            return False
        reach = [
            (run[0] * (y - a[1]) - run[1] * (x - a[0])) / length for x, y in (self.corners[i] for i in ring)
        ]
        return max(reach) > 2 * self._tolerance and min(reach) < -2 * self._tolerance

    def _point(self, ring: Ring, end: tuple[int, float]) -> np.ndarray:
        k, share = end
        a, b = np.array(self.corners[ring[k]]), np.array(self.corners[ring[(k + 1) % len(ring)]])
        return a + share * (b - a)

    def _materialise(self, ring: Ring, end: tuple[int, float]) -> int:
        """The corner at an end; a new one is put into the ring of the plate across the side as well."""
        k, share = end
        if share == 0.0:
            return ring[k]
        a, b = ring[k], ring[(k + 1) % len(ring)]
        x, y = self._point(ring, end)
        new = len(self.corners)
        self.corners.append((float(x), float(y)))
        for start, stop in ((a, b), (b, a)):
            owner = self._left_of.pop((start, stop), None)
            if owner is not None:
                rim = self.rings[owner]
                # A new list: the caller still holds the old ring and counts positions in it.
                at = rim.index(start) + 1
                self.rings[owner] = [*rim[:at], new, *rim[at:]]
                self._left_of[start, new] = self._left_of[new, stop] = owner
        return new

    def _divide(self, index: int, a: int, b: int) -> None:
        ring = self.rings[index]
        i = ring.index(a)
        ring = ring[i:] + ring[:i]
        j = ring.index(b)
        self.rings[index] = [b, *ring[j + 1 :], a]
        self.rings.append(ring[: j + 1])
        self._register(index)
        self._register(len(self.rings) - 1)

    def _register(self, index: int) -> None:
        ring = self.rings[index]
        for a, b in zip(ring, ring[1:] + ring[:1], strict=True):
            self._left_of[a, b] = index

    def across(self, a: int, b: int) -> int:
        """The plate on the right of the side from corner a to b; -1 = none: the rim."""
        return self._left_of.get((b, a), -1)


def crack_pattern(size: np.ndarray, focus: np.ndarray, count: int, rng: np.random.Generator) -> Pattern:
    """`count` plates of a rectangle about the origin, struck at `focus` [m]; fewer only if it is so small
    that plates would be slivers."""
    short = float(size.min())
    tolerance = min(SMALLEST, 0.05 * math.sqrt(float(size.prod()) / count))
    focus = np.clip(focus, -0.48 * size, 0.48 * size)
    pattern = Pattern(size, tolerance)
    _spokes(pattern, focus, max(3, round(1.15 * count**0.45)) if count >= 6 else 0, rng)
    queue = [(-_worth(pattern, i, focus, short, rng), i) for i in range(len(pattern.rings))]
    heapq.heapify(queue)
    while queue and len(pattern.rings) < count:
        _, index = heapq.heappop(queue)
        for _ in range(8):
            if pattern.split(index, *_next_crack(pattern, index, focus, rng)):
                for part in (index, len(pattern.rings) - 1):
                    heapq.heappush(queue, (-_worth(pattern, part, focus, short, rng), part))
                break
    return pattern


def _spokes(pattern: Pattern, focus: np.ndarray, number: int, rng: np.random.Generator) -> None:
    """The first radial cracks: `number` of them (none, or three or more), from the hit to the rim."""
    if number == 0:
        return
    start = rng.uniform(0, 2 * math.pi)
    turn = start + 2 * math.pi * (np.arange(number) + rng.uniform(-0.24, 0.24, number)) / number
    heading = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    # One line through the hit, then the rest of the spokes as halves of lines that end at it.
    pattern.split(0, focus, heading[0])
    for direction in heading[1:]:
        _ray(pattern, focus, direction)


def _ray(pattern: Pattern, focus: np.ndarray, direction: np.ndarray) -> None:
    """Cracks the plate that a ray from the hit runs through."""
    probe = focus + 1e-6 * direction
    for index in range(len(pattern.rings)):
        polygon = pattern.polygon(index)
        run = np.roll(polygon, -1, axis=0) - polygon
        arm = probe - polygon
        if (run[:, 0] * arm[:, 1] - run[:, 1] * arm[:, 0] >= 0).all():
            pattern.split(index, focus, direction)
            return


def _worth(pattern: Pattern, index: int, focus: np.ndarray, short: float, rng: np.random.Generator) -> float:
    """How much a plate is too large for where it is."""
    centre, area = _moments(pattern.polygon(index))
    distance = float(np.hypot(*(centre - focus)))
    return area / (distance + CORE * short) ** FALL * math.exp(VARIETY * rng.standard_normal())


def _next_crack(
    pattern: Pattern, index: int, focus: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Point and direction of the crack that would split a plate best."""
    polygon = pattern.polygon(index)
    centre, _ = _moments(polygon)
    radial = centre - focus
    distance = float(np.hypot(*radial))
    if distance < 1e-9:  # struck in its very middle: any direction is a spoke
        angle = rng.uniform(0, 2 * math.pi)
        radial, distance = np.array([math.cos(angle), math.sin(angle)]), 1.0
    radial = radial / distance
    across = np.array([-radial[1], radial[0]])
    length, width = np.ptp(polygon @ radial), np.ptp(polygon @ across)
    shift = rng.uniform(-0.16, 0.16, 2)
    point = centre + shift[0] * length * radial + shift[1] * width * across
    arc = length > DAGGER * math.exp(0.3 * rng.standard_normal()) * width
    tilt = math.radians(9.0 if arc else 5.0) * rng.standard_normal()
    heading = across if arc else radial
    cosine, sine = math.cos(tilt), math.sin(tilt)
    return point, np.array([cosine * heading[0] - sine * heading[1], sine * heading[0] + cosine * heading[1]])


def _moments(polygon: np.ndarray) -> tuple[np.ndarray, float]:
    """Centroid and area."""
    origin = polygon[0]
    here = polygon - origin
    ahead = np.roll(here, -1, axis=0)
    cross = here[:, 0] * ahead[:, 1] - ahead[:, 0] * here[:, 1]
    area = float(cross.sum()) / 2
    return origin + ((here + ahead) * cross[:, None]).sum(0) / (6 * area), area
