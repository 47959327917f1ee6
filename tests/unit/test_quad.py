"""Weighted sums of table rows, as vectors."""

from __future__ import annotations

from typing import Any

import numpy as np


def test_blend_of_four_rows_is_their_weighted_sum() -> None:
    import numba

    from kinema.quad import blended

    @numba.njit
    def drawn(table: Any, rows: Any, weights: Any, out: Any) -> None:
        for i in range(len(rows)):
            a, b, c, d = rows[i]
            k, l, m, n = weights[i]
            out[i, 0], out[i, 1], out[i, 2], out[i, 3] = blended(table, a, b, c, d, k, l, m, n)

    rng = np.random.default_rng(0)
    table, rows = rng.random((50, 4)).astype(np.float32), rng.integers(0, 50, (200, 4))
    weights, out = rng.random((200, 4)).astype(np.float32), np.empty((200, 4), np.float32)
    drawn(table, rows, weights, out)
    wanted = np.einsum("nr,nrc->nc", weights.astype(float), table[rows].astype(float))
    # Four products and three sums of float32.
    np.testing.assert_allclose(out, wanted, rtol=4e-7)
