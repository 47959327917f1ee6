"""Volume, centre of mass and inertia at unit density: closed forms, and exact integrals over polyhedra."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True, kw_only=True)
class Bulk:
    """How a solid fills space. Multiply `inertia` by the density to get kg m²."""

    volume: float
    """[m³]"""
    centre: Float[np.ndarray, " 3"]
    """Centroid [m]."""
    inertia: Float[np.ndarray, "3 3"]
    """About the centroid, ∫ (|x|² 1 - x xᵀ) dV [m⁵]."""

    def moved(self, rotation: Float[np.ndarray, "3 3"], offset: Float[np.ndarray, " 3"]) -> Bulk:
        """Rotated about the origin, then carried."""
        return Bulk(
            volume=self.volume,
            centre=rotation @ self.centre + offset,
            inertia=rotation @ self.inertia @ rotation.T,
        )


def _diagonal(volume: float, x: float, y: float, z: float, centre_z: float = 0.0) -> Bulk:
    return Bulk(volume=volume, centre=np.array([0.0, 0.0, centre_z]), inertia=np.diag([x, y, z]))


def sphere_bulk(radius: float) -> Bulk:
    """2/5 m r²."""
    volume = 4 / 3 * math.pi * radius**3
    moment = 0.4 * volume * radius**2
    return _diagonal(volume, moment, moment, moment)


def box_bulk(size: Sequence[float]) -> Bulk:
    """m/12 (b² + c²); `size` are full extents."""
    x, y, z = size
    volume = x * y * z
    return _diagonal(volume, *(volume / 12 * s for s in (y * y + z * z, x * x + z * z, x * x + y * y)))


def capsule_bulk(radius: float, height: float) -> Bulk:
    """Cylinder of `height` and two half balls; a half ball's centroid is 3r/8 from its flat side."""
    cylinder = math.pi * radius**2 * height
    ball = 4 / 3 * math.pi * radius**3
    along = cylinder * radius**2 / 2 + 0.4 * ball * radius**2
    across = cylinder * (radius**2 / 4 + height**2 / 12)
    across += ball * (0.4 * radius**2 + height**2 / 4 + 3 / 8 * radius * height)
    return _diagonal(cylinder + ball, across, across, along)


def revolved_bulk(radius: Sequence[float], height: Sequence[float]) -> Bulk:
    """A solid of revolution about z, its wall straight between (radius, height) points; heights rise.

    V = π ∫ r² dz, I_zz = π/2 ∫ r⁴ dz, I_xx = π ∫ (r⁴/4 + r² z²) dz: polynomials of degree at most 4 on each
    stretch, for which three Gauss points are exact.
    """
    nodes, weights = np.polynomial.legendre.leggauss(3)
    r0, r1 = np.asarray(radius[:-1], float), np.asarray(radius[1:], float)
    z0, z1 = np.asarray(height[:-1], float), np.asarray(height[1:], float)
    share = (nodes[:, None] + 1) / 2
    r, z = r0 + share * (r1 - r0), z0 + share * (z1 - z0)
    measure = math.pi * weights[:, None] / 2 * (z1 - z0)
    volume = float((measure * r**2).sum())
    first = float((measure * r**2 * z).sum())
    across = float((measure * (r**4 / 4 + r**2 * z**2)).sum()) - first**2 / volume
    return _diagonal(volume, across, across, float((measure * r**4 / 2).sum()), first / volume)


def polyhedron_bulk(corners: Float[np.ndarray, "face corner 3"]) -> Bulk:
    """Of a closed surface, by signed tetrahedra (divergence theorem): exact but for rounding.

    Tetrahedra hang on the mean corner, so that bodies far from the origin lose no digits.
    """
    pivot = corners.reshape(-1, 3).mean(0)
    a, b, c = (corners - pivot).transpose(1, 0, 2)
    six = np.einsum("fi,fi->f", a, np.cross(b, c))
    volume = six.sum() / 6
    if volume == 0.0:
        return Bulk(volume=0.0, centre=pivot, inertia=np.zeros((3, 3)))
    total = a + b + c
    centre = np.einsum("f,fi->i", six, total) / 24 / volume
    second = sum(np.einsum("f,fi,fj->ij", six, p, p) for p in (a, b, c, total)) / 120
    second = second - volume * np.outer(centre, centre)
    return Bulk(volume=float(volume), centre=centre + pivot, inertia=np.trace(second) * np.eye(3) - second)


def sum_of(parts: Sequence[Bulk]) -> Bulk:
    """Several solids that move as one (overlap counts twice), by the parallel axis theorem."""
    volume = math.fsum(part.volume for part in parts)
    centre = sum((part.volume * part.centre for part in parts), np.zeros(3)) / volume
    inertia = np.zeros((3, 3))
    for part in parts:
        arm = part.centre - centre
        inertia += part.inertia + part.volume * (arm @ arm * np.eye(3) - np.outer(arm, arm))
    return Bulk(volume=volume, centre=centre, inertia=inertia)


def difference(whole: Bulk, hole: Bulk) -> Bulk:
    """What is left of a solid when another, wholly inside it, is taken away."""
    negative = Bulk(volume=-hole.volume, centre=hole.centre, inertia=-hole.inertia)
    return sum_of([whole, negative])
