"""Lights as pieces of kernels: how much arrives, from where, and where their highlight lies."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kinema.render.preview.compile import inlined
from kinema.render.preview.optics import ggx, schlick

f32 = np.float32

# Columns of `Lamps.lamp`.
KIND, PLACE, AXIS, RIGHT, UP, HALF_W, HALF_H, RADIUS, POWER = 0, 1, 4, 7, 10, 13, 14, 15, 16
EDGE, FADE = 19, 20
"""Half angle of a spot's cone, and of its soft rim [rad]."""
TERM = 21
"""Of `Film.shade` that holds the lamp's shadow; 0 = none is drawn."""
LENS, SCALE, BIAS, TEXEL, REACH, SEARCH = 22, 23, 24, 25, 26, 27
"""Depth map: 1 = perspective; factor and sum that make a surface safe from itself; width of a texel [m], at 1 m if
perspective; half the lamp's size [m] or its tangent; where to look for what is in the way [texel]."""
LAMP = 28
SUN, BALL, AREA, SPOT = 0, 1, 2, 3


@inlined()
def arriving(l: Any, x: Any, y: Any, z: Any) -> Any:
    """Direction to a lamp, distance, and its illuminance square to it over its `POWER`."""
    if l[KIND] == f32(SUN):
        return l[PLACE], l[PLACE + 1], l[PLACE + 2], f32(1), f32(1)
    dx, dy, dz = l[PLACE] - x, l[PLACE + 1] - y, l[PLACE + 2] - z
    d2 = dx * dx + dy * dy + dz * dz + f32(1e-12)
    d = math.sqrt(d2)
    dx, dy, dz = dx / d, dy / d, dz / d
    if l[KIND] == f32(BALL):
        return dx, dy, dz, d, f32(1) / max(d2, l[RADIUS] * l[RADIUS])
    cosine = -(dx * l[AXIS] + dy * l[AXIS + 1] + dz * l[AXIS + 2])
    if cosine <= f32(0):
        return dx, dy, dz, d, f32(0)
    if l[KIND] == f32(AREA):
        # Exact on the axis of a disc of equal area.
        return dx, dy, dz, d, cosine / (d2 + f32(4 / math.pi) * l[HALF_W] * l[HALF_H])
    angle = math.acos(min(cosine, f32(1)))
    t = min(max((l[EDGE] - angle) / max(l[FADE], f32(1e-4)), f32(0)), f32(1))
    return dx, dy, dz, d, t * t * (f32(3) - f32(2) * t) / d2


@inlined()
def highlight(
    l: Any, x: Any, y: Any, z: Any, dx: Any, dy: Any, dz: Any, d: Any, rx: Any, ry: Any, rz: Any
) -> Any:
    """The point of a lamp nearest to a mirrored ray, as a direction, and the lamp's angular radius (Karis 2013)."""
    if l[KIND] == f32(AREA):
        along = rx * l[AXIS] + ry * l[AXIS + 1] + rz * l[AXIS + 2]
        ox, oy, oz = l[PLACE] - x, l[PLACE + 1] - y, l[PLACE + 2] - z
        if along > f32(-1e-3):
            return dx, dy, dz, f32(0.5) * (l[HALF_W] + l[HALF_H]) / d
        t = (ox * l[AXIS] + oy * l[AXIS + 1] + oz * l[AXIS + 2]) / along
        px, py, pz = rx * t - ox, ry * t - oy, rz * t - oz
        a = px * l[RIGHT] + py * l[RIGHT + 1] + pz * l[RIGHT + 2]
        b = px * l[UP] + py * l[UP + 1] + pz * l[UP + 2]
        a = min(max(a, -l[HALF_W]), l[HALF_W])
        b = min(max(b, -l[HALF_H]), l[HALF_H])
        sx = ox + a * l[RIGHT] + b * l[UP]
        sy = oy + a * l[RIGHT + 1] + b * l[UP + 1]
        sz = oz + a * l[RIGHT + 2] + b * l[UP + 2]
        k = f32(1) / math.sqrt(sx * sx + sy * sy + sz * sz + f32(1e-12))
        return sx * k, sy * k, sz * k, f32(0.5) * (l[HALF_W] + l[HALF_H]) / d
    radius = l[RADIUS] / d
    dot = rx * dx + ry * dy + rz * dz
    cx, cy, cz = dot * rx - dx, dot * ry - dy, dot * rz - dz
    away = math.sqrt(cx * cx + cy * cy + cz * cz + f32(1e-12))
    k = min(radius / away, f32(1))
    sx, sy, sz = dx + cx * k, dy + cy * k, dz + cz * k
    n = f32(1) / math.sqrt(sx * sx + sy * sy + sz * sz)
    return sx * n, sy * n, sz * n, radius


@inlined()
def gloss_of(
    l: Any,
    x: Any, y: Any, z: Any,
    dx: Any, dy: Any, dz: Any, d: Any,
    nx: Any, ny: Any, nz: Any,
    vx: Any, vy: Any, vz: Any,
    alpha: Any,
) -> Any:  # fmt: skip
    """BRDF times cosine of a GGX highlight of one lamp, Fresnel apart, and the cosine that Fresnel needs."""
    nv = max(nx * vx + ny * vy + nz * vz, f32(1e-3))
    rx, ry, rz = f32(2) * nv * nx - vx, f32(2) * nv * ny - vy, f32(2) * nv * nz - vz
    lx, ly, lz, radius = highlight(l, x, y, z, dx, dy, dz, d, rx, ry, rz)
    nl = nx * lx + ny * ly + nz * lz
    if nl <= f32(0):
        return f32(0), f32(1)
    hx, hy, hz = lx + vx, ly + vy, lz + vz
    k = f32(1) / math.sqrt(hx * hx + hy * hy + hz * hz + f32(1e-12))
    hx, hy, hz = hx * k, hy * k, hz * k
    nh = min(max(nx * hx + ny * hy + nz * hz, f32(0)), f32(1))
    wide = min(alpha + f32(0.5) * min(radius, f32(1)), f32(1))
    # The nearest point stands for the whole lamp: widen, and take out the energy that was added.
    share = alpha / wide
    return ggx(alpha, nh, nl, nv) * nl * share * share, max(vx * hx + vy * hy + vz * hz, f32(0))


__all__ = ["arriving", "gloss_of", "highlight", "schlick"]
