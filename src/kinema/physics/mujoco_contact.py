"""kinema's law of contact as velocities to reach: what touches, when the next blow falls, how each step ends.

* Along the normal: not deeper than touching (a contact is seen before it is one), back out of an overlap
  slowly, or, hit hard enough, away with restitution times the speed of approach.
* Across it: no slip, as far as Coulomb's cone allows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

PUSH_OUT = 0.1
"""Share of an overlap that one step takes back."""
PUSH_OUT_SPEED = 0.1
"""... and the fastest it does so [m/s]."""
QUIET = 0.03
"""Approach below which nothing bounces [m/s]: the fall of a millimetre gives 0.14."""
BLOW_SPEED = 0.5
"""Approach that makes a blow, whose moment matters [m/s]."""
TOUCH = 2e-5
"""Overlap that counts as touching [m]."""


@dataclass(frozen=True, kw_only=True)
class Meeting:
    """Pairs of points that touch, or are near enough to do so within a step."""

    unit: Int[np.ndarray, "contact 2"]
    frame: Float[np.ndarray, "contact 3 3"]
    """Rows: normal from the first unit to the second, two tangents."""
    point: Float[np.ndarray, "contact 3"]
    """World [m]."""
    gap: Float[np.ndarray, " contact"]
    """Negative = overlap [m]."""
    slip: Float[np.ndarray, "contact 3"]
    """Velocity of the second against the first, in `frame`; first coordinate < 0 = together [m/s]."""
    pull: Float[np.ndarray, " contact"]
    """The same for the acceleration of gravity, along the normal [m/s²]."""
    friction: Float[np.ndarray, " contact"]
    restitution: Float[np.ndarray, " contact"]

    def part(self, rows: Int[np.ndarray, " row"]) -> Meeting:
        """Some of them."""
        return Meeting(
            unit=self.unit[rows],
            frame=self.frame[rows],
            point=self.point[rows],
            gap=self.gap[rows],
            slip=self.slip[rows],
            pull=self.pull[rows],
            friction=self.friction[rows],
            restitution=self.restitution[rows],
        )


def first_blow(meeting: Meeting, counts: Bool[np.ndarray, " contact"], step: float) -> float:
    """When, within the coming `step` [s], the first blow falls among the contacts that count; `step` if none.

    A contact foreseen is felt at the start of the step. Where a blow may break things that is too early: a ball
    a centimetre off a pane would strike every shard near it at once. So such a step ends at the blow.
    """
    quick = counts & (meeting.gap > TOUCH) & (meeting.slip[:, 0] < -BLOW_SPEED)
    if not quick.any():
        return step
    until = float(((meeting.gap[quick] + TOUCH / 2) / -meeting.slip[quick, 0]).min())
    return until if until < 0.95 * step else step


def takes_part(meeting: Meeting, step: float) -> Bool[np.ndarray, " contact"]:
    """Whether each contact touches, or will within `step` [s]."""
    ahead = meeting.gap + meeting.slip[:, 0] * step + meeting.pull * step**2
    return (meeting.gap <= 0) | (ahead <= -TOUCH)


def normal_target(meeting: Meeting, step: float) -> Float[np.ndarray, " contact"]:
    """Normal velocity at the end of the step [m/s].

    A bounce is put at the start of the step, at a height `gap` that is not yet, or no longer, the surface:
    speeds are carried there and back along the parabola, so that the height it comes back to is right.
    """
    gap, closing, pull = meeting.gap, meeting.slip[:, 0], meeting.pull
    out = np.where(gap > 0, -gap / step, np.minimum(-PUSH_OUT * gap / step, PUSH_OUT_SPEED))
    at_surface = np.sqrt(np.maximum(closing**2 - 2 * pull * gap, 0.0))
    away = np.sqrt(np.maximum((meeting.restitution * at_surface) ** 2 + 2 * pull * gap, 0.0))
    bounces = (closing < -QUIET) & (meeting.restitution * at_surface > QUIET / 2)
    return np.maximum(out, np.where(bounces, away + pull * step, -np.inf))
