"""Exact passes: one ray through each pixel's centre at the moment the shutter opens. Nothing is averaged."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float, Int

from kinema.physics.rotation import rotate, unrotate
from kinema.physics.tape import Tape
from kinema.render.camera import View
from kinema.render.frame import Passes
from kinema.render.pathtrace.integrator import base_colour_at, number_of
from kinema.render.pathtrace.scene import Stage
from kinema.render.pathtrace.variant import aligned, drjit, mitsuba

mi, dr = mitsuba(), drjit()

_LAMPS = 4
"""Lamps a ray looks through: passes show bodies, not lights."""


def passes_at(stage: Stage, frame: int, view: View, following: View) -> Passes:
    """Passes of the stage, which must stand at `frame`; `following` is the view one frame later."""
    pixels = np.stack(np.meshgrid(np.arange(view.width) + 0.5, np.arange(view.height) + 0.5), -1).reshape(
        -1, 2
    )
    rays = view.rays(pixels)
    piece, distance, normal, albedo = _first_hits(stage, view.eye, rays)
    seen = piece >= 0
    # Along the axis the ray's own component is 1, so depth is distance over its length.
    depth = np.where(seen, distance / np.linalg.norm(rays, axis=-1), np.inf)
    points = view.eye + np.where(seen, depth, 0.0)[:, None] * rays
    shape = view.height, view.width
    return Passes(
        depth=depth.reshape(shape).astype(np.float32),
        normal=normal.reshape(*shape, 3).astype(np.float32),
        albedo=albedo.reshape(*shape, 3).astype(np.float32),
        motion=_motion(stage.tape, frame, points, rays, piece, pixels, following).reshape(*shape, 2),
        piece=piece.reshape(shape).astype(np.int32),
    )


def _first_hits(stage: Stage, eye: Float[np.ndarray, " 3"], rays: Float[np.ndarray, "ray 3"]) -> Any:
    """Piece, distance [m], normal facing the camera and base colour of the first body along each ray."""
    heading = rays / np.linalg.norm(rays, axis=-1, keepdims=True)
    # Opaque: a number written into the kernel would make a new one for every place the camera goes.
    origin = mi.Point3f(*(dr.opaque(mi.Float, float(x)) for x in eye))
    ray = mi.Ray3f(origin, mi.Vector3f(*(mi.Float(aligned(c, np.float32)) for c in heading.T)))
    si = stage.scene.ray_intersect(ray, mi.RayFlags.All, coherent=True, active=True)
    travelled = mi.Float(si.t)
    for _ in range(_LAMPS):
        lamp = si.is_valid() & (
            dr.gather(mi.UInt32, stage.first_face, number_of(si.shape), si.is_valid()) == _NONE
        )
        if not dr.any(lamp):
            break
        on = scene_next(stage, si, ray, lamp)
        travelled = dr.select(lamp, travelled + on.t, travelled)
        si = dr.select(lamp, on, si)
    first = dr.gather(mi.UInt32, stage.first_face, number_of(si.shape), si.is_valid())
    body = si.is_valid() & (first != _NONE)
    piece = dr.select(body, dr.gather(mi.Int32, stage.face_piece, first + si.prim_index, body), -1)
    normal = si.sh_frame.n * dr.select(dr.dot(si.sh_frame.n, ray.d) > 0, -1, 1)
    colour = dr.select(body, base_colour_at(stage.tables, si, body), 0)
    dr.eval(piece, travelled, normal, colour)
    keep = np.array(body)[:, None]
    return (
        np.array(piece),
        np.array(travelled, np.float64),
        np.where(keep, np.array(normal).T, 0.0),
        np.array(colour).T,
    )


_NONE = 0xFFFFFFFF


def scene_next(stage: Stage, si: Any, ray: Any, active: Any) -> Any:
    """What lies behind a lamp."""
    return stage.scene.ray_intersect(si.spawn_ray(ray.d), mi.RayFlags.All, coherent=True, active=active)


def _motion(
    tape: Tape,
    frame: int,
    points: Float[np.ndarray, "pixel 3"],
    rays: Float[np.ndarray, "pixel 3"],
    piece: Int[np.ndarray, " pixel"],
    pixels: Float[np.ndarray, "pixel 2"],
    following: View,
) -> Float[np.ndarray, "pixel 2"]:
    """Forward motion [px], float32: the same point of the same piece one frame later; background turns
    only."""
    (p0, q0), (p1, q1) = tape.poses_at(frame), tape.poses_at(frame + 1)
    own = np.maximum(piece, 0)
    moved = p1[own] + rotate(q1[own], unrotate(q0[own], points - p0[own]))
    # A point at infinity: the ray's direction, seen from wherever the camera goes.
    moved = np.where((piece >= 0)[:, None], moved, following.eye + rays)
    motion = following.project(moved) - pixels
    return np.nan_to_num(motion, nan=0.0).astype(np.float32)
