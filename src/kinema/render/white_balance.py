"""White balance: what light the camera takes for white.

Chromatic adaptation by scaling cone responses (von Kries) in the sharpened cones of Bradford (Lam 1985; CIE 160:2004),
from the black body of the camera's setting to that of 6500 K, which Rec.709's white is within 0.003 of.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jaxtyping import Float

from kinema.render.blackbody import XYZ_TO_RGB, planck, xyz_of

DAYLIGHT = 6500.0
"""[K]: the setting that changes nothing."""
_CONES = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


@lru_cache(maxsize=64)
def adaptation(kelvin: float) -> Float[np.ndarray, "rgb rgb"]:
    """Matrix on linear Rec.709 that makes light of `kelvin` look as light of 6500 K does; luminance of white stays."""
    source, target = (_CONES @ (xyz / xyz[1]) for xyz in (xyz_of(planck(k)) for k in (kelvin, DAYLIGHT)))
    in_xyz = np.linalg.inv(_CONES) @ np.diag(target / source) @ _CONES
    return XYZ_TO_RGB @ in_xyz @ np.linalg.inv(XYZ_TO_RGB)


def balanced(
    colour: Float[np.ndarray, "row column rgb"], kelvin: float
) -> Float[np.ndarray, "row column rgb"]:
    """Scene-linear colour as a camera set to `kelvin` records it, float32, never negative."""
    if kelvin == DAYLIGHT:
        return colour
    return np.maximum(colour @ adaptation(kelvin).T.astype(np.float32), 0.0)
