"""Where does the light come from, by what a picture shows? A fit of Lambert's law to the luminance of a round body.

luminance = ambient + strength max(0, normal · direction). A linear fit over all pixels gives a first direction; then
only pixels that face it by more than `LEAST_COSINE` are kept and fitted again, where the law is linear, until the
direction stays. Exact for a matt body under one far light and an even ambient. Gloss, textures, shadows and styles
bend it: the same fit on the true picture is the method's own error.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

LEAST_COSINE = 0.05
ROUNDS = 12
LEAST_PIXELS = 60


def light_direction(
    normals: Float[np.ndarray, "pixel 3"], luminance: Float[np.ndarray, " pixel"]
) -> Float[np.ndarray, " 3"] | None:
    """Unit vector towards the light, in the frame of the normals; None if too little is lit to say."""
    lit = np.ones(len(normals), bool)
    direction: np.ndarray | None = None
    for _ in range(ROUNDS):
        if lit.sum() < LEAST_PIXELS:
            return None
        design = np.concatenate([normals[lit], np.ones((int(lit.sum()), 1))], axis=1)
        slope = np.linalg.lstsq(design, luminance[lit], rcond=None)[0][:3]
        length = float(np.linalg.norm(slope))
        if length < 1e-9:
            return None
        if direction is not None and float(direction @ slope) / length > 1 - 1e-12:
            break
        direction = slope / length
        lit = normals @ direction > LEAST_COSINE
    return direction


def angle_between(one: Float[np.ndarray, " 3"], other: Float[np.ndarray, " 3"]) -> float:
    """Between two unit vectors [degree]."""
    return float(np.degrees(np.arctan2(np.linalg.norm(np.cross(one, other)), one @ other)))
