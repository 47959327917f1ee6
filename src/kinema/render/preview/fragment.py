"""Fragments: points of opaque surfaces that are to be lit, found first and lit afterwards, a row at a time.

Two short loops instead of a long one: what looks up textures waits for memory, and the processor can wait for many
pixels at once only if little code lies between them.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kinema.render.preview.compile import inlined
from kinema.render.preview.exact import meet
from kinema.render.preview.optics import ALBEDO, ALPHA, DIFFUSE, PERIOD, TEXTURE, footprint
from kinema.render.preview.texel import texel

f32 = np.float32
# Columns of a fragment, float32: place in the world, direction to the eye, shading normal before and after the
# texture's relief, diffuse reflectance, alpha.
PLACE, TOWARD, SMOOTH, NORMAL, REFLECTS, ROUGH = 0, 3, 6, 9, 12, 15
FRAGMENT = 16


@inlined()
def _along(frame: Any, f: Any, at: Any, x: Any, y: Any, z: Any) -> Any:
    """Growth of a barycentric coordinate along a direction."""
    return frame[f, at] * x + frame[f, at + 1] * y + frame[f, at + 2] * z


@inlined()
def find(
    f: Any, rx: Any, ry: Any, rz: Any, near: Any, pixel: Any,
    mesh: Any, plane: Any, frame: Any, normal: Any, view: Any, out: Any,
) -> Any:  # fmt: skip
    """The fragment of a face along a ray into `out`; its depth, normal and base colour. `pixel`: tangent across one
    pixel."""
    f = np.uint32(f)
    depth, b, c, nx, ny, nz = meet(f, rx, ry, rz, near, mesh, plane, frame, normal)
    sx, sy, sz = nx, ny, nz
    m = mesh.optics[mesh.face_body[f]]
    length = math.sqrt(f32(rx * rx + ry * ry + rz * rz))
    vx, vy, vz = -f32(rx) / length, -f32(ry) / length, -f32(rz) / length
    dr, dg, db, alpha = m[DIFFUSE], m[DIFFUSE + 1], m[DIFFUSE + 2], m[ALPHA]
    ar, ag, ab = m[ALBEDO], m[ALBEDO + 1], m[ALBEDO + 2]
    if m[TEXTURE] >= f32(0):
        i, j, k = mesh.faces[f, 0], mesh.faces[f, 1], mesh.faces[f, 2]
        a = f32(1) - b - c
        u = a * mesh.uv[i, 0] + b * mesh.uv[j, 0] + c * mesh.uv[k, 0]
        v = a * mesh.uv[i, 1] + b * mesh.uv[j, 1] + c * mesh.uv[k, 1]
        size = m[PERIOD] / f32(mesh.levels[np.uint32(m[TEXTURE]), 0, 1])
        level, reach = footprint(nx * vx + ny * vy + nz * vz, f32(depth) * pixel, size)
        db_, dc = _along(frame, f, 0, vx, vy, vz) * reach, _along(frame, f, 4, vx, vy, vz) * reach
        du = db_ * (mesh.uv[j, 0] - mesh.uv[i, 0]) + dc * (mesh.uv[k, 0] - mesh.uv[i, 0])
        dv = db_ * (mesh.uv[j, 1] - mesh.uv[i, 1]) + dc * (mesh.uv[k, 1] - mesh.uv[i, 1])
        per = f32(1) / m[PERIOD]
        t0, t1, t2, t3, t4, t5 = texel(mesh, m[TEXTURE], u * per, v * per, du * per, dv * per, level)
        dr, dg, db = min(dr * t0, f32(1)), min(dg * t1, f32(1)), min(db * t2, f32(1))
        ar, ag, ab = min(ar * t0, f32(1)), min(ag * t1, f32(1)), min(ab * t2, f32(1))
        alpha = min(max(alpha * t3, f32(0.02)), f32(1))
        # The height field tilts the normal by its slopes along u and v.
        nx -= t4 * frame[f, 8] + t5 * frame[f, 11]
        ny -= t4 * frame[f, 9] + t5 * frame[f, 12]
        nz -= t4 * frame[f, 10] + t5 * frame[f, 13]
        n = f32(1) / math.sqrt(nx * nx + ny * ny + nz * nz)
        nx, ny, nz = nx * n, ny * n, nz * n
    out[PLACE] = f32(rx * depth + view.eye[0])
    out[PLACE + 1] = f32(ry * depth + view.eye[1])
    out[PLACE + 2] = f32(rz * depth + view.eye[2])
    out[TOWARD], out[TOWARD + 1], out[TOWARD + 2] = vx, vy, vz
    out[SMOOTH], out[SMOOTH + 1], out[SMOOTH + 2] = sx, sy, sz
    out[NORMAL], out[NORMAL + 1], out[NORMAL + 2] = nx, ny, nz
    out[REFLECTS], out[REFLECTS + 1], out[REFLECTS + 2], out[ROUGH] = dr, dg, db, alpha
    return depth, sx, sy, sz, ar, ag, ab
