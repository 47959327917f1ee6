"""Lamps and moods to lights: placed about the action, as the camera sees left and right."""

from __future__ import annotations

import math
from typing import Any

from kinema.shot.prompt.read_settings import MOOD_WORDS
from kinema.shot.prompt.scene import Draft, Lamp, Scene
from kinema.shot.prompt.stage import Stage, Vector
from kinema.shot.prompt.tables import table

_SIDE = {
    "left": -90.0,
    "right": 90.0,
    "front": 180.0,
    "back": 0.0,
    "up": -150.0,
    "in": 0.0,
    "out": 180.0,
    "down": 180.0,
}
"""Azimuth of a light from the camera's heading, clockwise from above [deg]."""
_DEFAULT_AZIMUTH = -125.0
"""Over the left shoulder: models form without flattening it [deg]."""
KEYED = {"low_key": "dark_studio", "high_key": "studio"}
"""Moods of exposure that bring a light of their own."""
_HILLS = 6.0
"""On the horizon of every sky that is put up [deg]."""
_POWER = {"dim": 0.3, "bright": 3.0}


class Rig:
    """The lights of a shot as they are put up. `heading`: the camera's, clockwise from north [deg]."""

    def __init__(self, scene: Scene, centre: Vector, radius: float, heading: float) -> None:
        self.scene, self.centre, self.radius, self.heading = scene, centre, radius, heading
        self.lights: list[dict[str, Any]] = []

    def azimuth(self, side: str | None, default: float = _DEFAULT_AZIMUTH) -> float:
        """Of a light on a side of the picture, clockwise from north [deg, 0 to 360)."""
        return round((self.heading + _SIDE.get(side or "", default)) % 360.0, 3)

    def add(self, light: dict[str, Any]) -> None:
        """One light; names stay unique."""
        taken = {each["name"] for each in self.lights}
        name, n = light["name"], 2
        while name in taken:
            name, n = f"{light['name']}_{n}", n + 1
        self.lights.append({**light, "name": name})

    def place(self, side: str | None, default: float, height: float = 0.9) -> Vector:
        """Where a lamp stands: 2.2 radii of the action away, above it [m]."""
        away = max(2.2 * self.radius, 0.25)
        if side == "up":
            return self.centre[0], self.centre[1], self.centre[2] + 1.3 * away
        a = math.radians(self.azimuth(side, default))
        x, y, z = self.centre
        return x + away * math.sin(a), y + away * math.cos(a), max(z + height * away, 0.1)


def light_up(
    scene: Scene, stage: Stage, centre: Vector, radius: float, heading: float
) -> list[dict[str, Any]]:
    """All lights as data for the shot. Says so in `assumed` if the prompt named none."""
    del stage
    rig = Rig(scene, centre, radius, heading)
    moods = scene.moods
    said = [mood for mood in moods if not mood[1].get("place")]
    for lamp in scene.lamps:
        _lamp(rig, lamp)
    said = list({name: mood for mood in said for name in [KEYED.get(mood[0], mood[0])]}.values())
    own_sun = any(light["kind"] == "sun" for light in rig.lights)
    chosen = said or ([] if scene.lamps else moods)
    for name, extra, draft in chosen:
        _set_mood(rig, name, extra, draft, own_sun=own_sun)
    if not rig.lights:
        _set_mood(rig, "day", {}, None, own_sun=False, values={"elevation": 38.0, "lux": 80000.0})
        scene.assumed.append(
            "light: a clear sky with the sun 38 degrees high over the camera's left shoulder"
        )
    elif not chosen:
        _fill(rig)
    if any(light["kind"] == "sky" for light in rig.lights):
        scene.assumed.append("hills on the horizon")
    return rig.lights


def balance_for(lights: list[dict[str, Any]]) -> float | None:
    """White balance [K] for a room or a street without daylight: film stock for tungsten. None = daylight's."""
    lamps = [light["kelvin"] for light in lights if light["kind"] in ("sphere", "area", "spot")]
    daylight = any(light["kind"] in ("sun", "sky") for light in lights)
    return 3200.0 if lamps and max(lamps) <= 4100 and not daylight else None


def opened_for(lights: list[dict[str, Any]]) -> float:
    """Stops over the meter that a low sun asks for: the dome sees the sun whole, the level ground hardly any of it."""
    suns = [light for light in lights if light["kind"] == "sun" and light["lux"] > 100]
    return 0.4 if suns and all(0 < sun["elevation"] < 20 for sun in suns) else 0.0


def _set_mood(
    rig: Rig,
    name: str,
    extra: dict[str, Any],
    draft: Draft | None,
    *,
    own_sun: bool,
    values: dict[str, float] | None = None,
) -> None:
    name = KEYED.get(name, name)
    entry = table("light")["moods"][name]
    azimuth = rig.azimuth(extra.get("side"))
    put = len(rig.lights)
    sun = {"name": "sun", "kind": "sun", "azimuth": azimuth, **entry.get("sun", {}), **(values or {})}
    for quality in extra.get("qualities", ()):
        field = "kelvin" if quality in ("warm", "cool") else "lux"
        sun[field] = sun.get(field, 5500.0 if field == "kelvin" else 80_000.0) * MOOD_WORDS[quality]
    if "sun" in entry and not own_sun:
        rig.add(sun)
    if "sun" in entry and ("sky" in entry or not {"dome", "sky"} & set(entry)) and name != "vacuum":
        rig.add(
            _sky(sun, entry.get("sky", {}).get("lux", 15000.0), entry.get("sky", {}).get("turbidity", 3.0))
        )
    if "dome" in entry:
        rig.add({"name": "dome", "kind": "environment", **entry["dome"]})
    sides = {"key": -50.0 - 90.0, "fill": 130.0, "rim": 20.0, "strip": -55.0, "streetlamp": 0.0}
    for kind in entry.get("lamps", ()):
        lamp = Lamp(kind, kind, table("light")["lamps"][kind], draft or Draft([]))
        _lamp(rig, lamp, azimuth=sides.get(kind, _DEFAULT_AZIMUTH))
    if draft is not None:
        draft.sets(*(f"lights.{light['name']}" for light in rig.lights[put:]))


def _sky(sun: dict[str, Any], lux: float, turbidity: float) -> dict[str, Any]:
    elevation = max(sun.get("elevation", 40.0), 0.0)
    return {
        "name": "sky", "kind": "sky", "turbidity": turbidity, "lux": lux,
        "elevation": elevation, "azimuth": sun["azimuth"], "hills": _HILLS,
    }  # fmt: skip


def _lamp(rig: Rig, lamp: Lamp, *, azimuth: float = _DEFAULT_AZIMUTH) -> None:
    light = _sun(rig, lamp) if lamp.entry["kind"] == "sun" else _fixture(rig, lamp, azimuth)
    if lamp.entry["kind"] == "sky":
        sun = next(
            (each for each in rig.lights if each["kind"] == "sun"), {"azimuth": rig.azimuth(lamp.side)}
        )
        light = {**_sky(sun, lamp.values.get("lux", 15000.0), 3.0), "name": lamp.name}
        light["kelvin"] = lamp.values.get("kelvin", 6500.0)
        rig.add(light)
        return
    kelvin = lamp.values.get("kelvin")
    if kelvin is None:
        kelvin = lamp.entry.get("kelvin", light.get("kelvin", 5500.0))
        low = "low" in lamp.qualities and lamp.entry["kind"] == "sun"
        if "warm" in lamp.qualities:
            kelvin = 3400.0 if kelvin > 3400 else 0.85 * kelvin
        elif "cool" in lamp.qualities:
            kelvin = 7500.0
        elif low:
            kelvin = 4000.0
    rig.add({**light, "kelvin": kelvin})
    lamp.draft.sets(f"lights.{lamp.name}.kelvin")


def _sun(rig: Rig, lamp: Lamp) -> dict[str, Any]:
    q, values = lamp.qualities, lamp.values
    elevation = values.get("elevation")
    if elevation is None:
        elevation = lamp.entry.get("elevation", 40.0)
        elevation = 12.0 if "low" in q else 65.0 if "high" in q or lamp.side == "up" else elevation
    if not -10 <= elevation <= 90:
        raise lamp.draft.refuse(
            "must stand between -10 and 90 degrees above the horizon",
            got=f"{elevation:g}°",
            next_step="Correct the angle.",
        )
    # air mass dims a low sun: Meinel & Meinel (1976), I = 1353 * 0.7 ** (AM ** 0.678), scaled to 133 klx outside
    mass = 1 / max(math.sin(math.radians(elevation)), 0.03)
    clear = round(133_000 * 0.7 ** (mass**0.678), -2)
    lux: float = values["lux"] if "lux" in values else lamp.entry.get("lux", clear)
    for quality in q:
        lux *= _POWER.get(quality, 1.0)
    diameter = 4.0 if "soft" in q else 0.533
    lamp.draft.sets(f"lights.{lamp.name}.elevation", f"lights.{lamp.name}.azimuth")
    return {
        "name": lamp.name, "kind": "sun", "elevation": elevation, "azimuth": rig.azimuth(lamp.side),
        "lux": lux, "diameter": diameter,
    }  # fmt: skip


def _fixture(rig: Rig, lamp: Lamp, azimuth: float) -> dict[str, Any]:
    """A lamp in the room: ball, panel or spot."""
    entry, values, q = lamp.entry, lamp.values, lamp.qualities
    side = lamp.side or entry.get("side")
    height = 0.25 if "low" in q or entry.get("stands") == "low" else 1.6 if "high" in q else 0.9
    position = rig.place(side, azimuth, height)
    light: dict[str, Any] = {"name": lamp.name, "kind": entry["kind"], "position": position}
    # a lamp lights a small scene from near and a large one from far: power follows the square of the distance
    scale = (math.dist(position, rig.centre) / 2.5) ** 2 if entry["kind"] in ("area", "spot") else 1.0
    power = entry.get("lumen", 1000.0) * max(scale, 1e-4)
    for quality in q:
        power *= _POWER.get(quality, 1.0)
    if "candela" in values:
        light["candela"] = values["candela"]
    else:
        light["lumen"] = values.get("lumen", round(power, 2))
    grow = 2.0 if "soft" in q else 0.35 if "hard" in q else 1.0
    if entry["kind"] == "sphere":
        light["radius"] = values["size"] / 2 if "size" in values else entry["radius"] * grow
        if lamp.beside is None and side is None:
            light["position"] = rig.place(None, azimuth, 0.35)
    elif entry["kind"] == "area":
        size = values.get("size", entry["size"] * grow * max(math.dist(position, rig.centre) / 2.5, 0.02))
        light |= {"width": size, "height": size, "aim": rig.centre}
    elif entry["kind"] == "spot":
        light |= {"beam": entry["beam"], "aim": rig.centre, "softness": 0.8 if "soft" in q else 0.3}
    lamp.draft.sets(f"lights.{lamp.name}.position")
    return light


def _fill(rig: Rig) -> None:
    """A named light alone would leave black shadows: a sun gets its sky, a lamp a dark room."""
    scene = rig.scene
    suns = [light for light in rig.lights if light["kind"] == "sun"]
    if suns and not any(light["kind"] in ("sky", "environment") for light in rig.lights):
        # The lower the sun, the larger the sky's share of the light (CIE S 011, clear sky); clean air keeps it
        # blue against a warm sun.
        low = suns[0]["elevation"] < 20
        lux = max((0.21 if low else 0.14) * suns[0]["lux"], 0.02)
        if suns[0]["lux"] < 100:  # the moon's sky: no blue scattering to speak of
            rig.add({"name": "dome", "kind": "environment", "nits": lux / math.pi, "kelvin": 9000.0})
        else:
            rig.add(_sky(suns[0], lux, 2.2 if low else 2.8))
        scene.assumed.append("a soft sky beside the sun")
    elif not suns and not any(light["kind"] in ("sky", "environment") for light in rig.lights):
        lumen = sum(light.get("lumen", light.get("candela", 0.0) * math.pi) for light in rig.lights)
        nits = 0.004 * lumen / max(rig.radius, 0.1) ** 2
        rig.add({"name": "dome", "kind": "environment", "nits": max(nits, 1e-3), "kelvin": 5600.0})
        scene.assumed.append("a dim room round the lamps")
