"""A long clip as calls of a model that draws a fixed number of frames at most, each going on from the one before."""

from __future__ import annotations

from dataclasses import dataclass

from kinema.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """One call."""

    start: int
    """First frame of the clip that the call sees."""
    length: int
    """Frames of the call, 1 + stride k; those beyond the clip repeat its last one and are thrown away."""
    given: int
    """Leading frames that are drawn already."""
    stop: int
    """One past the last frame of the clip that the call draws."""

    @property
    def new(self) -> range:
        """Frames of the clip that this call and no other draws."""
        return range(self.start + self.given, self.stop)

    @property
    def seen(self) -> range:
        """All frames of the call; may reach beyond the clip."""
        return range(self.start, self.start + self.length)


def chunk_plan(frames: int, *, longest: int, stride: int, given: int) -> tuple[Chunk, ...]:
    """Calls that draw frames 0 to `frames` - 1, each once and in order.

    `longest`: most frames of a call; `stride`: pixel frames of a latent frame, so that 1 + stride k can be drawn;
    `given`: frames that a call wants from the one before, fewer where `longest` leaves no room for them.
    """
    longest = 1 + (longest - 1) // stride * stride
    if longest <= stride:
        raise UsageError(
            "--open chunk",
            f"must be at least {1 + stride}: this model draws 1 + {stride} k frames",
            got=longest,
            next_step="Give a larger one, or leave it out.",
        )
    given = min(given, longest - stride)
    plan: list[Chunk] = []
    done = 0
    while done < frames:
        known = given if plan else 0
        start = done - known
        length = min(longest, 1 + stride * max(1, -(-(frames - start - 1) // stride)))
        done = min(frames, start + length)
        plan.append(Chunk(start=start, length=length, given=known, stop=done))
    return tuple(plan)
