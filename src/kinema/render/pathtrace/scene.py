"""The Mitsuba scene of a shot: built once, then only vertices, the camera and what is cracked move."""

from __future__ import annotations

import gc
import math
from typing import Any

import numpy as np
from jaxtyping import Float

from kinema.physics.rotation import matrix
from kinema.physics.tape import Tape
from kinema.render.camera import View
from kinema.render.pathtrace.groups import Group, group_bodies
from kinema.render.pathtrace.lamps import emitters
from kinema.render.pathtrace.matter import Pattern, bsdf_of, pattern_of
from kinema.render.pathtrace.variant import aligned, drjit, mitsuba
from kinema.render.surface import base_colour, texture_of
from kinema.render.texture import texture
from kinema.shot.material import Dielectric, Optics
from kinema.shot.material import Texture as TextureName
from kinema.shot.shot import Shot

TEXTURE_SIZE = 2048


class Tables:
    """What the integrator must know of a shape beyond its BSDF, by the shape's number in Mitsuba's registry.

    Not a dataclass: dr.jit takes those apart into loop variables, and these are constants of the kernel.
    """

    def __init__(
        self, *, eta: Any, absorption: Any, base: Any, picture: Any, pictures: tuple[tuple[Any, float], ...]
    ) -> None:
        self.eta = eta
        """Float: index of refraction of clear matter; 0 = opaque."""
        self.absorption = absorption
        """Color3f: coefficient for linear R, G, B [1/m]."""
        self.base = base
        """Color3f: base colour."""
        self.picture = picture
        """UInt32: number of the shape's texture in `pictures`, from 1; 0 = none."""
        self.pictures = pictures
        """Albedo factors (Texture2f of 3 channels) and their periods [m]."""


class Stage:
    """Scene, tables and the groups that move."""

    def __init__(self, shot: Shot, tape: Tape, view: View, folder: str = ".") -> None:
        mi = mitsuba()
        # A kernel holds the code of every BSDF alive in the process: let go of former scenes now, or their
        # collection in mid-clip compiles everything anew.
        gc.collect()
        self.tape = tape
        self.groups, self.bonded = group_bodies(shot, tape)
        names: dict[TextureName, None] = dict.fromkeys(
            name for g in self.groups if (name := texture_of(g.optics))
        )
        patterns = {name: pattern_of(texture(name, TEXTURE_SIZE)) for name in names}
        entries: dict[str, Any] = {"type": "scene", "sensor": sensor_of(view), **emitters(shot, folder)}
        for group in self.groups:
            name = texture_of(group.optics)
            entries[group.name] = _mesh(group, bsdf_of(group.optics, patterns[name] if name else None))
        self.scene: Any = mi.load_dict(entries)
        self.parameters: Any = mi.traverse(self.scene)
        kept = [k for k in self.parameters.keys() if k.startswith("sensor.")]  # noqa: SIM118 - not a dict
        kept += [
            f"{g.name}.{part}"
            for g in self.groups
            for part in ("vertex_positions", "vertex_normals", "faces")
        ]
        self.parameters.keep(kept)
        self.sensor: Any = self.scene.sensors()[0]
        self.tables = _tables(self.scene, self.groups, patterns)
        self.first_face, self.face_piece = _faces(self.scene, self.groups)
        """By shape number: where its faces begin in `face_piece`, 2**32 - 1 for lamps; then the piece of each
        face."""
        self.radii = _radii(tape)
        """Of the balls about pieces' centres that hold them [m]."""
        self._broken: np.ndarray | None = None
        self._posed: dict[str, bytes] = {}

    def set_time(self, frame: float, view: View) -> None:
        """Bring bodies, cracks and camera to a moment counted in frames. Nothing is compiled anew."""
        mi = mitsuba()
        position, orientation = self.tape.poses_at(frame)
        rotation = matrix(orientation)
        broken = self.bonded.broken_at(frame)
        cracked = self._broken is None or not np.array_equal(broken, self._broken)
        for group in self.groups:
            own = np.unique(group.vertex_piece)
            state = position[own].tobytes() + orientation[own].tobytes()
            if self._posed.get(group.name) != state:
                points, normals = group.posed(position, rotation)
                self.parameters[f"{group.name}.vertex_positions"] = mi.Float(aligned(points, np.float32))
                self.parameters[f"{group.name}.vertex_normals"] = mi.Float(aligned(normals, np.float32))
                self._posed[group.name] = state
            if cracked and (group.crack >= 0).any():
                self.parameters[f"{group.name}.faces"] = mi.UInt32(aligned(group.shown(broken), np.uint32))
        self._broken = broken
        self._aim(view)
        self.parameters.update()

    def _aim(self, view: View) -> None:
        self.parameters["sensor.to_world"] = mitsuba().Transform4f(_camera_matrix(view).tolist())
        if view.aperture_radius > 0:
            # As plain numbers they would be constants in the kernel, and a camera that moves would compile it anew.
            opaque, number = drjit().opaque, mitsuba().Float
            self.parameters["sensor.focus_distance"] = opaque(number, view.focus_distance)
            self.parameters["sensor.aperture_radius"] = opaque(number, view.aperture_radius)


def sensor_of(view: View) -> dict[str, Any]:
    """Scene dictionary of the camera. Film and sampler are kinema's own; these are only asked for by the
    API."""
    mi = mitsuba()
    lens: dict[str, Any] = {"type": "perspective"}
    if view.aperture_radius > 0:
        lens = {
            "type": "thinlens",
            "aperture_radius": view.aperture_radius,
            "focus_distance": view.focus_distance,
        }
    return {
        **lens,
        "fov": math.degrees(2 * math.atan(view.tan_x)),
        "fov_axis": "x",
        "near_clip": 1e-3,
        "far_clip": 1e6,
        "to_world": mi.ScalarTransform4f(_camera_matrix(view).tolist()),
        "film": {
            "type": "hdrfilm",
            "width": view.width,
            "height": view.height,
            "rfilter": {"type": "box"},
        },
    }


def _camera_matrix(view: View) -> Float[np.ndarray, "4 4"]:
    """Camera to world in Mitsuba's frame: x left, y up, z forward."""
    pose = np.eye(4)
    pose[:3] = np.stack([-view.right, view.up, view.forward, view.eye], -1)
    return pose


def _mesh(group: Group, bsdf: dict[str, Any]) -> Any:
    mi = mitsuba()
    properties = mi.Properties()
    properties["mesh_bsdf"] = mi.load_dict(bsdf)
    mesh = mi.Mesh(
        group.name,
        len(group.vertices),
        len(group.faces),
        has_vertex_normals=True,
        has_vertex_texcoords=True,
        props=properties,
    )
    parts = mi.traverse(mesh)
    parts["vertex_positions"] = mi.Float(group.vertices.astype(np.float32).ravel())
    parts["vertex_normals"] = mi.Float(group.normals.astype(np.float32).ravel())
    parts["vertex_texcoords"] = mi.Float(group.uv.astype(np.float32).ravel())
    parts["faces"] = mi.UInt32(group.faces.astype(np.uint32).ravel())
    parts.update()
    return mesh


def _radii(tape: Tape) -> Float[np.ndarray, " piece"]:
    geometry = tape.geometry
    radii = np.zeros(len(geometry.piece_body))
    np.maximum.at(radii, geometry.vertex_piece, np.linalg.norm(geometry.vertices, axis=-1))
    return radii


def _numbers(scene: Any) -> dict[str, int]:
    """Registry number of each shape by its name."""
    mi, dr = mitsuba(), drjit()
    return {
        shape.id(): int(dr.reinterpret_array(mi.UInt32, mi.ShapePtr(shape))[0]) for shape in scene.shapes()
    }


def _faces(scene: Any, groups: list[Group]) -> tuple[Any, Any]:
    mi = mitsuba()
    number = _numbers(scene)
    first = np.full(max(number.values(), default=0) + 1, 0xFFFFFFFF, np.uint32)
    begin = np.cumsum([0, *(len(group.faces) for group in groups)])
    for group, start in zip(groups, begin, strict=False):
        first[number[group.name]] = start
    pieces = np.concatenate([group.face_piece for group in groups] or [np.zeros(1)]).astype(np.int32)
    return mi.UInt32(first), mi.Int32(pieces)


def _tables(scene: Any, groups: list[Group], patterns: dict[str, Pattern]) -> Tables:
    mi = mitsuba()
    number = _numbers(scene)
    size = max(number.values(), default=0) + 1
    optics: dict[int, Optics] = {number[group.name]: group.optics for group in groups}
    clear = {i: o for i, o in optics.items() if isinstance(o, Dielectric)}
    eta = np.zeros(size, np.float32)
    absorption, base = np.zeros((3, size), np.float32), np.ones((3, size), np.float32)
    picture = np.zeros(size, np.uint32)
    numbers = {name: n for n, name in enumerate(patterns, start=1)}
    for i, o in clear.items():
        eta[i], absorption[:, i] = o.ior, o.absorption
    for i, o in optics.items():
        base[:, i] = base_colour(o)
        if name := texture_of(o):
            picture[i] = numbers[name]
    return Tables(
        eta=mi.Float(eta),
        absorption=mi.Color3f(*(mi.Float(row) for row in absorption)),
        base=mi.Color3f(*(mi.Float(row) for row in base)),
        picture=mi.UInt32(picture),
        pictures=tuple((pattern.albedo, pattern.period) for pattern in patterns.values()),
    )
