"""Where it happens and how it is filmed: floor, walls, light, lens, move."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from kinema.diffusion.dataset.phenomena import vector
from kinema.diffusion.dataset.plot import Plot
from kinema.diffusion.dataset.things import FLOORS, Vector, finish, paint
from kinema.shot.body import Body, Box, Plane
from kinema.shot.camera import Camera, Dolly, Ease, Handheld, Move, Orbit, Pan, PushIn, Tilt, Track
from kinema.shot.light import AnyLight, AreaLight, Environment, Sky, SphereLight, SpotLight, Sun

_EASES: tuple[Ease, Ease] = ("linear", "smooth")
ASPECT = 1.5
"""Width over height that framing counts on; wider and narrower pictures show more or less at their sides."""


def place(plot: Plot) -> None:
    """A floor, and half of the time a wall behind."""
    rng, material = plot.rng, plot.floor or str(plot.rng.choice(FLOORS))
    colour, roughness = finish(rng, material)
    # A floor fills half of the picture: mostly its own colour, and never a shout.
    colour = muted(colour) if colour is not None and rng.random() < 0.5 else None
    plot.bodies.append(
        Body(name="floor", shape=Plane(), material=material, colour=colour, roughness=roughness)
    )
    if rng.random() < 0.55:
        depth = plot.wide + plot.size * rng.uniform(1.0, 4.0)
        wide, high = 40 * plot.size, plot.high + plot.size * rng.uniform(2.0, 14.0)
        wall = str(
            rng.choice(["plaster", "concrete", "brick", "oak", "plaster", "sandstone", "walnut", "tile"])
        )
        tint = muted(paint(rng)) if wall == "plaster" or rng.random() < 0.2 else None
        thick = plot.size
        plot.bodies.append(
            Body(
                name="wall",
                shape=Box(size=(wide, thick, high)),
                material=wall,
                colour=tint,
                motion="static",
                position=(0.0, depth + thick / 2, high / 2 - 0.1 * plot.size),
            )
        )


def muted(colour: Vector) -> Vector:
    """Half way to the grey of its luminance."""
    grey = 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]
    return vector(0.5 * np.array(colour) + 0.5 * grey)


def lights(plot: Plot) -> tuple[AnyLight, ...]:
    """Daylight, overcast, window, studio, or lamps at night. The camera looks north, give or take."""
    rng = plot.rng
    kind = str(rng.choice(["day", "overcast", "window", "studio", "night"], p=[0.4, 0.1, 0.18, 0.22, 0.1]))
    if kind == "day":
        return _day(rng)
    if kind == "overcast":
        return (
            Environment(name="dome", nits=float(rng.uniform(800, 4000)), kelvin=_kelvin(rng, 5500, 8500)),
        )
    stand = _stand(plot)
    return _night(rng, stand) if kind == "night" else _indoors(rng, stand, window=kind == "window")


class _Stand(NamedTuple):
    """Where the key light is put and what it gives."""

    middle: Vector
    """What it is aimed at [m]."""
    toward: np.ndarray
    """Unit, from there to the light."""
    far: float
    """[m]"""
    lumen: float
    """Of an area light; a lamp has a pi-th of it in candela."""
    kelvin: float

    @property
    def place(self) -> Vector:
        """Counted as if what it is aimed at were the origin [m]."""
        return vector(self.toward * self.far)


def _stand(plot: Plot) -> _Stand:
    rng, reach = plot.rng, max(plot.wide, plot.high, 2 * plot.size)
    turn, lift = rng.uniform(-2.4, 2.4), rng.uniform(0.35, 1.2)
    toward = np.array([math.sin(turn) * math.cos(lift), -math.cos(turn) * math.cos(lift), math.sin(lift)])
    far = float(reach * rng.uniform(2.0, 3.5))
    # Lumens for about a thousand lux where it happens, so that fills are in proportion at every size.
    return _Stand(
        (0.0, 0.0, 0.4 * plot.high), toward, far, 1000 * math.pi * far * far, _kelvin(rng, 2600, 7000)
    )


def _night(rng: np.random.Generator, stand: _Stand) -> tuple[AnyLight, ...]:
    """One lamp, and what is left of the day."""
    candela = stand.lumen / math.pi
    lamp: AnyLight
    if rng.random() < 0.5:
        beam = float(rng.uniform(35, 70))
        lamp = SpotLight(
            name="lamp",
            position=stand.place,
            aim=stand.middle,
            beam=beam,
            candela=candela,
            kelvin=stand.kelvin,
        )
    else:
        lamp = SphereLight(
            name="lamp",
            position=stand.place,
            radius=0.06 * stand.far,
            candela=candela,
            kelvin=stand.kelvin,
        )
    dusk = Environment(name="dusk", nits=float(rng.uniform(4, 20)), kelvin=_kelvin(rng, 8000, 12000))
    return lamp, dusk


def _indoors(rng: np.random.Generator, stand: _Stand, *, window: bool) -> tuple[AnyLight, ...]:
    """A large key and a fill; in a studio often a rim light too."""
    side = stand.far * rng.uniform(0.25, 0.7)
    key = _panel("key", stand, stand.place, side, stand.lumen, stand.kelvin)
    nits = float(rng.uniform(15, 60) if window else rng.uniform(60, 160))
    fill = Environment(name="room", nits=nits, kelvin=_kelvin(rng, 4000, 8000))
    if window or rng.random() < 0.4:
        return key, fill
    behind = np.array([-stand.toward[0], abs(stand.toward[1]) + 0.3, 0.8]) * stand.far * 0.8
    rim = _panel("rim", stand, vector(behind), side / 2, stand.lumen * 0.6, _kelvin(rng, 3000, 9000))
    return key, rim, fill


def _panel(name: str, stand: _Stand, position: Vector, side: float, lumen: float, kelvin: float) -> AreaLight:
    return AreaLight(
        name=name,
        position=position,
        aim=stand.middle,
        width=side,
        height=side,
        lumen=lumen,
        kelvin=kelvin,
    )


def _day(rng: np.random.Generator) -> tuple[AnyLight, ...]:
    height, azimuth = float(rng.uniform(7, 75)), float(rng.uniform(60, 300))
    # Redder and dimmer towards the horizon: air mass, by eye of a plot of the solar spectrum.
    kelvin = 2900 + 2800 * min(height / 35, 1.0)
    lux = 95_000 * math.sin(math.radians(height)) ** 0.6
    sun = Sun(
        name="sun",
        elevation=height,
        azimuth=azimuth,
        lux=lux,
        kelvin=kelvin,
        diameter=float(rng.uniform(0.5, 2.0)),
    )
    sky = Sky(
        name="sky",
        elevation=height,
        azimuth=azimuth,
        lux=float(lux * rng.uniform(0.12, 0.35)),
        turbidity=float(rng.uniform(2, 6)),
    )
    return sun, sky


def _kelvin(rng: np.random.Generator, low: float, high: float) -> float:
    return round(float(rng.uniform(low, high)), -1)


def camera(plot: Plot) -> Camera:
    """Frames the action from the front half, and may move."""
    rng = plot.rng
    focal = float(rng.choice([24.0, 28.0, 35.0, 50.0, 85.0]))
    tan_x = 18.0 / focal
    half_high = max(plot.high / 2, 0.6 * plot.size)
    fit = max(min(plot.wide, 2.6 * plot.size) / tan_x, half_high * ASPECT / tan_x)
    far = fit * rng.uniform(0.65, 1.15) + 0.6 * plot.size
    turn, lift = rng.uniform(-0.9, 0.9), math.radians(rng.uniform(4, 42))
    aim = np.array([0.0, 0.0, 0.45 * plot.high]) + rng.normal(0, 0.1, 3) * plot.size
    eye = aim + far * np.array(
        [math.sin(turn) * math.cos(lift), -math.cos(turn) * math.cos(lift), math.sin(lift)]
    )
    eye[2] = max(eye[2], 0.3 * plot.size)
    return Camera(
        position=vector(eye),
        aim=vector(aim),
        roll=float(rng.normal(0, 4)) if rng.random() < 0.12 else 0.0,
        focal_length=focal,
        exposure=round(float(rng.uniform(-0.4, 0.7)), 2),
        moves=_moves(plot, far),
    )


def _moves(plot: Plot, far: float) -> tuple[Move, ...]:
    """None for a third; the clip is short, so moves are small."""
    rng, ease = plot.rng, _EASES[int(plot.rng.integers(2))]
    kind = str(
        rng.choice(
            ["still", "push_in", "orbit", "dolly", "pan", "tilt", "track", "hand"],
            p=[0.34, 0.12, 0.14, 0.1, 0.08, 0.04, 0.08, 0.1],
        )
    )
    match kind:
        case "push_in":
            return (PushIn(share=float(rng.uniform(-0.2, 0.22)), ease=ease),)
        case "orbit":
            return (Orbit(degrees=float(rng.uniform(-16, 16)), ease=ease),)
        case "dolly":
            return (
                Dolly(
                    right=float(rng.uniform(-0.15, 0.15) * far),
                    up=float(rng.uniform(0, 0.06) * far),
                    ease=ease,
                ),
            )
        case "pan":
            return (Pan(degrees=float(rng.uniform(-9, 9)), ease=ease),)
        case "tilt":
            return (Tilt(degrees=float(rng.uniform(-5, 5)), ease=ease),)
        case "track":
            moving = [body.name for body in plot.bodies if body.motion == "dynamic" and body.breaks is None]
            return (Track(body=str(rng.choice(moving)), follow=float(rng.uniform(0, 0.4))),)
        case "hand":
            return (
                Handheld(
                    degrees=float(rng.uniform(0.2, 0.8)), metres=0.004 * far, seed=int(rng.integers(1 << 16))
                ),
            )
    return ()
