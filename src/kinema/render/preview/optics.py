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
CLEAR, DIFFUSE, F0, ALPHA, COAT, COAT_ALPHA, TEXTURE, LEVELS, PERIOD, IOR, ABSORB, THICK, BALL, ALBEDO, CASTS = (
    0, 1, 4, 7, 8, 9, 10, 11, 12, 13, 14, 17, 18, 19, 22,
)  # fmt: skip
OPTICS = 23

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
def octahedral(table: Any, first: Any, side: Any, x: Any, y: Any, z: Any) -> Any:
    """Bilinear, in a square map of all directions of any length, with a border of one texel: no trigonometry."""
    k = f32(1) / (abs(x) + abs(y) + abs(z))
    u, v = x * k, y * k
    folded_u = (f32(1) - abs(v)) * (f32(1) if u >= f32(0) else f32(-1))
    folded_v = (f32(1) - abs(u)) * (f32(1) if v >= f32(0) else f32(-1))
    u, v = folded_u if z < f32(0) else u, folded_v if z < f32(0) else v
    fu = (u * f32(0.5) + f32(0.5)) * f32(side) + f32(0.5)
    fv = (v * f32(0.5) + f32(0.5)) * f32(side) + f32(0.5)
    i, j = np.int32(fu), np.int32(fv)
    fu -= f32(i)
    fv -= f32(j)
    at = first + j * (side + 2) + i
    t, t1 = np.uint64(at), np.uint64(at + 1)
    s, s1 = np.uint64(at + side + 2), np.uint64(at + side + 3)
    w00, w01 = (f32(1) - fu) * (f32(1) - fv), fu * (f32(1) - fv)
    w10, w11 = (f32(1) - fu) * fv, fu * fv
    return (
        table[t, 0] * w00 + table[t1, 0] * w01 + table[s, 0] * w10 + table[s1, 0] * w11,
        table[t, 1] * w00 + table[t1, 1] * w01 + table[s, 1] * w10 + table[s1, 1] * w11,
        table[t, 2] * w00 + table[t1, 2] * w01 + table[s, 2] * w10 + table[s1, 2] * w11,
    )


@inlined()
def gloss_level(alpha: Any) -> Any:
    """The less blurred of two maps, and the share of the other."""
    k = 0
    while k < 4 and alpha > _GLOSS[k + 1]:
        k += 1
    return k, min(max((alpha - _GLOSS[k]) / (_GLOSS[k + 1] - _GLOSS[k]), f32(0)), f32(1))


@inlined()
def glossy(sky: Any, alpha: Any, x: Any, y: Any, z: Any) -> Any:
    """Light from infinity about a direction, blurred by a GGX lobe."""
    k, t = gloss_level(alpha)
    r, g, b = f32(0), f32(0), f32(0)
    for i in range(2 if t > f32(0.02) else 1):
        w = t if i == 1 else f32(1) - t
        r1, g1, b1 = octahedral(sky.glossy, sky.glossy_level[k + i, 0], sky.glossy_level[k + i, 1], x, y, z)
        r, g, b = r + w * r1, g + w * g1, b + w * b1
    return r, g, b


@inlined()
def backdrop(sky: Any, x: Any, y: Any, z: Any) -> Any:
    """What the camera sees at infinity; any length of direction."""
    return octahedral(sky.backdrop, 0, sky.backdrop_side, x, y, z)


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
def ambient_gloss(sky: Any, alpha: Any, nv: Any) -> Any:
    """Scale and bias of F0 under even light: the split sum's second factor (Karis 2013), from its table."""
    n = sky.split.shape[0] - 1
    a, b = math.sqrt(alpha) * f32(n), nv * f32(n)
    i, j = min(int(a), n - 1), min(int(b), n - 1)
    a, b = min(a - f32(i), f32(1)), min(b - f32(j), f32(1))
    t = sky.split
    w00, w01, w10, w11 = (f32(1) - a) * (f32(1) - b), (f32(1) - a) * b, a * (f32(1) - b), a * b
    return (
        t[i, j, 0] * w00 + t[i, j + 1, 0] * w01 + t[i + 1, j, 0] * w10 + t[i + 1, j + 1, 0] * w11,
        t[i, j, 1] * w00 + t[i, j + 1, 1] * w01 + t[i + 1, j, 1] * w10 + t[i + 1, j + 1, 1] * w11,
    )


@inlined()
def ggx(alpha: Any, nh: Any, nl: Any, nv: Any) -> Any:
    """Trowbridge-Reitz D times Smith G over 4 nl nv (Hammon's fit of the height-correlated form, 2017)."""
    a2 = alpha * alpha
    d = nh * nh * (a2 - f32(1)) + f32(1)
    shape = a2 * INV_PI / (d * d)
    both = f32(2) * nl * nv
    return shape * f32(0.5) / (both + alpha * (nl + nv - both))


@inlined()
def decay(x: Any) -> Any:
    """exp(-x) of x >= 0, to 3e-7 of it and without a call, so that loops become vectors: the power of two below, and a
    polynomial for the rest (Taylor's, within half a power of two to either side)."""
    e = max(f32(-1.4426950408889634) * x, f32(-125))
    whole = np.floor(e + f32(0.5))
    f = (e - whole) * f32(0.6931471805599453)
    series = f32(1) + f * (
        f32(1) + f * (f32(1 / 2) + f * (f32(1 / 6) + f * (f32(1 / 24) + f * f32(1 / 120))))
    )
    return series * np.int32((np.int32(whole) + np.int32(127)) << np.int32(23)).view(np.float32)


@inlined()
def log2(x: Any) -> Any:
    """Of a positive number, to 0.05: the exponent, and the mantissa as if the logarithm were straight between."""
    return f32(f32(x).view(np.int32)) * f32(1 / (1 << 23)) - f32(126.957)


@inlined()
def footprint(facing: Any, short: Any, size: Any) -> Any:
    """Texture level of a pixel's footprint, and how far from its middle its two taps lie.

    `facing`: cosine between ray and normal; `short`: the footprint's shorter axis [m]; `size`: of a texel [m]. The
    distance [m] is over the sine between ray and normal: times the unit ray's part in the surface, a place. Each tap
    answers for half of the longer axis: nothing falls between them, so thin lines stay lines in the distance.
    """
    facing = max(facing, f32(0.02))
    long = short / facing
    level = log2(max(max(short, f32(0.5) * long) / size, f32(0.01)))
    # One tap is enough where the footprint is nearly round.
    reach = f32(0.25) * max(long - f32(1.4) * short, f32(0))
    return level, reach / math.sqrt(max(f32(1) - facing * facing, f32(1e-4)))
