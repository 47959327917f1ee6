"""How finely a shot is stepped and recorded, so that every frame and every sample falls on a step exactly."""

from __future__ import annotations

import math
from fractions import Fraction

from kinema.errors import ShotError
from kinema.physics.world import Clock
from kinema.shot.timing import Timing

STEP_RATE = 480
"""At least so many steps per second of world time [Hz]: at 240 the jammed shards of a pane overlap ten times
deeper (measured: median 1.5 mm against 0.03 to 0.12)."""
SAMPLE_RATE = 150
"""At least so many samples per second [Hz]: four under a 180° shutter at 24 frames."""
MOST_SAMPLES = 32
SLOW_MOTION_RATE = 96
"""Frames per second of world time from which two samples per frame do [Hz]; below it at least four."""
TAPE_BYTES = 2**30
"""A tape larger than this gets fewer samples per frame, if it can."""
TAPE_LIMIT = 8 * 2**30
_POSE_BYTES = 4 * (3 + 4 + 3 + 3 + 1)


def choose_clock(timing: Timing, pieces: int) -> Clock:
    """Powers of two of samples per frame, then as many steps per sample as `STEP_RATE` asks."""
    rate = timing.world_rate
    least = 2 if rate >= SLOW_MOTION_RATE else 4
    samples = least
    while rate * samples < SAMPLE_RATE and samples < MOST_SAMPLES:
        samples *= 2
    while samples > 2 and _tape_bytes(timing, samples, pieces) > TAPE_BYTES:
        samples //= 2
    size = _tape_bytes(timing, samples, pieces)
    if size > TAPE_LIMIT:
        raise ShotError(
            "timing.frames",
            f"must keep the tape within {TAPE_LIMIT >> 30} GiB",
            got=f"{timing.frames} frames of {pieces} pieces: {size / 2**30:.0f} GiB",
            next_step="Shorten the shot, or cut its bodies into fewer pieces.",
        )
    steps = math.ceil(Fraction(STEP_RATE) / (rate * samples))
    return Clock(rate=rate, frames=timing.frames, samples_per_frame=samples, steps_per_sample=max(steps, 1))


def _tape_bytes(timing: Timing, samples: int, pieces: int) -> int:
    return (timing.frames + 1) * samples * pieces * _POSE_BYTES
