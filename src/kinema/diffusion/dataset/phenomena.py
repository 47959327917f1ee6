"""The phenomena of training: each writes what must happen into a plot."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from kinema.diffusion.dataset.plot import Plot
from kinema.diffusion.dataset.things import BOUNCY, ROUND, SLIPPERY, Thing, Vector
from kinema.shot.body import Body, Breaks, Capsule, Cylinder, Pane, Sphere

Phenomenon = Callable[[Plot], None]


def fall(plot: Plot) -> None:
    """One to five things drop, each any way round."""
    height = plot.size * plot.rng.uniform(1.5, 4.0)
    for _ in range(int(plot.rng.integers(1, 6))):
        part = plot.thing()
        place = plot.free(part, 1.6 * plot.size, height)
        if place is not None:
            drift = plot.rng.normal(0, 0.15 * plot.speed, 3)
            plot.add(
                part, place, turned=True, velocity=vector(drift), spin=vector(plot.rng.normal(0, 120, 3))
            )
    plot.strew(2)
    plot.moment = drop_time(plot, height)


def bounce(plot: Plot) -> None:
    """A lively ball is thrown at a hard floor."""
    ball = plot.thing(("sphere",), BOUNCY)
    height = plot.size * plot.rng.uniform(0.8, 2.5)
    turn = plot.rng.uniform(0, 2 * math.pi)
    ahead = np.array([math.cos(turn), math.sin(turn), 0.0])
    speed = 0.5 * plot.pace()
    start = -ahead * speed * drop_time(plot, height)
    start[2] = height + ball.rest
    throw = ahead * speed + np.array([0, 0, -plot.rng.uniform(0, 1.0) * plot.speed])
    plot.add(ball, vector(start), velocity=vector(throw))
    plot.floor = str(plot.rng.choice(["concrete", "marble", "granite", "tile", "oak", "slate"]))
    plot.strew(3)
    plot.moment = drop_time(plot, height)


def roll(plot: Plot) -> None:
    """A round thing rolls without slipping, past or into others."""
    part = plot.thing(ROUND)
    along = plot.rng.uniform(0, 2 * math.pi)
    ahead = np.array([math.cos(along), math.sin(along), 0.0])
    speed = plot.pace((0.0, 0.7))
    radius = _rolling_radius(part)
    reach = speed * 0.35
    start = -ahead * min(reach, 5 * plot.size)
    start[2] = radius + 1e-3 * plot.size
    # Axis of the roll: z x ahead; a cylinder's own axis (z) is laid down along it.
    axis = np.array([-ahead[1], ahead[0], 0.0])
    spin = axis * math.degrees(speed / radius)
    lay = (90.0, 0.0, math.degrees(along)) if part.shape.kind != "sphere" else (0.0, 0.0, 0.0)
    plot.add(part, vector(start), velocity=vector(ahead * speed), spin=vector(spin), rotation=lay)
    plot.keep_clear(vector(start + ahead * 0.5 * reach), part.reach)
    plot.strew(5)


def slide(plot: Plot) -> None:
    """Flat things slide over a slippery floor and slow down."""
    for _ in range(int(plot.rng.integers(1, 4))):
        part = plot.thing(("box", "cylinder"), [*SLIPPERY, "oak", "glass", "steel"])
        place = plot.free(part, 2.2 * plot.size)
        if place is None:
            continue
        inward = -np.array(place) + plot.rng.normal(0, 0.3 * plot.size, 3)
        inward[2] = 0.0
        inward /= max(float(np.linalg.norm(inward)), 1e-9)
        yaw = float(plot.rng.uniform(0, 360))
        plot.add(part, place, velocity=vector(inward * plot.pace((0.0, 0.5))), rotation=(0.0, 0.0, yaw))
    plot.floor = str(plot.rng.choice(["marble", "tile", "granite", "maple", "slate"]))
    plot.strew(2)


def collide(plot: Plot) -> None:
    """A thing flies at others that stand, or, without gravity, float."""
    afloat = plot.gravity == 0
    height = 1.5 * plot.size if afloat else None
    for _ in range(int(plot.rng.integers(1, 6))):
        part = plot.thing()
        place = plot.free(part, 1.3 * plot.size, height)
        if place is not None:
            plot.add(part, place, turned=afloat, spin=vector(plot.rng.normal(0, 60 * afloat, 3)))
    target = np.array(plot.bodies[0].position)
    shot = plot.thing(share=float(plot.rng.uniform(0.5, 0.9)))
    turn, speed = plot.rng.uniform(0, 2 * math.pi), plot.pace((0.3, 1.0))
    time = plot.rng.uniform(0.12, 0.25) if afloat else 0.6 * math.sqrt(plot.size / plot.gravity)
    away = np.array([math.cos(turn), math.sin(turn), plot.rng.uniform(0.0, 0.4)])
    start = target + away / np.linalg.norm(away) * max(speed * time, plot.taken[0][1] + 1.6 * shot.reach)
    start[2] = max(start[2], 1.1 * shot.reach)
    time = float(np.linalg.norm(start - target)) / speed
    # Aimed at the middle, the drop on the way made up for.
    throw = (target - start) / time + np.array([0, 0, plot.gravity * time / 2])
    plot.add(shot, vector(start), velocity=vector(throw), turned=True, spin=vector(plot.rng.normal(0, 90, 3)))
    plot.moment = time


def stack(plot: Plot) -> None:
    """Two to five blocks on one another; half of the time a ball strikes them."""
    height, widest = 0.0, 0.0
    for _ in range(int(plot.rng.integers(2, 6))):
        part = plot.thing(("box", "cylinder"), share=float(plot.rng.uniform(0.6, 1.0)))
        shift = plot.rng.uniform(-0.08, 0.08, 2) * plot.size
        place = (float(shift[0]), float(shift[1]), height + part.rest + 1e-3 * plot.size)
        plot.add(part, place, rotation=(0.0, 0.0, float(plot.rng.uniform(-25, 25))))
        height += 2 * part.rest + 1e-3 * plot.size
        widest = max(widest, part.reach)
    if plot.rng.random() < 0.5:
        ball = plot.thing(("sphere",), share=float(plot.rng.uniform(0.5, 0.9)))
        turn, speed = plot.rng.uniform(0, 2 * math.pi), plot.pace((0.4, 1.0))
        away = np.array([math.cos(turn), math.sin(turn), 0.0])
        aim = np.array([0, 0, height * plot.rng.uniform(0.3, 0.9)])
        start = aim + away * (widest + 1.2 * ball.reach + 0.5 * plot.size)
        start[2] = max(start[2], 1.1 * ball.reach)
        plot.add(ball, vector(start), velocity=vector(-away * speed))
    plot.strew(2)


def shatter(plot: Plot) -> None:
    """A ball goes through a glass pane."""
    wide, high = plot.size * plot.rng.uniform(1.6, 2.6), plot.size * plot.rng.uniform(1.2, 2.0)
    middle = (0.0, 0.0, float(high / 2 + 0.02 * plot.size))
    held = "edges" if plot.rng.random() < 0.6 else "base"
    plot.bodies.append(
        Body(
            name="pane",
            shape=Pane(width=wide, height=high, thickness=0.02 * plot.size),
            material=str(plot.rng.choice(["glass", "glass", "tempered_glass", "crystal"])),
            position=middle,
            breaks=Breaks(pieces=int(plot.rng.integers(24, 61)), held=held),
        )
    )
    plot.keep_clear(middle, float(np.hypot(wide, high)) / 2)
    share, material = float(plot.rng.uniform(0.25, 0.45)), ["steel", "iron", "granite", "brass", "lead"]
    ball = plot.thing(("sphere",), material, share)
    side = -1.0 if plot.rng.random() < 0.5 else 1.0
    aim = np.array([plot.rng.uniform(-0.25, 0.25) * wide, 0, high * plot.rng.uniform(0.4, 0.7)])
    speed = max(plot.pace((0.4, 1.0)), 3.0)
    start = aim + np.array([plot.rng.uniform(-0.3, 0.3) * plot.size, side * 1.5 * plot.size, 0.0])
    start[2] = max(start[2], 1.2 * ball.reach)
    time = float(np.linalg.norm(start - aim)) / speed
    throw = (aim - start) / time + np.array([0, 0, plot.gravity * time / 2])
    plot.add(ball, vector(start), velocity=vector(throw))
    plot.moment = 2 * time


TRAINED: dict[str, tuple[float, Phenomenon]] = {
    "fall": (0.24, fall),
    "bounce": (0.14, bounce),
    "roll": (0.14, roll),
    "slide": (0.12, slide),
    "collide": (0.20, collide),
    "stack": (0.10, stack),
    "shatter": (0.06, shatter),
}
"""Share and maker of each."""


def _rolling_radius(part: Thing) -> float:
    assert isinstance(part.shape, Sphere | Cylinder | Capsule)  # ROUND
    return part.shape.radius


def drop_time(plot: Plot, height: float) -> float:
    """[s]; half a second where nothing falls."""
    return math.sqrt(2 * height / plot.gravity) if plot.gravity > 0 else 0.5


def vector(v: np.ndarray) -> Vector:
    x, y, z = (float(c) for c in v)
    return x, y, z
