"""Textures of the preview: packing, and the fast path along a run against the plain one at a place."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from kinema.render.preview.texel import CHANNELS, STEPS, packed


class Table(NamedTuple):
    """What the look-ups need of a `Mesh`."""

    levels: np.ndarray
    texels: np.ndarray
    scale: np.ndarray
    offset: np.ndarray


def unpacked(words: np.ndarray) -> np.ndarray:
    a, b = words[:, 0], words[:, 1]
    return np.stack([a & 2047, a >> 11 & 2047, a >> 22, b & 255, b >> 8 & 4095, b >> 20], -1)


def test_packing_keeps_every_channel() -> None:
    rng = np.random.default_rng(1)
    numbers = np.stack([rng.integers(0, top + 1, 500) for top in STEPS], -1)
    numbers[0], numbers[1] = 0, STEPS
    assert numbers.shape[1] == CHANNELS
    assert (unpacked(packed(numbers.astype(float))) == numbers).all()


def test_vectors_read_what_the_plain_look_up_reads() -> None:
    import numba

    from kinema.render.preview.texel import taken, texel
    from kinema.stack import singles

    rng = np.random.default_rng(2)
    sides = (32, 16, 8)
    first = np.cumsum([0, *(side * side for side in sides)])
    numbers = np.stack([rng.integers(0, top + 1, first[-1]) for top in STEPS], -1)
    table = Table(
        levels=np.array([[(first[k], side) for k, side in enumerate(sides)]], np.int32),
        texels=packed(numbers.astype(float)),
        scale=(1 / np.array([STEPS])).astype(np.float32),
        offset=np.zeros((1, CHANNELS), np.float32),
    )

    @numba.njit
    def both(table: Any, places: Any, out: Any) -> None:
        u, v, du, dv, level = singles(), singles(), singles(), singles(), singles()
        r, g, b, x, y = singles(), singles(), singles(), singles(), singles()
        for i in range(places.shape[1]):
            u[i], v[i], du[i] = places[0, i], places[1, i], places[2, i]
            dv[i], level[i] = places[3, i], places[4, i]
        taken(np.uint64(places.shape[1]), table, np.uint32(0), u, v, du, dv, level, r, g, b, x, y)
        for i in range(places.shape[1]):
            out[0, i, 0], out[0, i, 1], out[0, i, 2], out[0, i, 3], out[0, i, 4] = (
                r[i],
                g[i],
                b[i],
                x[i],
                y[i],
            )
            c = texel(table, 0, u[i], v[i], du[i], dv[i], level[i])
            out[1, i, 0], out[1, i, 1], out[1, i, 2], out[1, i, 3], out[1, i, 4] = (
                c[0],
                c[1],
                c[2],
                c[4],
                c[5],
            )

    for spread, low, high in ((0.1, -1, 4), (0.0, -1, 4), (0.1, 1, 1), (0.0, 0.9, 1.1)):
        places = np.stack(
            [
                *rng.uniform(-1, 2, (2, 100)),
                *rng.uniform(-spread, spread, (2, 100)),
                rng.uniform(low, high, 100),
            ]
        ).astype(np.float32)
        out = np.empty((2, 100, 5), np.float32)
        both(table, places, out)
        # Sixteen products of numbers up to 1, summed in another order in float32; places are rounded to
        # 1e-7 periods of 32 texels.
        np.testing.assert_allclose(out[0], out[1], atol=3e-5)
        assert out[0].std() > 0.05
