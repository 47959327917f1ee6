"""What keeps light from a pixel: ambient occlusion and the shadows of lamps, few noisy samples, then smoothed.

Noise repeats every 4 x 4 pixels, so that a 4 x 4 box over one surface takes it out whole: each pixel pays for a few
samples and gets sixteen times as many (interleaved sampling, Keller and Heidrich 2001).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kinema.render.preview.compile import inlined, kernel
from kinema.render.preview.exact import pixel_of, ray_of
from kinema.render.preview.lamps import BIAS, LENS, REACH, SCALE, SEARCH, TERM, TEXEL, arriving
from kinema.render.preview.occlusion import COS, SIN, occlude
from kinema.render.preview.optics import CASTS
from kinema.render.preview.raster import MAP_TILE
from kinema.stack import ROOM, singles

f32 = np.float32
_BLOCKERS = 4
_FILTER = 5
_HARD = f32(2.2)
"""Radius of a penumbra [texel], beyond one and a half pixels, from which on it is worth noise."""
_TILE = int(math.log2(MAP_TILE))
WIDEST = 40.0
"""Radius of the widest penumbra [texel]."""

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
    width, terms = film.shade.shape[1], film.shade.shape[2]
    shade, soft = film.shade[y], film.soft[y]
    for x in range(width):
        soft[x] = 0
        for c in range(terms):
            shade[x, c] = f32(1)
    occlude(y, plane, view, radius, film)
    maybe = singles()
    for k in range(lamps.lamp.shape[0]):
        if lamps.lamp[k, TERM] > f32(0):
            for first in range(0, width, ROOM):
                n = min(ROOM, width - first)
                _shadowed(y, first, np.uint64(n), k, lamps, view, film, maybe)
                for x in range(first, first + n):
                    if maybe[x - first] > f32(0):
                        _shadow(y, x, k, mesh, plane, view, lamps, film)


@inlined()
def _shadowed(y: Any, first: Any, n: Any, k: Any, lamps: Any, view: Any, film: Any, maybe: Any) -> None:
    """1 for every pixel on which shadow may fall, 0 for those where nothing is in the lamp's way, in vectors.

    Tests the pixel's place itself; `_reaches` tests one up to two texels off, for which `nearest` has room.
    """
    height, width = film.near.shape
    m, l, side = lamps.to_map[k], lamps.lamp[k], lamps.solid.shape[1]
    nearest, near = lamps.nearest[k], film.near[y, first:]
    v = 1.0 - (y + 0.5) * 2.0 / height
    u, step = (first + 0.5) * 2.0 / width - 1.0, 2.0 / width
    rx, sx = f32(view.right[0] * u + view.up[0] * v + view.forward[0]), f32(view.right[0] * step)
    ry, sy = f32(view.right[1] * u + view.up[1] * v + view.forward[1]), f32(view.right[1] * step)
    rz, sz = f32(view.right[2] * u + view.up[2] * v + view.forward[2]), f32(view.right[2] * step)
    ex, ey, ez = f32(view.eye[0]), f32(view.eye[1]), f32(view.eye[2])
    scale, bias, last = l[SCALE], l[BIAS], f32(side - 1)
    for i in range(n):
        t = f32(np.int32(i))
        z = near[i]
        d = f32(1) / max(z, f32(1e-9))
        x, y_, z_ = (rx + sx * t) * d + ex, (ry + sy * t) * d + ey, (rz + sz * t) * d + ez
        w = f32(1) / (m[3, 0] * x + m[3, 1] * y_ + m[3, 2] * z_ + m[3, 3])
        a = (m[0, 0] * x + m[0, 1] * y_ + m[0, 2] * z_ + m[0, 3]) * w
        b = (m[1, 0] * x + m[1, 1] * y_ + m[1, 2] * z_ + m[1, 3]) * w
        q = (m[2, 0] * x + m[2, 1] * y_ + m[2, 2] * z_ + m[2, 3]) * w
        inside = (z > f32(0)) & (a > f32(-2)) & (b > f32(-2)) & (a < last + f32(3)) & (b < last + f32(3))
        a, b = (a if inside else f32(0)), (b if inside else f32(0))
        a, b = min(max(a, f32(0)), last), min(max(b, f32(0)), last)
        over = nearest[np.uint64(np.int32(b) >> _TILE), np.uint64(np.int32(a) >> _TILE)]
        maybe[i] = f32(1) if inside & (over > max(q * scale + bias, f32(0))) else f32(0)


@inlined()
def _shadow(y: Any, x: Any, k: Any, mesh: Any, plane: Any, view: Any, lamps: Any, film: Any) -> None:
    """One pixel's share of a lamp's light."""
    height, width = film.near.shape
    rx, ry, rz = ray_of(view, x + 0.5, y + 0.5, width, height)
    rx, ry, rz = f32(rx), f32(ry), f32(rz)
    f = np.uint32(film.face[y, x])
    depth = f32(1) / film.near[y, x]
    px, py, pz = rx * depth, ry * depth, rz * depth
    nx, ny, nz = f32(plane[f, 0]), f32(plane[f, 1]), f32(plane[f, 2])
    if nx * rx + ny * ry + nz * rz > f32(0):
        nx, ny, nz = -nx, -ny, -nz
    term = int(lamps.lamp[k, TERM])
    share, noisy = _reaches(
        k, lamps, px + f32(view.eye[0]), py + f32(view.eye[1]), pz + f32(view.eye[2]), nx, ny, nz,
        (x & 3) + 4 * (y & 3), depth * pixel_of(view, width), mesh.optics[mesh.face_body[f], CASTS],
    )  # fmt: skip
    film.shade[y, x, term] = share
    if noisy:
        film.soft[y, x] |= 1 << term


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
    if lamps.nearest[k, int(t) // MAP_TILE, int(s) // MAP_TILE] <= limit:
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
        total += _tap(k, lamps, s + a * COS[turn] - b * SIN[turn], t + a * SIN[turn] + b * COS[turn], limit)
    return total / f32(_FILTER), True


@inlined()
def _penumbra(k: Any, lamps: Any, l: Any, lens: Any, s: Any, t: Any, q: Any, limit: Any, turn: Any) -> Any:
    """Radius of the penumbra [texel] from the mean depth of what is in the way nearby."""
    search = min(max(l[SEARCH], f32(1.5)), f32(WIDEST))
    side = lamps.solid.shape[1]
    found, sum_q = f32(0), f32(0)
    for j in range(_BLOCKERS):
        a, b = _DISC_X[j] * search, _DISC_Y[j] * search
        i0 = int(s + a * COS[turn] - b * SIN[turn])
        j0 = int(t + a * SIN[turn] + b * COS[turn])
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
    given, smooth, soft = film.shade[y], film.smooth[y], film.soft
    for x in range(np.uint64(width)):
        for c in range(terms):
            smooth[x, c] = given[x, c]
    y0, y1 = max(y - 2, 0), min(y + 1, height - 1)
    ya = (y0 + 1) & ~1
    yb = min(ya + 2, y1 & ~1)
    for first in range(0, width, ROOM):
        # Most stretches are quiet throughout.
        left, right = max(first - 2, 0), min(first + ROOM + 1, width)
        here, above, below = soft[y, left:right], soft[ya, left:right], soft[yb, left:right]
        noisy = np.uint8(0)
        for i in range(np.uint64(right - left)):
            noisy |= here[i] | above[i] | below[i]
        if noisy:
            for x in range(first, min(first + ROOM, width)):
                if film.face[y, x] >= 0:
                    _soothe(y, x, y0, y1, ya, yb, film, total)


@inlined()
def _soothe(y: Any, x: Any, y0: Any, y1: Any, ya: Any, yb: Any, film: Any, total: Any) -> None:
    """One pixel; `ya` and `yb`: even rows of its box."""
    terms, soft = film.shade.shape[2], film.soft
    x0, x1 = max(x - 2, 0), min(x + 1, film.shade.shape[1] - 1)
    # A quiet pixel may lie between noisy ones: look at those in the box that would know.
    xa = (x0 + 1) & ~1
    xb = min(xa + 2, x1 & ~1)
    around = soft[y, x] | soft[ya, xa] | soft[ya, xb] | soft[yb, xa] | soft[yb, xb]
    if around == 0:
        return
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
