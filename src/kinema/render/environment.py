"""What surrounds the scene at infinity: one equirectangular map of luminance, the same for both renderers.

Row 0 is straight up, the last row straight down. Column 0 begins at north (+y) and azimuth grows with the
column, clockwise seen from above: a quarter across is east (+x). Samples are at pixel centres.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from jaxtyping import Float

from kinema.errors import MediaError
from kinema.media.exr import opened
from kinema.render.blackbody import LUMINANCE, blackbody_rgb
from kinema.render.exposure import sun_direction
from kinema.render.sky import sky_colour
from kinema.render.skyline import with_hills
from kinema.shot.light import Environment, Sky, Sun
from kinema.shot.shot import Shot

_HAZE = math.radians(1.5)
"""Depth below the horizon over which the far ground fades into the sky above it."""
_FOOT = math.radians(0.3)
"""The same where hills end the plain: it stops before the haze has swallowed it."""


def environment_map(
    shot: Shot, height: int = 256, *, folder: str = "."
) -> Float[np.ndarray, "row column 3"] | None:
    """Sum of the shot's environments and skies, linear Rec.709 in cd/m², float32, 2 * height wide; None if
    none is on. The sun's disc is not in it. HDRI files are found relative to `folder`."""
    total = np.zeros((height, 2 * height, 3))
    lights = [light for light in shot.lights if light.on and isinstance(light, Environment | Sky)]
    for light in lights:
        total += _sky(light, shot, height) if isinstance(light, Sky) else _surround(light, height, folder)
    return total.astype(np.float32) if lights else None


def directions(height: int) -> Float[np.ndarray, "row column 3"]:
    """Unit direction of each pixel's centre."""
    polar = (np.arange(height) + 0.5) / height * math.pi
    turn = (np.arange(2 * height) + 0.5) / (2 * height) * 2 * math.pi
    ring = np.sin(polar)[:, None]
    return np.stack(
        [
            ring * np.sin(turn),
            ring * np.cos(turn),
            np.broadcast_to(np.cos(polar)[:, None], (height, 2 * height)),
        ],
        -1,
    )


def solid_angles(height: int) -> Float[np.ndarray, "row 1"]:
    """Of the pixels of each row [sr]; exact, so that they sum to 4 pi."""
    edges = np.cos(np.arange(height + 1) / height * math.pi)
    return ((edges[:-1] - edges[1:]) * math.pi / height)[:, None]


def level_illuminance(sphere: Float[np.ndarray, "row column 3"]) -> Float[np.ndarray, " rgb"]:
    """Illuminance on level ground from the upper half of a map [lx, in linear Rec.709]."""
    edges = np.cos(np.arange(len(sphere) + 1) / len(sphere) * math.pi)
    # The integral of cos over each row's solid angle, exactly.
    weight = np.diff(-(np.maximum(edges, 0.0) ** 2)) / 2 * math.pi / len(sphere)
    return np.einsum("rcx,r->x", sphere, weight)


# --- constant and HDRI ------------------------------------------------------------------------------------


def _surround(light: Environment, height: int, folder: str) -> Float[np.ndarray, "row column 3"]:
    if light.file is not None:
        image = _resample(_read(Path(folder) / light.file), height, light.turn)
        mean = float((image @ LUMINANCE * solid_angles(height)).sum()) / (4 * math.pi)
        if not math.isfinite(mean) or mean <= 0:
            raise MediaError(
                light.file, "must hold light", got=f"mean luminance {mean}", next_step="Use another HDRI."
            )
        return image * (light.nits / mean)
    colour = blackbody_rgb(light.kelvin) * (np.ones(3) if light.tint is None else np.array(light.tint))
    luminance = float(LUMINANCE @ colour)
    # A tint changes the colour; `nits` is what is left after it. A black tint is black.
    colour = colour * (light.nits / luminance) if luminance > 0 else colour
    return np.broadcast_to(colour, (height, 2 * height, 3))


def _read(path: Path) -> Float[np.ndarray, "row column 3"]:
    if not path.is_file():
        raise MediaError(
            str(path), "must be an existing file", got="nothing there", next_step="Check the path."
        )
    try:
        if path.suffix.lower() == ".exr":
            with opened(path) as file:
                channels = file.channels()
                if "RGB" in channels or "RGBA" in channels:
                    image = channels["RGB" if "RGB" in channels else "RGBA"].pixels[..., :3]
                else:
                    image = np.stack([channels[c].pixels for c in "RGB"], -1)
        else:
            from kinema.render.radiance import read_hdr

            image = read_hdr(path)
    except MediaError:
        raise
    except Exception as error:  # OpenEXR raises bare RuntimeError and KeyError for what it cannot read
        raise MediaError(
            str(path),
            "must be an equirectangular .exr or .hdr",
            got=str(error)[:120],
            next_step="Convert it.",
        ) from error
    image = np.nan_to_num(np.asarray(image, np.float32), nan=0.0, posinf=65504.0, neginf=0.0)
    return np.maximum(image, 0.0, out=image)


def _resample(
    image: Float[np.ndarray, "y x 3"], height: int, turn: float
) -> Float[np.ndarray, "row column 3"]:
    """Equirectangular to this house's size and azimuth, keeping mean luminance: area average, linear between
    samples. An HDRI's middle column faces north when `turn` is 0."""
    rows = _weights(len(image), height, wrap=False, shift=0.0)
    columns = _weights(image.shape[1], 2 * height, wrap=True, shift=0.5 - turn / 360)
    return np.einsum("ry,yxc,qx->rqc", rows, image, columns, optimize=True)


def _weights(source: int, target: int, *, wrap: bool, shift: float) -> Float[np.ndarray, "target source"]:
    """Overlap of target pixels with source pixels along one axis, rows summing to 1. Point sampling would
    lose or double the small bright sun of an HDRI."""
    fine = max(1, math.ceil(4 * source / target))
    at = ((np.arange(target * fine) + 0.5) / (target * fine) + shift) * source - 0.5
    low = np.floor(at).astype(int)
    t = at - low
    weights = np.zeros((target, source))
    for index, weight in ((low, 1 - t), (low + 1, t)):
        index = index % source if wrap else np.clip(index, 0, source - 1)
        np.add.at(weights, (np.arange(target * fine) // fine, index), weight / fine)
    return weights


# --- sky --------------------------------------------------------------------------------------------------


def _sky(light: Sky, shot: Shot, height: int) -> Float[np.ndarray, "row column 3"]:
    toward = directions(height)
    sun = sun_direction(light.elevation, light.azimuth)
    flat = toward.copy()
    flat[..., 2] = np.maximum(flat[..., 2], 0.0)
    flat /= np.linalg.norm(flat, axis=-1, keepdims=True)
    colour = sky_colour(flat, sun, light.turbidity)
    # 6500 K is the sky as the model has it; another temperature tints it.
    colour = colour * (blackbody_rgb(light.kelvin) / blackbody_rgb(6500.0))
    colour *= light.lux / float(LUMINANCE @ level_illuminance(colour))
    suns = _suns(shot)
    if light.hills > 0:
        colour = with_hills(colour, light.hills, _extinction(light), suns, level_illuminance(colour))
        colour *= light.lux / float(LUMINANCE @ level_illuminance(colour))  # what they hide is made up for
    on_ground = sum((lux * max(float(way[2]), 0.0) for way, lux in suns), np.zeros(3))
    ground = np.array(light.ground) / math.pi * (level_illuminance(colour) + on_ground)
    haze = _HAZE if light.hills == 0 else _FOOT
    below = np.clip(np.arcsin(np.clip(-toward[..., 2:], 0, 1)) / haze, 0, 1)
    blend = below * below * (3 - 2 * below)
    return colour * (1 - blend) + ground * blend


def _extinction(light: Sky) -> float:
    """Of the air near the ground [1/km]: 3.912 over the visual range, which is some 300 km in pure air and falls
    to 25 km at turbidity 4 (read off figure 3 of Preetham, Shirley and Smits 1999)."""
    return 3.912 / (300.0 * light.turbidity**-1.8)


def _suns(shot: Shot) -> list[tuple[Float[np.ndarray, " 3"], Float[np.ndarray, " rgb"]]]:
    """Unit direction and illuminance square to it [lx, in linear Rec.709] of the suns that are up."""
    return [
        (sun_direction(light.elevation, light.azimuth), blackbody_rgb(light.kelvin) * light.lux)
        for light in shot.lights
        if isinstance(light, Sun) and light.on and light.elevation > 0
    ]
