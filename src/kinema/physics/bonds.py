"""Cracks that may open → `Bonds`: what holds the cells of a body together, and how strongly."""

from __future__ import annotations

import math

import numpy as np

from kinema.physics.cut import Cut
from kinema.physics.solid import Solid
from kinema.physics.world import Bonds
from kinema.shot.body import Breaks, Pane
from kinema.shot.material import Material

WEIBULL_MODULUS = 7.0
"""Scatter of the strength of as-received annealed glass: Weibull moduli of 5 to 10 are reported."""
PLATE_REACH = 0.75
"""Distance from the hit at which bending stress has faded, in shorter sides of the pane."""
BASE_SHARE = 0.02
"""Cells within this share of the height above the lowest point stand on the base."""


def make_bonds(
    cut: Cut, *, shape: object, solid: Solid, breaks: Breaks, material: Material, rng: np.random.Generator
) -> Bonds:
    """One bond per crack; strengths scatter by Weibull with mean `material.strength`."""
    low, high = solid.surface.vertices.min(0), solid.surface.vertices.max(0)
    mean_of_unit = math.gamma(1 + 1 / WEIBULL_MODULUS)
    drawn = rng.weibull(WEIBULL_MODULUS, len(cut.cracks.area))
    if breaks.held == "edges":
        anchored = cut.border
    elif breaks.held == "base":
        floor = low[2] + BASE_SHARE * (high[2] - low[2])
        anchored = np.array([cell.surface.vertices[:, 2].min() <= floor for cell in cut.cells])
    else:
        anchored = np.zeros(len(cut.cells), bool)
    plate = isinstance(shape, Pane)
    reach = (
        PLATE_REACH * min(shape.width, shape.height)
        if isinstance(shape, Pane)
        else np.linalg.norm(high - low)
    )
    return Bonds(
        piece=cut.cracks.piece,
        area=cut.cracks.area,
        midpoint=cut.cracks.midpoint,
        normal=cut.cracks.normal,
        strength=material.strength * drawn / mean_of_unit,
        anchored=anchored,
        fracture_energy=material.fracture_energy,
        poisson_ratio=material.poisson_ratio,
        thickness=solid.thickness or solid.bulk.volume ** (1 / 3),
        reach=float(reach),
        plate=plate,
        efficiency=breaks.efficiency,
    )
