"""`Cut`: a body divided into cells that fill it, and the cracks between them. Frame of the body, at rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from kinema.physics.inertia import Bulk
from kinema.physics.surface import Surface


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One piece."""

    surface: Surface
    side: UInt8[np.ndarray, " face"]
    """OUTER or INNER, as in `Geometry`."""
    neighbour: Int[np.ndarray, " face"]
    """Index of the cell across an INNER face, else -1."""
    bulk: Bulk
    hulls: tuple[Float[np.ndarray, "point 3"], ...]
    """Convex solids that together stand for the cell in collisions: corner points, body frame [m]."""


@dataclass(frozen=True, kw_only=True)
class Cracks:
    """Where cells touch: one row per pair."""

    piece: Int[np.ndarray, "bond 2"]
    area: Float[np.ndarray, " bond"]
    """[m²]"""
    midpoint: Float[np.ndarray, "bond 3"]
    """[m]"""
    normal: Float[np.ndarray, "bond 3"]
    """Unit, first piece to second."""


@dataclass(frozen=True, kw_only=True)
class Cut:
    """A whole body in cells."""

    cells: tuple[Cell, ...]
    cracks: Cracks
    border: Bool[np.ndarray, " piece"]
    """Cells that lie on the rim of a plate; none for a solid."""
