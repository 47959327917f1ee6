"""What a style is: a function from an exact frame to a picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from kinema.render.frame import Passes

Paint = Callable[
    [Float[np.ndarray, "row column 3"], Passes, Float[np.ndarray, "row column 14"], int],
    Float[np.ndarray, "row column 3"],
]
"""`paint(colour, passes, control, seed)`: scene-linear exposed colour, exact passes and control of one frame to
display-referred sRGB in [-1, 1], float32.

Nothing but these decides the picture, so a network that sees the control can learn it; all texture is read from the
instance noise of the control, so it stays on the bodies. Lengths are shares of the picture's height: the same picture
at any size."""


@dataclass(frozen=True, kw_only=True)
class Style:
    """One look."""

    name: str
    title: str
    """What it is, in a line."""
    paint: Paint
