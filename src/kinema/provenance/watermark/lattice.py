"""The pattern: a square tile whose spectrum is a keyed choice of signs on a ring of a lattice.

A picture tiled by it has energy only at multiples of 1/PERIOD, in a narrow band of middle frequencies. Narrow because
a codec's quantiser rounds small coefficients away: the same energy in fewer coefficients outlives a CRF ten steps
higher (measured, docs/adr). Periodic because then rotation and scale only turn and stretch the lattice, and a crop only
shifts phases; both are found in the spectrum without touching a pixel (after Kutter, "Watermarking resisting to
translation, rotation, and scaling", SPIE 3528, 1998). A quarter of the points are pilots, known to whoever has the key;
the rest carry the coded bits, two on a point.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Complex, Float, Int

from kinema.provenance.watermark.code import LENGTH, bits_of, encode
from kinema.provenance.watermark.secret import checked, order, signs

CANONICAL: Final = 480
"""Lines on the short side of the picture in which PERIOD counts; a larger picture has a larger tile."""
PERIOD: Final = 192
"""Side of the tile [canonical px]. The smallest crop that holds a whole tile holds the whole mark."""
BAND: Final = (0.07, 0.1)
"""[cycles per canonical px] Wavelengths of 10 to 14 px."""
PILOTS: Final = 0.25
"""Share of the points, and of the energy."""


@dataclass(frozen=True, kw_only=True)
class Lattice:
    """What a key makes of the ring."""

    pilot: Int[np.ndarray, "pilot 2"]
    """Wave numbers (x, y) [cycles per tile]."""
    pilot_signs: Complex[np.ndarray, " pilot"]
    """The coefficients there, +-1 +-i."""
    data: Int[np.ndarray, "data 2"]
    carried: Int[np.ndarray, "data 2"]
    """Which coded bit is the real part of a point, which the imaginary."""
    scrambler: Float[np.ndarray, "data 2"]
    """The sign that each is multiplied by."""

    def spread(self, word: Float[np.ndarray, " coded"]) -> Complex[np.ndarray, " data"]:
        """The coefficients of the data points."""
        parts = word[self.carried] * self.scrambler
        return parts[:, 0] + 1j * parts[:, 1]

    def gather(self, received: Complex[np.ndarray, " data"]) -> Float[np.ndarray, " coded"]:
        """What the data points say of every coded bit: the adjoint of `spread`."""
        parts = np.stack([np.real(received), np.imag(received)], axis=1) * self.scrambler
        return np.bincount(self.carried.ravel(), weights=parts.ravel(), minlength=LENGTH)


def ring() -> Int[np.ndarray, "point 2"]:
    """Wave numbers in the band, one of every pair of opposites, in a fixed order."""
    most = int(BAND[1] * PERIOD) + 1
    x, y = np.meshgrid(np.arange(0, most + 1), np.arange(-most, most + 1))
    radius = np.hypot(x, y) / PERIOD
    half = (x > 0) | (y > 0)
    kept = half & (radius >= BAND[0]) & (radius <= BAND[1])
    return np.stack([x[kept], y[kept]], axis=1)


def lattice(key: bytes) -> Lattice:
    """The key's lattice. Raises `ProvenanceError` for a key too short."""
    key = checked(key)
    points = ring()
    points = points[order(key, "roles", len(points))]
    count = round(PILOTS * len(points))
    pilot, data = points[:count], points[count:]
    known = signs(key, "pilot", 2 * count).reshape(-1, 2)
    # Every coded bit gets as many parts as any other, give or take one, at places the key draws.
    carried = order(key, "places", 2 * len(data)) % LENGTH
    return Lattice(
        pilot=pilot,
        pilot_signs=known[:, 0] + 1j * known[:, 1],
        data=data,
        carried=carried.reshape(-1, 2),
        scrambler=signs(key, "scrambler", 2 * len(data)).reshape(-1, 2),
    )


def tile(key: bytes, identity: int) -> Float[np.ndarray, "y x"]:
    """The pattern of one id, PERIOD square, mean 0, variance 1."""
    points = lattice(key)
    spectrum = np.zeros((PERIOD, PERIOD), complex)
    for numbers, values in (
        (points.pilot, points.pilot_signs),
        (points.data, points.spread(encode(bits_of(identity)))),
    ):
        spectrum[numbers[:, 1], numbers[:, 0]] = values
        spectrum[-numbers[:, 1], -numbers[:, 0]] = values.conj()
    pattern = np.fft.ifft2(spectrum).real
    return pattern / pattern.std()
