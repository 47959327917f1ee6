"""UsdLux lights as kinema's, in photometric units.

UsdLux gives luminance: L = intensity * 2^exposure * colour [nit]; with `normalize` that is divided by the
area of the light, so that its power stays when its size changes. Flux follows from L and the world-space
area A:

    SphereLight, CylinderLight   lumen = pi L A        (every point glows over its outer half space)
    RectLight, DiskLight         lumen = pi L A        (one side)
    with ShapingAPI (spot)       candela = L * (area seen from the axis), within twice `shaping:cone:angle`
    DistantLight                 lux = L               (as renderers take it: its default of 50000 is a sun's)
    DomeLight                    nits = L              (the mean of a texture is taken to be 1)

Colour temperature holds where it is enabled; else the colour's nearest: McCamy, Color Res. Appl. 17, 142
(1992).
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from kinema.shot.usd_pxr import pxr, value_of
from kinema.shot.usd_reading import Pose, Reading, tidy
from kinema.shot.usd_stage import inside


def read_lights(reading: Reading) -> list[dict[str, Any]]:
    """All lights of the stage; a plain day where it has none."""
    UsdLux = pxr("UsdLux")

    lights = []
    for prim in reading.prims():
        if not prim.HasAPI(UsdLux.LightAPI):
            continue
        reading.read.add(str(prim.GetPath()))
        light = _light(reading, prim)
        if light is not None:
            lights.append(light)
    if not any(light["on"] for light in lights):
        reading.note(reading.path.name, "no light is on: a clear day with the sun at 40 degrees is added")
        sun = {"elevation": 40.0, "azimuth": 225.0}
        lights += [
            {"name": reading.name_free(["day_sun"], "light"), "kind": "sun", **sun},
            {"name": reading.name_free(["day_sky"], "light"), "kind": "sky", **sun},
        ]
    return lights


def _light(reading: Reading, prim: Any) -> dict[str, Any] | None:
    UsdGeom, UsdLux = pxr("UsdGeom"), pxr("UsdLux")

    pose = reading.pose(prim)
    if reading.moves(prim):
        reading.note(prim, "the light moves; it is kept where it is at the first frame")
    luminance, kelvin, tint = _emission(reading, prim)
    if luminance <= 0:
        reading.note(prim, "the light has no power and is left out")
        return None
    on = UsdGeom.Imageable(prim).ComputeVisibility() != UsdGeom.Tokens.invisible
    light: dict[str, Any] = {"name": reading.name_for(prim, "light"), "on": on, "kelvin": kelvin}
    if prim.IsA(UsdLux.DistantLight):
        return light | _sun(reading, prim, pose, luminance)
    if prim.IsA(UsdLux.DomeLight) or prim.GetTypeName() == "DomeLight_1":
        return light | _dome(reading, prim, pose, luminance, tint)
    size = _size(reading, prim, pose)
    if size is None:
        reading.note(prim, f"{prim.GetTypeName()} is not understood and left out")
        return None
    area, seen, shape = size
    if value_of(prim, "inputs:normalize", False):
        luminance /= area / reading.metres**2  # USD divides by the area in scene units
    forward = tidy(np.array(pose.position) - pose.axes[:, 2])
    if prim.HasAPI(UsdLux.ShapingAPI) and (angle := value_of(prim, "inputs:shaping:cone:angle", 90.0)) < 84.9:
        return light | {
            "kind": "spot",
            "position": pose.position,
            "aim": forward,
            "candela": luminance * seen,
            "beam": min(max(2 * angle, 1.01), 169.9),
            "softness": min(max(value_of(prim, "inputs:shaping:cone:softness", 0.0), 0.0), 1.0),
        }
    if shape["kind"] == "area":
        shape["aim"] = forward
    return light | shape | {"position": pose.position, "lumen": math.pi * luminance * area}


def _emission(reading: Reading, prim: Any) -> tuple[float, float, tuple[float, float, float]]:
    """Luminance [nit], colour temperature [K], and the colour at luminance one."""
    color = np.array(value_of(prim, "inputs:color", (1.0, 1.0, 1.0)), float)
    level = float(color @ [0.2126, 0.7152, 0.0722])
    luminance = (
        value_of(prim, "inputs:intensity", 1.0) * 2.0 ** value_of(prim, "inputs:exposure", 0.0) * level
    )
    kelvin = 6500.0
    if value_of(prim, "inputs:enableColorTemperature", False):
        kelvin = value_of(prim, "inputs:colorTemperature", 6500.0)
    white = np.ptp(color) <= 1e-3 * max(color.max(), 1e-9)
    if not white and level > 0:
        kelvin = nearest_kelvin(color)
        if not prim.GetTypeName().startswith("DomeLight"):
            reading.note(prim, f"a lamp has a temperature, not a colour: {kelvin:.0f} K is the nearest")
    for name in ("inputs:diffuse", "inputs:specular"):
        if value_of(prim, name, 1.0) != 1.0:
            reading.note(prim, f"{name} is not physical and ignored")
    tint = np.round(color / max(color.max(), 1e-9), 6)
    return float(luminance), round(min(max(kelvin, 1000.0), 40000.0), 1), tidy(tint)[:3]  # type: ignore[return-value]


def nearest_kelvin(color: Any) -> float:
    """Correlated colour temperature of a linear Rec.709 colour [K], held between 1000 and 40000."""
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ np.asarray(color, float)
    x, y = xyz[:2] / xyz.sum()
    n = (x - 0.3320) / (0.1858 - y)
    kelvin = 449 * n**3 + 3525 * n**2 + 6823.3 * n + 5520.33
    return float(min(max(kelvin, 1000.0), 40000.0)) if math.isfinite(kelvin) else 6500.0


def _sun(reading: Reading, prim: Any, pose: Pose, lux: float) -> dict[str, Any]:
    x, y, z = pose.axes[:, 2]  # towards the sun: light leaves along -z
    elevation = math.degrees(math.asin(min(max(z, -1.0), 1.0)))
    if elevation < -10:
        reading.note(prim, f"a sun {-elevation:.0f} degrees below the horizon is raised to -10")
        elevation = -10.0
    angle = value_of(prim, "inputs:angle", 0.53)
    return {
        "kind": "sun",
        "elevation": round(elevation, 6),
        "azimuth": round(math.degrees(math.atan2(x, y)) % 360, 6),
        "lux": lux,
        "diameter": min(max(angle, 0.05), 20.0),
    }


def _dome(reading: Reading, prim: Any, pose: Pose, nits: float, tint: Any) -> dict[str, Any]:
    light: dict[str, Any] = {"kind": "environment", "nits": nits, "kelvin": 6500.0}
    north = pose.axes @ np.linalg.inv(reading.turn)[:, 1]  # what the stage turns away from +y
    if abs(pose.axes[2] @ reading.turn[2]) < 0.999:
        reading.note(prim, "a dome can turn about the vertical only; its tilt is ignored")
    light["turn"] = round(math.degrees(math.atan2(north[0], north[1])), 6)
    texture = value_of(prim, "inputs:texture:file", None)
    if texture is None or not texture.path:
        return light | {"tint": tint, "turn": 0.0}
    folder = reading.path.resolve().parent
    resolved = texture.resolvedPath or str(folder / texture.path)
    file = Path(inside(texture.path, resolved, folder, str(prim.GetPath()))).resolve()
    reading.note(
        prim, f"the mean of {texture.path} is set to {nits:g} cd/m²; USD multiplies its pixels by that"
    )
    return light | {"file": file.relative_to(folder).as_posix()}


def _size(reading: Reading, prim: Any, pose: Pose) -> tuple[float, float, dict[str, Any]] | None:
    """World-space glowing area, area seen from the axis [m²], and the shape kinema has for it."""
    UsdLux = pxr("UsdLux")

    s = pose.scale
    if prim.IsA(UsdLux.SphereLight):
        radius = max(float(value_of(prim, "inputs:radius", 0.5)) * float(s.mean()), 1e-4)
        return 4 * math.pi * radius**2, math.pi * radius**2, {"kind": "sphere", "radius": radius}
    if prim.IsA(UsdLux.RectLight):
        if (texture := value_of(prim, "inputs:texture:file", None)) and texture.path:
            reading.note(prim, "the texture of a light is not read; it glows evenly")
        width, height = (
            float(value_of(prim, f"inputs:{n}", 1.0) * s[i]) for i, n in enumerate(("width", "height"))
        )
        return width * height, width * height, {"kind": "area", "width": width, "height": height}
    if prim.IsA(UsdLux.DiskLight):
        area = math.pi * float(value_of(prim, "inputs:radius", 0.5)) ** 2 * float(s[0] * s[1])
        side = math.sqrt(area)
        reading.note(prim, "a disk is drawn as a square of the same area")
        return area, area, {"kind": "area", "width": side, "height": side}
    if prim.IsA(UsdLux.CylinderLight):
        radius = float(value_of(prim, "inputs:radius", 0.5) * s[1:].mean())
        length = float(value_of(prim, "inputs:length", 1.0) * s[0])
        area = 2 * math.pi * radius * (length + radius)
        reading.note(prim, "a cylinder is drawn as a ball of the same area")
        return area, 2 * radius * length, {"kind": "sphere", "radius": math.sqrt(area / (4 * math.pi))}
    return None
