"""Daylight: the clear-sky model of Preetham, Shirley and Smits (SIGGRAPH 1999), as luminance and
chromaticity.

Its zenith and Perez coefficients are those of the paper's appendix. The model gives relative luminance well
and absolute luminance badly; kinema takes the level from the shot's lux.
"""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float

from kinema.render.blackbody import XYZ_TO_RGB

# Perez coefficients A to E for Y, x, y: linear in turbidity (appendix A.2: slope, offset).
_PEREZ = np.array(
    [
        [[0.1787, -1.4630], [-0.3554, 0.4275], [-0.0227, 5.3251], [0.1206, -2.5771], [-0.0670, 0.3703]],
        [[-0.0193, -0.2592], [-0.0665, 0.0008], [-0.0004, 0.2125], [-0.0641, -0.8989], [-0.0033, 0.0452]],
        [[-0.0167, -0.2608], [-0.0950, 0.0092], [-0.0079, 0.2102], [-0.0441, -1.6537], [-0.0109, 0.0529]],
    ]
)
# Zenith chromaticity: rows T², T, 1; columns θ³, θ², θ, 1.
_ZENITH_X = np.array(
    [
        [0.00166, -0.00375, 0.00209, 0.0],
        [-0.02903, 0.06377, -0.03202, 0.00394],
        [0.11693, -0.21196, 0.06052, 0.25886],
    ]
)
_ZENITH_Y = np.array(
    [
        [0.00275, -0.00610, 0.00317, 0.0],
        [-0.04214, 0.08970, -0.04153, 0.00516],
        [0.15346, -0.26756, 0.06670, 0.26688],
    ]
)
_LOWEST_SUN = math.radians(2.0)
"""The fit ends near the horizon: below this the sky of this height is taken, and lux still sets its level."""


def sky_colour(
    directions: Float[np.ndarray, "*grid 3"], sun: Float[np.ndarray, " 3"], turbidity: float
) -> Float[np.ndarray, "*grid 3"]:
    """Relative linear Rec.709 of the sky in unit directions (z up); those below the horizon read as on it.

    `sun` is the unit direction to the sun. Never negative.
    """
    height = max(math.asin(float(np.clip(sun[2], -1, 1))), _LOWEST_SUN)
    level = math.hypot(float(sun[0]), float(sun[1])) or 1.0
    sun = np.array([*(sun[:2] / level * math.cos(height)), math.sin(height)])
    zenith_angle = math.pi / 2 - height
    # The horizon itself is a pole of the Perez formula (1/cos): stop half a degree above it.
    cosine = np.maximum(directions[..., 2], math.sin(math.radians(0.5)))
    gamma = np.arccos(np.clip(directions @ sun, -1.0, 1.0))
    coefficients = _PEREZ @ np.array([turbidity, 1.0])
    luminance, x, y = (
        zenith * _perez(row, cosine, gamma) / _perez(row, np.array(1.0), np.array(zenith_angle))
        for zenith, row in zip(_zenith(turbidity, zenith_angle), coefficients, strict=True)
    )
    xyz = np.stack([x / y, np.ones_like(x), (1 - x - y) / y], -1) * luminance[..., None]
    return np.maximum(xyz @ XYZ_TO_RGB.T, 0.0)


def _perez(
    row: Float[np.ndarray, " coefficient"],
    cosine: Float[np.ndarray, "*grid"],
    gamma: Float[np.ndarray, "*grid"],
) -> Float[np.ndarray, "*grid"]:
    a, b, c, d, e = row
    return (1 + a * np.exp(b / cosine)) * (1 + c * np.exp(d * gamma) + e * np.cos(gamma) ** 2)


def _zenith(turbidity: float, angle: float) -> tuple[float, float, float]:
    """Zenith luminance [kcd/m²] and chromaticity, for a sun at `angle` from the zenith [rad]."""
    chi = (4 / 9 - turbidity / 120) * (math.pi - 2 * angle)
    luminance = (4.0453 * turbidity - 4.9710) * math.tan(chi) - 0.2155 * turbidity + 2.4192
    powers, turbid = np.array([angle**3, angle**2, angle, 1.0]), np.array([turbidity**2, turbidity, 1.0])
    return max(luminance, 0.01), float(turbid @ _ZENITH_X @ powers), float(turbid @ _ZENITH_Y @ powers)
