"""The frames of a clip in a few groups, so that what was coded well can count for more.

A codec at a high rate factor spends its bits on the frames it predicts others from; the mark is strong there and fades
after them. A clip that was coded whole opens with such a frame. Groups double in length as a clip goes on, so memory
does not grow with it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float

from kinema.provenance.watermark.geometry import Geometry
from kinema.provenance.watermark.lattice import PERIOD, Lattice

_MOST: Final = 24
"""Groups kept: 10 MB at 427x240."""
_FIRST: Final = 4
"""Frames in a group at first."""


class Pools:
    """Sums of flattened frames, a group after the other."""

    def __init__(self) -> None:
        self.frames = 0
        self._sums: list[Float[np.ndarray, "y x"]] = []
        self._counts: list[int] = []
        self._length = _FIRST
        self._first = np.zeros((0, 0), np.float32)

    def add(self, flat: Float[np.ndarray, "y x"]) -> None:
        """One frame more."""
        self.frames += 1
        if self.frames == 1:
            self._first = flat.copy()
        if self._counts and self._counts[-1] < self._length:
            self._sums[-1] += flat
            self._counts[-1] += 1
            return
        if len(self._sums) == _MOST:
            self._sums = [a + b for a, b in zip(self._sums[::2], self._sums[1::2], strict=True)]
            self._counts = [a + b for a, b in zip(self._counts[::2], self._counts[1::2], strict=True)]
            self._length *= 2
        self._sums.append(flat.copy())
        self._counts.append(1)

    def all(self) -> Float[np.ndarray, "y x"]:
        """The mean of all frames."""
        return sum(self._sums[1:], self._sums[0]) / np.float32(self.frames)

    def first(self) -> Float[np.ndarray, "y x"]:
        """The first frame: the one a codec predicts nothing in."""
        return self._first

    def opening(self) -> Float[np.ndarray, "y x"]:
        """The mean of the first group."""
        return self._sums[0] / np.float32(self._counts[0])

    def weighted(self, points: Lattice, geometry: Geometry) -> Float[np.ndarray, "y x"]:
        """The sum of the groups, each weighted by how strongly the pilots show in it at this geometry.

        Amplitude over variance is the weight that gives the best ratio of signal to noise (maximal-ratio combining;
        Brennan, Proc. IRE 47, 1959); flattened frames have like variance. The data points, which the p-value is
        about, are not asked.
        """
        expected = pilots_at(points, geometry, self._sums[0].shape)
        strength = [
            max(float(np.vdot(expected, group)), 0.0) / n
            for group, n in zip(self._sums, self._counts, strict=True)
        ]
        total = np.zeros_like(self._sums[0])
        for group, weight in zip(self._sums, strength, strict=True):
            total += np.float32(weight / max(*strength, 1e-12)) * group
        return total


def pilots_at(points: Lattice, geometry: Geometry, shape: tuple[int, ...]) -> Float[np.ndarray, "y x"]:
    """What the pilots alone look like under this geometry."""
    rows, columns = shape
    u, v = (points.pilot @ geometry.frequencies.T).T
    start = points.pilot_signs * np.exp(2j * np.pi / PERIOD * (points.pilot @ np.array(geometry.shift)))
    down = np.exp(2j * np.pi * np.outer(np.arange(rows) - rows // 2, v))
    along = np.exp(2j * np.pi * np.outer(u, np.arange(columns) - columns // 2))
    return ((down * start) @ along).real.astype(np.float32)
