"""Runs of pixels before which flat outer faces of one clear body stand alone: most of most panes, so drawn in vectors.

The same formulas as `glass.py`, a step at a time over the whole run, as `span.py` does for matt matter; but over
borders of faces: a pane that can break is cut into narrow ones.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kinema.physics.geometry import INNER
from kinema.render.preview.compile import inlined
from kinema.render.preview.exact import ray_of
from kinema.render.preview.lamps import KIND, PLACE, POWER, SUN, arriving, gloss_of
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
from kinema.stack import ROOM, doubles, singles

f32 = np.float32
FROSTED = f32(0.03)
"""GGX alpha above which clear matter glows, and below which a lamp's highlight is drawn as if it had this."""
_SHORTEST = 8
"""Shorter runs are not worth it [px]."""
_FLATTEST = 20.0
"""Length of a ray of component 1 along the axis beyond which the ray hardly goes forward."""
_SIDE = np.uint8(INNER)


@inlined()
def pane_of(y: Any, x: Any, mesh: Any, view: Any, film: Any) -> Any:
    """One past the last pixel of the run that starts at `x`; `x` itself where there is none."""
    front, back = film.clear_face[0, y], film.clear_face[1, y]
    body = mesh.face_body[np.uint32(front[x])]
    m = mesh.optics[body]
    if m[BALL] > f32(0) or m[ALPHA] > FROSTED or m[IOR] < f32(1.1):
        return x
    last, end, known = min(x + ROOM, front.shape[0]), x, np.int32(-1)
    while end < last and back[end] < 0 and front[end] >= 0:
        if front[end] != known:
            known = front[end]
            f = np.uint32(known)
            if mesh.flat[f] == 0 or mesh.face_side[f] == _SIDE or mesh.face_body[f] != body:
                break
        end += 1
    if end - x < _SHORTEST or max(_length(y, x, view, film), _length(y, end, view, film)) > _FLATTEST:
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
    n = np.uint64(end - first)
    m = mesh.optics[mesh.face_body[np.uint32(film.clear_face[0, y, first])]]
    depth, nx, ny, nz = doubles(), singles(), singles(), singles()
    dx, dy, dz, cosine = singles(), singles(), singles(), singles()
    _meet(y, first, n, plane, view, film, depth, nx, ny, nz, dx, dy, dz, cosine)
    _record(y, first, n, mesh, m, view, film, nx, ny, nz, depth, out)
    red, green, blue = singles(), singles(), singles()
    _behind(y, first, n, m, nx, ny, nz, view, film, out.colour, depth, dx, dy, dz, cosine, red, green, blue)
    mr, mg, mb = singles(), singles(), singles()
    for i in range(n):
        mr[i], mg[i], mb[i] = f32(0), f32(0), f32(0)
    # From here on the mirrored direction, in place of the ray's.
    for i in range(n):
        k_ = f32(2) * max(cosine[i], f32(0.01))
        dx[i], dy[i], dz[i] = dx[i] + k_ * nx[i], dy[i] + k_ * ny[i], dz[i] + k_ * nz[i]
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
def _meet(
    y: Any, first: Any, n: Any, plane: Any, view: Any, film: Any, depth: Any, nx: Any, ny: Any, nz: Any,
    dx: Any, dy: Any, dz: Any, cosine: Any,
) -> None:  # fmt: skip
    """As `exact.meet`; and unit rays with their cosines to the normals."""
    height, width = film.near.shape
    face, near = film.clear_face[0, y, first:], film.clear_near[0, y, first:]
    rx, ry, rz = ray_of(view, first + 0.5, y + 0.5, width, height)
    k = 2.0 / width
    sx, sy, sz = view.right[0] * k, view.right[1] * k, view.right[2] * k
    for i in range(n):
        t, f = np.float64(np.int64(i)), np.uint64(face[i])
        x, y_, z = rx + sx * t, ry + sy * t, rz + sz * t
        along = plane[f, 0] * x + plane[f, 1] * y_ + plane[f, 2] * z
        here = plane[f, 3] / along
        depth[i] = here if (abs(along) > 1e-12) & (here > 0.0) else 1.0 / max(near[i], f32(1e-6))
        turn = -1.0 if along > 0.0 else 1.0  # seen from its back
        nx[i], ny[i], nz[i] = f32(plane[f, 0] * turn), f32(plane[f, 1] * turn), f32(plane[f, 2] * turn)
        s = 1.0 / math.sqrt(x * x + y_ * y_ + z * z)
        dx[i], dy[i], dz[i] = f32(x * s), f32(y_ * s), f32(z * s)
        cosine[i] = f32(abs(along) * s)


@inlined()
def _record(
    y: Any, first: Any, n: Any, mesh: Any, m: Any, view: Any, film: Any, nx: Any, ny: Any, nz: Any, depth: Any,
    out: Any,
) -> None:  # fmt: skip
    """As `exact.record`."""
    height, width = film.near.shape
    face, carry = film.clear_face[0, y, first:], view.carry
    rx, ry, rz = ray_of(view, first + 0.5, y + 0.5, width, height)
    k = 2.0 / width
    sx, sy, sz = view.right[0] * k, view.right[1] * k, view.right[2] * k
    across, down = singles(), singles()
    for i in range(n):
        t, d = np.float64(np.int64(i)), depth[i]
        p = np.uint64(mesh.face_piece[np.uint64(face[i])])
        a, b, c = (rx + sx * t) * d, (ry + sy * t) * d, (rz + sz * t) * d
        u = carry[p, 0, 0] * a + carry[p, 0, 1] * b + carry[p, 0, 2] * c + carry[p, 0, 3]
        v = carry[p, 1, 0] * a + carry[p, 1, 1] * b + carry[p, 1, 2] * c + carry[p, 1, 3]
        w = carry[p, 2, 0] * a + carry[p, 2, 1] * b + carry[p, 2, 2] * c + carry[p, 2, 3]
        known = w > 1e-9
        q = 1.0 / w
        across[i] = f32(u * q - (first + t + 0.5) if known else 0.0)
        down[i] = f32(v * q - (y + 0.5) if known else 0.0)
    far, normal, albedo = out.depth[y, first:], out.normal[y, first:], out.albedo[y, first:]
    pieces, motion = out.piece[y, first:], out.motion[y, first:]
    ar, ag, ab = m[ALBEDO], m[ALBEDO + 1], m[ALBEDO + 2]
    for i in range(n):
        motion[i, 0], motion[i, 1] = across[i], down[i]
    for i in range(n):
        far[i], pieces[i] = f32(depth[i]), mesh.face_piece[np.uint64(face[i])]
    for i in range(n):
        normal[i, 0], normal[i, 1], normal[i, 2] = nx[i], ny[i], nz[i]
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
            np.float64(eta * dx[i] + s * nx[i]),
            np.float64(eta * dy[i] + s * ny[i]),
            np.float64(eta * dz[i] + s * nz[i]),
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
    if l[KIND] == f32(SUN):
        # Far away: in vectors.
        sx, sy, sz = l[PLACE], l[PLACE + 1], l[PLACE + 2]
        for i in range(n):
            k = f32(2) * max(cosine[i], f32(0.01))
            vx, vy, vz = k * nx[i] - qx[i], k * ny[i] - qy[i], k * nz[i] - qz[i]
            lobe, vh = gloss_of(l, sx, sy, sz, sx, sy, sz, f32(1), nx[i], ny[i], nz[i], vx, vy, vz, alpha)
            lobe *= schlick(f0, vh)
            red[i], green[i], blue[i] = red[i] + lobe * pr, green[i] + lobe * pg, blue[i] + lobe * pb
        return
    height, width = film.near.shape
    for i in range(n):
        k = f32(2) * max(cosine[i], f32(0.01))
        vx, vy, vz = k * nx[i] - qx[i], k * ny[i] - qy[i], k * nz[i] - qz[i]
        rx, ry, rz = ray_of(view, first + np.int64(i) + 0.5, y + 0.5, width, height)
        d = depth[i]
        x, y_, z = f32(rx * d + view.eye[0]), f32(ry * d + view.eye[1]), f32(rz * d + view.eye[2])
        lx, ly, lz, distance, strength = arriving(l, x, y_, z)
        lobe, vh = gloss_of(l, x, y_, z, lx, ly, lz, distance, nx[i], ny[i], nz[i], vx, vy, vz, alpha)
        lobe *= strength * schlick(f0, vh)
        red[i], green[i], blue[i] = red[i] + lobe * pr, green[i] + lobe * pg, blue[i] + lobe * pb
