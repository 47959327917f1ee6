"""Hills on the horizon: what makes a plain a place, and keeps the edge of the world from being a ruler's line.

Ranges stand one behind the other. Each is a random ridge (spectral synthesis: amplitudes fall as a power of the
frequency, Peitgen and Saupe 1988) whose slopes are lit by sun and sky, seen through the air between (Koschmieder
1924: what is not transmitted is the horizon's light).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

SLOPE = math.radians(40.0)
"""How far a hillside leans back from upright, on average."""
_SEED = 20


@dataclass(frozen=True, kw_only=True)
class Range:
    """One range of hills, seen from where the action is."""

    distance: float
    """[km]"""
    height: float
    """Of its highest hill, as a share of the skyline's."""
    base: float
    """Of its lowest saddle, as a share of its highest hill."""
    waves: tuple[int, int]
    """Fewest and most rises round the horizon."""
    slope: float
    """Amplitude falls as waves ** -slope: 1 is torn, 2 is rolling."""
    albedo: tuple[float, float, float]
    """Linear Rec.709: woods are dark and a little green, far slopes paler."""


RANGES = (
    Range(distance=24.0, height=1.0, base=0.25, waves=(5, 420), slope=1.5, albedo=(0.12, 0.12, 0.11)),
    Range(distance=11.0, height=0.8, base=0.25, waves=(7, 420), slope=1.45, albedo=(0.085, 0.09, 0.07)),
    Range(distance=4.5, height=0.55, base=0.3, waves=(9, 640), slope=1.3, albedo=(0.06, 0.068, 0.045)),
    Range(distance=1.2, height=0.26, base=0.4, waves=(14, 1400), slope=0.95, albedo=(0.035, 0.042, 0.026)),
)
"""From the farthest to the nearest: mountains, hills, woods, the trees at the end of the plain."""


def with_hills(
    sky: Float[np.ndarray, "row column 3"],
    degrees: float,
    haze: float,
    suns: list[tuple[Float[np.ndarray, " 3"], Float[np.ndarray, " rgb"]]],
    ambient: Float[np.ndarray, " rgb"],
) -> Float[np.ndarray, "row column 3"]:
    """A map of the sky (layout of `render.environment`, cd/m²) with hills up to `degrees` above the horizon.

    `haze` is the air's extinction [1/km]; `suns` are unit directions and illuminances square to them [lx];
    `ambient` is what the sky gives level ground [lx].
    """
    rows, columns = sky.shape[:2]
    edges = np.degrees(math.pi / 2 - np.arange(rows + 1) / rows * math.pi)[:, None]
    level = rows // 2 - 1  # the row just above the horizon
    air = sky[level][None]
    turn = (np.arange(columns) + 0.5) / columns * 2 * math.pi
    result = sky.copy()
    for number, hills in enumerate(RANGES):
        random = np.random.default_rng([_SEED, number])
        ridge = degrees * hills.height * _ridge(hills, columns, random)
        # Share of each pixel's height that lies below the ridge; nothing below the horizon is a hill.
        top, foot = np.maximum(edges[:-1], 0), np.maximum(edges[1:], 0)
        cover = np.clip((ridge - foot) / np.maximum(top - foot, 1e-9), 0, 1) * (top > 0)
        lean = _lean(hills, columns, random)
        light = ambient / 2 + sum(lux * _facing(turn, lean, sun)[:, None] for sun, lux in suns)
        clear = math.exp(-haze * hills.distance)
        colour = np.array(hills.albedo) / math.pi * light * clear + air * (1 - clear)
        result = result + cover[..., None] * (colour - result)
    result[level + 1 :] = result[level]  # the foot of the nearest hills, for what fades into it from below
    return result


def _ridge(hills: Range, columns: int, random: np.random.Generator) -> Float[np.ndarray, " column"]:
    """Height of the ridge round the horizon: from `base` to 1, periodic, the same hills at every resolution."""
    field = _periodic(hills.waves, hills.slope, columns, random)
    field = (field - field.min()) / (field.max() - field.min())
    return hills.base + (1 - hills.base) * field


def _lean(hills: Range, columns: int, random: np.random.Generator) -> Float[np.ndarray, " column"]:
    """How far each hillside is turned away from the viewer [rad]: spurs and gullies."""
    field = _periodic(hills.waves, 0.8, columns, random)
    return 0.3 * field / max(float(np.abs(field).max()), 1e-9)


def _periodic(
    waves: tuple[int, int], slope: float, columns: int, random: np.random.Generator
) -> Float[np.ndarray, " column"]:
    first, last = waves
    number = np.arange(first, last + 1)
    phase = random.uniform(0, 2 * math.pi, len(number))
    size = random.rayleigh(1.0, len(number)) * number.astype(float) ** -slope
    spectrum = np.zeros(columns // 2 + 1, complex)
    shown = number < len(spectrum)  # finer than the map: left out, not folded back
    spectrum[number[shown]] = (size * np.exp(1j * phase))[shown]
    return np.fft.irfft(spectrum, columns) * columns


def _facing(
    turn: Float[np.ndarray, " column"], lean: Float[np.ndarray, " column"], sun: Float[np.ndarray, " 3"]
) -> Float[np.ndarray, " column"]:
    """Cosine between the sun and hillsides that face the viewer, turned aside by `lean`; 0 in their own shade."""
    back = turn + math.pi + lean
    across = np.stack([np.sin(back), np.cos(back)], -1) @ sun[:2]
    return np.maximum(math.cos(SLOPE) * across + math.sin(SLOPE) * sun[2], 0.0)
