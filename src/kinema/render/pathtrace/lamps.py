"""Lights of the shot as Mitsuba emitters, in absolute spectral units.

The spectral variants carry W/(m² sr nm). A lamp's spectrum is Planck's, scaled so that the CIE observer sees
the luminance its lumen or candela amount to; coloured surroundings are given as RGB, which Mitsuba upsamples
to a spectrum of luminance 1 that `NITS` brings to the same scale.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from jaxtyping import Float

from kinema.render.blackbody import EFFICACY, planck_of_luminance
from kinema.render.environment import environment_map
from kinema.render.exposure import intensity_of, sun_direction
from kinema.render.pathtrace.matter import spectrum
from kinema.render.pathtrace.variant import mitsuba
from kinema.shot.light import AreaLight, SphereLight, SpotLight, Sun
from kinema.shot.shot import Shot

NITS = EFFICACY * 106.856895
"""cd/m² per unit of Mitsuba's luminance: the efficacy, and the integral of ybar it divides by [nm]."""
SUN_DISTANCE = 1.0e5
"""[m] to the disc that stands for the sun: 100 m of scene move it by 0.06 degrees, a tenth of its width."""
_SKY_ROWS = 1024


def emitters(shot: Shot, folder: str = ".") -> dict[str, dict[str, Any]]:
    """Scene dictionary entries of all lights that are on, by name."""
    entries: dict[str, dict[str, Any]] = {}
    surround = environment_map(shot, _SKY_ROWS, folder=folder)
    if surround is not None:
        entries["environment"] = _surround(surround)
    for light in shot.lights:
        if not light.on:
            continue
        if isinstance(light, Sun):
            if light.elevation > 0:
                entries[f"light_{light.name}"] = _sun(light)
        elif isinstance(light, SphereLight):
            # Seen from afar a ball of luminance L is a disc of it: I = L pi r².
            nits = intensity_of(light) / (math.pi * light.radius**2)
            entries[f"light_{light.name}"] = {
                "type": "sphere",
                "center": list(light.position),
                "radius": light.radius,
                "emitter": {"type": "area", "radiance": _glow(light.kelvin, nits)},
            }
        elif isinstance(light, AreaLight):
            entries[f"light_{light.name}"] = _area(light)
        elif isinstance(light, SpotLight):
            entries[f"light_{light.name}"] = _spot(light)
    return entries


def _glow(kelvin: float, nits: float) -> dict[str, Any]:
    return spectrum(*planck_of_luminance(kelvin, nits))


def _towards(origin: Float[np.ndarray, " 3"], target: Float[np.ndarray, " 3"]) -> Any:
    """Transform that carries +z of a shape at the origin to point from `origin` to `target`."""
    forward = (target - origin) / np.linalg.norm(target - origin)
    up = [0.0, 0.0, 1.0] if abs(forward[2]) < 0.999 else [0.0, 1.0, 0.0]
    return mitsuba().ScalarTransform4f().look_at(origin=origin.tolist(), target=target.tolist(), up=up)


def _sun(light: Sun) -> dict[str, Any]:
    mi = mitsuba()
    centre = sun_direction(light.elevation, light.azimuth) * SUN_DISTANCE
    half = math.radians(light.diameter) / 2
    # A disc of luminance L and half angle a, faced squarely, gives E = pi L sin² a.
    nits = light.lux / (math.pi * math.sin(half) ** 2)
    return {
        "type": "disk",
        "to_world": _towards(centre, np.zeros(3))
        @ mi.ScalarTransform4f().scale(SUN_DISTANCE * math.tan(half)),
        "emitter": {"type": "area", "radiance": _glow(light.kelvin, nits)},
    }


def _area(light: AreaLight) -> dict[str, Any]:
    mi = mitsuba()
    place = _towards(np.array(light.position), np.array(light.aim))
    nits = intensity_of(light) / (light.width * light.height)
    return {
        "type": "rectangle",
        "to_world": place @ mi.ScalarTransform4f().scale([light.width / 2, light.height / 2, 1]),
        "emitter": {"type": "area", "radiance": _glow(light.kelvin, nits)},
    }


def _spot(light: SpotLight) -> dict[str, Any]:
    from kinema.render.pathtrace.spot import register_spot

    register_spot()
    half = math.radians(light.beam) / 2
    return {
        "type": "kinema_spot",
        "to_world": _towards(np.array(light.position), np.array(light.aim)),
        "intensity": _glow(light.kelvin, intensity_of(light)),
        "half": half,
        "edge": half * max(light.softness, 1e-3),
    }


def _surround(sphere: Float[np.ndarray, "row column 3"]) -> dict[str, Any]:
    mi = mitsuba()
    if (sphere == sphere[0, 0]).all():  # no table to search for a direction: a quarter off a picture's price
        colour = (sphere[0, 0].astype(float) / NITS).tolist()
        return {"type": "constant", "radiance": {"type": "rgb", "value": colour}}
    return {
        "type": "envmap",
        "bitmap": mi.Bitmap(np.ascontiguousarray(_at_corners(sphere) / NITS, np.float32)),
        # Mitsuba's sphere has y up and begins at -z; ours has z up and begins at +y.
        "to_world": mi.ScalarTransform4f().rotate([1, 0, 0], 90),
    }


def _at_corners(sphere: Float[np.ndarray, "row column 3"]) -> Float[np.ndarray, "row column 3"]:
    """Samples where Mitsuba expects them: its first and last rows are the poles, its first column azimuth
    0."""
    rows = len(sphere)
    at = np.clip(np.arange(rows) / (rows - 1) * rows - 0.5, 0, rows - 1)
    low = np.minimum(at.astype(int), rows - 2)
    t = (at - low)[:, None, None]
    poles = (1 - t) * sphere[low] + t * sphere[low + 1]
    return (poles + np.roll(poles, 1, 1)) / 2
