"""Fired clay: a brick, bricks laid in mortar, tile. Rows run along u."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from kinema.render.texture.bake import Maker, Pattern
from kinema.render.texture.field import Field, smoothstep, tinted


def _courses(
    u: Float[np.ndarray, "v u"], v: Float[np.ndarray, "v u"], period: float, across: int, up: int, bond: float
) -> tuple[Int[np.ndarray, "v u"], Float[np.ndarray, "v u"], Float[np.ndarray, "v u"]]:
    """Number of the unit at each point, and the point within it: offsets from its middle along u and v [m].

    `across` units and `up` rows to the period; every other row is shifted by `bond` of a unit.
    """
    width, height = period / across, period / up
    row = np.floor(v / height).astype(int) % up
    shifted = u + (row % 2) * bond * width
    column = np.floor(shifted / width).astype(int) % across
    return row * across + column, shifted % width - width / 2, v % height - height / 2


def brick(f: Field) -> Pattern:
    """One brick's matter, wire-cut: drag marks of the wire, grog and pores, scorched where the fire was hot, lime."""
    burn = f.noise(0.55, slope=2.2, octaves=3)
    kiss = f.noise(0.11, slope=2.6, octaves=5)
    drag = f.noise(0.008, stretch=0.08, slope=1.4, octaves=3)
    grain = f.noise(0.0035)
    grog = smoothstep(1.5, 2.2, f.noise(0.005, slope=0.6, octaves=2))
    speck = smoothstep(1.9, 2.6, f.noise(0.004, slope=0.5, octaves=1))
    value = 1 + 0.13 * burn + 0.07 * kiss + 0.035 * drag + 0.05 * grain
    fire = np.array([1.12, 0.92, 0.82]) + 0.05 * kiss[..., None] * np.array([1.0, -0.2, -0.8])
    colour = (value * (1 - 0.4 * speck))[..., None] * fire
    colour = colour * (1 - grog[..., None]) + tinted(1.25 + 0.1 * grain, (1.1, 0.95, 0.8)) * grog[..., None]
    lime = 0.35 * smoothstep(1.1, 2.3, f.noise(0.07, slope=2.4, octaves=5))[..., None]
    colour = colour * (1 - lime) + tinted(1.9 + 0.1 * grain, (0.98, 1.06, 1.18)) * lime
    pits = f.scatter(2500.0)
    pit = f.dots(pits, 0.0011 * np.exp(0.4 * f.random.standard_normal(len(pits))), ragged=0.3)
    height = 0.0003 * kiss + 0.00022 * drag + 0.0001 * grain - 0.0009 * pit
    return Pattern(colour * (1 - 0.35 * pit[..., None]), 1 + 0.05 * kiss, height)


def masonry(f: Field) -> Pattern:
    """Bricks in stretcher bond, 240 x 71 mm, joints of 10 to 12 mm struck back by 5 mm."""
    rough = f.noise(0.03, slope=2.0, octaves=5)
    wander = [0.0015 * f.noise(0.08) for _ in range(2)]
    unit, du, dv = _courses(f.u + wander[0], f.v + wander[1], f.period, 8, 24, 0.5)
    count = int(unit.max()) + 1
    inside = np.minimum(0.120 - np.abs(du), 0.0357 - np.abs(dv)) + 0.0008 * f.noise(
        0.02, slope=2.5, octaves=3
    )
    clay = smoothstep(-0.0005, 0.003, inside)

    burn = f.random.standard_normal(count)
    warmth = f.random.standard_normal(count)
    face = 1 + 0.13 * burn[unit] + 0.05 * rough + 0.04 * f.noise(0.004) + 0.07 * f.noise(0.12, slope=2.5)
    fire = np.array([1.12, 0.92, 0.82]) + 0.06 * warmth[unit][..., None] * np.array([1.0, -0.2, -0.8])
    speck = smoothstep(1.9, 2.6, f.noise(0.004, slope=0.5, octaves=1))
    clay_colour = (face * (1 - 0.35 * speck))[..., None] * fire

    sand = 1 + 0.07 * f.noise(0.003) + 0.1 * f.noise(0.2, slope=2.6)
    mortar_colour = tinted(1.55 * sand, (0.98, 1.06, 1.18))
    # Mortar smeared over the edges of some bricks, soot and lime over all.
    smear = smoothstep(0.9, 2.0, f.noise(0.09, slope=2.2)) * smoothstep(0.012, 0.0, inside) * 0.6
    blend = (clay * (1 - smear))[..., None]
    weather = 1 + 0.06 * f.noise(0.8, slope=3.0, octaves=5)
    colour = (blend * clay_colour + (1 - blend) * mortar_colour) * weather[..., None]
    pit = f.dots(f.scatter(500.0), np.full(round(500.0 * f.period**2), 0.0022), ragged=0.3)
    height = clay * (0.005 + 0.0004 * rough + 0.0006 * burn[unit] - 0.0012 * pit) + 0.0003 * f.noise(0.003)
    return Pattern(colour * (1 - 0.3 * (pit * clay)[..., None]), 1 + 0.1 * (1 - clay) + 0.03 * rough, height)


def tile(f: Field) -> Pattern:
    """Glazed stoneware, 200 mm square, 3 mm joints."""
    unit, du, dv = _courses(f.u, f.v, f.period, 10, 10, 0.0)
    count = int(unit.max()) + 1
    inside = np.minimum(0.0985 - np.abs(du), 0.0985 - np.abs(dv))
    glaze = smoothstep(-0.0004, 0.0008, inside)
    pillow = 1 - smoothstep(0.0, 0.006, inside)
    shade = 1 + 0.022 * f.random.standard_normal(count)
    cloud = f.noise(0.12, slope=2.6, octaves=4)
    value = shade[unit] * (1 + 0.012 * cloud)
    dirt = 1 + 0.14 * f.noise(0.5, slope=2.5, octaves=5)
    colour = np.where(
        glaze[..., None] > 0.5, value[..., None] * np.ones(3), tinted(0.42 * dirt, (1.05, 1.0, 0.93))
    )
    lean = f.random.standard_normal((2, count)) * 0.0025
    height = glaze * (0.0012 - 0.0006 * pillow**2 + lean[0][unit] * du + lean[1][unit] * dv) + 0.00001 * cloud
    return Pattern(colour, np.where(glaze > 0.5, 1 + 0.05 * cloud, 5.0), height)


MAKERS = {
    "brick": Maker(2.0, 203, brick),
    "masonry": Maker(2.0, 201, masonry),
    "tile": Maker(2.0, 202, tile),
}
