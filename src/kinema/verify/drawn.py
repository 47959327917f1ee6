"""What was seen while frames streamed past: small facts per frame, kept beside it, enough for all checks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int
from pydantic import BaseModel, ConfigDict

from kinema.physics.tape import Tape
from kinema.render.camera import CameraPath
from kinema.render.frame import Frame
from kinema.verify.absence import Absence, reasons_for
from kinema.verify.outlines import Registration, register

MOVED = 0.5
"""A pixel counts as moving if what it shows goes at least this far by the next frame [px]."""


class FrameFacts(BaseModel):
    """Of one frame."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")

    index: int
    luminance: float
    """Mean of the finite pixels, scene-linear."""
    finite: float
    """Share of pixels that are finite in colour and every pass."""
    moving: float
    """Share of pixels that move, by the motion pass."""
    pixels: dict[int, int]
    """Pixel count of each piece seen."""
    absent: dict[int, Absence]
    """Why each other piece is not seen."""
    samples: int
    noise: float
    paint: Registration | None = None
    """How what is painted lies on the outlines of bodies; None for renderers that draw what they see themselves."""


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """The frames of a clip."""

    width: int
    height: int
    first: int
    """Index of the first frame asked for."""
    frames: tuple[FrameFacts, ...]


def facts_of(frame: Frame, tape: Tape, camera: CameraPath, *, painted: bool = False) -> FrameFacts:
    """Look at one frame. `camera` is the one it was drawn through; `painted` = its colour is a picture of its passes.

    A pixel is finite if its colour and all passes are numbers; depth may be infinite where nothing is seen.
    """
    from kinema.verify.drawn_kernel import survey

    passes = frame.passes
    counts = np.zeros(len(tape.geometry.piece_body) + 1, np.int64)
    planes = (frame.colour, passes.depth, passes.normal, passes.albedo, passes.motion, passes.piece)
    finite, moving, luminance = survey(*planes, MOVED, counts)
    counts = counts[1:]
    return FrameFacts(
        index=frame.index,
        luminance=float(luminance / max(finite, 1.0)),
        finite=float(finite / passes.depth.size),
        moving=float(moving / passes.depth.size),
        pixels={int(piece): int(counts[piece]) for piece in np.flatnonzero(counts)},
        absent=reasons_for(np.flatnonzero(counts == 0), frame, tape, camera.at(frame.index)),
        samples=int(frame.samples),
        noise=float(frame.noise),
        paint=register(frame.colour, _bodies(passes.piece, tape)) if painted else None,
    )


def _bodies(piece: Int[np.ndarray, "row column"], tape: Tape) -> Int[np.ndarray, "row column"]:
    """The body that each pixel sees; -1 = none."""
    return np.where(piece >= 0, tape.geometry.piece_body[piece], -1)
