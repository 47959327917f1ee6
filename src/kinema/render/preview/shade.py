"""Opaque surfaces: one shading per pixel, with the exact passes; then the edges."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kinema.render.preview.compile import inlined, kernel
from kinema.render.preview.exact import meet, pixel_of, ray_of, record, record_nothing
from kinema.render.preview.floor import mirrored
from kinema.render.preview.lamps import POWER, TERM, arriving, gloss_of
from kinema.render.preview.optics import (
    ALBEDO,
    ALPHA,
    COAT,
    COAT_ALPHA,
    DIFFUSE,
    F0,
    INV_PI,
    PERIOD,
    TEXTURE,
    ambient_gloss,
    backdrop,
    glossy,
    irradiance,
    log2,
    schlick,
    texel,
)
from kinema.render.preview.visible import alike

f32 = np.float32
# Samples 1 to 4 of the lattice, and the pixels to ask, those on the sample's side first.
OFFSET_X = np.array([0.2, 0.4, -0.2, -0.4])
OFFSET_Y = np.array([0.4, -0.2, -0.4, 0.2])
SIGN_X = np.array([1, 1, -1, -1], np.int64)
SIGN_Y = np.array([1, -1, -1, 1], np.int64)
NEIGHBOUR_X = np.array([0, 0, 1, 1, -1], np.int64)
NEIGHBOUR_Y = np.array([0, 1, 0, 1, 0], np.int64)

# 0 to 1 in an order in which neighbours differ (a Bayer matrix).
LOTS = ((np.array([0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5]) + 0.5) / 16).astype(np.float32)

BRIGHTEST = f32(8.0)
"""A sample brighter than this counts as this when a pixel is averaged: one spark must not make a jagged edge."""


@inlined()
def paint(
    f: Any,
    rx: Any, ry: Any, rz: Any,
    near: Any,
    term: Any,
    pixel: Any,
    lot: Any,
    mesh: Any, plane: Any, frame: Any, normal: Any, view: Any, sky: Any, lamps: Any,
) -> Any:  # fmt: skip
    """Colour, depth, normal and base colour of an opaque face along a ray. `pixel`: tangent across one pixel;
    `lot`: see `texel`."""
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
        facing = max(nx * vx + ny * vy + nz * vz, f32(0.02))
        # Between the two axes of the pixel's footprint: sharper than the long one, calmer than the short one.
        foot = f32(depth) * pixel / math.sqrt(facing)
        size = m[PERIOD] / f32(mesh.levels[np.uint32(m[TEXTURE]), 0, 1])
        t0, t1, t2, t3, t4, t5 = texel(
            mesh, int(m[TEXTURE]), u, v, m[PERIOD], log2(max(foot / size, f32(0.01))), lot
        )
        dr, dg, db = min(dr * t0, f32(1)), min(dg * t1, f32(1)), min(db * t2, f32(1))
        ar, ag, ab = min(ar * t0, f32(1)), min(ag * t1, f32(1)), min(ab * t2, f32(1))
        alpha = min(max(alpha * t3, f32(0.02)), f32(1))
        # The height field tilts the normal by its slopes along u and v.
        nx -= t4 * frame[f, 8] + t5 * frame[f, 11]
        ny -= t4 * frame[f, 9] + t5 * frame[f, 12]
        nz -= t4 * frame[f, 10] + t5 * frame[f, 13]
        n = f32(1) / math.sqrt(nx * nx + ny * ny + nz * nz)
        nx, ny, nz = nx * n, ny * n, nz * n
    x, y, z = f32(rx * depth + view.eye[0]), f32(ry * depth + view.eye[1]), f32(rz * depth + view.eye[2])
    er, eg, eb = irradiance(sky, nx, ny, nz)
    ao = term[0] * INV_PI
    cr, cg, cb = dr * er * ao, dg * eg * ao, db * eb * ao
    nv = max(nx * vx + ny * vy + nz * vz, f32(1e-3))
    fr, fg, fb = m[F0], m[F0 + 1], m[F0 + 2]
    shiny = fr + fg + fb > f32(0)
    qx, qy, qz = f32(2) * nv * nx - vx, f32(2) * nv * ny - vy, f32(2) * nv * nz - vz
    coat = m[COAT]
    # Lobe 0 is the surface itself, lobe 1 the clear coat over it.
    for lobe in range(0 if shiny else 1, 2 if coat > f32(0) else 1):
        rough = alpha if lobe == 0 else m[COAT_ALPHA]
        gr, gg, gb = glossy(sky, rough, qx, qy, qz)
        gr, gg, gb = mirrored(sky, lamps, rough, x, y, z, qx, qy, qz, gr, gg, gb)
        if lobe == 0:
            # What shuts out ambient light shuts out a reflection less, the narrower it is.
            open_ = term[0] + (f32(1) - term[0]) * (f32(1) - rough) * f32(0.5)
            scale, bias = ambient_gloss(sky, rough, nv)
            cr += gr * (fr * scale + bias) * open_
            cg += gg * (fg * scale + bias) * open_
            cb += gb * (fb * scale + bias) * open_
        else:
            over = coat * schlick(f32(0.04), nv)
            cr, cg, cb = cr + over * (gr - cr), cg + over * (gg - cg), cb + over * (gb - cb)
    for k in range(lamps.lamp.shape[0]):
        l = lamps.lamp[k]
        lx, ly, lz, distance, strength = arriving(l, x, y, z)
        nl = nx * lx + ny * ly + nz * lz
        if strength <= f32(0) or nl <= f32(-0.2) or sx * lx + sy * ly + sz * lz <= f32(0):
            continue
        slot = np.uint32(l[TERM])
        strength *= term[slot] if slot > 0 else f32(1)
        if strength <= f32(0):
            continue
        even = max(nl, f32(0)) * INV_PI
        hr, hg, hb = dr * even, dg * even, db * even
        for lobe in range(0 if shiny else 1, 2 if coat > f32(0) else 1):
            rough = max(alpha if lobe == 0 else m[COAT_ALPHA], f32(0.03))
            shine, vh = gloss_of(l, x, y, z, lx, ly, lz, distance, nx, ny, nz, vx, vy, vz, rough)
            if lobe == 0:
                hr += shine * schlick(fr, vh)
                hg += shine * schlick(fg, vh)
                hb += shine * schlick(fb, vh)
            else:
                shine *= coat * schlick(f32(0.04), vh)
                hr, hg, hb = hr + shine, hg + shine, hb + shine
        cr += hr * l[POWER] * strength
        cg += hg * l[POWER + 1] * strength
        cb += hb * l[POWER + 2] * strength
    return cr, cg, cb, depth, sx, sy, sz, ar, ag, ab


CENTRES, EDGES = 0, 1


@kernel()
def shade(
    items: Any, step: int, mesh: Any, plane: Any, frame: Any, normal: Any, view: Any, sky: Any, lamps: Any,
    film: Any, out: Any,
) -> None:  # fmt: skip
    """Step `CENTRES`: colour at every pixel's centre into `film.colour` and the picture, with the passes. Step
    `EDGES`: into the picture the average of five samples where they differ.

    One kernel for both, since most of its code, and of the time to compile it, is shared.
    """
    for n in range(items.shape[0]):
        _row(step, items[n], mesh, plane, frame, normal, view, sky, lamps, film, out)


@inlined()
def _row(
    step: Any, y: Any, mesh: Any, plane: Any, frame: Any, normal: Any, view: Any, sky: Any, lamps: Any, film: Any,
    out: Any,
) -> None:  # fmt: skip
    height, width = film.near.shape
    pixel = pixel_of(view, width)
    for x in range(width):
        samples, r, g, b = 1, f32(0), f32(0), f32(0)
        if step == EDGES:
            if film.edge[y, x] & 1 == 0:
                continue
            samples = 4
            r, g, b = film.colour[y, x, 0], film.colour[y, x, 1], film.colour[y, x, 2]
            r, g, b = min(r, BRIGHTEST), min(g, BRIGHTEST), min(b, BRIGHTEST)
        for s in range(samples):
            f, dx, dy = film.face[y, x], 0.0, 0.0
            if step == EDGES:
                f, dx, dy = film.sample_face[s, y, x], OFFSET_X[s], OFFSET_Y[s]
                v, u = _like(s, f, y, x, mesh, plane, film)
                if v >= 0:
                    r += min(film.colour[v, u, 0], BRIGHTEST)
                    g += min(film.colour[v, u, 1], BRIGHTEST)
                    b += min(film.colour[v, u, 2], BRIGHTEST)
                    continue
            rx, ry, rz = ray_of(view, x + 0.5 + dx, y + 0.5 + dy, width, height)
            if f >= 0:
                cr, cg, cb, depth, nx, ny, nz, ar, ag, ab = paint(
                    f, rx, ry, rz, max(film.near[y, x], f32(1e-6)), film.smooth[y, x], pixel,
                    LOTS[(y & 3) * 4 + (x & 3)],
                    mesh, plane, frame, normal, view, sky, lamps,
                )  # fmt: skip
                if step == CENTRES:
                    record(out, y, x, mesh.face_piece[f], depth, nx, ny, nz, ar, ag, ab, rx, ry, rz, view)
            else:
                cr, cg, cb = backdrop(sky, f32(rx), f32(ry), f32(rz))
                if step == CENTRES:
                    record_nothing(out, y, x, rx, ry, rz, view)
            if step == CENTRES:
                r, g, b = cr, cg, cb
            else:
                r, g, b = r + min(cr, BRIGHTEST), g + min(cg, BRIGHTEST), b + min(cb, BRIGHTEST)
        if step == CENTRES:
            film.colour[y, x, 0], film.colour[y, x, 1], film.colour[y, x, 2] = r, g, b
        else:
            r, g, b = r * f32(0.2), g * f32(0.2), b * f32(0.2)
        out.colour[y, x, 0], out.colour[y, x, 1], out.colour[y, x, 2] = r, g, b


@inlined()
def _like(s: Any, f: Any, y: Any, x: Any, mesh: Any, plane: Any, film: Any) -> Any:
    """The nearest pixel whose centre sees the same surface as sample `s`, those on its side first; or -1, -1."""
    height, width = film.near.shape
    z = film.near[y, x]
    for k in range(5):
        v, u = y + NEIGHBOUR_Y[k] * SIGN_Y[s], x + NEIGHBOUR_X[k] * SIGN_X[s]
        if v >= 0 and u >= 0 and v < height and u < width:
            g = film.face[v, u]
            if g == f or (f >= 0 and g >= 0 and alike(g, f, film.near[v, u], z, mesh, plane)):
                return v, u
    return -1, -1
