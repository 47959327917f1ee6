"""Texture look-up: eight bytes a texel, trilinear, two taps along the longer axis of a pixel's footprint."""

from __future__ import annotations

from typing import Any

import numpy as np

from kinema.render.preview.compile import inlined

f32 = np.float32
CHANNELS = 6
STEPS = (2047, 2047, 1023, 255, 4095, 4095)
"""Largest stored number of each channel: colour multiplier (3) in the first word, lowest bits first; then roughness
multiplier, dh/du, dh/dv in the second."""


def packed(numbers: Any) -> Any:
    """Texels `(texel, 2)`, uint32, of integers `(texel, channel)`."""
    a = numbers.astype(np.uint32)
    return np.stack([a[:, 0] | a[:, 1] << 11 | a[:, 2] << 22, a[:, 3] | a[:, 4] << 8 | a[:, 5] << 20], -1)


@inlined()
def _low(word: Any) -> Any:
    return f32(np.int32(word & np.uint32(0x7FF)))


@inlined()
def _middle(word: Any) -> Any:
    return f32(np.int32(np.uint32(word >> np.uint32(11)) & np.uint32(0x7FF)))


@inlined()
def _high(word: Any) -> Any:
    return f32(np.int32(np.uint32(word >> np.uint32(22))))


@inlined()
def _rough(word: Any) -> Any:
    return f32(np.int32(word & np.uint32(0xFF)))


@inlined()
def _rise_u(word: Any) -> Any:
    return f32(np.int32(np.uint32(word >> np.uint32(8)) & np.uint32(0xFFF)))


@inlined()
def _rise_v(word: Any) -> Any:
    return f32(np.int32(np.uint32(word >> np.uint32(20))))


@inlined()
def _corners(first: Any, side: Any, u: Any, v: Any) -> Any:
    """The four texels about a place, in periods, and their weights. `side` is a power of two."""
    a, b = u * f32(side) - f32(0.5), v * f32(side) - f32(0.5)
    a0, b0 = np.floor(a), np.floor(b)
    fa, fb = a - a0, b - b0
    mask = np.int32(side - 1)
    i, j = np.int32(a0), np.int32(b0)
    i0, i1 = np.int32(i & mask), np.int32((i + 1) & mask)
    j0, j1 = np.int32(first + np.int32(j & mask) * side), np.int32(first + np.int32((j + 1) & mask) * side)
    ga, gb = f32(1) - fa, f32(1) - fb
    return (
        np.uint64(np.int32(j0 + i0)), np.uint64(np.int32(j0 + i1)),
        np.uint64(np.int32(j1 + i0)), np.uint64(np.int32(j1 + i1)),
        ga * gb, fa * gb, ga * fb, fa * fb,
    )  # fmt: skip


@inlined()
def _blend(level: Any, last: Any) -> Any:
    """The finer of two levels, and the share of the coarser. Three places in four are near enough to one level to
    need it alone."""
    at = min(max(level, f32(0)), f32(last))
    low = np.int32(at)
    return low, min(max((at - f32(low)) * f32(4) - f32(1.5), f32(0)), f32(1))


@inlined()
def taken(
    n: Any, mesh: Any, texture: Any, u: Any, v: Any, du: Any, dv: Any, level: Any,
    red: Any, green: Any, blue: Any, rise_u: Any, rise_v: Any,
) -> None:  # fmt: skip
    """Colour and slopes at `n` places (periods), averaged over taps at ± (du, dv). Roughness is left
    out: matt matter has no use for it."""
    last = mesh.levels.shape[1] - 1
    levels, g, k, o = mesh.levels[texture], mesh.texels, mesh.scale[texture], mesh.offset[texture]
    apart, coarser, finer = f32(0), f32(0), f32(0)
    for i in range(n):
        red[i], green[i], blue[i], rise_u[i], rise_v[i] = f32(0), f32(0), f32(0), f32(0), f32(0)
        _here, t = _blend(level[i], last)
        apart += abs(du[i]) + abs(dv[i])
        coarser += t
        finer += f32(1) - t
    half = f32(0.5) if apart > f32(0) else f32(1)
    for tap in range(4):
        # What would count for nothing, or twice, need not be read.
        if (finer if tap < 2 else coarser) == f32(0) or (tap & 1 and apart == f32(0)):
            continue
        # Tap 0 and 1 on one level, 2 and 3 on the next coarser.
        sign = f32(1) if tap & 1 else f32(-1)
        coarse = tap >> 1
        for i in range(n):
            low, t = _blend(level[i], last)
            share = half * (t if coarse else f32(1) - t)
            here = np.uint64(min(np.int32(low + coarse), np.int32(last)))
            p, q, r, s, w, x, y, z = _corners(
                levels[here, 0], levels[here, 1], u[i] + sign * du[i], v[i] + sign * dv[i]
            )
            w, x, y, z = w * share, x * share, y * share, z * share
            a, b, c, d = g[p, 0], g[q, 0], g[r, 0], g[s, 0]
            red[i] += _low(a) * w + _low(b) * x + _low(c) * y + _low(d) * z
            green[i] += _middle(a) * w + _middle(b) * x + _middle(c) * y + _middle(d) * z
            blue[i] += _high(a) * w + _high(b) * x + _high(c) * y + _high(d) * z
            a, b, c, d = g[p, 1], g[q, 1], g[r, 1], g[s, 1]
            rise_u[i] += _rise_u(a) * w + _rise_u(b) * x + _rise_u(c) * y + _rise_u(d) * z
            rise_v[i] += _rise_v(a) * w + _rise_v(b) * x + _rise_v(c) * y + _rise_v(d) * z
    k0, k1, k2, k4, k5 = k[0], k[1], k[2], k[4], k[5]
    o0, o1, o2, o4, o5 = o[0], o[1], o[2], o[4], o[5]
    for i in range(n):
        red[i], green[i], blue[i] = red[i] * k0 + o0, green[i] * k1 + o1, blue[i] * k2 + o2
        rise_u[i], rise_v[i] = rise_u[i] * k4 + o4, rise_v[i] * k5 + o5


@inlined()
def texel(mesh: Any, texture: Any, u: Any, v: Any, du: Any, dv: Any, level: Any) -> Any:
    """The same at one place, with roughness: colour multiplier (3), roughness multiplier, slopes along u and v."""
    texture = np.uint64(texture)
    last = mesh.levels.shape[1] - 1
    g, k, o = mesh.texels, mesh.scale[texture], mesh.offset[texture]
    low, t = _blend(level, last)
    a0, a1, a2, a3, a4, a5 = f32(0), f32(0), f32(0), f32(0), f32(0), f32(0)
    for tap in range(4):
        sign = f32(1) if tap & 1 else f32(-1)
        share = f32(0.5) * (t if tap > 1 else f32(1) - t)
        here = np.uint64(min(low + (tap >> 1), last))
        p, q, r, s, w, x, y, z = _corners(
            mesh.levels[texture, here, 0], mesh.levels[texture, here, 1], u + sign * du, v + sign * dv
        )
        w, x, y, z = w * share, x * share, y * share, z * share
        a, b, c, d = g[p, 0], g[q, 0], g[r, 0], g[s, 0]
        a0 += _low(a) * w + _low(b) * x + _low(c) * y + _low(d) * z
        a1 += _middle(a) * w + _middle(b) * x + _middle(c) * y + _middle(d) * z
        a2 += _high(a) * w + _high(b) * x + _high(c) * y + _high(d) * z
        a, b, c, d = g[p, 1], g[q, 1], g[r, 1], g[s, 1]
        a3 += _rough(a) * w + _rough(b) * x + _rough(c) * y + _rough(d) * z
        a4 += _rise_u(a) * w + _rise_u(b) * x + _rise_u(c) * y + _rise_u(d) * z
        a5 += _rise_v(a) * w + _rise_v(b) * x + _rise_v(c) * y + _rise_v(d) * z
    return (
        a0 * k[0] + o[0], a1 * k[1] + o[1], a2 * k[2] + o[2],
        a3 * k[3] + o[3], a4 * k[4] + o[4], a5 * k[5] + o[5],
    )  # fmt: skip
