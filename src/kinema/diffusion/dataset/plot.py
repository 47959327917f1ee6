"""What a phenomenon writes: bodies and forces, on a floor at z = 0, the action about the origin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from kinema.diffusion.dataset.ranges import Ranges, choice, log_uniform
from kinema.diffusion.dataset.things import KINDS, MATERIALS, Thing, Vector, thing
from kinema.shot.body import Body
from kinema.shot.force import Joint, Push


@dataclass
class Plot:
    """A world while it is written. `size` is its unit of length [m], `gravity` g [m/s²], `speed` its unit of speed
    [m/s]: root(g size)."""

    rng: np.random.Generator
    ranges: Ranges
    size: float
    gravity: float
    bodies: list[Body] = field(default_factory=list)
    pushes: list[Push] = field(default_factory=list)
    joints: list[Joint] = field(default_factory=list)
    floor: str | None = None
    """Material of the floor, if the phenomenon needs one; None = any."""
    taken: list[tuple[np.ndarray, float]] = field(default_factory=list)
    """Centres and radii of balls no other thing may enter [m]."""
    moment: float = 0.3
    """When what must be seen happens [s]: the clip is long enough for it, if gravity allows."""
    high: float = 0.0
    """Top of the action [m], for the framing."""
    wide: float = 0.0
    """Half its width [m]."""

    @property
    def speed(self) -> float:
        """Unit of speed: root(g size), of the earth's g where there is none [m/s]."""
        return float(np.sqrt((self.gravity or 9.80665) * self.size))

    def pace(self, share: tuple[float, float] = (0.0, 1.0)) -> float:
        """A speed from the ranges, from `share` of them [m/s]."""
        low, high = self.ranges.speed
        at = self.rng.uniform(*share)
        return float((low + at * (high - low)) * self.speed)

    def thing(
        self, kinds: tuple[str, ...] = KINDS, materials: Sequence[str] = MATERIALS, share: float | None = None
    ) -> Thing:
        """A random thing of the world's size, or `share` of it."""
        factor = share if share is not None else float(self.rng.uniform(0.5, 1.0))
        return thing(self.rng, self.size * factor, kinds, materials)

    def add(
        self,
        part: Thing,
        position: Vector,
        *,
        velocity: Vector = (0.0, 0.0, 0.0),
        turned: bool = False,
        **more: object,
    ) -> Body:
        """Put a thing somewhere; `turned` = any way round."""
        if turned:
            q = self.rng.normal(size=4)
            w, x, y, z = (float(c) for c in q / np.linalg.norm(q))
            more["rotation"] = (w, x, y, z)
        body = part.body(f"{part.shape.kind}_{len(self.bodies) + 1}", position, velocity=velocity, **more)
        self.bodies.append(body)
        self.keep_clear(position, part.reach)
        return body

    def keep_clear(self, position: Vector, reach: float) -> None:
        """Nothing else goes there."""
        self.taken.append((np.array(position), reach))
        self.high = max(self.high, position[2] + reach)
        self.wide = max(self.wide, float(np.hypot(position[0], position[1])) + reach)

    def free(self, part: Thing, span: float, height: float | None = None) -> Vector | None:
        """A place for `part` within `span` of the middle, standing or at a `height`; None if it found none."""
        for _ in range(24):
            x, y = self.rng.uniform(-span, span, 2)
            z = part.rest + 1e-3 * self.size if height is None else height * self.rng.uniform(0.7, 1.3)
            spot = np.array([x, y, z])
            if all(np.linalg.norm(spot - c) > 1.05 * (r + part.reach) for c, r in self.taken):
                return float(x), float(y), float(z)
        return None

    def strew(self, most: int, span: float | None = None) -> None:
        """Up to `most` standing things where there is room."""
        for _ in range(int(self.rng.integers(0, most + 1))):
            part = self.thing(share=float(self.rng.uniform(0.35, 0.8)))
            place = self.free(part, span or 3.0 * self.size)
            if place is not None:
                yaw = float(self.rng.uniform(0, 360))
                self.add(part, place, rotation=(0.0, 0.0, yaw))


def open_plot(rng: np.random.Generator, ranges: Ranges, *, weightless: bool) -> Plot:
    """An empty plot of random size and gravity."""
    size = log_uniform(rng, ranges.sizes[int(rng.integers(len(ranges.sizes)))])
    low, high = choice(rng, ranges.gravities)
    gravity = 0.0 if weightless else float(rng.uniform(low, high))
    return Plot(rng=rng, ranges=ranges, size=size, gravity=gravity)
