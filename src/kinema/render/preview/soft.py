"""What keeps light from a pixel: ambient occlusion and the shadows of lamps, few noisy samples, then smoothed.

Noise repeats every 4 x 4 pixels, so that a 4 x 4 box over one surface takes it out whole: each pixel pays for a few
samples and gets sixteen times as many (interleaved sampling, Keller and Heidrich 2001).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kinema.render.preview.compile import inlined, kernel
from kinema.render.preview.lamps import BIAS, LENS, REACH, SCALE, SEARCH, TERM, TEXEL, arriving
from kinema.render.preview.optics import CASTS
from kinema.render.preview.raster import MAP_BAND

f32 = np.float32
_AO_SAMPLES = 6
_AO_STRENGTH = f32(0.9)
WIDEST_AO = 0.08
"""How far over the picture ambient occlusion may look, as a share of its width."""
LONELY = 32
"""Side of the tiles that say whether anything is near enough to shut out ambient light [px]."""
_BLOCKERS = 4
_FILTER = 5
_HARD = f32(2.2)
"""Radius of a penumbra [texel], beyond one and a half pixels, from which on it is worth noise."""
WIDEST = 40.0
"""Radius of the widest penumbra [texel]."""

# 16 turns in an order in which neighbours differ (a Bayer matrix).
_BAYER = np.array([0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5], np.int64)
_COS = np.cos(_BAYER / 16 * 2 * np.pi).astype(np.float32)
_SIN = np.sin(_BAYER / 16 * 2 * np.pi).astype(np.float32)
_GOLDEN = np.arange(8) * 2.399963229728653
_DISC_X = (np.sqrt((np.arange(8) + 0.5) / _FILTER) * np.cos(_GOLDEN)).astype(np.float32)
_DISC_Y = (np.sqrt((np.arange(8) + 0.5) / _FILTER) * np.sin(_GOLDEN)).astype(np.float32)


@kernel()
def darken(items: Any, mesh: Any, plane: Any, view: Any, lamps: Any, radius: float, film: Any) -> None:
    """Fill `shade` and `soft` of `film` for opaque surfaces. `radius`: how far ambient occlusion reaches [m]."""
    for n in range(items.shape[0]):
        _row(items[n], mesh, plane, view, lamps, f32(radius), film)


@inlined()
def _row(y: Any, mesh: Any, plane: Any, view: Any, lamps: Any, radius: Any, film: Any) -> None:
    height, width = film.near.shape
    vy = 1.0 - (y + 0.5) * 2.0 / height
    pixel = f32(2.0 * math.sqrt(view.right[0] ** 2 + view.right[1] ** 2 + view.right[2] ** 2) / width)
    for x in range(width):
        film.soft[y, x] = 0
        f = film.face[y, x]
        if f < 0:
            continue
        vx = (x + 0.5) * 2.0 / width - 1.0
        rx = f32(view.right[0] * vx + view.up[0] * vy + view.forward[0])
        ry = f32(view.right[1] * vx + view.up[1] * vy + view.forward[1])
        rz = f32(view.right[2] * vx + view.up[2] * vy + view.forward[2])
        depth = f32(1) / film.near[y, x]
        px, py, pz = rx * depth, ry * depth, rz * depth
        nx, ny, nz = f32(plane[f, 0]), f32(plane[f, 1]), f32(plane[f, 2])
        if nx * rx + ny * ry + nz * rz > f32(0):
            nx, ny, nz = -nx, -ny, -nz
        turn = (x & 3) + 4 * (y & 3)
        soft = 0
        casts = mesh.optics[mesh.face_body[f], CASTS]
        ambient = f32(1)
        # Ambient light varies slowly: one pixel in four, in a square, is enough once it is smoothed.
        if (x | y) & 1 == 0 and film.lonely[y // LONELY, x // LONELY] == 0:
            ambient = _occlusion(x, y, turn, px, py, pz, nx, ny, nz, depth, radius, view, film)
            if ambient < f32(0.99):
                soft = 1
        film.shade[y, x, 0] = ambient
        wx, wy, wz = px + f32(view.eye[0]), py + f32(view.eye[1]), pz + f32(view.eye[2])
        for k in range(lamps.lamp.shape[0]):
            term = int(lamps.lamp[k, TERM])
            if term > 0:
                share, noisy = _reaches(k, lamps, wx, wy, wz, nx, ny, nz, turn, depth * pixel, casts)
                film.shade[y, x, term] = share
                if noisy:
                    soft |= 1 << term
        film.soft[y, x] = soft


@inlined()
def _occlusion(
    x: Any, y: Any, turn: Any, px: Any, py: Any, pz: Any, nx: Any, ny: Any, nz: Any, depth: Any, radius: Any,
    view: Any, film: Any,
) -> Any:  # fmt: skip
    """Share of ambient light: scalable ambient obscurance (McGuire, Mara, Luebke 2012)."""
    height, width = film.near.shape
    reach = radius * f32(width) / (f32(2) * depth * f32(math.sqrt(
        view.right[0] ** 2 + view.right[1] ** 2 + view.right[2] ** 2)))  # fmt: skip
    if reach < f32(1.5):
        return f32(1)
    reach = min(reach, f32(WIDEST_AO) * f32(width))
    r2 = radius * radius
    total = f32(0)
    for k in range(_AO_SAMPLES):
        far = (f32(k) + (f32(_BAYER[(turn * 5 + 3) & 15]) + f32(0.5)) / f32(16)) / f32(_AO_SAMPLES)
        a, b = _DISC_X[k], _DISC_Y[k]
        length = far * reach / math.sqrt(a * a + b * b)
        sx = x + round((a * _COS[turn] - b * _SIN[turn]) * length)
        sy = y + round((a * _SIN[turn] + b * _COS[turn]) * length)
        if sx < 0 or sy < 0 or sx >= width or sy >= height or film.near[sy, sx] <= f32(0):
            continue
        ux = f32((sx + 0.5) * 2.0 / width - 1.0)
        uy = f32(1.0 - (sy + 0.5) * 2.0 / height)
        d = f32(1) / film.near[sy, sx]
        qx = (f32(view.right[0]) * ux + f32(view.up[0]) * uy + f32(view.forward[0])) * d - px
        qy = (f32(view.right[1]) * ux + f32(view.up[1]) * uy + f32(view.forward[1])) * d - py
        qz = (f32(view.right[2]) * ux + f32(view.up[2]) * uy + f32(view.forward[2])) * d - pz
        vv = qx * qx + qy * qy + qz * qz
        vn = qx * nx + qy * ny + qz * nz - f32(0.004) * radius - f32(2e-4) * depth
        if vn > f32(0) and vv < r2:
            fade = (r2 - vv) / r2
            total += fade * fade * fade * vn * radius / (vv + f32(0.01) * r2)
    return max(f32(1) - total * _AO_STRENGTH / f32(_AO_SAMPLES), f32(0.12))


@inlined()
def _reaches(
    k: Any, lamps: Any, x: Any, y: Any, z: Any, nx: Any, ny: Any, nz: Any, turn: Any, size: Any, casts: Any
) -> tuple[Any, bool]:
    """Share of a lamp's light that arrives, and whether it is noisy (percentage-closer soft shadows, Fernando 2005)."""
    l = lamps.lamp[k]
    dx, dy, dz, distance, strength = arriving(l, x, y, z)
    facing = dx * nx + dy * ny + dz * nz
    if facing <= f32(0) or strength <= f32(0):
        return f32(1), False
    lens = l[LENS] > f32(0)
    texel_size = l[TEXEL] * (distance if lens else f32(1))
    # Away from the surface by more the more it is turned from the lamp: slopes do not shadow themselves. What casts
    # no shadow needs no distance, and bodies on it no gap between them and theirs.
    off = casts * texel_size * (f32(0.5) + f32(1.2) * math.sqrt(max(f32(1) - facing * facing, f32(0))))
    x, y, z = x + nx * off, y + ny * off, z + nz * off
    m = lamps.to_map[k]
    w = m[3, 0] * x + m[3, 1] * y + m[3, 2] * z + m[3, 3]
    if w <= f32(0):
        return f32(1), False
    s = (m[0, 0] * x + m[0, 1] * y + m[0, 2] * z + m[0, 3]) / w
    t = (m[1, 0] * x + m[1, 1] * y + m[1, 2] * z + m[1, 3]) / w
    q = (m[2, 0] * x + m[2, 1] * y + m[2, 2] * z + m[2, 3]) / w
    side = lamps.solid.shape[1]
    if s < f32(1) or t < f32(1) or s >= f32(side - 1) or t >= f32(side - 1):
        return f32(1), False
    # An empty texel is 0: it must not shade what lies below the far plane.
    limit = max(q * l[SCALE] + l[BIAS], f32(0))
    if lamps.nearest[k, int(t) // MAP_BAND, int(s) // MAP_BAND] <= limit:
        return f32(1), False
    radius = _penumbra(k, lamps, l, lens, s, t, q, limit, turn)
    pixel = size / texel_size
    if radius <= _HARD + f32(1.5) * pixel:
        # Narrower than the smoothing would make it: even samples over the penumbra or the pixel, no noise.
        off = max(f32(0.7), f32(0.4) * max(pixel, radius))
        total = f32(0)
        for j in range(4):
            a = off if j & 1 else -off
            b = off if j & 2 else -off
            total += _smooth_tap(k, lamps, s + a, t + b, limit)
        return total * f32(0.25), False
    total = f32(0)
    for j in range(_FILTER):
        a, b = _DISC_X[j] * radius, _DISC_Y[j] * radius
        total += _tap(
            k, lamps, s + a * _COS[turn] - b * _SIN[turn], t + a * _SIN[turn] + b * _COS[turn], limit
        )
    return total / f32(_FILTER), True


@inlined()
def _penumbra(k: Any, lamps: Any, l: Any, lens: Any, s: Any, t: Any, q: Any, limit: Any, turn: Any) -> Any:
    """Radius of the penumbra [texel] from the mean depth of what is in the way nearby."""
    search = min(max(l[SEARCH], f32(1.5)), f32(WIDEST))
    side = lamps.solid.shape[1]
    found, sum_q = f32(0), f32(0)
    for j in range(_BLOCKERS):
        a, b = _DISC_X[j] * search, _DISC_Y[j] * search
        i0 = int(s + a * _COS[turn] - b * _SIN[turn])
        j0 = int(t + a * _SIN[turn] + b * _COS[turn])
        if i0 < 0 or j0 < 0 or i0 >= side or j0 >= side:
            continue
        d = lamps.solid[k, j0, i0]
        if d <= limit:
            d = lamps.clear[k, j0, i0]
        if d > limit:
            found += f32(1)
            sum_q += d
    if found == f32(0):
        return f32(0)
    blocker = sum_q / found
    if lens:
        return min(l[REACH] * (blocker / q - f32(1)) * q / l[TEXEL], f32(WIDEST))
    return min(l[REACH] * (blocker - q) / l[TEXEL], f32(WIDEST))


@inlined()
def _tap(k: Any, lamps: Any, s: Any, t: Any, limit: Any) -> Any:
    i, j = int(s), int(t)
    side = lamps.solid.shape[1]
    if i < 0 or j < 0 or i >= side or j >= side:
        return f32(1)
    if lamps.solid[k, j, i] > limit:
        return f32(0)
    if lamps.clear[k, j, i] > limit:
        return lamps.through[lamps.clear_face[k, j, i]]
    return f32(1)


@inlined()
def _smooth_tap(k: Any, lamps: Any, s: Any, t: Any, limit: Any) -> Any:
    a, b = math.floor(s - f32(0.5)), math.floor(t - f32(0.5))
    fa, fb = s - f32(0.5) - a, t - f32(0.5) - b
    a, b = a + f32(0.5), b + f32(0.5)
    low = _tap(k, lamps, a, b, limit) * (f32(1) - fa) + _tap(k, lamps, a + f32(1), b, limit) * fa
    high = (
        _tap(k, lamps, a, b + f32(1), limit) * (f32(1) - fa)
        + _tap(k, lamps, a + f32(1), b + f32(1), limit) * fa
    )
    return low * (f32(1) - fb) + high * fb


@kernel()
def soothe(items: Any, film: Any) -> None:
    """Box of 4 x 4 over one surface, where `soft` says so."""
    total = np.empty(film.shade.shape[2], np.float32)
    for n in range(items.shape[0]):
        _soothe_row(items[n], film, total)


@inlined()
def _soothe_row(y: Any, film: Any, total: Any) -> None:
    height, width, terms = film.shade.shape
    for x in range(width):
        if film.face[y, x] < 0:
            continue
        y0, y1, x0, x1 = max(y - 2, 0), min(y + 1, height - 1), max(x - 2, 0), min(x + 1, width - 1)
        # A quiet pixel may lie between noisy ones: look at those in the box that would know.
        ya, xa = (y0 + 1) & ~1, (x0 + 1) & ~1
        yb, xb = min(ya + 2, y1 & ~1), min(xa + 2, x1 & ~1)
        around = (
            film.soft[y, x] | film.soft[ya, xa] | film.soft[ya, xb] | film.soft[yb, xa] | film.soft[yb, xb]
        )
        for c in range(terms):
            film.smooth[y, x, c] = film.shade[y, x, c]
        if around == 0:
            continue
        z = film.near[y, x]
        n, ambient, known = f32(0), f32(0), f32(0)
        for c in range(terms):
            total[c] = f32(0)
        for v in range(y0, y1 + 1):
            for u in range(x0, x1 + 1):
                if abs(film.near[v, u] - z) < f32(0.02) * z:
                    n += f32(1)
                    if (u | v) & 1 == 0:
                        known += f32(1)
                        ambient += film.shade[v, u, 0]
                    for c in range(1, terms):
                        total[c] += film.shade[v, u, c]
        if known > f32(0):
            film.smooth[y, x, 0] = ambient / known
        for c in range(1, terms):
            if around & (1 << c):
                film.smooth[y, x, c] = total[c] / n
