"""Where the lattice lies: every scale and turn tried against the pilots, the best refined.

A hypothesis costs some hundred reads of the spectrum and one small transform over shifts, about 30 microseconds, so
tens of thousands are tried in a second, and no feature of the picture has to survive. Two rounds: first upright, lying
or on its head, mirrored or not, at every scale; then, if that shows nothing, every turn up to 16 degrees.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Complex, Float

from kinema.provenance.watermark.geometry import Geometry, placed, similarity
from kinema.provenance.watermark.lattice import PERIOD, Lattice
from kinema.provenance.watermark.spectrum import Spectrum

SCALES: Final = (0.58, 2.05)
"""Of the pattern, relative to an unaltered picture of this size: a crop to half the side makes 2."""
TURN: Final = 16.0
"""[degrees] Either way."""
_SCALE_STEP: Final = 1.006
_TURN_STEP: Final = 0.4
"""[degrees] At half a step the phase at the frame's edge is off by a quarter turn for the shortest wave."""
_GRID: Final = 40
"""Shifts tried along a side of the tile: 4 px, a third of the shortest wave."""
_CHUNK: Final = 256
_WORKERS: Final = 2


@dataclass(frozen=True, kw_only=True)
class Found:
    """A geometry and how well the pilots fit there."""

    geometry: Geometry
    pilot: float
    """[deviations] Of the pilots' sum under the null, before any allowance for the search."""


def upright(nominal: float) -> Float[np.ndarray, "map 2 2"]:
    """First round: all scales, four right angles, both hands."""
    return _maps(nominal, (0.0,), turns=(0.0, 90.0, 180.0, -90.0))


def turned(nominal: float) -> Float[np.ndarray, "map 2 2"]:
    """Second round: all scales, small turns, both hands."""
    count = int(TURN / _TURN_STEP)
    angles = [n * _TURN_STEP for n in range(-count, count + 1) if n]
    return _maps(nominal, tuple(angles), turns=(0.0,))


def _maps(
    nominal: float, angles: tuple[float, ...], turns: tuple[float, ...]
) -> Float[np.ndarray, "map 2 2"]:
    count = int(np.ceil(np.log(SCALES[1] / SCALES[0]) / np.log(_SCALE_STEP)))
    scales = nominal * SCALES[0] * _SCALE_STEP ** np.arange(count + 1)
    return np.array(
        [
            similarity(scale, angle + turn, mirrored=mirrored)
            for mirrored in (False, True)
            for turn in turns
            for angle in angles
            for scale in scales
        ]
    )


def search(
    plane: Spectrum, points: Lattice, maps: Float[np.ndarray, "map 2 2"], keep: int
) -> tuple[Found, ...]:
    """The best `keep` of these maps, each refined, the best first; neighbours of a better one left out."""
    with ThreadPoolExecutor(_WORKERS) as pool:
        parts = list(
            pool.map(
                lambda k: _peaks(plane, points, maps[k : k + _CHUNK]),
                range(0, len(maps), _CHUNK),
            )
        )
    scores = np.concatenate([part[0] for part in parts])
    places = np.concatenate([part[1] for part in parts])
    chosen: list[int] = []
    for k in np.argsort(-scores):
        near = [np.linalg.norm(maps[k] - maps[c]) < 0.03 * np.linalg.norm(maps[k]) for c in chosen]
        if not any(near):
            chosen.append(int(k))
        if len(chosen) == keep:
            break
    found = [refine(plane, points, placed(maps[k], -places[k] * (PERIOD / _GRID))) for k in chosen]
    return tuple(sorted(found, key=lambda f: -f.pilot))


def _peaks(
    plane: Spectrum, points: Lattice, maps: Float[np.ndarray, "map 2 2"]
) -> tuple[np.ndarray, np.ndarray]:
    """Pilot score of every map at its best shift, and the shift [steps of the grid]."""
    from kinema.provenance.watermark.search_kernel import shift_peaks

    waves = np.linalg.inv(maps).transpose(0, 2, 1) / PERIOD
    products = read(plane, points.pilot, waves) * points.pilot_signs.conj().astype(np.complex64)
    peaks = np.empty(len(maps), np.float32)
    places = np.empty((len(maps), 2), np.int64)
    shift_peaks(np.ascontiguousarray(products), points.pilot, _GRID, peaks, places)
    power = np.sqrt(0.5 * np.sum(np.abs(products) ** 2, axis=1)) + 1e-9
    return peaks / power, places


def read(
    plane: Spectrum, numbers: np.ndarray, waves: Float[np.ndarray, "map 2 2"]
) -> Complex[np.ndarray, "map point"]:
    """The spectrum at wave numbers `numbers`, under each of the maps `waves` to frequencies."""
    from kinema.provenance.watermark.search_kernel import read_points

    out = np.empty((len(waves), len(numbers)), np.complex64)
    read_points(plane.values, plane.samples[0], plane.samples[1], numbers, waves, out)
    return out


def aligned(plane: Spectrum, numbers: np.ndarray, geometry: Geometry) -> Complex[np.ndarray, " point"]:
    """The spectrum at the lattice's points with the shift undone: the coefficients times a gain, and noise."""
    seen = read(plane, numbers, geometry.frequencies[None])[0]
    return seen * np.exp(-2j * np.pi / PERIOD * (numbers @ np.array(geometry.shift)))


def refine(plane: Spectrum, points: Lattice, start: Geometry) -> Found:
    """Climb to the top of the pilots' score: first turn, scale and shift, then any affine map."""
    from scipy.optimize import minimize

    matrix, shift = np.array(start.matrix), np.array(start.shift)

    def geometry(free: np.ndarray) -> Geometry:
        bent = matrix @ (np.eye(2) + free[2:].reshape(2, 2))
        return placed(bent, shift + free[:2])

    def loss(free: np.ndarray) -> float:
        products = aligned(plane, points.pilot, geometry(free)) * points.pilot_signs.conj()
        power = np.sqrt(0.5 * float(np.sum(np.abs(products) ** 2))) + 1e-9
        return -float(np.sum(np.real(products))) / power

    def similar(few: np.ndarray) -> np.ndarray:
        return np.array([few[0], few[1], few[2], few[3], -few[3], few[2]])

    steps = np.array([2.0, 2.0, 0.004, 0.004])
    corners = np.vstack([np.zeros(4), np.diag(steps)])
    first = minimize(
        lambda few: loss(similar(few)),
        np.zeros(4),
        method="Nelder-Mead",
        options={"initial_simplex": corners, "maxfev": 160, "xatol": 1e-4, "fatol": 1e-3},
    )
    base = similar(first.x)
    corners = np.vstack([base, base + np.diag([0.7, 0.7, 0.0015, 0.0015, 0.0015, 0.0015])])
    second = minimize(
        loss,
        base,
        method="Nelder-Mead",
        options={"initial_simplex": corners, "maxfev": 260, "xatol": 1e-4, "fatol": 1e-3},
    )
    return Found(geometry=geometry(second.x), pilot=-float(second.fun))
