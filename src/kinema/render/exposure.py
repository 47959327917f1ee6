"""The light meter: what exposure value a shot is taken at. One closed form for both renderers.

Incident metering with a dome (ISO 2720): at the point where the camera aims, every light that is on adds its
illuminance, weighted by how far round the dome it comes from; EV100 = log2(E * 100 / C) with C = 340 lx s.
"""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float

from kinema.physics.tape import Tape
from kinema.render.camera import CameraPath
from kinema.shot.camera import Keyed
from kinema.shot.light import AnyLight, AreaLight, Environment, Sky, SphereLight, SpotLight, Sun
from kinema.shot.shot import Shot

CALIBRATION = 340.0
"""C of ISO 2720 for a hemispherical receptor [lx s], at ISO 100: a white card in metered light comes to 0.9."""
SATURATION = 1.2
"""Luminance of full scale over 2**EV100 [cd/m²] (ISO 12232 saturation-based speed, q = 0.65)."""
_DARKEST = 1e-4
"""[lx], starlight: the meter stops here."""


def meter(shot: Shot, tape: Tape) -> float:
    """EV100 the picture is exposed at, the camera's compensation included: brighter (+ stops) is a lower
    value."""
    camera = shot.camera
    if camera.ev100 is not None:
        return camera.ev100 - camera.exposure
    return math.log2(max(sum(readings(shot, tape)), _DARKEST) * 100 / CALIBRATION) - camera.exposure


def readings(shot: Shot, tape: Tape) -> list[float]:
    """What the meter reads of each light that is on, in the shot's order [lx]."""
    eye, aim = stand(shot, tape)
    return [_illuminance(light, aim, _dome(eye, aim)) for light in shot.lights if light.on]


def full_scale(ev100: float) -> float:
    """Luminance [cd/m²] that becomes 1.0 in `Frame.colour`."""
    return SATURATION * 2.0**ev100


def stand(shot: Shot, tape: Tape) -> tuple[Float[np.ndarray, " 3"], Float[np.ndarray, " 3"]]:
    """Where the camera and what it aims at are when the clip starts [m]."""
    keyed = next((move for move in shot.camera.moves if isinstance(move, Keyed)), None)
    if keyed is not None:
        return np.array(keyed.keys[0].position), np.array(keyed.keys[0].aim)
    aim = shot.camera.aim
    if isinstance(aim, str):
        return np.array(shot.camera.position), CameraPath(shot, tape, 1, 1).centre(aim, 0.0)
    return np.array(shot.camera.position), np.array(aim)


def _dome(eye: Float[np.ndarray, " 3"], aim: Float[np.ndarray, " 3"]) -> Float[np.ndarray, " 3"]:
    """Axis of the dome: between the camera and straight up, as one holds the meter outdoors."""
    to_camera = eye - aim
    to_camera = to_camera / max(float(np.linalg.norm(to_camera)), 1e-9)
    axis = to_camera + np.array([0.0, 0.0, 1.0])
    length = float(np.linalg.norm(axis))
    return axis / length if length > 1e-6 else np.array([0.0, 0.0, 1.0])


def _share(axis: Float[np.ndarray, " 3"], direction: Float[np.ndarray, " 3"]) -> float:
    """Response of a dome to light from a unit direction: a cardioid, 1 in front and 0 behind."""
    return float(1 + axis @ direction) / 2


def _illuminance(light: AnyLight, point: Float[np.ndarray, " 3"], axis: Float[np.ndarray, " 3"]) -> float:
    """What the dome at `point` reads of one light [lx]. Nothing stands in the light's way."""
    if isinstance(light, Sun):
        return (
            light.lux * _share(axis, sun_direction(light.elevation, light.azimuth))
            if light.elevation > 0
            else 0.0
        )
    if isinstance(light, Sky):
        return light.lux
    if isinstance(light, Environment):
        return math.pi * light.nits
    away = point - np.array(light.position)
    distance = max(float(np.linalg.norm(away)), 1e-6)
    return _lamp(light, away / distance, distance) * _share(axis, -away / distance)


def _lamp(
    light: SphereLight | AreaLight | SpotLight, direction: Float[np.ndarray, " 3"], distance: float
) -> float:
    """Illuminance square to a lamp's light [lx] at a distance [m] in a unit direction from it."""
    if isinstance(light, SphereLight):
        return intensity_of(light) / max(distance, light.radius) ** 2
    axis = np.array(light.aim) - np.array(light.position)
    cosine = float(axis @ direction) / max(float(np.linalg.norm(axis)), 1e-9)
    if isinstance(light, AreaLight):
        # On the axis of a disc of equal area: pi L sin²; tends to I/d² far away and to pi L at its face.
        return intensity_of(light) * max(cosine, 0.0) / (distance**2 + light.width * light.height / math.pi)
    return intensity_of(light) * spot_falloff(light, cosine) / distance**2


def sun_direction(elevation: float, azimuth: float) -> Float[np.ndarray, " 3"]:
    """Unit vector from the ground towards a point of the sky, degrees in: azimuth is clockwise from +y."""
    height, turn = math.radians(elevation), math.radians(azimuth)
    return np.array([math.cos(height) * math.sin(turn), math.cos(height) * math.cos(turn), math.sin(height)])


def intensity_of(light: SphereLight | AreaLight | SpotLight) -> float:
    """Luminous intensity along a lamp's axis [cd]."""
    if light.candela is not None:
        return light.candela
    assert light.lumen is not None  # the shot's schema: exactly one of the two
    if isinstance(light, SphereLight):
        return light.lumen / (4 * math.pi)
    if isinstance(light, AreaLight):
        return light.lumen / math.pi
    # Flux of the cone at intensity 1, by the midpoint rule in cos: 512 steps are exact to 1e-5 for the
    # cubic edge.
    edge = math.cos(math.radians(light.beam) / 2)
    cosines = edge + (np.arange(512) + 0.5) / 512 * (1 - edge)
    solid = 2 * math.pi * (1 - edge) * float(np.mean([spot_falloff(light, float(c)) for c in cosines]))
    return light.lumen / solid


def spot_falloff(light: SpotLight, cosine: float) -> float:
    """Intensity over that on the axis, at an angle given by its cosine: 1 inside, smoothstep over the
    edge."""
    half = math.radians(light.beam) / 2
    angle = math.acos(min(max(cosine, -1.0), 1.0))
    width = half * light.softness
    if angle >= half:
        return 0.0
    if width <= 0 or angle <= half - width:
        return 1.0
    t = (half - angle) / width
    return t * t * (3 - 2 * t)
