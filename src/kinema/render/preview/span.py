"""Runs of pixels that show one flat face of matt matter: most of most pictures, so drawn in vectors.

The same formulas as `fragment.py` and `light.py`, a step at a time over the whole run: each loop is short enough for
the compiler to draw eight or sixteen pixels at once.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kinema.render.preview.compile import inlined
from kinema.render.preview.exact import pixel_of, ray_of
from kinema.render.preview.lamps import KIND, PLACE, POWER, SUN, TERM, arriving
from kinema.render.preview.optics import (
    ALBEDO,
    COAT,
    DIFFUSE,
    F0,
    INV_PI,
    PERIOD,
    TEXTURE,
    footprint,
    irradiance,
)
from kinema.render.preview.texel import taken
from kinema.stack import ROOM, doubles, singles

f32 = np.float32
SHORTEST = 12
"""Shorter runs are not worth it [px]."""


@inlined()
def run_of(y: Any, x: Any, mesh: Any, film: Any) -> Any:
    """One past the last pixel of the run that starts at `x`; `x` itself where there is none."""
    face = film.face[y]
    f = face[x]
    last = min(x + ROOM, face.shape[0])
    if x + SHORTEST > last or face[x + SHORTEST - 1] != f or mesh.flat[np.uint32(f)] == 0:
        return x
    m = mesh.optics[mesh.face_body[np.uint32(f)]]
    if m[TEXTURE] < f32(0) or m[F0] + m[F0 + 1] + m[F0 + 2] > f32(0) or m[COAT] > f32(0):
        return x
    end = x + 1
    while end < last and face[end] == f:
        end += 1
    return end if end - x >= SHORTEST else x


@inlined()
def draw_run(
    y: Any, first: Any, end: Any, mesh: Any, plane: Any, frame: Any, view: Any, sky: Any, lamps: Any, film: Any,
    out: Any,
) -> None:  # fmt: skip
    """Colour and passes of the pixels from `first` to before `end`."""
    n = np.uint64(end - first)
    f = np.uint32(film.face[y, first])
    m = mesh.optics[mesh.face_body[f]]
    depth = doubles()
    _depths(y, first, n, f, plane, view, film, depth)
    _motion(y, first, n, f, mesh, view, depth, out)
    red, green, blue, rise_u, rise_v = singles(), singles(), singles(), singles(), singles()
    _surface(y, first, n, f, m, mesh, plane, frame, view, film, depth, red, green, blue, rise_u, rise_v)
    rx, ry, rz = ray_of(view, first + 0.5, y + 0.5, film.near.shape[1], film.near.shape[0])
    along = plane[f, 0] * rx + plane[f, 1] * ry + plane[f, 2] * rz
    turn = -1.0 if along > 0.0 else 1.0  # seen from its back
    sx, sy, sz = f32(plane[f, 0] * turn), f32(plane[f, 1] * turn), f32(plane[f, 2] * turn)
    _passes(y, first, n, mesh.face_piece[f], m, sx, sy, sz, depth, red, green, blue, out)
    nx, ny, nz = singles(), singles(), singles()
    u0, u1, u2 = frame[f, 8], frame[f, 9], frame[f, 10]
    v0, v1, v2 = frame[f, 11], frame[f, 12], frame[f, 13]
    for i in range(n):
        a, b = rise_u[i], rise_v[i]
        x, y_, z = sx - a * u0 - b * v0, sy - a * u1 - b * v1, sz - a * u2 - b * v2
        k = f32(1) / math.sqrt(x * x + y_ * y_ + z * z)
        nx[i], ny[i], nz[i] = x * k, y_ * k, z * k
    er, eg, eb = singles(), singles(), singles()
    smooth = film.smooth[y, first:end]
    for i in range(n):
        r, g, b = irradiance(sky, nx[i], ny[i], nz[i])
        open_ = smooth[i, 0]
        er[i], eg[i], eb[i] = r * open_, g * open_, b * open_
    for k in range(lamps.lamp.shape[0]):
        _lamp(y, first, n, lamps.lamp[k], sx, sy, sz, view, film, smooth, depth, nx, ny, nz, er, eg, eb)
    dr, dg, db = m[DIFFUSE], m[DIFFUSE + 1], m[DIFFUSE + 2]
    for i in range(n):
        er[i] *= min(dr * red[i], f32(1)) * INV_PI
        eg[i] *= min(dg * green[i], f32(1)) * INV_PI
        eb[i] *= min(db * blue[i], f32(1)) * INV_PI
    seen, picture = film.colour[y, first:end], out.colour[y, first:end]
    for i in range(n):
        seen[i, 0], seen[i, 1], seen[i, 2] = er[i], eg[i], eb[i]
    for i in range(n):
        picture[i, 0], picture[i, 1], picture[i, 2] = er[i], eg[i], eb[i]


@inlined()
def _step(view: Any, width: Any) -> Any:
    """From the ray of a pixel to that of the next."""
    k = 2.0 / width
    return view.right[0] * k, view.right[1] * k, view.right[2] * k


@inlined()
def _depths(y: Any, first: Any, n: Any, f: Any, plane: Any, view: Any, film: Any, depth: Any) -> None:
    """As `exact.meet`."""
    height, width = film.near.shape
    rx, ry, rz = ray_of(view, first + 0.5, y + 0.5, width, height)
    sx, sy, sz = _step(view, width)
    a = plane[f, 0] * rx + plane[f, 1] * ry + plane[f, 2] * rz
    b = plane[f, 0] * sx + plane[f, 1] * sy + plane[f, 2] * sz
    away, near = plane[f, 3], film.near[y, first:]
    for i in range(n):
        along = a + b * np.float64(np.int64(i))
        here = away / along
        depth[i] = here if abs(along) > 1e-12 and here > 0.0 else 1.0 / max(near[i], f32(1e-6))


@inlined()
def _motion(y: Any, first: Any, n: Any, f: Any, mesh: Any, view: Any, depth: Any, out: Any) -> None:
    """As `exact.record`."""
    height, width = out.depth.shape
    m = view.carry[mesh.face_piece[f]]
    rx, ry, rz = ray_of(view, first + 0.5, y + 0.5, width, height)
    sx, sy, sz = _step(view, width)
    u0, u1, u2 = (
        m[0, 0] * rx + m[0, 1] * ry + m[0, 2] * rz,
        m[0, 0] * sx + m[0, 1] * sy + m[0, 2] * sz,
        m[0, 3],
    )
    v0, v1, v2 = (
        m[1, 0] * rx + m[1, 1] * ry + m[1, 2] * rz,
        m[1, 0] * sx + m[1, 1] * sy + m[1, 2] * sz,
        m[1, 3],
    )
    w0, w1, w2 = (
        m[2, 0] * rx + m[2, 1] * ry + m[2, 2] * rz,
        m[2, 0] * sx + m[2, 1] * sy + m[2, 2] * sz,
        m[2, 3],
    )
    across, down = singles(), singles()
    for i in range(n):
        t, d = np.float64(np.int64(i)), depth[i]
        w = (w0 + w1 * t) * d + w2
        known = w > 1e-9
        k = 1.0 / w
        a = ((u0 + u1 * t) * d + u2) * k - (first + t + 0.5)
        b = ((v0 + v1 * t) * d + v2) * k - (y + 0.5)
        across[i], down[i] = f32(a if known else 0.0), f32(b if known else 0.0)
    motion = out.motion[y, first:]
    for i in range(n):
        motion[i, 0], motion[i, 1] = across[i], down[i]


@inlined()
def _passes(
    y: Any, first: Any, n: Any, piece: Any, m: Any, nx: Any, ny: Any, nz: Any, depth: Any,
    red: Any, green: Any, blue: Any, out: Any,
) -> None:  # fmt: skip
    far, normal, albedo, pieces = (
        out.depth[y, first:],
        out.normal[y, first:],
        out.albedo[y, first:],
        out.piece[y],
    )
    ar, ag, ab = m[ALBEDO], m[ALBEDO + 1], m[ALBEDO + 2]
    for i in range(n):
        far[i] = f32(depth[i])
    pieces = pieces[first:]
    for i in range(n):
        pieces[i] = piece
    for i in range(n):
        normal[i, 0], normal[i, 1], normal[i, 2] = nx, ny, nz
    for i in range(n):
        albedo[i, 0] = min(ar * red[i], f32(1))
        albedo[i, 1] = min(ag * green[i], f32(1))
        albedo[i, 2] = min(ab * blue[i], f32(1))


@inlined()
def _surface(
    y: Any, first: Any, n: Any, f: Any, m: Any, mesh: Any, plane: Any, frame: Any, view: Any, film: Any, depth: Any,
    red: Any, green: Any, blue: Any, rise_u: Any, rise_v: Any,
) -> None:  # fmt: skip
    """Texture along the run: as `fragment.find`."""
    height, width = film.near.shape
    rx, ry, rz = ray_of(view, first + 0.5, y + 0.5, width, height)
    sx, sy, sz = _step(view, width)
    p, q, r = mesh.faces[f, 0], mesh.faces[f, 1], mesh.faces[f, 2]
    per = 1.0 / m[PERIOD]
    bu, cu = (mesh.uv[q, 0] - mesh.uv[p, 0]) * per, (mesh.uv[r, 0] - mesh.uv[p, 0]) * per
    bv, cv = (mesh.uv[q, 1] - mesh.uv[p, 1]) * per, (mesh.uv[r, 1] - mesh.uv[p, 1]) * per
    b0 = frame[f, 0] * rx + frame[f, 1] * ry + frame[f, 2] * rz
    b1 = frame[f, 0] * sx + frame[f, 1] * sy + frame[f, 2] * sz
    c0 = frame[f, 4] * rx + frame[f, 5] * ry + frame[f, 6] * rz
    c1 = frame[f, 4] * sx + frame[f, 5] * sy + frame[f, 6] * sz
    u0, u1, u2 = (
        bu * b0 + cu * c0,
        bu * b1 + cu * c1,
        mesh.uv[p, 0] * per + bu * frame[f, 3] + cu * frame[f, 7],
    )
    v0, v1, v2 = (
        bv * b0 + cv * c0,
        bv * b1 + cv * c1,
        mesh.uv[p, 1] * per + bv * frame[f, 3] + cv * frame[f, 7],
    )
    u, v = singles(), singles()
    for i in range(n):
        t, d = np.float64(np.int64(i)), depth[i]
        a, b = (u0 + u1 * t) * d + u2, (v0 + v1 * t) * d + v2
        u[i], v[i] = f32(a - np.floor(a)), f32(b - np.floor(b))
    nr = plane[f, 0] * rx + plane[f, 1] * ry + plane[f, 2] * rz
    ns = plane[f, 0] * sx + plane[f, 1] * sy + plane[f, 2] * sz
    texture = np.uint32(m[TEXTURE])
    size = m[PERIOD] / f32(mesh.levels[texture, 0, 1])
    pixel = pixel_of(view, width)
    level, du, dv = singles(), singles(), singles()
    x0, x1, y0, y1, z0, z1 = f32(rx), f32(sx), f32(ry), f32(sy), f32(rz), f32(sz)
    n0, n1, u0, u1, v0, v1 = f32(nr), f32(ns), f32(u0), f32(u1), f32(v0), f32(v1)
    for i in range(n):
        t = f32(np.int32(i))
        dx, dy, dz = x0 + x1 * t, y0 + y1 * t, z0 + z1 * t
        k = f32(1) / math.sqrt(dx * dx + dy * dy + dz * dz)
        fine, reach = footprint(abs(n0 + n1 * t) * k, f32(depth[i]) * pixel, size)
        level[i], du[i], dv[i] = fine, (u0 + u1 * t) * k * reach, (v0 + v1 * t) * k * reach
    taken(n, mesh, texture, u, v, du, dv, level, red, green, blue, rise_u, rise_v)


@inlined()
def _lamp(
    y: Any, first: Any, n: Any, l: Any, sx: Any, sy: Any, sz: Any, view: Any, film: Any, smooth: Any, depth: Any,
    nx: Any, ny: Any, nz: Any, er: Any, eg: Any, eb: Any,
) -> None:  # fmt: skip
    """Illuminance by one lamp, its shadow taken off."""
    pr, pg, pb = l[POWER], l[POWER + 1], l[POWER + 2]
    slot = np.uint32(l[TERM])
    if l[KIND] == f32(SUN):
        lx, ly, lz = l[PLACE], l[PLACE + 1], l[PLACE + 2]
        if sx * lx + sy * ly + sz * lz <= f32(0):
            return
        for i in range(n):
            e = max(nx[i] * lx + ny[i] * ly + nz[i] * lz, f32(0))
            e *= smooth[i, slot] if slot > 0 else f32(1)
            er[i], eg[i], eb[i] = er[i] + e * pr, eg[i] + e * pg, eb[i] + e * pb
        return
    height, width = film.near.shape
    rx, ry, rz = ray_of(view, first + 0.5, y + 0.5, width, height)
    tx, ty, tz = _step(view, width)
    for i in range(n):
        t, d = np.float64(np.int64(i)), depth[i]
        wx = f32((rx + tx * t) * d + view.eye[0])
        wy = f32((ry + ty * t) * d + view.eye[1])
        wz = f32((rz + tz * t) * d + view.eye[2])
        lx, ly, lz, _distance, strength = arriving(l, wx, wy, wz)
        e = max(nx[i] * lx + ny[i] * ly + nz[i] * lz, f32(0)) * strength
        e = e if sx * lx + sy * ly + sz * lz > f32(0) else f32(0)
        e *= smooth[i, slot] if slot > 0 else f32(1)
        er[i], eg[i], eb[i] = er[i] + e * pr, eg[i] + e * pg, eb[i] + e * pb
