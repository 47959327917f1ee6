"""The control of a frame: fourteen numbers a pixel that say what is there, how it is lit and how it moves.

Everything comes from the tape and the exact passes, nothing from an estimate: what the network is told is true.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from jaxtyping import Float

from kinema.diffusion.body_noise import BodyNoise
from kinema.physics.rotation import matrix
from kinema.physics.tape import Tape
from kinema.render.camera import CameraPath
from kinema.render.frame import Frame

CHANNELS: Final = (
    "inverse_depth",
    "normal_right",
    "normal_up",
    "normal_towards",
    "albedo_red",
    "albedo_green",
    "albedo_blue",
    "motion_right",
    "motion_down",
    "noise_red",
    "noise_green",
    "noise_blue",
    "shading",
    "body",
)
"""Names of the channels, in order; decision 11 defines them."""
DEPTH: Final = slice(0, 1)
NORMAL: Final = slice(1, 4)
ALBEDO: Final = slice(4, 7)
MOTION: Final = slice(7, 9)
NOISE: Final = slice(9, 12)
SHADING: Final = slice(12, 13)
BODY: Final = slice(13, 14)

MOTION_SCALE: Final = 10.0
"""A tenth of the picture a frame comes to 1: 2.4 picture widths a second at 24 frames."""


def control_of(
    frame: Frame, tape: Tape, camera: CameraPath, noise: BodyNoise
) -> Float[np.ndarray, "row column 14"]:
    """Control of one frame, float16.

    `camera` is the one the frame was drawn through and `noise` that of the clip (`body_noise`), made once.
    0 inverse depth 1 / (1 + depth [m]); 1-3 normal in the camera's frame: right, up, towards the camera; 4-6
    albedo, sRGB-encoded; 7-8 forward motion in picture widths and heights, times ten, clipped to ±1; 9-11 instance
    noise in [-1, 1]; 12 shading x / (1 + x), x = luminance over the albedo's (over 1 where no body is); 13 body or
    not. All but shading and motion are 0 where no body is.
    """
    out = np.empty((len(CHANNELS), 1, *frame.passes.depth.shape), np.float32)
    _fill(frame, tape, camera, noise, out, 0)
    return np.moveaxis(out[:, 0], 0, -1).astype(np.float16, order="C")


def control_of_chunk(
    frames: Sequence[Frame],
    tape: Tape,
    camera: CameraPath,
    noise: BodyNoise,
    size: tuple[int, int, int],
) -> Float[np.ndarray, "1 14 time row column"]:
    """`control_of` each of the frames, the same numbers as the networks take them. `size`: of time, row and column;
    what is beyond the last frame, row or column repeats it."""
    out = np.empty((1, len(CHANNELS), *size), np.float32)
    for time, frame in enumerate(frames):
        _fill(frame, tape, camera, noise, out[0], time)
    count, (height, width) = len(frames), frames[0].passes.depth.shape
    out[:, :, :count, height:, :width] = out[:, :, :count, height - 1 : height, :width]
    out[:, :, :count, :, width:] = out[:, :, :count, :, width - 1 : width]
    out[:, :, count:] = out[:, :, count - 1 : count]
    return out


def _fill(
    frame: Frame,
    tape: Tape,
    camera: CameraPath,
    noise: BodyNoise,
    out: Float[np.ndarray, "14 time row column"],
    time: int,
) -> None:
    """One frame's into its place, float32, rounded to what float16 holds."""
    from kinema.diffusion.control_kernel import fill

    view, passes = camera.at(frame.index), frame.passes
    position, orientation = tape.poses_at(frame.index)
    fill(
        frame.colour,
        passes.depth,
        passes.normal,
        passes.albedo,
        passes.motion,
        passes.piece,
        view.eye,
        np.stack([view.right, view.up, view.forward]),
        view.tan_x,
        view.tan_y,
        position,
        matrix(orientation),
        tape.geometry.piece_rest.astype(float),
        noise.feature[tape.geometry.piece_body],
        noise.key[tape.geometry.piece_body],
        MOTION_SCALE,
        time,
        out,
    )
