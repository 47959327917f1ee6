"""The colour of what glows: Planck's law seen by the CIE 1931 observer, in linear Rec.709."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jaxtyping import Float

WAVELENGTHS = np.arange(380.0, 781.0, 10.0)
"""[nm]"""

# CIE 015:2018, colour-matching functions of the 1931 2° observer at 10 nm. Summing a Planckian spectrum over
# this grid instead of 1 nm moves its chromaticity by less than 2e-4.
OBSERVER: Float[np.ndarray, "xyz wavelength"] = np.array(
    [
        np.array(row.split(), float)
        for row in (
            ".00137 .00424 .01431 .04351 .13438 .28390 .34828 .33620 .29080 .19536 .09564 .03201 "
            ".00490 .00930 .06327 .16550 .29040 .43345 .59450 .76210 .91630 1.02630 1.06220 "
            "1.00260 .85445 .64240 .44790 .28350 .16490 .08740 .04677 .02270 .01136 .00579 .00290 "
            ".00144 .00069 .00033 .00017 .00008 .00004",
            ".00004 .00012 .00040 .00121 .00400 .01160 .02300 .03800 .06000 .09098 .13902 .20802 "
            ".32300 .50300 .71000 .86200 .95400 .99495 .99500 .95200 .87000 .75700 .63100 .50300 "
            ".38100 .26500 .17500 .10700 .06100 .03200 .01700 .00821 .00410 .00209 .00105 .00052 "
            ".00025 .00012 .00006 .00003 .00001",
            ".00645 .02005 .06785 .20740 .64560 1.38560 1.74706 1.77211 1.66920 1.28764 .81295 "
            ".46518 .27200 .15820 .07825 .04216 .02030 .00875 .00390 .00210 .00165 .00110 .00080 "
            ".00034 .00019 .00005 .00002 0 0 0 0 0 0 0 0 0 0 0 0 0 0",
        )
    ]
)

XYZ_TO_RGB: Float[np.ndarray, "rgb xyz"] = np.linalg.inv(
    # IEC 61966-2-1 (Rec.709 primaries, D65 white).
    np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    )
)
LUMINANCE: Float[np.ndarray, " rgb"] = np.array([0.2126729, 0.7151522, 0.0721750])
"""Relative luminance of linear Rec.709."""
EFFICACY = 683.002
"""Luminous efficacy of 555 nm light [lm/W] (SI, 2019)."""


def planck(
    kelvin: float, wavelengths: Float[np.ndarray, " wavelength"] = WAVELENGTHS
) -> Float[np.ndarray, " wavelength"]:
    """Spectral radiance of a black body [W/(m² sr nm)] at wavelengths in nm."""
    metres = wavelengths * 1e-9
    first, second = 1.191042972e-16, 1.438776877e-2  # 2hc² [W m²/sr] and hc/k [m K], CODATA 2018
    return 1e-9 * first / (metres**5 * np.expm1(second / (metres * kelvin)))


def xyz_of(spectrum: Float[np.ndarray, " wavelength"]) -> Float[np.ndarray, " xyz"]:
    """Tristimulus values of a spectrum on `WAVELENGTHS`; times `EFFICACY`, Y is photometric."""
    return OBSERVER @ spectrum * (WAVELENGTHS[1] - WAVELENGTHS[0])


def chromaticity(kelvin: float) -> tuple[float, float]:
    """CIE 1931 x, y of a black body."""
    x, y, z = xyz_of(planck(kelvin))
    return float(x / (x + y + z)), float(y / (x + y + z))


@lru_cache(maxsize=256)
def _rgb(kelvin: float) -> tuple[float, float, float]:
    x, y, z = xyz_of(planck(kelvin))
    r, g, b = XYZ_TO_RGB @ np.array([x / y, 1.0, z / y])
    # Below about 1900 K blue falls outside Rec.709; it is cut there and the luminance restored.
    r, g, b = max(r, 0.0), max(g, 0.0), max(b, 0.0)
    luminance = float(LUMINANCE @ np.array([r, g, b]))
    return r / luminance, g / luminance, b / luminance


def blackbody_rgb(kelvin: float) -> Float[np.ndarray, " rgb"]:
    """Linear Rec.709 of a black body, of luminance 1: multiply by nits to get the light's colour in nits."""
    return np.array(_rgb(float(kelvin)))


def planck_of_luminance(
    kelvin: float, nits: float
) -> tuple[Float[np.ndarray, " wavelength"], Float[np.ndarray, " wavelength"]]:
    """Wavelengths [nm] and spectral radiance [W/(m² sr nm)] of a black body dimmed to a luminance in
    cd/m²."""
    wavelengths = np.arange(360.0, 831.0, 5.0)
    shape = planck(kelvin) / (EFFICACY * xyz_of(planck(kelvin))[1])
    scale = nits * shape[0] / planck(kelvin)[0]
    return wavelengths, scale * planck(kelvin, wavelengths)
