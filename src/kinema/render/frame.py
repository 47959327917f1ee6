"""`Frame`: scene-linear pixels of one moment, with the passes that are exact at its pixel centres."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from jaxtyping import Float, Int

from kinema.physics.tape import Tape
from kinema.shot.shot import Shot

Referred = Literal["scene", "display"]
"""What linear colour is light of: the scene, which a view transform then renders for a screen, or already the screen,
from 0 to its white at 1."""


@dataclass(frozen=True, kw_only=True)
class Passes:
    """One sample at each pixel centre at the moment the shutter opens; never filtered, never averaged.

    The nearest surface counts, clear or not. Pixels that see no body: depth inf, normal 0, albedo 0, piece -1.
    """

    depth: Float[np.ndarray, "row column"]
    """Along the camera's axis [m], float32."""
    normal: Float[np.ndarray, "row column 3"]
    """Unit geometric-or-shading normal, world frame, facing the camera, float32."""
    albedo: Float[np.ndarray, "row column 3"]
    """Linear base colour, float32."""
    motion: Float[np.ndarray, "row column 2"]
    """Forward: where the seen surface point will be one frame later minus where it is, [px], x right, y down,
    float32. Includes the camera's own motion; for background, the camera's alone."""
    piece: Int[np.ndarray, "row column"]
    """Piece index of the tape's geometry, int32; -1 = none."""


@dataclass(frozen=True, kw_only=True)
class Frame:
    """Row 0 is the top. Rec.709 primaries, linear; of the scene and exposed, unless the renderer says otherwise."""

    index: int
    colour: Float[np.ndarray, "row column 3"]
    """Luminance divided by 1.2 * 2**ev100 cd/m² (ISO 100 saturation speed; a Lambertian white in metered light is
    near 1), float32, anti-aliased. Of a display-referred renderer: light of the screen, white at 1."""
    ev100: float
    """Exposure value used, compensation included."""
    passes: Passes
    samples: int
    """Per pixel, mean; 1 for rasterised."""
    noise: float
    """Estimated relative standard error of the mean before denoising; 0 for rasterised."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """How to draw: what the renderer may not take from the shot."""

    width: int
    height: int
    noise: float = 0.02
    """Dial of the path tracer's adaptive sampling: half of it, half the error, four times the samples. Even ground
    ends near this relative error before denoising, broken glass at several times it; `Frame.noise` says what was
    reached."""
    max_samples: int = 256
    """Per pixel."""


class Renderer(Protocol):
    """Draws frames of a tape. The scene is built once; frames update poses."""

    @property
    def name(self) -> str:
        """Name, variant and version, for the record."""
        ...

    @property
    def referred(self) -> Referred:
        """What its colour is light of."""
        ...

    def draw(self, shot: Shot, tape: Tape, picture: Picture, frames: range) -> Iterator[Frame]:
        """Yield the frames asked for, in order. A frame depends on its index, not on which others were drawn."""
        ...
