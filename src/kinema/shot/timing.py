"""When: a rational frame rate, a length in frames, and how much slower than life the clip plays."""

from __future__ import annotations

from fractions import Fraction

from pydantic import Field

from kinema.shot.part import Part
from kinema.shot.units import Factor, Rate


class Timing(Part):
    """Frame `f` of the clip shows the world at `f / (fps * slow_motion)` seconds."""

    fps: Rate = Fraction(24)
    """Frames per second of the clip; 24000/1001 stays exact."""

    frames: int = Field(default=72, ge=1, le=200_000)
    """Length of the clip in frames."""

    slow_motion: Factor = Fraction(1)
    """4 = the world runs four times slower than life."""

    @property
    def world_rate(self) -> Fraction:
        """Frames per second of world time [Hz]."""
        return self.fps * self.slow_motion

    @property
    def world_seconds(self) -> Fraction:
        """Simulated time [s]."""
        return self.frames / self.world_rate

    @property
    def seconds(self) -> Fraction:
        """Playing time of the clip [s]."""
        return self.frames / self.fps
