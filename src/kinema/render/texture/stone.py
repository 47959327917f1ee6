"""Stone and what is made of it: concrete, granite, marble, asphalt. Lengths are those of the real matter."""

from __future__ import annotations

import numpy as np

from kinema.render.texture.bake import Maker, Pattern
from kinema.render.texture.field import Field, smoothstep, tinted


def concrete(f: Field) -> Pattern:
    """Power-trowelled slab: blotches where it cured unevenly, sweeps of the blade, pores, hairlines, sawn joints."""
    cloud = f.noise(1.1, slope=3.2, octaves=7)
    patch = f.noise(0.35, slope=2.6, octaves=6)
    sweep_at = [0.3 * f.noise(1.2) for _ in range(2)]
    sweep = f.warp(f.noise(0.035, stretch=8.0, slope=1.5, octaves=3), *sweep_at)
    grain = f.noise(0.006, slope=0.8, octaves=2)
    value = 1 + 0.055 * cloud + 0.035 * patch + 0.008 * sweep + 0.016 * grain

    # Wet stains have a soft body and a slightly darker rim where the water stopped.
    wet = f.noise(0.75, slope=3.0, octaves=5) + 0.15 * f.noise(0.05, slope=2.0)
    stain = smoothstep(1.05, 1.35, wet)
    rim = np.exp(-(((wet - 1.1) / 0.05) ** 2))
    value *= 1 - 0.07 * stain - 0.05 * rim
    lime = smoothstep(1.2, 2.2, f.noise(0.5, slope=2.4, octaves=6))
    value += 0.06 * lime

    pores = f.scatter(230.0)
    radii = 0.0008 * np.exp(0.55 * f.random.standard_normal(len(pores)))
    pit = f.dots(pores, np.clip(radii, 0.0004, 0.0045), ragged=0.25)
    value *= 1 - 0.32 * pit

    distance, _ = f.nearest(
        f.spread(1.3), offset=np.stack([f.noise(0.3, slope=2.2), f.noise(0.3, slope=2.2)], -1) * 0.06
    )
    line = np.exp(-(((distance[..., 1] - distance[..., 0]) / 0.0016) ** 2))
    hairline = line * smoothstep(0.2, 1.0, f.noise(0.5, slope=2.0, octaves=3))
    value *= 1 - 0.16 * hairline

    # Contraction joints, sawn 6 mm wide every 1.5 m, half a slab from the origin: things smaller than a slab have
    # none. Dirt has settled along them, and no two slabs cured alike.
    slab = f.period / 2
    off = slab * np.minimum(*(np.abs(at / slab % 1 - 0.5) for at in (f.u, f.v)))
    joint = 1 - smoothstep(0.0025, 0.0045, off)
    value *= (1 - 0.7 * joint) * (1 - 0.1 * np.exp(-((off / 0.035) ** 2)))
    column, row = (np.round(at / slab).astype(int) % 2 for at in (f.u, f.v))
    value *= np.array([[1.02, 0.96], [0.985, 1.035]])[row, column]

    colour = tinted(value, (1.03, 1.0, 0.95), 0.7 + 0.25 * f.noise(0.6, slope=3.0, octaves=4))
    # A trowelled slab is flat to a millimetre over metres: a low sun must not find dunes in it.
    height = (
        0.0001 * cloud + 0.00006 * sweep + 0.00004 * grain - 0.0012 * pit - 0.0003 * hairline - 0.004 * joint
    )
    return Pattern(colour, 1 + 0.1 * patch - 0.15 * stain + 0.05 * sweep, height)


def granite(f: Field) -> Pattern:
    """Polished: crystals of feldspar, quartz and black mica, each a few millimetres."""
    bend = np.stack([f.noise(0.006, slope=1.5), f.noise(0.006, slope=1.5)], -1) * 0.0008
    distance, index = f.nearest(f.spread(0.006, 1.0), offset=bend)
    kind = f.random.random(int(index.max()) + 1)
    shade = 1 + 0.1 * f.random.standard_normal(len(kind))
    cluster = f.noise(0.03, slope=2.0, octaves=3)
    draw = np.clip(kind[index[..., 0]] + 0.07 * cluster, 0, 1)[..., None]
    feldspar, quartz, mica = (
        np.array([1.28, 1.16, 1.08]),
        np.array([0.92, 0.92, 0.94]),
        np.array([0.14, 0.14, 0.16]),
    )
    colour = (
        np.where(draw < 0.5, feldspar, np.where(draw < 0.86, quartz, mica)) * shade[index[..., 0]][..., None]
    )
    edge = smoothstep(0.0, 0.0008, distance[..., 1] - distance[..., 0])[..., None]
    colour = colour * (0.85 + 0.15 * edge) * (1 + 0.05 * f.noise(0.0015)[..., None])
    return Pattern(colour, 1 + 0.05 * cluster, 0.000004 * f.noise(0.004))


def marble(f: Field) -> Pattern:
    """White, with grey veins that fork: ridges of noise bent by noise."""
    bend = [0.10 * f.noise(0.5) + 0.035 * f.noise(0.12) + 0.008 * f.noise(0.03) for _ in range(2)]
    ridge = f.warp(f.noise(0.8), *bend)
    thread = f.warp(f.noise(0.3), *bend)
    strength = smoothstep(-0.4, 1.6, f.noise(0.8, slope=3.0, octaves=3))
    vein = np.exp(-np.abs(ridge) / 0.07) * strength + 0.4 * np.exp(-np.abs(thread) / 0.035) * strength**2
    cloud = f.noise(0.6, slope=3.0, octaves=6)
    value = 1.0 + 0.025 * cloud - 0.1 * np.exp(-np.abs(ridge) / 0.35) - 0.45 * np.clip(vein, 0, 1)
    return Pattern(tinted(value, (0.97, 1.0, 1.04), np.clip(vein, 0, 1)), 1 + 0.05 * cloud, 0.00001 * cloud)


def asphalt(f: Field) -> Pattern:
    """Worn road: stones of all greys up to a centimetre, bitumen in the gaps, a polished track, patches of
    dust."""
    distance, index = f.nearest(f.spread(0.0085, 1.0))
    shade = np.exp(0.34 * f.random.standard_normal(int(index.max()) + 1))
    worn = smoothstep(-1.0, 1.4, f.noise(0.7, slope=2.8, octaves=5))
    stone = smoothstep(0.0004, 0.0022, distance[..., 1] - distance[..., 0])
    value = 0.55 + stone * (0.25 + 0.35 * worn) * shade[index[..., 0]] + 0.05 * f.noise(0.003)
    dust = smoothstep(0.6, 2.2, f.noise(0.4, slope=2.6, octaves=6))
    colour = tinted(
        value * (1 + 0.05 * f.noise(1.2, slope=3.0, octaves=3)) + 0.22 * dust, (1.08, 1.0, 0.88), dust
    )
    height = 0.0016 * stone * (0.6 + 0.4 * np.minimum(shade, 1.6)[index[..., 0]]) + 0.0008 * f.noise(
        0.15, slope=2.5
    )
    return Pattern(colour, 1 - 0.15 * worn * stone, height)


MAKERS = {
    "concrete": Maker(3.0, 101, concrete),
    "granite": Maker(1.0, 102, granite),
    "marble": Maker(2.4, 103, marble),
    "asphalt": Maker(2.0, 104, asphalt),
}
