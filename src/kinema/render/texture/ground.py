"""What lies outdoors: sand, snow, grass."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from kinema.render.texture.bake import Maker, Pattern
from kinema.render.texture.field import Field, smoothstep, tinted


def sand(f: Field) -> Pattern:
    """Dry and drifted: wind ripples that meet and part, footless dips, grains of many colours."""
    bend = [0.045 * f.noise(0.5), 0.09 * f.noise(0.8, stretch=1.5)]
    phase = 2 * np.pi * f.v * 20 / f.period
    crest = f.warp(np.sin(phase) + 0.22 * np.sin(2 * phase + 0.9), *bend)
    ripple = crest * smoothstep(-1.8, 0.6, f.noise(0.6)) + 0.15 * f.noise(0.04)
    dune = f.noise(0.5) + 0.15 * f.noise(0.08)
    grain = f.noise(0.0025)
    dark = smoothstep(2.0, 2.8, f.noise(0.003))
    value = (1 + 0.035 * dune + 0.03 * ripple + 0.075 * grain) * (1 - 0.4 * dark)
    colour = tinted(value, (1.05, 1.0, 0.92), 0.5 + 0.3 * f.noise(0.006))
    return Pattern(colour, np.ones_like(value), 0.004 * ripple + 0.006 * dune + 0.0003 * grain)


def snow(f: Field) -> Pattern:
    """Settled: soft drifts, a crust of grains, no colour but the sky's."""
    drift = f.noise(0.5) + 0.2 * f.noise(0.12)
    crust = f.noise(0.02, slope=1.8, octaves=4)
    grain = f.noise(0.002)
    value = 1 + 0.008 * drift + 0.01 * crust + 0.012 * grain
    return Pattern(
        tinted(value, (0.99, 1.0, 1.012), 0.5 - 0.3 * drift),
        np.ones_like(value),
        0.008 * drift + 0.0007 * crust + 0.0002 * grain,
    )


def grass(f: Field) -> Pattern:
    """A mown lawn from above: blades of every green laid over each other, a little straw, soil in the
    gaps."""
    density = 14_000.0  # visible blades per m²
    roots = f.scatter(density)
    count = len(roots)
    lean = 2 * np.pi * f.random.random(count)
    length = 0.022 + 0.03 * f.random.random(count)
    curl = f.random.normal(0, 0.9, count)
    order = f.random.random(count)
    rank = np.argsort(order)
    colours = _greens(f, roots)
    canvas, depth = (
        tinted(0.16 + 0.04 * f.noise(0.01, slope=1.5), (1.25, 1.0, 0.7)),
        np.zeros((f.size, f.size)),
    )
    texel = f.period / f.size
    for t in np.linspace(0, 1, max(8, int(0.045 / texel * 1.3))):
        turn = lean[rank] + curl[rank] * t
        at = roots[rank] + (t * length[rank])[:, None] * np.stack([np.cos(turn), np.sin(turn)], -1)
        side = np.stack([-np.sin(turn), np.cos(turn)], -1)
        breadth = 0.0024 * (1 - 0.8 * t)
        shade = (0.55 + 0.6 * t) * (0.55 + 0.5 * order[rank])
        for s in (-0.5, 0.0, 0.5):
            spot = ((at + s * breadth * side) / texel).astype(int) % f.size
            canvas[spot[:, 1], spot[:, 0]] = colours[rank] * (shade * (1 + 0.2 * s))[:, None]
            depth[spot[:, 1], spot[:, 0]] = 0.02 * order[rank] + 0.006 * t
    patch = 1 + 0.09 * f.noise(0.45, slope=2.8, octaves=4)
    return Pattern(canvas * patch[..., None], np.ones((f.size, f.size)), f.blur(depth, texel))


def _greens(f: Field, roots: Float[np.ndarray, "point 2"]) -> Float[np.ndarray, "point 3"]:
    """Colour of each blade relative to the lawn's: lush to dry by place, a few dead."""
    column, row = (roots / f.period * f.size).astype(int).T % f.size
    dry = np.clip(
        0.3 + 0.22 * f.noise(0.3, slope=2.6, octaves=4)[row, column] + f.random.normal(0, 0.2, len(roots)),
        0,
        1,
    )
    lush, straw = np.array([0.8, 1.15, 0.75]), np.array([1.7, 1.35, 1.0])
    mix = lush + dry[:, None] ** 2 * (straw - lush)
    dead = f.random.random(len(roots)) < 0.03
    return np.where(dead[:, None], np.array([2.2, 1.6, 1.5]), mix)


MAKERS = {"sand": Maker(2.0, 401, sand), "snow": Maker(2.0, 402, snow), "grass": Maker(2.0, 403, grass)}
