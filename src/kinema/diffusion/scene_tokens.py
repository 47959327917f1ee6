"""The scene as a few rows of numbers: what dense control cannot say of bodies, light, lens, physics and style.

A row is `WIDTH` numbers, about -1 to 1 (a few reach 3), and a kind. The order of rows means nothing. By kind:

- `body` 0-11 shape, one of `SHAPES`; 12-16 optics, one of `OPTICS`; 17-19 base colour, sRGB-encoded; 20 roughness
  (GGX alpha); 21 has a texture; 22-24 place in the camera's frame: right / depth / tan_x, up / depth / tan_y,
  1 / (1 + depth); 25-30 first two columns of its rotation in the camera's frame; 31-33 velocity [m/s] and 34-36 spin
  [rad/s] in the camera's frame, as asinh(x) / 4; 37-39 half extents at rest, log10([m]) / 2, descending; 40 mass,
  log10([kg]) / 4; 41 dynamic, 42 static, 43 kinematic; 44 breakable.
- `light` 0-5 kind, one of `LIGHTS`; 6-8 unit direction towards it in the camera's frame (0 for all round); 9-11
  colour of its temperature, largest channel 1; 12 illuminance where the camera aims over what the exposure is made
  for, in stops / 8; 13 temperature [kK] / 10; 14 half its angular size, as a sine.
- `camera` 0 tan_x; 1 tan_y; 2 EV100 / 16; 3-5 the world's up in the camera's frame; 6-8 way of the camera over the
  clip in its first frame, over its distance to the aim; 9-11 turn over the clip [rad], rotation vector in its first
  frame; 12 log10 of its distance to the aim [m] / 2; 13 log10 of its height over the origin, at least 1 mm [m] / 2.
- `physics` 0-2 gravity in the camera's frame [10 m/s²], as asinh(x); 3 log2(world frames per second / 24) / 4; 4-6
  wind in the camera's frame [m/s] / 10; 7 air or not.
- `style` 0-23 which, by its place in `styles.NAMES`.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from jaxtyping import Float, Int

from kinema.diffusion.styles import NAMES
from kinema.physics.rotation import matrix
from kinema.physics.tape import Tape
from kinema.render.blackbody import blackbody_rgb
from kinema.render.camera import CameraPath, View
from kinema.render.exposure import CALIBRATION, meter, readings, stand, sun_direction
from kinema.render.surface import alpha_of, base_colour, surface_of, texture_of
from kinema.shot.body import Body, Plane
from kinema.shot.light import AnyLight, AreaLight, Environment, Sky, SphereLight, SpotLight, Sun
from kinema.shot.shot import Shot

WIDTH: Final = 48
MOST_ROWS: Final = 32
MOST_LIGHTS: Final = 5
KINDS: Final = ("body", "light", "camera", "physics", "style")
SHAPES: Final = (
    "sphere", "box", "cylinder", "capsule", "cone", "plane", "hull", "mesh", "pane", "vase", "compound",
    "cord",
)  # fmt: skip
OPTICS: Final = ("dielectric", "conductor", "plastic", "diffuse", "flake")
LIGHTS: Final = ("sun", "sky", "environment", "area", "sphere", "spot")
MOTIONS: Final = ("dynamic", "static", "kinematic")

Row = Float[np.ndarray, " 48"]


def scene_tokens(
    shot: Shot, tape: Tape, camera: CameraPath, style: str
) -> tuple[Float[np.ndarray, "row 48"], Int[np.ndarray, " row"]]:
    """(Rows, float32; kind of each as an index into `KINDS`, int64) of a clip as it starts. At most `MOST_ROWS`:
    of many bodies those that look largest, of many lights the strongest.

    Shot and tape may be `render.cord.dressed`; then ropes are bodies too.
    """
    view = camera.at(0)
    axes = np.stack([view.right, view.up, view.forward * -1])
    rows = [
        (4, _style(style)),
        (2, _camera(shot, tape, camera, view, axes)),
        (3, _physics(shot, axes)),
        *((1, row) for row in _lights(shot, tape, axes)),
    ]
    rows += [(0, row) for row in _bodies(shot, tape, camera, view, axes)[: MOST_ROWS - len(rows)]]
    numbers = np.stack([row for _, row in rows]).astype(np.float32)
    return np.clip(numbers, -4.0, 4.0), np.array([kind for kind, _ in rows], np.int64)


def _style(style: str) -> Row:
    row = np.zeros(WIDTH)
    row[NAMES.index(style)] = 1
    return row


def _physics(shot: Shot, axes: Float[np.ndarray, "3 3"]) -> Row:
    row, wind = np.zeros(WIDTH), shot.forces.wind
    row[0:3] = np.arcsinh(axes @ np.array(shot.forces.gravity) / 10)
    row[3] = math.log2(float(shot.timing.world_rate) / 24) / 4
    if wind is not None:
        row[4:7] = axes @ np.array(wind.velocity) / 10
        row[7] = 1
    return row


def _camera(shot: Shot, tape: Tape, camera: CameraPath, view: View, axes: Float[np.ndarray, "3 3"]) -> Row:
    from scipy.spatial.transform import Rotation

    row, last = np.zeros(WIDTH), camera.at(shot.timing.frames - 1)
    eye, aim = stand(shot, tape)
    distance = max(float(np.linalg.norm(aim - eye)), 1e-3)
    turned = np.stack([last.right, last.up, last.forward * -1])
    row[0:2] = view.tan_x, view.tan_y
    row[2] = meter(shot, tape) / 16
    row[3:6] = axes[:, 2]
    row[6:9] = axes @ (last.eye - view.eye) / distance
    # The turn, in the first frame's axes, that carries the first axes into the last.
    row[9:12] = Rotation.from_matrix(axes @ turned.T).as_rotvec()
    row[12] = math.log10(distance) / 2
    row[13] = math.log10(max(float(view.eye[2]), 1e-3)) / 2
    return row


# --- lights -----------------------------------------------------------------------------------------------


def _lights(shot: Shot, tape: Tape, axes: Float[np.ndarray, "3 3"]) -> list[Row]:
    lit = sorted(
        zip(readings(shot, tape), (light for light in shot.lights if light.on), strict=True),
        key=lambda pair: -pair[0],
    )
    grey = 2 ** meter(shot, tape) * CALIBRATION / 100
    _, aim = stand(shot, tape)
    return [_light(light, lux / grey, aim, axes) for lux, light in lit[:MOST_LIGHTS]]


def _light(
    light: AnyLight, level: float, aim: Float[np.ndarray, " 3"], axes: Float[np.ndarray, "3 3"]
) -> Row:
    row = np.zeros(WIDTH)
    row[LIGHTS.index(light.kind)] = 1
    colour = blackbody_rgb(light.kelvin)
    if isinstance(light, Environment) and light.tint is not None:
        colour = colour * np.array(light.tint)
    row[9:12] = colour / max(float(colour.max()), 1e-6)
    row[12] = math.log2(max(level, 2**-16)) / 8
    row[13] = light.kelvin / 10_000
    row[6:9], row[14] = _direction(light, aim, axes)
    return row


def _direction(
    light: AnyLight, aim: Float[np.ndarray, " 3"], axes: Float[np.ndarray, "3 3"]
) -> tuple[Float[np.ndarray, " 3"], float]:
    """(Unit vector towards it in the camera's frame, sine of half its angular size)."""
    if isinstance(light, Sun | Sky):
        size = math.sin(math.radians(light.diameter) / 2) if isinstance(light, Sun) else 1.0
        return axes @ sun_direction(light.elevation, light.azimuth), size
    if isinstance(light, Environment):
        return np.zeros(3), 1.0
    away = np.array(light.position) - aim
    distance = max(float(np.linalg.norm(away)), 1e-6)
    radius = {
        AreaLight: lambda: math.hypot(light.width, light.height) / 2,  # type: ignore[union-attr]
        SphereLight: lambda: light.radius,  # type: ignore[union-attr]
        SpotLight: lambda: 0.0,
    }[type(light)]()
    return axes @ (away / distance), min(radius / distance, 1.0)


# --- bodies -----------------------------------------------------------------------------------------------


def _bodies(
    shot: Shot, tape: Tape, camera: CameraPath, view: View, axes: Float[np.ndarray, "3 3"]
) -> list[Row]:
    """Those that look largest first."""
    found = []
    for index, body in enumerate(shot.bodies):
        pieces = np.flatnonzero(tape.geometry.piece_body == index)
        half = _half_extents(tape, pieces)
        centre = camera.centre(body.name, 0.0) - view.eye
        row = np.zeros(WIDTH)
        _look(row, shot, body, tape, pieces)
        _motion(row, tape, pieces, axes)
        depth = max(float(centre @ view.forward), 1e-2)
        row[22] = float(centre @ view.right) / depth / view.tan_x
        row[23] = float(centre @ view.up) / depth / view.tan_y
        row[24] = 1 / (1 + depth)
        row[37:40] = np.log10(np.maximum(np.sort(half)[::-1], 1e-3)) / 2
        apparent = float(half.max()) / max(float(np.linalg.norm(centre)), 1e-3)
        found.append((apparent, index, row))
    return [row for _, _, row in sorted(found, key=lambda item: (-item[0], item[1]))]


def _half_extents(tape: Tape, pieces: Int[np.ndarray, " piece"]) -> Float[np.ndarray, " 3"]:
    """Of the body at rest, along its own axes [m]."""
    geometry = tape.geometry
    owner = geometry.vertex_piece
    mine = np.isin(owner, pieces)
    if not mine.any():
        return np.full(3, 1e-3)
    at_rest = geometry.vertices[mine] + geometry.piece_rest[owner[mine]]
    return np.ptp(at_rest, axis=0).astype(float) / 2


def _look(row: Row, shot: Shot, body: Body, tape: Tape, pieces: Int[np.ndarray, " piece"]) -> None:
    """0 to 21, 40 to 44."""
    optics = surface_of(shot, body)
    bodiless = not isinstance(body.shape, Plane) and not tape.geometry.piece_volume[pieces].any()
    row[SHAPES.index("cord" if bodiless else body.shape.kind)] = 1
    row[12 + OPTICS.index(optics.kind)] = 1
    linear = np.clip(base_colour(optics), 0, 1)
    row[17:20] = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    row[20] = alpha_of(optics)
    row[21] = texture_of(optics) is not None
    mass = float(tape.geometry.piece_mass[pieces].sum())
    row[40] = math.log10(mass) / 4 if mass > 0 else 0.0
    row[41 + MOTIONS.index(body.motion)] = 1
    row[44] = body.fracture is not None


def _motion(row: Row, tape: Tape, pieces: Int[np.ndarray, " piece"], axes: Float[np.ndarray, "3 3"]) -> None:
    """25 to 36: as its heaviest piece moves when the clip starts."""
    piece = pieces[int(np.argmax(tape.geometry.piece_mass[pieces]))]
    row[25:31] = (axes @ matrix(tape.orientation[0, piece]))[:, :2].T.ravel()
    row[31:34] = np.arcsinh(axes @ tape.velocity[0, piece].astype(float)) / 4
    row[34:37] = np.arcsinh(axes @ tape.spin[0, piece].astype(float)) / 4
