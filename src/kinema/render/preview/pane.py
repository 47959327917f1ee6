"""Runs of pixels before which one flat clear face stands alone: most of most panes, so drawn in vectors.

The same formulas as `glass.py`, a step at a time over the whole run, as `span.py` does for matt matter.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kinema.physics.geometry import INNER
from kinema.render.preview.compile import inlined
from kinema.render.preview.exact import ray_of
from kinema.render.preview.lamps import KIND, POWER, SUN, arriving, gloss_of
from kinema.render.preview.optics import (
    ABSORB,
    ALBEDO,
    ALPHA,
    BALL,
    IOR,
    THICK,
    decay,
    dielectric,
    gloss_level,
    octahedral,
    schlick,
)
from kinema.render.preview.span import SHORTEST, depths, motion
from kinema.stack import ROOM, doubles, singles

f32 = np.float32
FROSTED = f32(0.03)
"""GGX alpha above which clear matter glows, and below which a lamp's highlight is drawn as if it had this."""
_FLATTEST = 20.0
"""Length of a ray of component 1 along the axis beyond which the ray hardly goes forward."""
_SIDE = np.uint8(INNER)


@inlined()
def pane_of(y: Any, x: Any, mesh: Any, view: Any, film: Any) -> Any:
    """One past the last pixel of the run that starts at `x`; `x` itself where there is none."""
    front, back = film.clear_face[0, y], film.clear_face[1, y]
    f, width = front[x], front.shape[0]
    last = min(x + ROOM, width)
    if x + SHORTEST > last or front[x + SHORTEST - 1] != f:
        return x
    m = mesh.optics[mesh.face_body[np.uint32(f)]]
    if mesh.flat[np.uint32(f)] == 0 or mesh.face_side[np.uint32(f)] == _SIDE:
        return x
    if m[BALL] > f32(0) or m[ALPHA] > FROSTED or m[IOR] < f32(1.1):
        return x
    end = x
    while end < last and front[end] == f and back[end] < 0:
        end += 1
    if end - x < SHORTEST or max(_length(y, x, view, film), _length(y, end, view, film)) > _FLATTEST:
        return x
    return end


@inlined()
def _length(y: Any, x: Any, view: Any, film: Any) -> Any:
    height, width = film.near.shape
    rx, ry, rz = ray_of(view, float(x), y + 0.5, width, height)
    return math.sqrt(rx * rx + ry * ry + rz * rz)


@inlined()
def draw_pane(
    y: Any, first: Any, end: Any, mesh: Any, plane: Any, view: Any, sky: Any, lamps: Any, film: Any, out: Any
) -> None:
    """Colour of the glass and passes of the pixels from `first` to before `end`."""
    height, width = film.near.shape
    n = np.uint64(end - first)
    f = np.uint32(film.clear_face[0, y, first])
    m = mesh.optics[mesh.face_body[f]]
    depth = doubles()
    depths(y, first, n, f, plane, view, film.clear_near[0, y, first:], depth, film.near.shape)
    motion(y, first, n, f, mesh, view, depth, out)
    rx, ry, rz = ray_of(view, first + 0.5, y + 0.5, width, height)
    k = 2.0 / width
    tx, ty, tz = view.right[0] * k, view.right[1] * k, view.right[2] * k
    turn = -1.0 if plane[f, 0] * rx + plane[f, 1] * ry + plane[f, 2] * rz > 0.0 else 1.0  # seen from its back
    nx, ny, nz = f32(plane[f, 0] * turn), f32(plane[f, 1] * turn), f32(plane[f, 2] * turn)
    _passes(y, first, n, mesh.face_piece[f], m, nx, ny, nz, depth, out)
    dx, dy, dz, cosine = singles(), singles(), singles(), singles()
    x0, x1, y0, y1, z0, z1 = f32(rx), f32(tx), f32(ry), f32(ty), f32(rz), f32(tz)
    for i in range(n):
        t = f32(np.int32(i))
        x, y_, z = x0 + x1 * t, y0 + y1 * t, z0 + z1 * t
        s = f32(1) / math.sqrt(x * x + y_ * y_ + z * z)
        dx[i], dy[i], dz[i] = x * s, y_ * s, z * s
        cosine[i] = -(x * nx + y_ * ny + z * nz) * s
    red, green, blue = singles(), singles(), singles()
    _behind(y, first, n, m, nx, ny, nz, view, film, out.colour, depth, dx, dy, dz, cosine, red, green, blue)
    mr, mg, mb = singles(), singles(), singles()
    for i in range(n):
        mr[i], mg[i], mb[i] = f32(0), f32(0), f32(0)
    # From here on the mirrored direction, in place of the ray's.
    for i in range(n):
        k_ = f32(2) * max(cosine[i], f32(0.01))
        dx[i], dy[i], dz[i] = dx[i] + k_ * nx, dy[i] + k_ * ny, dz[i] + k_ * nz
    _mirrored(n, m[ALPHA], sky, dx, dy, dz, mr, mg, mb)
    _through(n, m, cosine, mr, mg, mb, red, green, blue)
    for k in range(lamps.lamp.shape[0]):
        _sparkle(
            y, first, n, lamps.lamp[k], m, nx, ny, nz, view, film, depth, dx, dy, dz, cosine, red, green, blue
        )
    glass = film.glass[y, first:end]
    for i in range(n):
        glass[i, 0], glass[i, 1], glass[i, 2] = red[i], green[i], blue[i]


@inlined()
def _passes(
    y: Any, first: Any, n: Any, piece: Any, m: Any, nx: Any, ny: Any, nz: Any, depth: Any, out: Any
) -> None:
    far, normal, albedo = out.depth[y, first:], out.normal[y, first:], out.albedo[y, first:]
    pieces = out.piece[y, first:]
    ar, ag, ab = m[ALBEDO], m[ALBEDO + 1], m[ALBEDO + 2]
    for i in range(n):
        far[i] = f32(depth[i])
    for i in range(n):
        pieces[i] = piece
    for i in range(n):
        normal[i, 0], normal[i, 1], normal[i, 2] = nx, ny, nz
    for i in range(n):
        albedo[i, 0], albedo[i, 1], albedo[i, 2] = ar, ag, ab


@inlined()
def _behind(
    y: Any, first: Any, n: Any, m: Any, nx: Any, ny: Any, nz: Any, view: Any, film: Any, picture: Any, depth: Any,
    dx: Any, dy: Any, dz: Any, cosine: Any, red: Any, green: Any, blue: Any,
) -> None:  # fmt: skip
    """The opaque picture along rays that went through the glass and on as they came."""
    height, width = film.near.shape
    near, front, own = film.near, film.clear_near[0, y, first:], film.near[y, first:]
    mine = picture[y, first:]
    eta, thick = f32(1) / m[IOR], m[THICK]
    a, o = view.matrix, view.forward
    right, low = np.float64(width) - 1.001, np.float64(height) - 1.001
    fu, fv, ku, kv = singles(), singles(), singles(), singles()
    for i in range(n):
        c = cosine[i]
        inward = math.sqrt(max(f32(1) - eta * eta * (f32(1) - c * c), f32(0)))
        s = eta * c - inward
        path = np.float64(thick / max(inward, f32(0.05)))
        # As far as the plane behind it is away: along the ray, bent by the way through.
        ex, ey, ez = np.float64(dx[i]), np.float64(dy[i]), np.float64(dz[i])
        bx, by, bz = (
            np.float64(eta * dx[i] + s * nx),
            np.float64(eta * dy[i] + s * ny),
            np.float64(eta * dz[i] + s * nz),
        )
        along = ex * o[0] + ey * o[1] + ez * o[2]
        far = depth[i] / along
        px, py, pz = ex * far + bx * path, ey * far + by * path, ez * far + bz * path
        there = own[i]
        go = (1.0 / max(np.float64(there), 1e-9) - (px * o[0] + py * o[1] + pz * o[2])) / along
        go = max(go, 0.0) if there > f32(0) else 1e4
        qx, qy, qz = px + ex * go, py + ey * go, pz + ez * go
        w = 1.0 / (a[2, 0] * qx + a[2, 1] * qy + a[2, 2] * qz)
        u = (a[0, 0] * qx + a[0, 1] * qy + a[0, 2] * qz) * w - 0.5
        v = (a[1, 0] * qx + a[1, 1] * qy + a[1, 2] * qz) * w - 0.5
        u, v = min(max(u, 0.0), right), min(max(v, 0.0), low)
        iu, iv = np.floor(u), np.floor(v)
        ku[i], kv[i], fu[i], fv[i] = f32(iu), f32(iv), f32(u - iu), f32(v - iv)
    for i in range(n):
        p, q = np.uint64(np.int32(ku[i])), np.uint64(np.int32(kv[i]))
        p1, q1 = p + np.uint64(1), q + np.uint64(1)
        s, t = fu[i], fv[i]
        w00, w01, w10, w11 = (f32(1) - s) * (f32(1) - t), s * (f32(1) - t), (f32(1) - s) * t, s * t
        # What stands before the glass is not seen through it.
        free = (near[q, p] <= front[i]) & (near[q1, p1] <= front[i])
        r = (
            picture[q, p, 0] * w00
            + picture[q, p1, 0] * w01
            + picture[q1, p, 0] * w10
            + picture[q1, p1, 0] * w11
        )
        g = (
            picture[q, p, 1] * w00
            + picture[q, p1, 1] * w01
            + picture[q1, p, 1] * w10
            + picture[q1, p1, 1] * w11
        )
        b = (
            picture[q, p, 2] * w00
            + picture[q, p1, 2] * w01
            + picture[q1, p, 2] * w10
            + picture[q1, p1, 2] * w11
        )
        red[i], green[i], blue[i] = (
            r if free else mine[i, 0],
            g if free else mine[i, 1],
            b if free else mine[i, 2],
        )


@inlined()
def _mirrored(
    n: Any, alpha: Any, sky: Any, qx: Any, qy: Any, qz: Any, red: Any, green: Any, blue: Any
) -> None:
    """As `optics.glossy`, added to what is there."""
    level, t = gloss_level(alpha)
    for k in range(2 if t > f32(0.02) else 1):
        w = t if k == 1 else f32(1) - t
        at, side = sky.glossy_level[level + k, 0], sky.glossy_level[level + k, 1]
        for i in range(n):
            r, g, b = octahedral(sky.glossy, at, side, qx[i], qy[i], qz[i])
            red[i], green[i], blue[i] = red[i] + w * r, green[i] + w * g, blue[i] + w * b


@inlined()
def _through(n: Any, m: Any, cosine: Any, mr: Any, mg: Any, mb: Any, red: Any, green: Any, blue: Any) -> None:
    """What passes and what is mirrored, both faces of a slab, all orders."""
    ior, thick = m[IOR], m[THICK]
    ar, ag, ab = m[ABSORB], m[ABSORB + 1], m[ABSORB + 2]
    for i in range(n):
        c = max(cosine[i], f32(0.01))
        fresnel = dielectric(c, ior)
        path = thick / math.sqrt(f32(1) - (f32(1) - c * c) / (ior * ior))
        mirror = f32(2) * fresnel / (f32(1) + fresnel)
        pass_ = f32(1) - mirror
        red[i] = red[i] * pass_ * decay(ar * path) + mr[i] * mirror
        green[i] = green[i] * pass_ * decay(ag * path) + mg[i] * mirror
        blue[i] = blue[i] * pass_ * decay(ab * path) + mb[i] * mirror


@inlined()
def _sparkle(
    y: Any, first: Any, n: Any, l: Any, m: Any, nx: Any, ny: Any, nz: Any, view: Any, film: Any, depth: Any,
    qx: Any, qy: Any, qz: Any, cosine: Any, red: Any, green: Any, blue: Any,
) -> None:  # fmt: skip
    """One lamp's highlight. `q`: the direction to the eye, mirrored."""
    f0 = (m[IOR] - f32(1)) / (m[IOR] + f32(1))
    f0 *= f0
    alpha = max(m[ALPHA], FROSTED)
    pr, pg, pb = l[POWER], l[POWER + 1], l[POWER + 2]
    height, width = film.near.shape
    for i in range(n):
        k = f32(2) * max(cosine[i], f32(0.01))
        vx, vy, vz = k * nx - qx[i], k * ny - qy[i], k * nz - qz[i]
        if l[KIND] == f32(SUN):
            x, y_, z = f32(0), f32(0), f32(0)  # of no matter to the sun
        else:
            rx, ry, rz = ray_of(view, first + np.int64(i) + 0.5, y + 0.5, width, height)
            d = depth[i]
            x, y_, z = f32(rx * d + view.eye[0]), f32(ry * d + view.eye[1]), f32(rz * d + view.eye[2])
        lx, ly, lz, distance, strength = arriving(l, x, y_, z)
        lobe, vh = gloss_of(l, x, y_, z, lx, ly, lz, distance, nx, ny, nz, vx, vy, vz, alpha)
        lobe *= strength * schlick(f0, vh)
        red[i], green[i], blue[i] = red[i] + lobe * pr, green[i] + lobe * pg, blue[i] + lobe * pb
