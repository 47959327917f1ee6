"""UsdGeom.Camera as the camera of a shot."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from kinema.shot.usd_reading import Pose, Reading, tidy

_LARGEST_SENSOR = 200.0  # mm; larger than any film: its author wrote millimetres on a stage of metres


def read_camera(reading: Reading, bodies: list[dict[str, Any]]) -> dict[str, Any]:
    """The camera that the stage names (`kinema:camera`, `cameraSettings.boundCamera`), else its first."""
    cameras = [p for p in reading.prims() if p.GetTypeName() == "Camera"]
    reading.read |= {str(p.GetPath()) for p in cameras}
    if not cameras:
        reading.note(reading.path.name, "has no camera: one is set up to see the bodies")
        return _framing(bodies)
    layer = dict(reading.stage.GetRootLayer().customLayerData)
    wanted = layer.get("kinema:camera") or layer.get("cameraSettings", {}).get("boundCamera")
    chosen = next((c for c in cameras if wanted in (str(c.GetPath()), c.GetName())), cameras[0])
    for other in cameras:
        if other != chosen:
            reading.note(other, f"is left out: the shot is seen through {chosen.GetPath()}")
    return _camera(reading, chosen)


def _camera(reading: Reading, prim: Any) -> dict[str, Any]:
    def value(name: str, otherwise: float) -> float:
        attribute = prim.GetAttribute(name)
        if attribute.GetNumTimeSamples() > 1:
            reading.note(prim, f"{name} is animated; it keeps its first value")
        got = attribute.Get(reading.start)
        return otherwise if got is None else float(got)

    if str(prim.GetAttribute("projection").Get()) == "orthographic":
        reading.note(prim, "is orthographic; it is drawn in perspective")
    for name in ("horizontalApertureOffset", "verticalApertureOffset"):
        if value(name, 0.0):
            reading.note(prim, f"{name} is left out")
    # Lens and sensor are in tenths of a scene unit (UsdGeom.Camera).
    per_unit = 0.1 * reading.metres * 1000
    sensor, focal = value("horizontalAperture", 20.955), value("focalLength", 50.0)
    if sensor * per_unit > _LARGEST_SENSOR:
        reading.note(
            prim, f"a sensor {sensor * per_unit:g} mm wide is read as {sensor:g} mm, the lens likewise"
        )
        per_unit = 1.0
    pose = reading.pose(prim)
    distance = value("focusDistance", 0.0) * reading.metres
    f_stop = value("fStop", 0.0)
    camera: dict[str, Any] = {
        **_stance(pose, distance or 5.0),
        "focal_length": round(focal * per_unit, 9),
        "sensor_width": round(sensor * per_unit, 9),
        "exposure": value("exposure", 0.0),
    }
    if f_stop > 0:
        camera |= {"f_stop": f_stop, "focus": round(distance, 9) if distance > 0 else "deep"}
    if prim.GetAttribute("shutter:close").HasAuthoredValue():
        codes_per_frame = reading.stage.GetTimeCodesPerSecond() / float(Fraction(reading.timing["fps"]))
        opened = (value("shutter:close", 0.0) - value("shutter:open", 0.0)) / codes_per_frame
        camera["shutter_angle"] = min(max(360 * opened, 0.0), 360.0)
    if prim.GetAttribute("exposure:time").HasAuthoredValue():
        camera["ev100"] = _ev100(value)
    if reading.moves(prim):
        camera["moves"] = [{"kind": "keyframes", "keys": _keys(reading, prim, distance or 5.0)}]
        if any(abs(_roll(reading.pose(prim, t)) - _roll(pose)) > 0.01 for t in reading.key_times()):
            reading.note(prim, "its roll is animated; it keeps its first roll")
    return camera


def _ev100(value: Any) -> float:
    """EV = log2(N² / t * 100 / ISO), ISO 2720; UsdGeom.Camera's responsivity is a further gain."""
    stop, time, iso = value("exposure:fStop", 1.0), value("exposure:time", 1.0), value("exposure:iso", 100.0)
    gain = iso * value("exposure:responsivity", 1.0)
    ev = math.log2(stop**2 / time * 100 / gain) if min(stop, time, gain) > 0 else 0.0
    return min(max(round(ev, 6), -12.0), 24.0)


def _stance(pose: Pose, distance: float) -> dict[str, Any]:
    """A USD camera looks along its -z with +y up."""
    eye = np.array(pose.position)
    return {
        "position": list(tidy(eye)),
        "aim": list(tidy(eye - distance * pose.axes[:, 2])),
        "roll": round(_roll(pose), 6) + 0.0,
    }


def _roll(pose: Pose) -> float:
    """Degrees by which the camera is turned about its axis, clockwise as the operator sees it."""
    forward, up = -pose.axes[:, 2], pose.axes[:, 1]
    right = np.cross(forward, [0.0, 0.0, 1.0])
    if np.linalg.norm(right) < 1e-6:  # straight up or down: the camera of a shot has its right along +x
        right = np.array([1.0, 0.0, 0.0])
    right = right / np.linalg.norm(right)
    return math.degrees(math.atan2(up @ right, up @ np.cross(right, forward)))


def _keys(reading: Reading, prim: Any, distance: float) -> list[dict[str, Any]]:
    keys = []
    for time in reading.key_times():
        stance = _stance(reading.pose(prim, time), distance)
        keys.append({"at": reading.seconds(time), "position": stance["position"], "aim": stance["aim"]})
    return keys


def _framing(bodies: list[dict[str, Any]]) -> dict[str, Any]:
    """Three quarters from the front, far enough for all that stands about."""
    points = np.array([b["position"] for b in bodies if b["shape"]["kind"] != "plane"] or [[0.0, 0.0, 0.5]])
    centre = points.mean(0)
    reach = 1.5 + 2.2 * float(np.linalg.norm(points - centre, axis=1).max())
    return {
        "position": list(tidy(centre + reach * np.array([0.45, -0.85, 0.28]))),
        "aim": list(tidy(centre)),
        "focal_length": 35.0,
    }
