"""Light on a fragment: from all round, and from each lamp."""

from __future__ import annotations

from typing import Any

import numpy as np

from kinema.render.preview.compile import inlined
from kinema.render.preview.floor import mirrored
from kinema.render.preview.fragment import NORMAL, PLACE, REFLECTS, ROUGH, SMOOTH, TOWARD
from kinema.render.preview.lamps import POWER, TERM, arriving, gloss_of
from kinema.render.preview.optics import (
    COAT,
    COAT_ALPHA,
    F0,
    INV_PI,
    ambient_gloss,
    glossy,
    irradiance,
    schlick,
)

f32 = np.float32


@inlined()
def lit(g: Any, m: Any, term: Any, sky: Any, lamps: Any) -> Any:
    """Colour of fragment `g` of matter `m`; `term`: see `Film.smooth`."""
    r, g_, b = _around(g, m, term, sky, lamps)
    lr, lg, lb = _lamps(g, m, term, lamps)
    return r + lr, g_ + lg, b + lb


@inlined()
def _around(g: Any, m: Any, term: Any, sky: Any, lamps: Any) -> Any:
    """From infinity and from the floor."""
    x, y, z = g[PLACE], g[PLACE + 1], g[PLACE + 2]
    vx, vy, vz = g[TOWARD], g[TOWARD + 1], g[TOWARD + 2]
    nx, ny, nz = g[NORMAL], g[NORMAL + 1], g[NORMAL + 2]
    dr, dg, db, alpha = g[REFLECTS], g[REFLECTS + 1], g[REFLECTS + 2], g[ROUGH]
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
    return cr, cg, cb


@inlined()
def _lamps(g: Any, m: Any, term: Any, lamps: Any) -> Any:
    """From lamps, shadows taken off."""
    x, y, z = g[PLACE], g[PLACE + 1], g[PLACE + 2]
    vx, vy, vz = g[TOWARD], g[TOWARD + 1], g[TOWARD + 2]
    nx, ny, nz = g[NORMAL], g[NORMAL + 1], g[NORMAL + 2]
    dr, dg, db, alpha = g[REFLECTS], g[REFLECTS + 1], g[REFLECTS + 2], g[ROUGH]
    sx, sy, sz = g[SMOOTH], g[SMOOTH + 1], g[SMOOTH + 2]
    shiny = m[F0] + m[F0 + 1] + m[F0 + 2] > f32(0)
    cr, cg, cb = f32(0), f32(0), f32(0)
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
        for lobe in range(0 if shiny else 1, 2 if m[COAT] > f32(0) else 1):
            rough = max(alpha if lobe == 0 else m[COAT_ALPHA], f32(0.03))
            shine, vh = gloss_of(l, x, y, z, lx, ly, lz, distance, nx, ny, nz, vx, vy, vz, rough)
            if lobe == 0:
                hr += shine * schlick(m[F0], vh)
                hg += shine * schlick(m[F0 + 1], vh)
                hb += shine * schlick(m[F0 + 2], vh)
            else:
                shine *= m[COAT] * schlick(f32(0.04), vh)
                hr, hg, hb = hr + shine, hg + shine, hb + shine
        cr += hr * l[POWER] * strength
        cg += hg * l[POWER + 1] * strength
        cb += hb * l[POWER + 2] * strength
    return cr, cg, cb
