"""Clear surfaces over the finished opaque picture: two layers deep, refracted, tinted, with bright broken edges."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kinema.render.preview.compile import inlined, kernel
from kinema.render.preview.exact import meet, ray_of, record
from kinema.render.preview.lamps import POWER, arriving, gloss_of
from kinema.render.preview.optics import (
    ABSORB,
    ALBEDO,
    ALPHA,
    BALL,
    IOR,
    THICK,
    decay,
    dielectric,
    glossy,
    schlick,
)
from kinema.render.preview.pane import FROSTED, draw_pane, pane_of
from kinema.render.preview.shade import (
    BRIGHTEST,
    CENTRES,
    EDGES,
    NEIGHBOUR_X,
    NEIGHBOUR_Y,
    OFFSET_X,
    OFFSET_Y,
    SIGN_X,
    SIGN_Y,
)
from kinema.render.preview.visible import alike

f32 = np.float32
_INNER = 1
_LED = f32(0.2 / math.pi)
"""Share of a lamp's light on a pane that comes out of its broken edges, over pi. Chosen by eye, never measured."""
_CRACK_ALPHA = f32(0.12)
"""GGX alpha of a fresh crack: mirror near where it began, hackle elsewhere."""


@inlined()
def _behind(picture: Any, film: Any, view: Any, sky: Any, x: Any, y: Any, near: Any, px: Any, py: Any, pz: Any,
            dx: Any, dy: Any, dz: Any, ball: Any) -> Any:  # fmt: skip
    """The opaque picture along a ray that leaves clear matter at a point, relative to the eye."""
    height, width = film.near.shape
    m = view.matrix
    # How far there is to go: to what is straight behind the pixel.
    depth = px * view.forward[0] + py * view.forward[1] + pz * view.forward[2]
    along = dx * view.forward[0] + dy * view.forward[1] + dz * view.forward[2]
    there = film.near[y, x]
    away = there <= f32(0)
    if along > 0.05:
        go = (1.0 / there - depth) / along if not away else 1e4
        qx, qy, qz = px + dx * max(go, 0.0), py + dy * max(go, 0.0), pz + dz * max(go, 0.0)
        w = m[2, 0] * qx + m[2, 1] * qy + m[2, 2] * qz
        u = (m[0, 0] * qx + m[0, 1] * qy + m[0, 2] * qz) / w - 0.5
        v = (m[1, 0] * qx + m[1, 1] * qy + m[1, 2] * qz) / w - 0.5
        inside = u >= 0.0 and v >= 0.0 and u < width - 1.0 and v < height - 1.0
        if inside or not ball:
            u, v = min(max(u, 0.0), width - 1.001), min(max(v, 0.0), height - 1.001)
            i, j = int(u), int(v)
            # What stands before the glass is not seen through it.
            if film.near[j, i] <= near and film.near[j + 1, i + 1] <= near:
                a, b = f32(u - i), f32(v - j)
                s = picture
                w00, w01, w10, w11 = (f32(1) - a) * (f32(1) - b), a * (f32(1) - b), (f32(1) - a) * b, a * b
                return (
                    s[j, i, 0] * w00 + s[j, i + 1, 0] * w01 + s[j + 1, i, 0] * w10 + s[j + 1, i + 1, 0] * w11,
                    s[j, i, 1] * w00 + s[j, i + 1, 1] * w01 + s[j + 1, i, 1] * w10 + s[j + 1, i + 1, 1] * w11,
                    s[j, i, 2] * w00 + s[j, i + 1, 2] * w01 + s[j + 1, i, 2] * w10 + s[j + 1, i + 1, 2] * w11,
                )
            return picture[y, x, 0], picture[y, x, 1], picture[y, x, 2]
    return glossy(sky, f32(0), f32(dx), f32(dy), f32(dz))


@inlined()
def _bend(dx: Any, dy: Any, dz: Any, nx: Any, ny: Any, nz: Any, eta: Any) -> Any:
    """Refract a unit direction at a unit normal that faces it; eta = n1 / n2. Mirrors if it cannot pass."""
    cosine = -(dx * nx + dy * ny + dz * nz)
    k = f32(1) - eta * eta * (f32(1) - cosine * cosine)
    if k < f32(0):
        return dx + f32(2) * cosine * nx, dy + f32(2) * cosine * ny, dz + f32(2) * cosine * nz
    s = eta * cosine - math.sqrt(k)
    return eta * dx + s * nx, eta * dy + s * ny, eta * dz + s * nz


@inlined()
def _sparkle(lamps: Any, x: Any, y: Any, z: Any, nx: Any, ny: Any, nz: Any, vx: Any, vy: Any, vz: Any,
             alpha: Any, f0: Any) -> Any:  # fmt: skip
    """Highlights of all lamps."""
    r, g, b = f32(0), f32(0), f32(0)
    for k in range(lamps.lamp.shape[0]):
        l = lamps.lamp[k]
        lx, ly, lz, distance, strength = arriving(l, x, y, z)
        if strength > f32(0):
            lobe, vh = gloss_of(l, x, y, z, lx, ly, lz, distance, nx, ny, nz, vx, vy, vz, alpha)
            lobe *= strength * schlick(f0, vh)
            r, g, b = r + lobe * l[POWER], g + lobe * l[POWER + 1], b + lobe * l[POWER + 2]
    return r, g, b


@inlined()
def through(
    f: Any, second: Any, x: Any, y: Any, rx: Any, ry: Any, rz: Any, near: Any, near2: Any,
    mesh: Any, plane: Any, frame: Any, normal: Any, view: Any, sky: Any, lamps: Any, film: Any, picture: Any,
) -> Any:  # fmt: skip
    """Colour of a clear face `f` and of the one behind it (-1 = none), its depth and normal."""
    length = math.sqrt(rx * rx + ry * ry + rz * rz)
    dx, dy, dz = f32(rx / length), f32(ry / length), f32(rz / length)
    depth, _b, _c, nx, ny, nz = meet(f, rx, ry, rz, near, mesh, plane, frame, normal)
    m = mesh.optics[mesh.face_body[f]]
    tx, ty, tz = _bend(dx, dy, dz, nx, ny, nz, f32(1) / m[IOR])
    inward = max(-(tx * nx + ty * ny + tz * nz), f32(0.05))
    ball = m[BALL] > f32(0)
    path = m[THICK] * inward if ball else m[THICK] / inward
    ex, ey, ez = dx, dy, dz
    if ball:
        radius = m[THICK] * f32(0.5)
        ox = (tx * path + nx * radius) / radius
        oy = (ty * path + ny * radius) / radius
        oz = (tz * path + nz * radius) / radius
        ex, ey, ez = _bend(tx, ty, tz, -ox, -oy, -oz, m[IOR])
    px, py, pz = rx * depth + tx * path, ry * depth + ty * path, rz * depth + tz * path
    r, g, b = _behind(picture, film, view, sky, x, y, near, px, py, pz, ex, ey, ez, ball)
    # From back to front.
    for layer in range(1 if second >= 0 else 0, -1, -1):
        lx, ly, lz, at, which = nx, ny, nz, depth, f
        if layer == 1:
            which = second
            at, _b, _c, lx, ly, lz = meet(second, rx, ry, rz, near2, mesh, plane, frame, normal)
        r, g, b = _layer(which, at, lx, ly, lz, dx, dy, dz, rx, ry, rz, r, g, b, mesh, view, sky, lamps)
    return r, g, b, depth, nx, ny, nz


@inlined()
def _layer(
    f: Any, depth: Any, nx: Any, ny: Any, nz: Any, dx: Any, dy: Any, dz: Any, rx: Any, ry: Any, rz: Any,
    r: Any, g: Any, b: Any, mesh: Any, view: Any, sky: Any, lamps: Any,
) -> Any:  # fmt: skip
    """Light that comes through one clear face, and what the face adds."""
    f = np.uint32(f)
    m = mesh.optics[mesh.face_body[f]]
    cosine = max(-(dx * nx + dy * ny + dz * nz), f32(0.01))
    fresnel = dielectric(cosine, m[IOR])
    wx, wy, wz = f32(rx * depth + view.eye[0]), f32(ry * depth + view.eye[1]), f32(rz * depth + view.eye[2])
    qx, qy, qz = dx + f32(2) * cosine * nx, dy + f32(2) * cosine * ny, dz + f32(2) * cosine * nz
    f0 = (m[IOR] - f32(1)) / (m[IOR] + f32(1))
    f0 *= f0
    inward = math.sqrt(f32(1) - (f32(1) - cosine * cosine) / (m[IOR] * m[IOR]))
    path = m[THICK] * inward if m[BALL] > f32(0) else m[THICK] / inward
    if mesh.face_side[f] == _INNER:
        return _crack(
            m, path, fresnel, f0, nx, ny, nz, dx, dy, dz, qx, qy, qz, wx, wy, wz, r, g, b, sky, lamps
        )
    mirror = f32(2) * fresnel / (f32(1) + fresnel)  # both faces of a slab, all orders
    pass_ = f32(1) - mirror
    alpha = m[ALPHA]
    er, eg, eb = glossy(sky, alpha, qx, qy, qz)
    hr, hg, hb = _sparkle(lamps, wx, wy, wz, nx, ny, nz, -dx, -dy, -dz, max(alpha, FROSTED), f0)
    if alpha > FROSTED:
        # Frosted: what is behind gives way to an even glow.
        haze = min(alpha * f32(2.5), f32(0.9))
        ir, ig, ib = glossy(sky, min(alpha * f32(2), f32(1)), dx, dy, dz)
        r, g, b = r + haze * (ir - r), g + haze * (ig - g), b + haze * (ib - b)
    return (
        r * pass_ * decay(m[ABSORB] * path) + er * mirror + hr,
        g * pass_ * decay(m[ABSORB + 1] * path) + eg * mirror + hg,
        b * pass_ * decay(m[ABSORB + 2] * path) + eb * mirror + hb,
    )


@inlined()
def _crack(
    m: Any, path: Any, fresnel: Any, f0: Any, nx: Any, ny: Any, nz: Any, dx: Any, dy: Any, dz: Any,
    qx: Any, qy: Any, qz: Any, wx: Any, wy: Any, wz: Any, r: Any, g: Any, b: Any, sky: Any, lamps: Any,
) -> Any:  # fmt: skip
    """A broken edge: light that entered the faces is led along inside by total reflection and leaves here.

    It has come a long way through the matter, hence the colour (the green of a pane's edge), and from all round,
    hence brightness where the surroundings are bright.
    """
    far = path * f32(6)
    # Light of lamps that the faces took in, about even in direction by the time it comes out.
    sr, sg, sb = f32(0), f32(0), f32(0)
    for k in range(lamps.lamp.shape[0]):
        l = lamps.lamp[k]
        lx, ly, lz, _d, strength = arriving(l, wx, wy, wz)
        strength *= _LED * (f32(0.35) + f32(0.65) * abs(lx * nx + ly * ny + lz * nz))
        sr, sg, sb = sr + strength * l[POWER], sg + strength * l[POWER + 1], sb + strength * l[POWER + 2]
    er, eg, eb = glossy(sky, _CRACK_ALPHA, qx, qy, qz)
    ur, ug, ub = glossy(sky, f32(0.6), nx, ny, nz)
    tr, tg, tb = glossy(sky, f32(0.6), dx, dy, dz)
    hr, hg, hb = _sparkle(lamps, wx, wy, wz, nx, ny, nz, -dx, -dy, -dz, _CRACK_ALPHA, f0 + f32(0.06))
    ar = decay((m[ABSORB] + f32(4.0)) * far)
    ag = decay((m[ABSORB + 1] + f32(1.0)) * far)
    ab = decay((m[ABSORB + 2] + f32(2.0)) * far)
    keep = f32(0.35) * (f32(1) - fresnel)
    led = f32(0.65) * (f32(1) - fresnel)
    return (
        r * keep + led * ar * (f32(0.5) * (ur + tr) + sr) + er * fresnel + hr,
        g * keep + led * ag * (f32(0.5) * (ug + tg) + sg) + eg * fresnel + hg,
        b * keep + led * ab * (f32(0.5) * (ub + tb) + sb) + eb * fresnel + hb,
    )


@kernel()
def glaze(
    items: Any, step: int, mesh: Any, plane: Any, frame: Any, normal: Any, view: Any, sky: Any, lamps: Any,
    film: Any, out: Any,
) -> None:  # fmt: skip
    """Step `CENTRES`: colour where clear matter covers a pixel's centre, with its passes. Step `EDGES`: clear
    pixels into the picture, the samples of those on edges averaged."""
    for n in range(items.shape[0]):
        _row(step, items[n], mesh, plane, frame, normal, view, sky, lamps, film, out)


@inlined()
def _row(
    step: Any, y: Any, mesh: Any, plane: Any, frame: Any, normal: Any, view: Any, sky: Any, lamps: Any, film: Any,
    out: Any,
) -> None:  # fmt: skip
    height, width = film.near.shape
    # In the second step the picture changes under our feet; centres do not.
    picture = out.colour if step == CENTRES else film.colour
    drawn = 0
    for x in range(width):
        f = film.clear_face[0, y, x]
        edge = film.edge[y, x] & 2
        if x < drawn or (f < 0 and (edge == 0 or step == CENTRES)):
            continue
        if step == CENTRES:
            drawn = pane_of(y, x, mesh, view, film)
            if drawn > x:
                draw_pane(y, x, drawn, mesh, plane, view, sky, lamps, film, out)
                continue
        samples, r, g, b = 1, f32(0), f32(0), f32(0)
        if step == EDGES:
            samples = 4 if edge else 0
            if f < 0:
                r, g, b = out.colour[y, x, 0], out.colour[y, x, 1], out.colour[y, x, 2]
            else:
                r, g, b = film.glass[y, x, 0], film.glass[y, x, 1], film.glass[y, x, 2]
            if edge:
                r, g, b = min(r, BRIGHTEST), min(g, BRIGHTEST), min(b, BRIGHTEST)
        for s in range(samples):
            front, back, dx, dy = f, film.clear_face[1, y, x], 0.0, 0.0
            if step == EDGES:
                front, back = film.sample_clear[0, s, y, x], film.sample_clear[1, s, y, x]
                dx, dy = OFFSET_X[s], OFFSET_Y[s]
                if front < 0:
                    r += min(out.colour[y, x, 0], BRIGHTEST)
                    g += min(out.colour[y, x, 1], BRIGHTEST)
                    b += min(out.colour[y, x, 2], BRIGHTEST)
                    continue
                v, u = _like(s, front, back, y, x, mesh, plane, film)
                if v >= 0:
                    r += min(film.glass[v, u, 0], BRIGHTEST)
                    g += min(film.glass[v, u, 1], BRIGHTEST)
                    b += min(film.glass[v, u, 2], BRIGHTEST)
                    continue
            rx, ry, rz = ray_of(view, x + 0.5 + dx, y + 0.5 + dy, width, height)
            near = max(film.clear_near[0, y, x], f32(1e-6)) if f >= 0 else f32(1e-6)
            cr, cg, cb, depth, nx, ny, nz = through(
                front, back, x, y, rx, ry, rz, near, near,
                mesh, plane, frame, normal, view, sky, lamps, film, picture,
            )  # fmt: skip
            if step == CENTRES:
                r, g, b = cr, cg, cb
                m = mesh.optics[mesh.face_body[f]]
                record(
                    out, y, x, mesh.face_piece[f], depth, nx, ny, nz,
                    m[ALBEDO], m[ALBEDO + 1], m[ALBEDO + 2], rx, ry, rz, view,
                )  # fmt: skip
            else:
                r, g, b = r + min(cr, BRIGHTEST), g + min(cg, BRIGHTEST), b + min(cb, BRIGHTEST)
        if step == CENTRES:
            film.glass[y, x, 0], film.glass[y, x, 1], film.glass[y, x, 2] = r, g, b
        else:
            if edge:
                r, g, b = r * f32(0.2), g * f32(0.2), b * f32(0.2)
            out.colour[y, x, 0], out.colour[y, x, 1], out.colour[y, x, 2] = r, g, b


@inlined()
def _like(s: Any, front: Any, back: Any, y: Any, x: Any, mesh: Any, plane: Any, film: Any) -> Any:
    """The nearest pixel whose centre sees the same two surfaces as sample `s`; or -1, -1."""
    height, width = film.near.shape
    for k in range(5):
        v, u = y + NEIGHBOUR_Y[k] * SIGN_Y[s], x + NEIGHBOUR_X[k] * SIGN_X[s]
        if v < 0 or u < 0 or v >= height or u >= width:
            continue
        g, h = film.clear_face[0, v, u], film.clear_face[1, v, u]
        zg, zh = film.clear_near[0, v, u], film.clear_near[1, v, u]
        if (
            g >= 0
            and alike(g, front, zg, zg, mesh, plane)
            and (h == back or alike(h, back, zh, zh, mesh, plane))
        ):
            return v, u
    return -1, -1
