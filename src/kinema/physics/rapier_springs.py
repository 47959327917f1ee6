"""Springs as forces between steps: exact in energy where the step resolves their swing (velocity Verlet)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from kinema.physics.ledger import spring_energy
from kinema.physics.rapier_solids import triple
from kinema.physics.rapier_unit import Unit
from kinema.physics.rotation import cross, rotate
from kinema.shot.force import Spring

RESOLVED = 0.5
"""Verlet is stable up to omega * step = 2 and off by (omega * step)² / 24 in period: 1 % at this bound.
Stiffer springs go to Rapier, whose implicit step damps what is too quick to be seen."""


@dataclass(frozen=True, eq=False, kw_only=True)
class SpringForce:
    """A damped spring between two units, or a unit and the world."""

    joint: Spring
    first: Unit | None
    second: Unit | None
    at_first: Float[np.ndarray, 3]
    """In the frame of the unit (from its centre of mass), or in the world [m]."""
    at_second: Float[np.ndarray, 3]
    rest_length: float

    def resolved(self, step: float) -> bool:
        """Whether steps of `step` [s] resolve its quickest swing."""
        _, direction, arms, _ = self._now()
        return self.joint.stiffness * self._mobility(direction, arms) * step**2 <= RESOLVED**2

    def kick(self, time: float) -> None:
        """The impulse of `time` [s] of its force, as the bodies are now."""
        length, direction, arms, closing = self._now()
        mobility = self._mobility(direction, arms)
        if mobility == 0.0:
            return
        pull = self.joint.stiffness * (length - self.rest_length) * time
        # The damper alone lets the relative velocity decay exponentially, and so never turns it round.
        pull -= closing / mobility * -np.expm1(-self.joint.damping * mobility * time)
        for unit, arm, sign in zip((self.first, self.second), arms, (1.0, -1.0), strict=True):
            if unit is not None and not unit.fixed:
                place = unit.pose[0] + arm
                unit.rigid.apply_impulse_at_point(triple(sign * pull * direction), triple(place))

    def pull(self) -> tuple[float, Float[np.ndarray, 3], tuple[np.ndarray, np.ndarray]]:
        """Tension [N], unit vector from first to second, and both ends [m]."""
        length, direction, arms, _ = self._now()
        places = [
            unit.pose[0] + arm if unit else at
            for unit, arm, at in zip(
                (self.first, self.second), arms, (self.at_first, self.at_second), strict=True
            )
        ]
        return self.joint.stiffness * (length - self.rest_length), direction, (places[0], places[1])

    @property
    def energy(self) -> float:
        """[J]"""
        return spring_energy(self.joint.stiffness, self._now()[0], self.rest_length)

    def _now(self) -> tuple[float, np.ndarray, tuple[np.ndarray, np.ndarray], float]:
        """Length [m], unit vector from first to second, both arms (world), closing speed [m/s]."""
        ends, arms, speeds = [], [], []
        for unit, at in ((self.first, self.at_first), (self.second, self.at_second)):
            arm, velocity = np.zeros(3), np.zeros(3)
            place = at
            if unit is not None:
                centre, turn = unit.pose
                arm = rotate(turn, at)
                place = centre + arm
                velocity = unit.stored_velocity + cross(unit.spin, arm)
            ends.append(place)
            arms.append(arm)
            speeds.append(velocity)
        between = ends[1] - ends[0]
        length = float(np.linalg.norm(between))
        direction = between / max(length, 1e-9)
        return length, direction, (arms[0], arms[1]), float((speeds[0] - speeds[1]) @ direction)

    def _mobility(self, direction: np.ndarray, arms: tuple[np.ndarray, np.ndarray]) -> float:
        units = zip((self.first, self.second), arms, strict=True)
        return sum(unit.mobility(arm, direction) for unit, arm in units if unit is not None)
