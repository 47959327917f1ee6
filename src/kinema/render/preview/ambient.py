"""Light from infinity as the kernels read it: nine coefficients for matt matter, blurred maps for glossy."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float
from numba import njit

from kinema.render.environment import directions, level_illuminance, solid_angles
from kinema.render.preview.arrays import Surroundings
from kinema.render.preview.optics import GLOSS

_SIDES = (256, 128, 64, 32, 16, 16)
_SAMPLES = 64


def surroundings_of(
    sphere: Float[np.ndarray, "row column 3"] | None,
    ground: Float[np.ndarray, " rgb"] | None,
    floor: Float[np.ndarray, " 6"],
) -> Surroundings:
    """`sphere`: the environment, exposed; None = dark. `ground`: what a floor sends up, exposed; None = no floor.
    `floor`: see `floor.py`."""
    if sphere is None:
        sphere = np.zeros((16, 32, 3), np.float32)
    seen = np.array(sphere, np.float32)
    if ground is not None:
        # Bodies on a floor see the floor below them, not the world's far half.
        seen[directions(len(seen))[..., 2] < 0] = ground
    tables, levels, at = [], [], 0
    for alpha, side in zip(GLOSS, _SIDES, strict=True):
        table = _blurred(seen, alpha, side)
        levels.append((at, side))
        tables.append(table.reshape(-1, 3))
        at += len(tables[-1])
    return Surroundings(
        harmonics=_harmonics(seen),
        glossy=np.ascontiguousarray(np.concatenate(tables), np.float32),
        glossy_level=np.array(levels, np.int32),
        floor=np.ascontiguousarray(floor, np.float32),
        split=_split_sum(),
        backdrop=np.ascontiguousarray(_blurred(sphere, 0.0, 2 * len(sphere)).reshape(-1, 3), np.float32),
        backdrop_side=2 * len(sphere),
    )


def floor_light(
    sphere: Float[np.ndarray, "row column 3"] | None,
    direct: Float[np.ndarray, " rgb"],
    albedo: Float[np.ndarray, " rgb"],
) -> Float[np.ndarray, " rgb"]:
    """Radiance of a matt floor under the sky and `direct` illuminance."""
    sky = level_illuminance(sphere) if sphere is not None else np.zeros(3)
    return np.asarray(albedo * (sky + direct) / math.pi, np.float32)


def _harmonics(sphere: Float[np.ndarray, "row column 3"]) -> Float[np.ndarray, "9 3"]:
    """Second-order irradiance (Ramamoorthi, Hanrahan 2001) as coefficients of 1, y, z, x, xy, yz, zz, xz, xx - yy."""
    d = directions(len(sphere))
    x, y, z = d[..., 0], d[..., 1], d[..., 2]
    basis = [
        (0.282095, math.pi, np.ones_like(x)),
        *((0.488603, 2 * math.pi / 3, c) for c in (y, z, x)),
        (1.092548, math.pi / 4, x * y),
        (1.092548, math.pi / 4, y * z),
        (0.315392, math.pi / 4, 3 * z * z - 1),
        (1.092548, math.pi / 4, x * z),
        (0.546274, math.pi / 4, x * x - y * y),
    ]
    weighted = sphere * solid_angles(len(sphere))[..., None]
    out = np.stack([k * k * lobe * np.einsum("rcx,rc->x", weighted, b) for k, lobe, b in basis])
    # 3 zz - 1 = 3 * zz, less one of the constant.
    out[0] -= out[6]
    out[6] *= 3
    return out.astype(np.float32)


@lru_cache(maxsize=1)
def _split_sum(side: int = 33, samples: int = 512) -> Float[np.ndarray, "gloss cosine 2"]:
    """Of GGX with Smith's height-correlated masking, by importance sampling on a fixed lattice."""
    alpha = np.maximum(np.linspace(0, 1, side), 0.02)[:, None, None] ** 2
    nv = np.maximum(np.linspace(0, 1, side), 1e-3)[None, :, None]
    i = np.arange(samples)
    share, turn = (i + 0.5) / samples, 2 * math.pi * ((i * 0.6180339887498949) % 1)
    nh = np.sqrt((1 - share) / (1 + (alpha * alpha - 1) * share))
    vh = np.sqrt(1 - nh * nh) * np.cos(turn) * np.sqrt(1 - nv * nv) + nh * nv
    nl = 2 * vh * nh - nv
    seen = (nl > 0) & (vh > 0)
    nl, vh = np.where(seen, nl, 1.0), np.where(seen, vh, 1.0)

    def smith(other: np.ndarray, cosine: np.ndarray) -> np.ndarray:
        return other * np.sqrt(alpha**2 + (1 - alpha**2) * cosine**2)

    # f cos / pdf = F * G2 * vh / (nh nv), and G2 = 2 nl nv / (the two Smith terms).
    weight = np.where(seen, 2 * nl * vh / ((smith(nv, nl) + smith(nl, nv)) * nh), 0.0)
    fresnel = (1 - vh) ** 5
    return np.stack([(weight * (1 - fresnel)).mean(-1), (weight * fresnel).mean(-1)], -1).astype(np.float32)


def _blurred(
    sphere: Float[np.ndarray, "row column 3"], alpha: float, side: int
) -> Float[np.ndarray, "v u 3"]:
    """Octahedral map with a border of one texel, blurred by the GGX lobe of a mirror seen straight on."""
    at = (np.arange(side + 2) - 0.5) / side * 2 - 1
    u, v = np.meshgrid(at, at)
    # Over an edge of the square the sphere goes on at the mirrored place of the same edge.
    u, v = np.where(abs(v) > 1, -u, u), np.where(abs(u) > 1, -v, v)
    u = np.where(abs(u) > 1, np.sign(u) * (2 - abs(u)), u)
    v = np.where(abs(v) > 1, np.sign(v) * (2 - abs(v)), v)
    z = 1 - abs(u) - abs(v)
    fold = z < 0
    x = np.where(fold, (1 - abs(v)) * np.where(u >= 0, 1, -1), u)
    y = np.where(fold, (1 - abs(u)) * np.where(v >= 0, 1, -1), v)
    d = np.stack([x, y, z], -1)
    d /= np.linalg.norm(d, axis=-1, keepdims=True)
    if alpha == 0:
        return _look_up(sphere, d)
    # A map no finer than the spacing of the samples: small bright suns of HDRIs do not fall between them.
    spacing = max(alpha * 180 / math.sqrt(_SAMPLES), 1.0)
    coarse = _halved(sphere, spacing)
    i = np.arange(_SAMPLES)
    share, turn = (i + 0.5) / _SAMPLES, i * math.pi * (3 - math.sqrt(5))
    cosine = np.sqrt((1 - share) / (1 + (alpha * alpha - 1) * share))
    sine = np.sqrt(1 - cosine**2)
    half = np.stack([sine * np.cos(turn), sine * np.sin(turn), cosine], -1)
    helper = np.where(abs(d[..., 2:]) < 0.9, [0.0, 0, 1], [1.0, 0, 0])
    t = np.cross(helper, d)
    t /= np.linalg.norm(t, axis=-1, keepdims=True)
    b = np.cross(d, t)
    total, weight = np.zeros(d.shape), 0.0
    for h in half:
        toward = 2 * h[2] * (h[0] * t + h[1] * b + h[2] * d) - d
        cosine_l = 2 * h[2] * h[2] - 1
        if cosine_l > 0:
            total += cosine_l * _look_up(coarse, toward)
            weight += cosine_l
    return total / weight


def _halved(sphere: np.ndarray, degrees: float) -> np.ndarray:
    while 180 / len(sphere) < degrees / 1.5 and len(sphere) > 8:
        sphere = sphere.reshape(len(sphere) // 2, 2, -1, 2, 3).mean((1, 3))
    return sphere


def _look_up(
    sphere: Float[np.ndarray, "row column 3"], d: Float[np.ndarray, "*any 3"]
) -> Float[np.ndarray, "*any 3"]:
    """Bilinear."""
    flat = np.ascontiguousarray(d).reshape(-1, 3)
    found = np.empty_like(flat)
    _bilinear(sphere, flat, found)
    return found.reshape(d.shape)


# No fast mathematics: which of two texels a direction falls on is to be the same on every machine.
@njit(cache=True, nogil=True, error_model="numpy")
def _bilinear(sphere: Any, d: Any, found: Any) -> None:  # pragma: no cover - compiled
    rows, columns = sphere.shape[:2]
    for n in range(len(d)):
        v = math.acos(min(max(d[n, 2], -1.0), 1.0)) / math.pi * rows - 0.5
        u = math.atan2(d[n, 0], d[n, 1]) / (2 * math.pi) % 1 * columns - 0.5
        j, i = math.floor(v), math.floor(u)
        b, a = v - j, u - i
        j0, j1 = min(max(j, 0), rows - 1), min(max(j + 1, 0), rows - 1)
        i0, i1 = i % columns, (i + 1) % columns
        for k in range(3):
            top = sphere[j0, i0, k] * (1 - a) + sphere[j0, i1, k] * a
            found[n, k] = top * (1 - b) + (sphere[j1, i0, k] * (1 - a) + sphere[j1, i1, k] * a) * b
