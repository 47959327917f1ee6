"""`Actor`: a body of the shot with its solid and mass, standing where it stands at time 0."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from kinema.physics.rotation import rotate
from kinema.physics.solid import Solid
from kinema.shot.body import Body


@dataclass(frozen=True, kw_only=True, eq=False)
class Actor:
    """One body, resolved but not yet cut."""

    body: Body
    solid: Solid
    mass: float
    """[kg]; planes have none."""

    @property
    def pose(self) -> tuple[Float[np.ndarray, " 3"], Float[np.ndarray, " 4"]]:
        """Position [m] and orientation of the body's frame at time 0."""
        at = self.body.keyframes[0] if self.body.keyframes else self.body
        return np.asarray(at.position, float), np.asarray(at.rotation, float)

    @cached_property
    def bounds(self) -> tuple[Float[np.ndarray, " 3"], Float[np.ndarray, " 3"]]:
        """Low and high corner of the bounding box in the body's frame [m]."""
        return self.solid.surface.vertices.min(0), self.solid.surface.vertices.max(0)

    @cached_property
    def world_bounds(self) -> tuple[Float[np.ndarray, " 3"], Float[np.ndarray, " 3"]]:
        """Low and high corner of the bounding box in the world at time 0 [m]."""
        position, orientation = self.pose
        corners = rotate(orientation, self.solid.surface.vertices) + position
        return corners.min(0), corners.max(0)
