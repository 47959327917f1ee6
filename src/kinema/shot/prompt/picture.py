"""What fits into a pinhole's picture, and where the camera stands so that it does."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float

ASPECT = 16 / 9
"""Shape of the picture a prompt is framed for; a taller one shows more."""
_SENSOR = 36.0
"""Width [mm]."""

Points = Float[np.ndarray, "point 3"]


def direction(azimuth: float, elevation: float) -> Float[np.ndarray, " 3"]:
    """Unit vector the camera looks along; degrees, the azimuth 0 from the south and positive from the east."""
    a, e = math.radians(azimuth), math.radians(elevation)
    return np.array([-math.sin(a) * math.cos(e), math.cos(a) * math.cos(e), -math.sin(e)])


def fit(points: Points, forward: Float[np.ndarray, " 3"], focal: float, fill: float) -> float:
    """Least distance from the origin, backwards, from which every point lies within `fill` of the picture's half
    width and half height [m]."""
    right, up = _axes(forward)
    across, above, ahead = points @ right, points @ up, points @ forward
    half_width = _SENSOR / 2 / focal * fill
    half_height = half_width / ASPECT
    needed = np.maximum(np.abs(across) / half_width, np.abs(above) / half_height) - ahead
    return float(max(needed.max(), 0.06))


def compose(
    points: Points, forward: Float[np.ndarray, " 3"], focal: float, fill: float
) -> tuple[Float[np.ndarray, " 3"], float]:
    """(What the camera aims at [m], its distance from that [m]): the points fill the picture and stand about its
    middle, left as far from the edge as right. Near things look larger, so the middle in space is not that."""
    right, up = _axes(forward)
    centre = (points.min(0) + points.max(0)) / 2
    for _ in range(4):  # each step leaves about the square of the error
        distance = fit(points - centre, forward, focal, fill)
        ahead = (points - centre) @ forward + distance
        for axis in (right, up):
            seen = (points - centre) @ axis / ahead
            centre = centre + axis * distance * float(seen.min() + seen.max()) / 2
    return centre, fit(points - centre, forward, focal, fill)


def height_at(distance: float, focal: float) -> float:
    """Of the picture at a distance [m]."""
    return distance * _SENSOR / focal / ASPECT


def _axes(forward: Float[np.ndarray, " 3"]) -> tuple[Float[np.ndarray, " 3"], Float[np.ndarray, " 3"]]:
    """(Right, up) of a camera that looks along `forward`, level."""
    right = np.cross(forward, (0.0, 0.0, 1.0))
    right = right / np.linalg.norm(right)
    return right, np.cross(right, forward)
