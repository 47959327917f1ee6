"""What polished things mirror: the floor they stand on, lit and in shadow, instead of the mean of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from kinema.render.preview.compile import inlined
from kinema.render.preview.lamps import BIAS, POWER, SCALE, TERM, arriving
from kinema.render.preview.optics import INV_PI, irradiance

f32 = np.float32
EXISTS, HEIGHT, COLOUR, NEARBY = 0, 1, 2, 5
"""Of `Surroundings.floor`: 1 or 0, z [m], reflectance (3), distance within which bodies dim it [m]."""
_DULL = f32(0.4)
"""GGX alpha from which on the mean of the floor is as good."""


@inlined()
def mirrored(
    sky: Any,
    lamps: Any,
    rough: Any,
    x: Any,
    y: Any,
    z: Any,
    dx: Any,
    dy: Any,
    dz: Any,
    r: Any,
    g: Any,
    b: Any,
) -> Any:
    """`r, g, b` (light from infinity) replaced by the floor's where a ray from a point downwards meets it."""
    floor = sky.floor
    above = z - floor[HEIGHT]
    if floor[EXISTS] == f32(0) or rough >= _DULL or dz > f32(-0.02) or above < f32(0):
        return r, g, b
    far = above / -dz
    px, py = x + dx * far, y + dy * far
    er, eg, eb = irradiance(sky, f32(0), f32(0), f32(1))
    # Near the foot of a body half of the sky is the body.
    open_ = far / (far + floor[NEARBY])
    er, eg, eb = er * open_, eg * open_, eb * open_
    for k in range(lamps.lamp.shape[0]):
        l = lamps.lamp[k]
        _lx, _ly, lz, _d, strength = arriving(l, px, py, floor[HEIGHT])
        if lz > f32(0) and strength > f32(0) and not _shaded(k, l, lamps, px, py, floor[HEIGHT]):
            strength *= lz
            er += strength * l[POWER]
            eg += strength * l[POWER + 1]
            eb += strength * l[POWER + 2]
    share = (f32(1) - rough / _DULL) * min(dz * f32(-12), f32(1))
    return (
        r + share * (floor[COLOUR] * er * INV_PI - r),
        g + share * (floor[COLOUR + 1] * eg * INV_PI - g),
        b + share * (floor[COLOUR + 2] * eb * INV_PI - b),
    )


@inlined()
def _shaded(k: Any, l: Any, lamps: Any, x: Any, y: Any, z: Any) -> bool:
    """Whether an opaque body is between a point and a lamp; one texel, no penumbra."""
    if l[TERM] == f32(0):
        return False
    m = lamps.to_map[k]
    w = m[3, 0] * x + m[3, 1] * y + m[3, 2] * z + m[3, 3]
    if w <= f32(0):
        return False
    s = int((m[0, 0] * x + m[0, 1] * y + m[0, 2] * z + m[0, 3]) / w)
    t = int((m[1, 0] * x + m[1, 1] * y + m[1, 2] * z + m[1, 3]) / w)
    side = lamps.solid.shape[1]
    if s < 0 or t < 0 or s >= side or t >= side:
        return False
    q = (m[2, 0] * x + m[2, 1] * y + m[2, 2] * z + m[2, 3]) / w
    return lamps.solid[k, t, s] > max(q * l[SCALE] + l[BIAS], f32(0))
