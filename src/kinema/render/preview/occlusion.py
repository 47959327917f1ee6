"""Ambient occlusion, one pixel in four, in vectors: scalable ambient obscurance (McGuire, Mara, Luebke 2012)."""

from __future__ import annotations

from typing import Any

import numpy as np

from kinema.render.preview.compile import inlined, kernel
from kinema.render.preview.exact import pixel_of
from kinema.render.preview.raster import NOBODY
from kinema.stack import ROOM, singles

f32 = np.float32
_SAMPLES = 6
_STRENGTH = f32(0.9)
WIDEST = 0.08
"""How far over the picture it may look, as a share of its width."""
LONELY = 16
"""Side of the tiles that say whether anything is near enough to shut out ambient light [px]."""
# 16 turns in an order in which neighbours differ (a Bayer matrix).
BAYER = np.array([0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5], np.int64)
COS = np.cos(BAYER / 16 * 2 * np.pi).astype(np.float32)
SIN = np.sin(BAYER / 16 * 2 * np.pi).astype(np.float32)
_GOLDEN = np.arange(8) * 2.399963229728653
_WAY_X, _WAY_Y = np.cos(_GOLDEN).astype(np.float32), np.sin(_GOLDEN).astype(np.float32)


@kernel()
def sum_up(items: Any, mesh: Any, film: Any, least: Any, most: Any, nearest: Any) -> None:
    """Least and largest `Mesh.level` (-1 = nothing) and 1/depth of each tile in the rows of tiles `items`."""
    height, width = film.near.shape
    for n in range(items.shape[0]):
        row = items[n]
        for tile in range(least.shape[1]):
            low, high, near = np.int32(NOBODY), np.int32(-1), f32(0)
            for y in range(row * LONELY, min((row + 1) * LONELY, height)):
                for x in range(tile * LONELY, min((tile + 1) * LONELY, width)):
                    f = film.face[y, x]
                    at = mesh.level[np.uint64(f)] if f >= 0 else np.int32(-1)
                    low, high, near = min(low, at), max(high, at), max(near, film.near[y, x])
            least[row, tile], most[row, tile], nearest[row, tile] = low, high, near


@inlined()
def occlude(y: Any, plane: Any, view: Any, radius: Any, film: Any) -> None:
    """Lower `shade` of the row's pixels where bodies within `radius` [m] shut out ambient light. Ambient light varies
    slowly: pixels of even row and column are enough once they are smoothed."""
    if y & 1:
        return
    width = film.near.shape[1]
    listed, far = singles(), singles()
    # Pixels over the reach at depth 1.
    reach = radius / pixel_of(view, width)
    for first in range(0, width, 2 * ROOM):
        n = 0
        for x in range(first, min(first + 2 * ROOM, width), 2):
            near = film.near[y, x]
            if near > f32(0) and film.lonely[y // LONELY, x // LONELY] == 0 and reach * near >= f32(1.5):
                listed[n], far[n] = f32(x), min(reach * near, f32(WIDEST) * f32(width))
                n += 1
        if n:
            _listed(y, np.uint64(n), listed, far, plane, view, radius, film)


@inlined()
def _listed(y: Any, n: Any, listed: Any, far: Any, plane: Any, view: Any, radius: Any, film: Any) -> None:
    height, width = film.near.shape
    near, face = film.near, film.face
    ax, ay, az = f32(view.right[0]), f32(view.right[1]), f32(view.right[2])
    bx, by, bz = f32(view.up[0]), f32(view.up[1]), f32(view.up[2])
    cx, cy, cz = f32(view.forward[0]), f32(view.forward[1]), f32(view.forward[2])
    kx, ky = f32(2.0 / width), f32(2.0 / height)
    px, py, pz, nx, ny, nz, total = (
        singles(),
        singles(),
        singles(),
        singles(),
        singles(),
        singles(),
        singles(),
    )
    for i in range(n):
        x = np.uint64(np.int32(listed[i]))
        u, v, d = (listed[i] + f32(0.5)) * kx - f32(1), f32(1) - f32(y + 0.5) * ky, f32(1) / near[y, x]
        rx, ry, rz = ax * u + bx * v + cx, ay * u + by * v + cy, az * u + bz * v + cz
        f = np.uint64(face[y, x])
        a, b, c = f32(plane[f, 0]), f32(plane[f, 1]), f32(plane[f, 2])
        side = f32(-1) if a * rx + b * ry + c * rz > f32(0) else f32(1)
        px[i], py[i], pz[i] = rx * d, ry * d, rz * d
        nx[i], ny[i], nz[i] = a * side, b * side, c * side
        total[i] = f32(0)
    r2 = radius * radius
    inverse = f32(1) / r2
    row = (y & 3) * 4
    for k in range(_SAMPLES):
        way_x, way_y = _WAY_X[k], _WAY_Y[k]
        for i in range(n):
            turn = np.uint64((np.int32(listed[i]) & 3) + row)
            shift = (
                f32(BAYER[np.uint64((turn * np.uint64(5) + np.uint64(3)) & np.uint64(15))]) + f32(0.5)
            ) * f32(1 / 16)
            length = (f32(k) + shift) * f32(1 / _SAMPLES) * far[i]
            c, s = COS[turn] * length, SIN[turn] * length
            fx = listed[i] + np.floor(way_x * c - way_y * s + f32(0.5))
            fy = f32(y) + np.floor(way_x * s + way_y * c + f32(0.5))
            inside = (fx >= f32(0)) & (fy >= f32(0)) & (fx < f32(width)) & (fy < f32(height))
            gx, gy = (fx if inside else f32(0)), (fy if inside else f32(0))
            z = near[np.uint64(np.int32(gy)), np.uint64(np.int32(gx))]
            inside &= z > f32(0)
            d = f32(1) / max(z, f32(1e-9))
            u, v = (gx + f32(0.5)) * kx - f32(1), f32(1) - (gy + f32(0.5)) * ky
            qx = (ax * u + bx * v + cx) * d - px[i]
            qy = (ay * u + by * v + cy) * d - py[i]
            qz = (az * u + bz * v + cz) * d - pz[i]
            vv = qx * qx + qy * qy + qz * qz
            depth = radius * f32(0.004) + f32(2e-4) * (px[i] * cx + py[i] * cy + pz[i] * cz)
            vn = qx * nx[i] + qy * ny[i] + qz * nz[i] - depth
            fade = (r2 - vv) * inverse
            share = fade * fade * fade * vn * radius / (vv + f32(0.01) * r2)
            total[i] += share if inside & (vn > f32(0)) & (vv < r2) else f32(0)
    for i in range(n):
        x = np.uint64(np.int32(listed[i]))
        ambient = max(f32(1) - total[i] * (_STRENGTH / f32(_SAMPLES)), f32(0.12))
        film.shade[y, x, 0] = ambient
        if ambient < f32(0.99):
            film.soft[y, x] = 1
