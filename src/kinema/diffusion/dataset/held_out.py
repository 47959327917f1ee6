"""The phenomena that training never shows: what hangs swings, what stands tall topples."""

from __future__ import annotations

import math

import numpy as np

from kinema.diffusion.dataset.phenomena import Phenomenon, vector
from kinema.diffusion.dataset.plot import Plot
from kinema.diffusion.dataset.things import Thing, finish
from kinema.shot.body import Box, Cylinder
from kinema.shot.force import Push, Rope


def swing(plot: Plot) -> None:
    """A pendulum on a rope is let go, over things that it may strike."""
    bob = plot.thing(("sphere", "box", "hull"))
    length = plot.size * plot.rng.uniform(1.8, 3.0)
    clear = bob.reach * plot.rng.uniform(1.05, 2.5)
    hook = np.array([0.0, 0.0, length + clear])
    angle, turn = math.radians(plot.rng.uniform(30, 75)), plot.rng.uniform(0, 2 * math.pi)
    ahead = np.array([math.cos(turn), math.sin(turn), 0.0])
    out = math.sin(angle) * ahead - math.cos(angle) * np.array([0, 0, 1.0])
    place = hook + length * out
    push = plot.rng.uniform(-0.5, 1.0) * plot.speed * (math.cos(angle) * ahead + [0, 0, math.sin(angle)])
    body = plot.add(bob, vector(place), velocity=vector(-push))
    plot.joints.append(Rope(a=body.name, at_a=vector(place), at_b=vector(hook)))
    plot.keep_clear((0.0, 0.0, clear), bob.reach)
    plot.high = max(plot.high, float(place[2]))
    plot.strew(4)
    plot.moment = 0.25 * 2 * math.pi * math.sqrt(length / max(plot.gravity, 1e-3))


def topple(plot: Plot) -> None:
    """One to six tall things stand in a row; the first is pushed near its top."""
    count = int(plot.rng.integers(1, 7))
    tall = plot.size * plot.rng.uniform(1.2, 2.0)
    part = _tall(plot, tall)
    thin = tall / (6 if isinstance(part.shape, Box) else 4)
    gap = thin + tall * plot.rng.uniform(0.15, 0.4)
    turn = plot.rng.uniform(0, 2 * math.pi)
    ahead = np.array([math.cos(turn), math.sin(turn), 0.0])
    for number in range(count):
        place = ahead * gap * (number - (count - 1) / 2)
        place[2] = part.rest + 1e-4 * plot.size
        body = plot.add(part, vector(place), rotation=(0.0, 0.0, math.degrees(turn)), mass=1.0)
        if number == 0:
            speed = plot.rng.uniform(0.35, 0.6) * math.sqrt(max(plot.gravity, 0.1) * tall)
            top = (0.0, 0.0, 0.4 * tall)
            plot.pushes.append(Push(body=body.name, impulse=vector(0.5 * speed * ahead), point=top))
    plot.floor = str(plot.rng.choice(["rubber", "oak", "asphalt", "cork", "paper"]))
    plot.moment = 0.6 * math.sqrt(tall / max(plot.gravity, 1e-3))


def _tall(plot: Plot, tall: float) -> Thing:
    """A domino, or a column, of height `tall` [m]."""
    material = str(plot.rng.choice(["oak", "abs", "marble", "maple", "concrete", "phenolic"]))
    if plot.rng.random() < 0.7:
        shape, across = Box(size=(tall / 6, tall / 2, tall)), tall / 2
    else:
        shape, across = Cylinder(radius=tall / 8, height=tall), tall / 4
    return Thing(shape, material, *finish(plot.rng, material), float(np.hypot(tall, across)) / 2, tall / 2)


HELD_OUT: dict[str, tuple[float, Phenomenon]] = {"swing": (0.5, swing), "topple": (0.5, topple)}
"""Share and maker of each."""
