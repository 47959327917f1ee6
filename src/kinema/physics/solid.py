"""`Solid`: a body of the shot in its own frame, whole or cut, before it stands anywhere in the world."""

from __future__ import annotations

from dataclasses import dataclass

from kinema.physics.cut import Cut
from kinema.physics.inertia import Bulk
from kinema.physics.surface import Surface
from kinema.physics.world import Collider


@dataclass(frozen=True, kw_only=True)
class Solid:
    """One unbroken body. Colliders are in the body's frame."""

    surface: Surface
    bulk: Bulk
    colliders: tuple[Collider, ...]
    hull_area: float
    """Surface of the convex hull [m²]."""
    thickness: float | None
    """Of the wall, where the body is a plate or a shell [m]; None = massive."""


@dataclass(frozen=True, kw_only=True)
class Broken:
    """The same body prepared to break."""

    whole: Solid
    cut: Cut
