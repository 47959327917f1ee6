"""Formulas of light on surfaces, as pieces of kernels. Directions are unit, colours exposed and linear."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kinema.render.preview.compile import inlined

f32 = np.float32
PI = f32(math.pi)
INV_PI = f32(1 / math.pi)

# Columns of `Mesh.optics`.
CLEAR, DIFFUSE, F0, ALPHA, COAT, COAT_ALPHA, TEXTURE, LEVELS, PERIOD, IOR, ABSORB, THICK, BALL, ALBEDO = (
    0, 1, 4, 7, 8, 9, 10, 11, 12, 13, 14, 17, 18, 19,
)  # fmt: skip
OPTICS = 22

GLOSS = (0.0, 0.08, 0.18, 0.35, 0.6, 1.0)
"""GGX alphas of the blurred octahedral maps."""
_GLOSS = np.array(GLOSS, np.float32)


@inlined()
def irradiance(sky: Any, x: Any, y: Any, z: Any) -> Any:
    """On a surface of unit normal, from infinity."""
    h = sky.harmonics
    xy, yz, xz, zz, xx = x * y, y * z, x * z, z * z, x * x - y * y
    r = h[0, 0] + h[1, 0] * y + h[2, 0] * z + h[3, 0] * x
    r += h[4, 0] * xy + h[5, 0] * yz + h[6, 0] * zz + h[7, 0] * xz + h[8, 0] * xx
    g = h[0, 1] + h[1, 1] * y + h[2, 1] * z + h[3, 1] * x
    g += h[4, 1] * xy + h[5, 1] * yz + h[6, 1] * zz + h[7, 1] * xz + h[8, 1] * xx
    b = h[0, 2] + h[1, 2] * y + h[2, 2] * z + h[3, 2] * x
    b += h[4, 2] * xy + h[5, 2] * yz + h[6, 2] * zz + h[7, 2] * xz + h[8, 2] * xx
    return max(r, f32(0)), max(g, f32(0)), max(b, f32(0))


@inlined()
def _octahedral(sky: Any, level: Any, x: Any, y: Any, z: Any) -> Any:
    first, side = sky.glossy_level[level, 0], sky.glossy_level[level, 1]
    k = f32(1) / (abs(x) + abs(y) + abs(z))
    u, v = x * k, y * k
    if z < f32(0):
        a = (f32(1) - abs(v)) * (f32(1) if u >= f32(0) else f32(-1))
        v = (f32(1) - abs(u)) * (f32(1) if v >= f32(0) else f32(-1))
        u = a
    fu = (u * f32(0.5) + f32(0.5)) * f32(side) + f32(0.5)
    fv = (v * f32(0.5) + f32(0.5)) * f32(side) + f32(0.5)
    i, j = int(fu), int(fv)
    fu -= f32(i)
    fv -= f32(j)
    t = first + j * (side + 2) + i
    s = t + side + 2
    g = sky.glossy
    w00, w01 = (f32(1) - fu) * (f32(1) - fv), fu * (f32(1) - fv)
    w10, w11 = (f32(1) - fu) * fv, fu * fv
    return (
        g[t, 0] * w00 + g[t + 1, 0] * w01 + g[s, 0] * w10 + g[s + 1, 0] * w11,
        g[t, 1] * w00 + g[t + 1, 1] * w01 + g[s, 1] * w10 + g[s + 1, 1] * w11,
        g[t, 2] * w00 + g[t + 1, 2] * w01 + g[s, 2] * w10 + g[s + 1, 2] * w11,
    )


@inlined()
def glossy(sky: Any, alpha: Any, x: Any, y: Any, z: Any) -> Any:
    """Light from infinity about a direction, blurred by a GGX lobe."""
    k = 0
    while k < 4 and alpha > _GLOSS[k + 1]:
        k += 1
    t = min(max((alpha - _GLOSS[k]) / (_GLOSS[k + 1] - _GLOSS[k]), f32(0)), f32(1))
    r, g, b = _octahedral(sky, k, x, y, z)
    if t > f32(0.02):
        r1, g1, b1 = _octahedral(sky, k + 1, x, y, z)
        r += t * (r1 - r)
        g += t * (g1 - g)
        b += t * (b1 - b)
    return r, g, b


@inlined()
def backdrop(sky: Any, x: Any, y: Any, z: Any) -> Any:
    """What the camera sees at infinity; any length of direction."""
    e = sky.backdrop
    rows, columns = e.shape[0], e.shape[1]
    turn = math.atan2(x, y) * f32(0.5) * INV_PI
    if turn < f32(0):
        turn += f32(1)
    u = turn * f32(columns) - f32(0.5)
    v = math.atan2(math.sqrt(x * x + y * y), z) * INV_PI * f32(rows) - f32(0.5)
    v = min(max(v, f32(0)), f32(rows) - f32(1.001))
    i, j = int(math.floor(u)), int(v)
    fu, fv = u - f32(i), v - f32(j)
    a, b = (i + columns) % columns, (i + 1) % columns
    k = min(j + 1, rows - 1)
    w00, w01 = (f32(1) - fu) * (f32(1) - fv), fu * (f32(1) - fv)
    w10, w11 = (f32(1) - fu) * fv, fu * fv
    return (
        e[j, a, 0] * w00 + e[j, b, 0] * w01 + e[k, a, 0] * w10 + e[k, b, 0] * w11,
        e[j, a, 1] * w00 + e[j, b, 1] * w01 + e[k, a, 1] * w10 + e[k, b, 1] * w11,
        e[j, a, 2] * w00 + e[j, b, 2] * w01 + e[k, a, 2] * w10 + e[k, b, 2] * w11,
    )


@inlined()
def schlick(f0: Any, cosine: Any) -> Any:
    """Fresnel reflectance (Schlick 1994)."""
    m = f32(1) - cosine
    m2 = m * m
    return f0 + (f32(1) - f0) * m2 * m2 * m


@inlined()
def dielectric(cosine: Any, ior: Any) -> Any:
    """Fresnel reflectance of unpolarised light from air, exact."""
    t2 = f32(1) - (f32(1) - cosine * cosine) / (ior * ior)
    t = math.sqrt(max(t2, f32(0)))
    s = (cosine - ior * t) / (cosine + ior * t)
    p = (ior * cosine - t) / (ior * cosine + t)
    return f32(0.5) * (s * s + p * p)


@inlined()
def ambient_gloss(alpha: Any, nv: Any) -> Any:
    """Scale and bias of F0 under even light: the split sum's second factor, fitted (Karis 2014)."""
    r = math.sqrt(alpha)
    a = min((f32(1) - r) * (f32(1) - r), math.exp2(f32(-9.28) * nv)) * (f32(1) - r) + (
        f32(0.0425) - f32(0.0275) * r
    )
    return f32(-1.04) * a + (f32(1.04) - f32(0.572) * r), f32(1.04) * a + (f32(-0.04) + f32(0.022) * r)


@inlined()
def ggx(alpha: Any, nh: Any, nl: Any, nv: Any) -> Any:
    """Trowbridge-Reitz D times Smith G over 4 nl nv (Hammon's fit of the height-correlated form, 2017)."""
    a2 = alpha * alpha
    d = nh * nh * (a2 - f32(1)) + f32(1)
    shape = a2 * INV_PI / (d * d)
    both = f32(2) * nl * nv
    return shape * f32(0.5) / (both + alpha * (nl + nv - both))


@inlined()
def texel(mesh: Any, texture: Any, u: Any, v: Any, period: Any, level: Any, out: Any) -> None:
    """Trilinear: colour multiplier, roughness multiplier and slopes into `out` (6)."""
    last = mesh.levels.shape[1] - 1
    level = min(max(level, f32(0)), f32(last))
    low = min(int(level), last)
    for c in range(6):
        out[c] = f32(0)
    for k in range(2):
        at = min(low + k, last)
        share = level - f32(low) if k == 1 else f32(1) - (level - f32(low))
        if share < f32(0.02):
            continue
        first, side = mesh.levels[texture, at, 0], mesh.levels[texture, at, 1]
        a, b = u / period, v / period
        a = (a - math.floor(a)) * f32(side) - f32(0.5)
        b = (b - math.floor(b)) * f32(side) - f32(0.5)
        i, j = int(math.floor(a)), int(math.floor(b))
        fa, fb = a - f32(i), b - f32(j)
        i0, j0, i1, j1 = i & (side - 1), j & (side - 1), (i + 1) & (side - 1), (j + 1) & (side - 1)
        t00, t01 = first + j0 * side + i0, first + j0 * side + i1
        t10, t11 = first + j1 * side + i0, first + j1 * side + i1
        w00, w01 = share * (f32(1) - fa) * (f32(1) - fb), share * fa * (f32(1) - fb)
        w10, w11 = share * (f32(1) - fa) * fb, share * fa * fb
        for c in range(6):
            out[c] += (
                mesh.texels[t00, c] * w00
                + mesh.texels[t01, c] * w01
                + mesh.texels[t10, c] * w10
                + mesh.texels[t11, c] * w11
            )
