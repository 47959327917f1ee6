"""What was seen while frames streamed past: small facts per frame, kept beside it, enough for all checks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from pydantic import BaseModel, ConfigDict

from kinema.physics.tape import Tape
from kinema.render.camera import CameraPath
from kinema.render.frame import Frame
from kinema.verify.absence import Absence, reasons_for

MOVED = 0.5
"""A pixel counts as moving if what it shows goes at least this far by the next frame [px]."""
_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)


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


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """The frames of a clip."""

    width: int
    height: int
    first: int
    """Index of the first frame asked for."""
    frames: tuple[FrameFacts, ...]


def facts_of(frame: Frame, tape: Tape, camera: CameraPath) -> FrameFacts:
    """Look at one frame. `camera` is the one it was drawn through."""
    passes = frame.passes
    finite = finite_pixels(frame)
    seen = passes.piece[passes.piece >= 0]
    counts = np.bincount(seen, minlength=len(tape.geometry.piece_body))
    with np.errstate(invalid="ignore", over="ignore"):
        moving = np.hypot(passes.motion[..., 0], passes.motion[..., 1]) >= MOVED
    luminance = frame.colour[finite] @ _LUMA
    return FrameFacts(
        index=frame.index,
        luminance=float(luminance.mean()) if luminance.size else 0.0,
        finite=float(finite.mean()),
        moving=float(moving.mean()),
        pixels={int(piece): int(counts[piece]) for piece in np.flatnonzero(counts)},
        absent=reasons_for(np.flatnonzero(counts == 0), frame, tape, camera.at(frame.index)),
        samples=int(frame.samples),
        noise=float(frame.noise),
    )


def finite_pixels(frame: Frame) -> Bool[np.ndarray, "row column"]:
    """Pixels whose colour and passes are numbers. Depth may be infinite where nothing is, and only there."""
    passes = frame.passes
    fields: list[Float[np.ndarray, "row column channel"]] = [
        frame.colour,
        passes.normal,
        passes.albedo,
        passes.motion,
    ]
    ok = np.isfinite(passes.depth) | ((passes.piece < 0) & (passes.depth == np.inf))
    for field in fields:
        ok = ok & np.isfinite(field).all(-1)
    return ok
