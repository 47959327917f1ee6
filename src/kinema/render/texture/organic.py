"""Grown matter: wood, leather, cork, paper."""

from __future__ import annotations

import numpy as np

from kinema.render.texture.bake import Maker, Pattern
from kinema.render.texture.field import Field, smoothstep, tinted

_PLANK = 0.12
"""Width of a floor board [m]."""


def wood(f: Field) -> Pattern:
    """Oiled boards sawn from logs: each cuts its own log's growth rings at its own angle. Grain runs along
    u."""
    rows = round(f.period / _PLANK)
    row = np.floor(f.v / f.period * rows).astype(int) % rows
    across = f.v - (row + 0.5) * f.period / rows
    start = f.random.random(rows) * f.period
    along = (f.u - start[row]) % f.period
    half = along > f.period / 2  # two boards to a row
    board = row * 2 + half
    along = np.where(half, along - f.period / 2, along) - f.period / 4
    draw = f.random.random((8, 2 * rows))[:, board]

    # Where the heart of the log lies, seen from the board's face, and how the board is tilted in it.
    heart_across = (draw[0] - 0.5) * 0.22
    heart_below = 0.015 + 0.09 * draw[1] + (draw[2] - 0.5) * 0.06 * along
    bend = 0.007 * f.noise(0.16, stretch=4.0) + 0.0012 * f.noise(0.03, stretch=8.0)
    radius = np.hypot(across - heart_across + bend, heart_below + bend)
    years = radius / (0.0035 + 0.0025 * draw[3]) + 0.3 * f.noise(0.1, stretch=8.0)
    season = years % 1.0
    late = smoothstep(0.45, 0.92, season) * (1 - smoothstep(0.94, 1.0, season))

    vessel = smoothstep(0.9, 2.4, f.noise(0.0016, stretch=30.0, slope=0.6, octaves=1.5))
    fibre = f.noise(0.004, stretch=50.0, slope=1.2, octaves=3)
    value = 1 + 0.16 * (draw[4] - 0.5) * 2 - 0.2 * late - 0.16 * vessel * (1.2 - late) + 0.035 * fibre
    value *= 1 + 0.04 * f.noise(0.4, slope=2.5, stretch=3.0)
    gap = np.minimum(f.period / rows / 2 - np.abs(across), f.period / 4 - np.abs(along))
    seam = smoothstep(0.0, 0.0012, gap)
    bevel = smoothstep(0.0, 0.003, gap)
    colour = tinted(value * (0.25 + 0.75 * seam), (1.06, 0.97, 0.82), 0.55 * late + 0.5 * (draw[5] - 0.5))
    height = (
        0.0006 * bevel - 0.00006 * late - 0.00010 * vessel + 0.00001 * fibre + 0.0003 * (draw[6] - 0.5) * seam
    )
    return Pattern(colour, 1 + 0.25 * vessel - 0.1 * late + 0.3 * (1 - seam), height)


def leather(f: Field) -> Pattern:
    """Full-grain hide: pebbles of two sizes, creases between them, pores."""
    bend = np.stack([f.noise(0.01, slope=2.0), f.noise(0.01, slope=2.0)], -1) * 0.0008
    far, _ = f.nearest(f.spread(0.0042, 1.0), offset=bend)
    near, index = f.nearest(f.spread(0.0017, 1.0), offset=bend)
    pebble = smoothstep(0.0, 0.0012, near[..., 1] - near[..., 0])
    crease = smoothstep(0.0, 0.0014, far[..., 1] - far[..., 0])
    body = f.noise(0.06, slope=2.5, octaves=4)
    relief = 0.55 * crease + 0.45 * pebble
    shade = 1 + 0.04 * f.random.standard_normal(int(index.max()) + 1)
    value = (0.72 + 0.28 * relief) * shade[index[..., 0]] * (1 + 0.05 * body)
    return Pattern(
        tinted(value, (1.06, 0.98, 0.9), 1 - relief), 1.15 - 0.25 * relief, 0.00022 * relief + 0.0002 * body
    )


def cork(f: Field) -> Pattern:
    """Pressed granules, with the dark bark between and in some of them."""
    bend = np.stack([f.noise(0.004, slope=1.8), f.noise(0.004, slope=1.8)], -1) * 0.0009
    distance, index = f.nearest(f.spread(0.0042, 1.0), offset=bend)
    count = int(index.max()) + 1
    shade = 1 + 0.14 * f.random.standard_normal(count)
    bark = (f.random.random(count) < 0.07)[index[..., 0]]
    seam = smoothstep(0.0, 0.0007, distance[..., 1] - distance[..., 0])
    fleck = smoothstep(1.6, 2.4, f.noise(0.0022, slope=1.0, octaves=1))
    value = shade[index[..., 0]] * (0.62 + 0.38 * seam) * (1 + 0.05 * f.noise(0.0012)) * (1 - 0.4 * fleck)
    value = np.where(bark, value * 0.5, value) * (1 + 0.04 * f.noise(0.2, slope=2.5))
    return Pattern(
        tinted(value, (1.05, 0.97, 0.86), 1 - seam), 1 + 0.1 * (1 - seam), 0.00035 * seam - 0.0002 * fleck
    )


def paper(f: Field) -> Pattern:
    """Uncoated sheet: the cloudiness of its fibres, and the fibres."""
    fibres = np.zeros((f.size, f.size))
    for _ in range(3):
        bend = [0.004 * f.noise(0.02) for _ in range(2)]
        strand = f.warp(f.noise(0.0012, stretch=8.0, slope=0.5, octaves=1), *bend)
        fibres += f.warp(np.maximum(strand - 1.1, 0), *(0.03 * f.noise(0.08) for _ in range(2)))
    cloud = f.noise(0.006, slope=1.6, octaves=4)
    value = 1 + 0.008 * cloud - 0.02 * fibres + 0.006 * f.noise(0.15, slope=2.5)
    return Pattern(tinted(value, (1.005, 1.0, 0.985)), 1 + 0.03 * cloud, 0.000012 * cloud + 0.00002 * fibres)


MAKERS = {
    "wood": Maker(2.4, 301, wood),
    "leather": Maker(0.4, 302, leather),
    "cork": Maker(0.4, 303, cork),
    "paper": Maker(0.4, 304, paper),
}
