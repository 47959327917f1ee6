"""One clip on one size of picture: what is constant is made once, what moves is made anew for every frame."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from kinema.errors import RenderError
from kinema.physics.tape import Tape
from kinema.render.camera import CameraPath
from kinema.render.camera import View as Lens
from kinema.render.environment import environment_map
from kinema.render.exposure import full_scale, meter
from kinema.render.frame import Frame, Passes
from kinema.render.preview import glass, occlusion, project, raster, soft, visible
from kinema.render.preview import lamps as column
from kinema.render.preview import shade as opaque
from kinema.render.preview.ambient import floor_light, surroundings_of
from kinema.render.preview.arrays import Lamps, Mesh, Output, View, film_of, order_of, output_of
from kinema.render.preview.crew import Crew
from kinema.render.preview.lighting import MAP, Extent, lit_lamps, on_level_ground, rows_of
from kinema.render.preview.matter import Faces, mesh_of
from kinema.render.preview.optics import ABSORB, ALBEDO, BALL, IOR, THICK
from kinema.shot.body import Plane
from kinema.shot.shot import Shot

_BLOCK = 16
"""Rows that a thread draws in one go."""
_NEAR = 0.02
"""Nearest depth that is drawn [m]."""


class _Triangles(NamedTuple):
    """Projected faces, in room that is used again."""

    owner: Int[np.ndarray, " slot"]
    line: Float[np.ndarray, "slot number"]


class Stage:
    """Draws any frame of a clip."""

    def __init__(
        self, shot: Shot, tape: Tape, width: int, height: int, *, assets: str, smooth: bool, crew: Crew
    ) -> None:
        self._shot, self._tape, self._size, self._smooth = shot, tape, (width, height), smooth
        self._crew = crew
        names = tuple(body.name for body in shot.bodies)
        if tape.geometry.bodies != names:
            raise RenderError(
                "tape",
                "must be of this shot: same bodies in the same order",
                got=", ".join(tape.geometry.bodies[:6]),
                next_step="Simulate the shot again.",
            )
        self._camera = CameraPath(shot, tape, width, height)
        self._ev100 = meter(shot, tape)
        self._mesh = mesh_of(shot, tape.geometry)
        self._faces = Faces(tape, self._mesh)
        self._film = film_of(width, height)
        self._rows = order_of(height, _BLOCK)
        self._bands = order_of(-(-height // raster.BAND))
        self._map_bands = order_of(MAP // raster.MAP_BAND)
        self._tiles = order_of(len(self._film.lonely))
        self._vertices = np.arange(len(self._mesh.vertices), dtype=np.int32)
        self._all_faces = np.arange(len(self._mesh.faces), dtype=np.int32)
        self._room = [_room(part) for part in (self._faces.opaque, self._faces.clear)]
        count = len(self._mesh.faces)
        self._world = np.empty((len(self._mesh.vertices), 3), np.float32)
        self._normal = np.empty_like(self._world)
        self._plane = np.empty((count, 4))
        self._frame = np.empty((count, 14), np.float32)
        self._light(assets)

    def _light(self, assets: str) -> None:
        shot, full = self._shot, full_scale(self._ev100)
        about = _extent(shot, self._tape, self._camera)
        lamps = lit_lamps(shot, about)
        sphere = environment_map(shot, folder=assets)
        sphere = None if sphere is None else sphere / np.float32(full)
        # Ambient occlusion reaches about as far as the things looked at are large.
        self._reach = 0.09 * float(np.linalg.norm(self._camera.at(0).eye - about.centre))
        grounds = [i for i, body in enumerate(shot.bodies) if isinstance(body.shape, Plane)]
        below, floor = None, np.zeros(6)
        if grounds:
            albedo = self._mesh.optics[grounds[0], ALBEDO : ALBEDO + 3]
            below = floor_light(sphere, on_level_ground(lamps, about.centre) / full, albedo)
            floor[:] = 1, shot.bodies[grounds[0]].position[2], *albedo, 0.3 * self._reach
        self._sky = surroundings_of(sphere, below, floor)
        rows, self._maps = rows_of(lamps, about, full)
        count, side = len(lamps), MAP
        self._lamps = Lamps(
            lamp=np.ascontiguousarray(rows, np.float32),
            to_map=np.ascontiguousarray(self._maps, np.float32),
            solid=np.zeros((count, side, side), np.float32),
            clear=np.zeros((count, side, side), np.float32),
            clear_face=np.zeros((count, side, side), np.int32),
            nearest=np.zeros((count, side // raster.MAP_TILE, side // raster.MAP_TILE), np.float32),
            through=_light_through(self._mesh),
        )
        self._ids = np.zeros((side, side), np.int32)

    def draw(self, index: int) -> Frame:
        """The frame of that index."""
        position, orientation = self._tape.poses_at(index)
        rotation = matrices_of(orientation)
        lens = self._camera.at(index)
        mesh = self._mesh
        each = self._crew.each
        each(project.place, self._vertices, mesh, rotation, position, self._world, self._normal)
        each(project.frames, self._all_faces, mesh, lens.eye, self._world, self._plane, self._frame)
        show = self._faces.shown(index)
        self._cast(show)
        view = self._view(index, lens, position, rotation)
        width, height = self._size
        matrix = np.stack([lens.matrix[0], lens.matrix[1], [0, 0, 0, 1.0], lens.matrix[2]])
        solid, clear = (
            self._banded(part, room, show, matrix, width, height, raster.BAND)
            for part, room in zip((self._faces.opaque, self._faces.clear), self._room, strict=True)
        )
        film, out = self._film, output_of(width, height)
        each(visible.see, self._bands, mesh, self._plane, *solid, *clear, film)
        if not self._smooth:
            film.edge[:] = 0
        film.lonely[:] = self._lonely(self._reach * width / (2 * lens.tan_x))
        each(soft.darken, self._rows, mesh, self._plane, view, self._lamps, self._reach, film)
        each(soft.soothe, self._rows, film)
        scene = (mesh, self._plane, self._frame, self._normal, view, self._sky, self._lamps, film, out)
        for step in (opaque.CENTRES, opaque.EDGES):
            each(opaque.shade, self._rows, step, *scene)
        if len(self._faces.clear):
            for step in (opaque.CENTRES, opaque.EDGES):
                each(glass.glaze, self._rows, step, *scene)
        return self._finished(index, out)

    def _lonely(self, reach: float) -> np.ndarray:
        """Tiles about which, as far as ambient occlusion reaches (`reach` [px m] over depth), there is one plane."""
        film, side = self._film, occlusion.LONELY
        low, high = np.empty(film.lonely.shape, np.int32), np.empty(film.lonely.shape, np.int32)
        nearest = np.empty(film.lonely.shape, np.float32)
        self._crew.each(occlusion.sum_up, self._tiles, self._mesh, film, low, high, nearest)
        widest = occlusion.WIDEST * self._size[0]
        needed = np.ceil(np.minimum(reach * nearest, widest) / side)
        lonely = (low == high) & (needed == 0)
        for step in range(int(needed.max()) + 1):
            if step:
                low, high = _grown(low, np.minimum), _grown(high, np.maximum)
            lonely |= (low == high) & (needed <= step)
        return lonely.astype(np.uint8)

    def _finished(self, index: int, out: Output) -> Frame:
        return Frame(
            index=index,
            colour=out.colour,
            ev100=self._ev100,
            passes=Passes(
                depth=out.depth, normal=out.normal, albedo=out.albedo, motion=out.motion, piece=out.piece
            ),
            samples=1,
            noise=0.0,
        )

    def _banded(
        self,
        part: np.ndarray,
        room: _Triangles,
        show: np.ndarray,
        matrix: np.ndarray,
        width: int,
        height: int,
        band: int,
    ) -> tuple[np.ndarray, ...]:
        items = self._all_faces[: len(part)]
        self._crew.each(
            project.set_up,
            items,
            part,
            show,
            self._mesh.faces,
            self._world,
            matrix,
            _NEAR,
            width,
            height,
            room.line,
            room.owner,
        )
        start, sorted_ = project.into_bands(room.owner, room.line, height, band)
        return room.owner, room.line, start, sorted_

    def _cast(self, show: np.ndarray) -> None:
        """Depth maps of the lamps whose shadows are drawn."""
        lamps = self._lamps
        for k in range(len(lamps.lamp)):
            if lamps.lamp[k, column.TERM] == 0:
                continue
            nearest = np.zeros(lamps.nearest.shape[1:], np.float32)
            for part, room, z, ids in (
                (self._faces.casters, self._room[0], lamps.solid[k], self._ids),
                (self._faces.clear, self._room[1], lamps.clear[k], lamps.clear_face[k]),
            ):
                fits = _Triangles(room.owner[: project.SLOTS * len(part)], room.line)
                tris = self._banded(part, fits, show, self._maps[k], MAP, MAP, raster.MAP_BAND)
                self._crew.each(raster.depth_map, self._map_bands, *tris, z, ids, nearest)
            # As many tiles about each as its penumbra may look for what stands in the way.
            search = min(max(float(lamps.lamp[k, column.SEARCH]), 2.0), soft.WIDEST)
            for _ in range(int(np.ceil((search + 2) / raster.MAP_TILE))):
                nearest = _grown(nearest, np.maximum)
            lamps.nearest[k] = nearest

    def _view(self, index: int, lens: Lens, position: np.ndarray, rotation: np.ndarray) -> View:
        """The lens now, and where all that it sees will be one frame later."""
        then = self._camera.at(index + 1)
        later, orientation = self._tape.poses_at(index + 1)
        # x' = R' R^T (x - p) + p'; with x relative to the eye.
        turn = np.einsum("pij,pkj->pik", matrices_of(orientation), rotation)
        shift = np.einsum("pij,pj->pi", turn, lens.eye - position) + later
        project, offset = then.matrix[:, :3], then.matrix[:, 3]
        carry = np.empty((len(position), 3, 4))
        carry[:, :, :3] = project @ turn
        carry[:, :, 3] = shift @ project.T + offset
        return View(
            eye=lens.eye,
            right=lens.right * lens.tan_x,
            up=lens.up * lens.tan_y,
            forward=lens.forward,
            matrix=np.ascontiguousarray(lens.matrix),
            carry=carry,
            turn=np.ascontiguousarray(project),
        )


def _room(part: np.ndarray) -> _Triangles:
    slots = project.SLOTS * len(part)
    return _Triangles(np.full(slots, -1, np.int32), np.empty((slots, project.LINE)))


def matrices_of(quaternion: Float[np.ndarray, "piece 4"]) -> Float[np.ndarray, "piece 3 3"]:
    """Rotation matrices of unit quaternions w, x, y, z."""
    w, x, y, z = np.asarray(quaternion, float).T
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.ascontiguousarray(np.moveaxis(np.array(rows), -1, 0))


def _light_through(mesh: Mesh) -> np.ndarray:
    """Share of light that passes a body behind each of its clear faces: what a shadow of glass is made of."""
    optics = mesh.optics
    f0 = ((optics[:, IOR] - 1) / (optics[:, IOR] + 1)) ** 2
    absorbed = np.exp(-optics[:, ABSORB : ABSORB + 3].mean(1) * optics[:, THICK])
    # A ball bends most of its light away; an edge of a shard leads it elsewhere.
    share = absorbed * (1 - f0) ** 2 * np.where(optics[:, BALL] > 0, 0.45, 1.0)
    faces = share[mesh.face_body]
    return np.where(mesh.face_side == 1, 0.4 * faces, faces).astype(np.float32)


def _grown(tiles: np.ndarray, part: np.ufunc) -> np.ndarray:
    """Each tile with its eight neighbours."""
    wide = np.pad(tiles, 1, mode="edge")
    wide = part(part(wide[:-2], wide[1:-1]), wide[2:])
    return part(part(wide[:, :-2], wide[:, 1:-1]), wide[:, 2:])


def _extent(shot: Shot, tape: Tape, camera: CameraPath) -> Extent:
    """Where shadows matter: what casts them over the clip, but not far beyond what the camera looks at."""
    geometry = tape.geometry
    ground = np.array([isinstance(body.shape, Plane) for body in shot.bodies], bool)
    pieces = np.flatnonzero(~ground[geometry.piece_body])
    lens = camera.at(0)
    if len(pieces) == 0:
        return Extent(centre=lens.eye + 3 * lens.forward, radius=3.0)
    reach = np.zeros(len(geometry.piece_body))
    np.maximum.at(reach, geometry.vertex_piece, np.linalg.norm(geometry.vertices, axis=1))
    step = max((len(tape.position) - 1) // 24, 1)
    places = tape.position[::step][:, pieces].astype(float)
    centre = np.median(places.reshape(-1, 3), axis=0)
    far = np.linalg.norm(places - centre, axis=-1) + reach[pieces]
    # Nearly everything: a shard that flies to the horizon need not make all shadows coarse.
    radius = float(np.quantile(far, 0.98)) if far.size > 50 else float(far.max())
    limit = 1.6 * float(np.linalg.norm(lens.eye - centre)) + 0.1
    return Extent(centre=centre, radius=max(min(radius, limit), 1e-3))


__all__ = ["Stage", "matrices_of"]
