"""From a shot's materials and a tape's geometry to the arrays the kernels read. Once per clip."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from kinema.physics.geometry import INNER, Geometry
from kinema.physics.tape import Tape
from kinema.render.preview import optics as column
from kinema.render.preview.arrays import Mesh
from kinema.render.preview.texel import CHANNELS, STEPS, packed
from kinema.render.surface import alpha_of, base_colour, surface_of, texture_of
from kinema.render.texture import Texture, texture
from kinema.shot.body import Body, Box, Pane, Plane, Sphere, Vase
from kinema.shot.material import Conductor, Dielectric, Flake, Optics, Plastic
from kinema.shot.material import Texture as TextureName
from kinema.shot.shot import Shot

_COARSEST = 8
"""Side of the coarsest level."""
TEXELS = 512
"""Side of the finest level: 4 mm over two metres, a pixel at 480 lines and three metres."""


def mesh_of(shot: Shot, geometry: Geometry) -> Mesh:
    """Triangles with their optics and textures."""
    surfaces = _surfaces(shot)
    names: list[TextureName] = sorted(
        {name for optics in surfaces if (name := texture_of(optics)) is not None}
    )
    atlas = _atlas(names)
    rows = np.zeros((len(geometry.bodies), column.OPTICS), np.float32)
    pieces = np.bincount(geometry.piece_body, minlength=len(geometry.bodies))
    volume = np.bincount(geometry.piece_body, geometry.piece_volume, minlength=len(geometry.bodies))
    for i, (body, optics) in enumerate(zip(shot.bodies, surfaces, strict=True)):
        rows[i] = _optics_row(body, optics, whole=pieces[i] == 1, volume=float(volume[i]))
        name = texture_of(optics)
        rows[i, column.TEXTURE] = names.index(name) if name is not None else -1
        rows[i, column.PERIOD] = atlas.periods[name] if name is not None else 1.0
    face_body = geometry.piece_body[geometry.face_piece]
    return Mesh(
        vertices=np.ascontiguousarray(geometry.vertices, np.float32),
        normals=np.ascontiguousarray(geometry.normals, np.float32),
        uv=np.ascontiguousarray(geometry.uv, np.float32),
        vertex_piece=np.ascontiguousarray(geometry.vertex_piece, np.uint32),
        faces=np.ascontiguousarray(geometry.faces, np.uint32),
        face_piece=np.ascontiguousarray(geometry.face_piece, np.uint32),
        face_body=np.ascontiguousarray(face_body, np.uint32),
        face_side=np.ascontiguousarray(geometry.face_side, np.uint8),
        flat=_flat(geometry),
        level=_levels(geometry),
        optics=rows,
        texels=atlas.texels,
        scale=atlas.scale,
        offset=atlas.offset,
        levels=atlas.levels,
    )


def _flat(geometry: Geometry) -> np.ndarray:
    """1 where all three shading normals are the face's own, to a thousandth of a degree; uint8."""
    corner = geometry.vertices[geometry.faces].astype(float)
    own = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    own /= np.maximum(np.linalg.norm(own, axis=-1, keepdims=True), 1e-30)
    cosine = np.einsum("fkx,fx->fk", geometry.normals[geometry.faces].astype(float), own)
    return (cosine.min(1) > 1 - 1e-6).astype(np.uint8)


def _levels(geometry: Geometry) -> np.ndarray:
    """`Mesh.level`: faces of a piece whose normals agree to 1e-5 and offsets to 10 µm, int32. Faces that fall on two
    sides of a rounding count as two planes: what asks only loses time."""
    corner = geometry.vertices[geometry.faces].astype(float)
    normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-30)
    offset = np.einsum("fx,fx->f", normal, corner.mean(1))
    key = np.rint(np.column_stack([geometry.face_piece, 1e5 * normal, 1e5 * offset])).astype(np.int64)
    number = np.unique(key, axis=0, return_inverse=True)[1].ravel()
    return (number + len(geometry.faces)).astype(np.int32)


def _surfaces(shot: Shot) -> list[Optics]:
    """Optics of each body. Bodies that look the same are resolved once: there may be twenty thousand."""
    known: dict[tuple[object, ...], Optics] = {}
    for body in shot.bodies:
        key = _seen_as(body)
        if key not in known:
            known[key] = surface_of(shot, body)
    return [known[_seen_as(body)] for body in shot.bodies]


def _seen_as(body: Body) -> tuple[object, ...]:
    return body.finish or body.material, body.colour, body.roughness


def _optics_row(body: Body, optics: Optics, *, whole: bool, volume: float) -> Float[np.ndarray, " optic"]:
    row = np.zeros(column.OPTICS)
    colour = base_colour(optics)
    row[column.ALBEDO : column.ALBEDO + 3] = colour
    row[column.ALPHA] = max(alpha_of(optics), 0.02)
    row[column.IOR] = 1.5
    row[column.COAT_ALPHA] = 0.04
    # Nothing is under the ground for it to shade.
    row[column.CASTS] = not isinstance(body.shape, Plane)
    match optics:
        case Dielectric():
            row[column.CLEAR] = 1
            row[column.IOR] = max(optics.ior, 1.0001)
            row[column.ALPHA] = optics.roughness
            row[column.ABSORB : column.ABSORB + 3] = optics.absorption
            row[column.THICK] = _thickness(body, volume)
            row[column.BALL] = isinstance(body.shape, Sphere) and whole
        case Conductor():
            row[column.F0 : column.F0 + 3] = colour
        case Plastic():
            f0 = ((optics.ior - 1) / (optics.ior + 1)) ** 2
            row[column.F0 : column.F0 + 3] = f0
            # What the coat reflects on average never reaches the body below (mean Fresnel, about F0 + 1/20).
            row[column.DIFFUSE : column.DIFFUSE + 3] = colour * (1 - f0 - 0.05)
        case Flake():
            row[column.F0 : column.F0 + 3] = 0.04 + optics.metallic * (colour - 0.04)
            row[column.DIFFUSE : column.DIFFUSE + 3] = colour * (1 - optics.metallic)
            row[column.COAT] = optics.clearcoat
        case _:
            row[column.DIFFUSE : column.DIFFUSE + 3] = colour
    return row


def _thickness(body: Body, volume: float) -> float:
    """Length of the way straight through clear matter [m]: exact for plates and balls, else typical."""
    match body.shape:
        case Pane():
            return body.shape.thickness
        case Vase():
            return body.shape.wall
        case Sphere():
            return 2 * body.shape.radius
        case Box():
            return min(body.shape.size)
        case _:
            return max(volume, 1e-12) ** (1 / 3)


# --- textures ---------------------------------------------------------------------------------------------


class Atlas(NamedTuple):
    """All levels of all textures in one table; see `Mesh`."""

    texels: np.ndarray
    scale: np.ndarray
    offset: np.ndarray
    levels: np.ndarray
    periods: dict[str, float]
    """[m]"""


def _atlas(names: list[TextureName]) -> Atlas:
    count, tables = int(math.log2(TEXELS // _COARSEST)) + 1, max(len(names), 1)
    scale, offset = np.ones((tables, 6), np.float32), np.zeros((tables, 6), np.float32)
    levels = np.zeros((tables, count, 2), np.int32)
    levels[:, :, 1] = _COARSEST
    texels, periods, at = [np.zeros((0, 2), np.uint32)], {}, 0
    for i, name in enumerate(names):
        part = _stored(name)
        periods[name] = part.period
        offset[i], scale[i] = part.offset, part.scale
        for k, (side, stored) in enumerate(part.levels):
            levels[i, k] = at, side
            texels.append(stored)
            at += len(stored)
    return Atlas(np.concatenate(texels), scale, offset, levels, periods)


class _Stored(NamedTuple):
    """All levels of one texture: side and packed texels of each, finest first."""

    levels: list[tuple[int, np.ndarray]]
    scale: np.ndarray
    offset: np.ndarray
    period: float


@lru_cache(maxsize=24)  # all there are, three megabytes each: a data set draws thousands of worlds with them
def _stored(name: TextureName) -> _Stored:
    baked = texture(name)
    pyramid = _pyramid(baked)
    # The finest level has the widest range: the others are its means.
    offset = pyramid[0].min((0, 1)).astype(np.float32)
    scale = (np.maximum(np.ptp(pyramid[0], axis=(0, 1)), 1e-9) / STEPS).astype(np.float32)
    levels = []
    for level in pyramid:
        stored = np.clip(np.rint((level.reshape(-1, CHANNELS) - offset) / scale), 0, STEPS)
        levels.append((len(level), packed(stored)))
    return _Stored(levels, scale, offset, baked.period)


def _pyramid(baked: Texture) -> list[np.ndarray]:
    """Levels of half the side each, from `TEXELS` to `_COARSEST`; box filtered, which keeps the mean."""
    n, step = len(baked.height), baked.period / len(baked.height)
    # Central differences on the torus the texture lives on.
    du = (np.roll(baked.height, -1, 1) - np.roll(baked.height, 1, 1)) / (2 * step)
    dv = (np.roll(baked.height, -1, 0) - np.roll(baked.height, 1, 0)) / (2 * step)
    level = np.dstack([baked.albedo, baked.roughness, du, dv])
    levels = []
    while n >= _COARSEST:
        if n <= TEXELS:
            levels.append(level)
        level = level.reshape(n // 2, 2, n // 2, 2, 6).mean((1, 3))
        n //= 2
    return levels


# --- what is seen of it -----------------------------------------------------------------------------------


class Faces:
    """Which faces are drawn, moment by moment, and who casts shadows."""

    def __init__(self, tape: Tape, mesh: Mesh) -> None:
        geometry = tape.geometry
        clear = mesh.optics[mesh.face_body, column.CLEAR] > 0
        ground = mesh.optics[mesh.face_body, column.CASTS] == 0
        self.opaque: Int[np.ndarray, " face"] = np.flatnonzero(~clear).astype(np.int32)
        self.clear: Int[np.ndarray, " face"] = np.flatnonzero(clear).astype(np.int32)
        self.casters: Int[np.ndarray, " face"] = np.flatnonzero(~clear & ~ground).astype(np.int32)
        inner = geometry.face_side == INNER
        self._joined = np.flatnonzero(inner & (geometry.face_neighbour >= 0))
        self._broken_at = _broken_at(tape, self._joined)
        # Grounds have no inside; cracks in clear matter are seen from within as well.
        self._show = np.where(ground | (inner & clear), 2, 1).astype(np.uint8)
        self._tape = tape

    def shown(self, frame: float) -> np.ndarray:
        """0 hidden, 1 from outside, 2 from both sides, uint8 per face. A face on a crack shows once its bond broke."""
        tape, show = self._tape, self._show.copy()
        cluster = tape.alive_at(frame)
        own = tape.geometry.face_piece[self._joined]
        other = tape.geometry.face_neighbour[self._joined]
        time = float(frame) * tape.samples_per_frame / float(tape.rate)
        open_ = (cluster[own] != cluster[other]) | (self._broken_at <= time)
        show[self._joined[~open_]] = 0
        return show


def _broken_at(tape: Tape, faces: np.ndarray) -> np.ndarray:
    """World time at which the bond across each face broke [s]; inf = never."""
    if len(faces) == 0 or len(tape.cracks.time) == 0:
        return np.full(len(faces), np.inf)
    count = len(tape.geometry.piece_body)

    def key(pair: np.ndarray) -> np.ndarray:
        return pair.min(1).astype(np.int64) * count + pair.max(1)

    cracked = key(tape.cracks.piece)
    order = np.lexsort((tape.cracks.time, cracked))
    unique, first = np.unique(cracked[order], return_index=True)
    wanted = key(np.stack([tape.geometry.face_piece[faces], tape.geometry.face_neighbour[faces]], 1))
    at = np.minimum(np.searchsorted(unique, wanted), len(unique) - 1)
    return np.where(unique[at] == wanted, tape.cracks.time[order][first][at], np.inf)
