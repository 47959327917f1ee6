"""From a shot's lights to the rows the kernels read, and the depth maps of what stands in their way."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from kinema.render.blackbody import blackbody_rgb
from kinema.render.exposure import intensity_of, spot_falloff, sun_direction
from kinema.render.preview import lamps as column
from kinema.render.preview.arrays import TERMS
from kinema.shot.light import AreaLight, SphereLight, SpotLight, Sun
from kinema.shot.shot import Shot

MAP = 1024
"""Side of a depth map [texel]."""
_NEAR = 0.02
"""Of a lamp's own projection [m]."""
Lamp = Sun | SphereLight | AreaLight | SpotLight


@dataclass(frozen=True, kw_only=True)
class Extent:
    """A ball that holds what casts shadows over the clip."""

    centre: Float[np.ndarray, " 3"]
    radius: float


def lit_lamps(shot: Shot, about: Extent) -> list[Lamp]:
    """Lamps that are on, strongest first at the middle of the scene."""
    lamps = [light for light in shot.lights if light.on and isinstance(light, Lamp)]
    lamps = [lamp for lamp in lamps if not (isinstance(lamp, Sun) and lamp.elevation <= 0)]
    return sorted(lamps, key=lambda lamp: -illuminance_at(lamp, about.centre))


def illuminance_at(lamp: Lamp, point: Float[np.ndarray, " 3"]) -> float:
    """Square to the lamp's light [lx]."""
    if isinstance(lamp, Sun):
        return lamp.lux
    away = point - np.array(lamp.position)
    distance = max(float(np.linalg.norm(away)), 1e-3)
    if isinstance(lamp, SphereLight):
        return intensity_of(lamp) / max(distance, lamp.radius) ** 2
    axis = np.array(lamp.aim) - np.array(lamp.position)
    cosine = float(axis @ away) / max(float(np.linalg.norm(axis)) * distance, 1e-12)
    if isinstance(lamp, AreaLight):
        return intensity_of(lamp) * max(cosine, 0) / (distance**2 + lamp.width * lamp.height / math.pi)
    return intensity_of(lamp) * spot_falloff(lamp, cosine) / distance**2


def on_level_ground(lamps: list[Lamp], point: Float[np.ndarray, " 3"]) -> Float[np.ndarray, " rgb"]:
    """Illuminance of all lamps on level ground at a point, nothing in the way [lx, linear Rec.709]."""
    total = np.zeros(3)
    for lamp in lamps:
        if isinstance(lamp, Sun):
            slope = math.sin(math.radians(lamp.elevation))
        else:
            to_lamp = np.array(lamp.position) - point
            slope = max(float(to_lamp[2]) / max(float(np.linalg.norm(to_lamp)), 1e-9), 0.0)
        total += blackbody_rgb(lamp.kelvin) * illuminance_at(lamp, point) * slope
    return total


def rows_of(lamps: list[Lamp], about: Extent, full: float) -> tuple[np.ndarray, np.ndarray]:
    """`(lamp, number)` as the kernels read them, exposed, and world to depth map `(lamp, 4, 4)`."""
    rows = np.zeros((len(lamps), column.LAMP))
    maps = np.zeros((len(lamps), 4, 4))
    for k, lamp in enumerate(lamps):
        row = rows[k]
        row[column.POWER : column.POWER + 3] = blackbody_rgb(lamp.kelvin) / full
        row[column.TERM] = k + 1 if k + 1 < TERMS else 0
        if isinstance(lamp, Sun):
            maps[k] = _sun(row, lamp, about)
        else:
            maps[k] = _placed(row, lamp, about)
    return rows, maps


def _sun(row: np.ndarray, lamp: Sun, about: Extent) -> Float[np.ndarray, "4 4"]:
    toward = sun_direction(lamp.elevation, lamp.azimuth)
    row[column.KIND] = column.SUN
    row[column.PLACE : column.PLACE + 3] = toward
    row[column.POWER : column.POWER + 3] *= lamp.lux
    row[column.RADIUS] = row[column.REACH] = math.tan(math.radians(lamp.diameter) / 2)
    texel = 2 * about.radius / MAP
    row[column.TEXEL] = texel
    # Where something half the scene away might cast from.
    row[column.SEARCH] = row[column.REACH] * about.radius / texel
    row[column.SCALE], row[column.BIAS] = 1.0, 0.6 * texel
    right, up = _across(toward)
    matrix = np.zeros((4, 4))
    for r, axis in ((0, right / texel), (1, -up / texel), (2, toward)):
        matrix[r, :3] = axis
        matrix[r, 3] = -axis @ about.centre + (MAP / 2 if r < 2 else about.radius)
    matrix[3, 3] = 1.0
    return matrix


def _placed(
    row: np.ndarray, lamp: SphereLight | AreaLight | SpotLight, about: Extent
) -> Float[np.ndarray, "4 4"]:
    position = np.array(lamp.position)
    row[column.PLACE : column.PLACE + 3] = position
    row[column.POWER : column.POWER + 3] *= intensity_of(lamp)
    to_scene = about.centre - position
    distance = float(np.linalg.norm(to_scene))
    look = to_scene / distance if distance > 1e-6 else np.array([0.0, 0, -1])
    # Wide enough for all that casts, as far as one flat map can see.
    half = math.asin(min(about.radius / distance, 1.0)) if distance > about.radius else math.radians(65)
    if isinstance(lamp, SphereLight):
        row[column.KIND] = column.BALL
        row[column.RADIUS] = row[column.REACH] = lamp.radius
    else:
        axis = np.array(lamp.aim) - position
        axis = axis / max(float(np.linalg.norm(axis)), 1e-9)
        row[column.AXIS : column.AXIS + 3] = axis
        if isinstance(lamp, AreaLight):
            row[column.KIND] = column.AREA
            right, up = _across(axis)
            row[column.RIGHT : column.RIGHT + 3], row[column.UP : column.UP + 3] = right, up
            row[column.HALF_W], row[column.HALF_H] = lamp.width / 2, lamp.height / 2
            # Of the disc of equal area.
            row[column.REACH] = math.sqrt(lamp.width * lamp.height / math.pi)
        else:
            row[column.KIND] = column.SPOT
            row[column.EDGE] = math.radians(lamp.beam) / 2
            row[column.FADE] = math.radians(lamp.beam) / 2 * lamp.softness
            row[column.RADIUS] = row[column.REACH] = 0.02
            if row[column.EDGE] < half:
                look, half = axis, float(row[column.EDGE])
    half = min(max(half * 1.02, math.radians(1)), math.radians(65))
    tangent = math.tan(half)
    row[column.LENS], row[column.TEXEL] = 1.0, 2 * tangent / MAP
    row[column.SEARCH] = 0.35 * row[column.REACH] / row[column.TEXEL] / max(distance, 1e-3) * 2
    row[column.SCALE] = 1 + 0.6 * row[column.TEXEL] + 5e-4
    right, up = _across(look)
    matrix = np.zeros((4, 4))
    focal = MAP / 2 / tangent
    matrix[0, :3] = focal * right + MAP / 2 * look
    matrix[1, :3] = -focal * up + MAP / 2 * look
    matrix[3, :3] = look
    matrix[:, 3] = -matrix[:, :3] @ position
    matrix[2, 3] = 1.0
    return matrix


def _across(axis: Float[np.ndarray, " 3"]) -> tuple[np.ndarray, np.ndarray]:
    """Right and up of a view along an axis, level where it can be."""
    side = np.cross(axis, [0.0, 0, 1] if abs(axis[2]) < 0.999 else [0.0, 1, 0])
    side /= np.linalg.norm(side)
    return side, np.cross(side, axis)
