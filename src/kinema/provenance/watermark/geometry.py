"""How a found picture lies on the marked one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from kinema.provenance.watermark.lattice import PERIOD


@dataclass(frozen=True, kw_only=True)
class Geometry:
    """An affine map from the canonical picture (480 lines) to the analysed one, about the centre of the latter."""

    matrix: tuple[tuple[float, float], tuple[float, float]]
    """[analysed px per canonical px]"""
    shift: tuple[float, float]
    """The tile's place under the centre of the picture [canonical px], between 0 and the tile's side."""

    @cached_property
    def scale(self) -> float:
        """Analysed px per canonical px, the geometric mean of both directions."""
        return float(np.sqrt(abs(np.linalg.det(self._array))))

    @cached_property
    def mirrored(self) -> bool:
        """Left and right exchanged."""
        return float(np.linalg.det(self._array)) < 0

    @cached_property
    def rotation(self) -> float:
        """[degrees] Anticlockwise on the screen, -180 to 180; of the mirrored picture, if mirrored."""
        (a, b), (c, d) = self.matrix
        if self.mirrored:
            a, c = -a, -c
        return float(np.degrees(np.arctan2(b - c, a + d)))

    @cached_property
    def _array(self) -> Float[np.ndarray, "2 2"]:
        return np.array(self.matrix)

    @cached_property
    def frequencies(self) -> Float[np.ndarray, "2 2"]:
        """From wave numbers of the tile to frequencies [cycles per analysed px]: the inverse transpose."""
        return np.linalg.inv(self._array).T / PERIOD


def similarity(scale: float, degrees: float, *, mirrored: bool = False) -> Float[np.ndarray, "2 2"]:
    """Mirror left and right first, if asked; then turn anticlockwise on the screen (y runs down); then stretch."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn = scale * np.array([[c, s], [-s, c]])
    return turn @ np.diag([-1.0, 1.0]) if mirrored else turn


def placed(matrix: Float[np.ndarray, "2 2"], shift: Float[np.ndarray, "2"]) -> Geometry:
    """The geometry of a matrix and a shift, which is taken round the tile."""
    (a, b), (c, d) = matrix.tolist()
    x, y = (shift % PERIOD).tolist()
    return Geometry(matrix=((a, b), (c, d)), shift=(x, y))
