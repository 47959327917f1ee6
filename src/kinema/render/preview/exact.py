"""Where rays meet faces, and the passes: in float64 until stored."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kinema.render.preview.compile import inlined

f32 = np.float32


@inlined()
def ray_of(view: Any, x: Any, y: Any, width: Any, height: Any) -> Any:
    """Through the point (x, y) [px], of component 1 along the axis, float64."""
    u = x * 2.0 / width - 1.0
    v = 1.0 - y * 2.0 / height
    return (
        view.right[0] * u + view.up[0] * v + view.forward[0],
        view.right[1] * u + view.up[1] * v + view.forward[1],
        view.right[2] * u + view.up[2] * v + view.forward[2],
    )


@inlined()
def meet(f: Any, rx: Any, ry: Any, rz: Any, near: Any, mesh: Any, plane: Any, frame: Any, normal: Any) -> Any:
    """Depth where a ray meets a face, its barycentric coordinates 1 and 2, and the shading normal towards the eye.

    `near` (1/depth by the raster) stands in where the ray grazes the face.
    """
    f = np.uint32(f)
    along = plane[f, 0] * rx + plane[f, 1] * ry + plane[f, 2] * rz
    depth = plane[f, 3] / along if abs(along) > 1e-12 else 1.0 / near
    if not (depth > 0.0):
        depth = 1.0 / near
    x, y, z = f32(rx * depth), f32(ry * depth), f32(rz * depth)
    b = frame[f, 0] * x + frame[f, 1] * y + frame[f, 2] * z + frame[f, 3]
    c = frame[f, 4] * x + frame[f, 5] * y + frame[f, 6] * z + frame[f, 7]
    b = min(max(b, f32(0)), f32(1))
    c = min(max(c, f32(0)), f32(1) - b)
    nx, ny, nz = f32(plane[f, 0]), f32(plane[f, 1]), f32(plane[f, 2])
    if mesh.flat[f]:
        if along > 0.0:  # seen from its back
            nx, ny, nz = -nx, -ny, -nz
        return depth, b, c, nx, ny, nz
    i, j, k = mesh.faces[f, 0], mesh.faces[f, 1], mesh.faces[f, 2]
    a = f32(1) - b - c
    nx = a * normal[i, 0] + b * normal[j, 0] + c * normal[k, 0]
    ny = a * normal[i, 1] + b * normal[j, 1] + c * normal[k, 1]
    nz = a * normal[i, 2] + b * normal[j, 2] + c * normal[k, 2]
    if along > 0.0:
        nx, ny, nz = -nx, -ny, -nz
    # A smooth normal may turn away from the eye at an outline: bring it back to grazing.
    r = f32(1) / math.sqrt(f32(rx * rx + ry * ry + rz * rz))
    vx, vy, vz = f32(rx) * r, f32(ry) * r, f32(rz) * r
    away = nx * vx + ny * vy + nz * vz
    if away > f32(-0.02):
        nx, ny, nz = nx - (away + f32(0.02)) * vx, ny - (away + f32(0.02)) * vy, nz - (away + f32(0.02)) * vz
    n = f32(1) / math.sqrt(nx * nx + ny * ny + nz * nz + f32(1e-20))
    return depth, b, c, nx * n, ny * n, nz * n


@inlined()
def pixel_of(view: Any, width: Any) -> Any:
    """Tangent of the angle across one pixel at the centre."""
    return f32(2.0 * math.sqrt(view.right[0] ** 2 + view.right[1] ** 2 + view.right[2] ** 2) / width)


@inlined()
def moved(out: Any, y: Any, x: Any, u: Any, v: Any, w: Any) -> None:
    """Motion of a pixel that will be at (u, v) / w; none is given for what falls behind the eye."""
    if w > 1e-9:
        out.motion[y, x, 0], out.motion[y, x, 1] = f32(u / w - (x + 0.5)), f32(v / w - (y + 0.5))
    else:
        out.motion[y, x, 0], out.motion[y, x, 1] = f32(0), f32(0)


@inlined()
def record(
    out: Any, y: Any, x: Any, piece: Any, depth: Any, nx: Any, ny: Any, nz: Any, ar: Any, ag: Any, ab: Any,
    rx: Any, ry: Any, rz: Any, view: Any,
) -> None:  # fmt: skip
    """The passes of one pixel. All in float64 until stored."""
    out.piece[y, x], out.depth[y, x] = piece, f32(depth)
    out.normal[y, x, 0], out.normal[y, x, 1], out.normal[y, x, 2] = nx, ny, nz
    out.albedo[y, x, 0], out.albedo[y, x, 1], out.albedo[y, x, 2] = ar, ag, ab
    a, b, c = rx * depth, ry * depth, rz * depth
    m = view.carry
    u = m[piece, 0, 0] * a + m[piece, 0, 1] * b + m[piece, 0, 2] * c + m[piece, 0, 3]
    v = m[piece, 1, 0] * a + m[piece, 1, 1] * b + m[piece, 1, 2] * c + m[piece, 1, 3]
    w = m[piece, 2, 0] * a + m[piece, 2, 1] * b + m[piece, 2, 2] * c + m[piece, 2, 3]
    moved(out, y, x, u, v, w)


@inlined()
def record_nothing(out: Any, y: Any, x: Any, rx: Any, ry: Any, rz: Any, view: Any) -> None:
    """The passes where no body is: the motion of what is infinitely far."""
    out.piece[y, x], out.depth[y, x] = -1, np.inf
    for c in range(3):
        out.normal[y, x, c] = f32(0)
        out.albedo[y, x, c] = f32(0)
    t = view.turn
    w = t[2, 0] * rx + t[2, 1] * ry + t[2, 2] * rz
    u = t[0, 0] * rx + t[0, 1] * ry + t[0, 2] * rz
    v = t[1, 0] * rx + t[1, 1] * ry + t[1, 2] * rz
    moved(out, y, x, u, v, w)
