"""Where a breakable body will be hit: what densest cells are wanted, before anything is simulated.

A forecast, not a simulation: the centre of every moving body follows its parabola, its keyframes or its swing
until it first meets the target's bounding box, grown by the mover's own radius. It only places cells; what
breaks is decided by the contacts of the real run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from kinema.physics.rotation import rotate, unrotate
from kinema.physics.solid import Solid
from kinema.shot.body import Body, Pane, Plane
from kinema.shot.force import Ball, Forces, Hinge, Rope

SAMPLES = 4001
SUPPORT = 5e-3
"""A body with something this close beneath it stands and does not fall [m]."""


@dataclass(frozen=True, kw_only=True)
class Actor:
    """A body of the shot with its solid and mass."""

    body: Body
    solid: Solid
    mass: float

    @property
    def pose(self) -> tuple[Float[np.ndarray, " 3"], Float[np.ndarray, " 4"]]:
        """Position [m] and orientation of the body's frame at time 0."""
        at = self.body.keyframes[0] if self.body.keyframes else self.body
        return np.asarray(at.position, float), np.asarray(at.rotation, float)

    @property
    def corners(self) -> Float[np.ndarray, "vertex 3"]:
        """Vertices in the world at time 0 [m]."""
        position, orientation = self.pose
        return rotate(orientation, self.solid.surface.vertices) + position

    @property
    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Low and high corner of the bounding box in the body's frame [m]."""
        return self.solid.surface.vertices.min(0), self.solid.surface.vertices.max(0)


def find_focus(
    actors: Sequence[Actor], index: int, forces: Forces, seconds: float
) -> Float[np.ndarray, " 3"]:
    """The place in the frame of body `index` that is hit first [m]; its middle if nothing comes."""
    target = actors[index]
    times = np.linspace(0.0, seconds, SAMPLES)
    gravity = np.asarray(forces.gravity)
    falls = _falls(target, actors)
    own_path = _path(target, times, gravity if falls else np.zeros(3), forces)
    low, high = target.bounds
    arrivals: list[tuple[float, np.ndarray]] = []
    for other in actors:
        path = _mover_path(other, target, actors, times, gravity, forces)
        if path is None:
            continue
        seen = unrotate(np.asarray(target.body.rotation), path - own_path)
        reach = float((other.bounds[1] - other.bounds[0]).min()) / 2
        inside = ((seen > low - reach) & (seen < high + reach)).all(axis=1)
        if inside.any():
            first = int(inside.argmax())
            arrivals.append((float(times[first]), np.clip(seen[first], low, high)))
    if arrivals:
        return min(arrivals, key=lambda arrival: arrival[0])[1]
    heading = _heading(target, gravity if falls else np.zeros(3))
    if heading is None:
        return (low + high) / 2
    ahead = unrotate(np.asarray(target.body.rotation), heading)
    vertices = target.solid.surface.vertices
    reached = vertices @ ahead
    return vertices[reached > reached.max() - 1e-6].mean(0)


def _heading(target: Actor, gravity: np.ndarray) -> np.ndarray | None:
    """Unit vector in which the target itself is going, for a vase that is dropped or thrown."""
    velocity = np.asarray(target.body.velocity, float)
    for direction in (velocity, gravity):
        if (length := np.linalg.norm(direction)) > 1e-6:
            return direction / length
    return None


def _falls(actor: Actor, actors: Sequence[Actor]) -> bool:
    """Whether nothing holds it: dynamic, not framed, and no body just beneath it."""
    body = actor.body
    if body.motion != "dynamic" or body.release_at or (body.fracture and body.fracture.held != "free"):
        return False
    corners = actor.corners
    low, high = corners.min(0), corners.max(0)
    for other in actors:
        if other is actor:
            continue
        other_corners = other.corners
        other_low, other_high = other_corners.min(0), other_corners.max(0)
        beside = ((other_high[:2] > low[:2]) & (other_low[:2] < high[:2])).all()
        if beside and -SUPPORT < low[2] - other_high[2] < SUPPORT:
            return False
    return True


def _mover_path(
    other: Actor,
    target: Actor,
    actors: Sequence[Actor],
    times: np.ndarray,
    gravity: np.ndarray,
    forces: Forces,
) -> np.ndarray | None:
    """World positions `(time, 3)` of a body that goes somewhere by itself; None for one that rests."""
    body = other.body
    if other is target or body.motion == "static" or isinstance(body.shape, Plane | Pane):
        return None
    if body.motion == "kinematic":
        keys = np.array([float(key.at) for key in body.keyframes])
        where = np.array([key.position for key in body.keyframes])
        return np.stack([np.interp(times, keys, where[:, axis]) for axis in range(3)], axis=1)
    if (swing := _swing(body, gravity, forces)) is not None:
        return swing
    pushed = any(push.body == body.name for push in forces.pushes)
    falls = _falls(other, actors)
    if not (np.any(body.velocity) or pushed or falls):
        return None
    return _path(other, times, gravity if falls else np.zeros(3), forces)


def _path(actor: Actor, times: np.ndarray, gravity: np.ndarray, forces: Forces) -> np.ndarray:
    """Parabola of a body after its release, with a kink at every push."""
    body = actor.body
    if body.motion != "dynamic":
        return np.broadcast_to(np.asarray(body.position, float), (len(times), 3))
    since = np.maximum(times - float(body.release_at or 0), 0.0)[:, None]
    path = np.asarray(body.position) + since * np.asarray(body.velocity) + since**2 / 2 * gravity
    for push in forces.pushes:
        if push.body == body.name and actor.mass > 0:
            path = (
                path
                + np.maximum(times - float(push.at), 0.0)[:, None] * np.asarray(push.impulse) / actor.mass
            )
    return path


def _swing(body: Body, gravity: np.ndarray, forces: Forces) -> np.ndarray | None:
    """The arc of a body that hangs on a rope, ball joint or hinge, through its lowest point."""
    for joint in forces.joints:
        if isinstance(joint, Rope | Ball | Hinge) and body.name in (joint.a, joint.b):
            anchor = (
                joint.anchor
                if isinstance(joint, Ball | Hinge)
                else (joint.at_b if joint.a == body.name else joint.at_a)
            )
            arm = np.asarray(body.position) - anchor
            length, pull = float(np.linalg.norm(arm)), float(np.linalg.norm(gravity))
            if length < 1e-6 or pull < 1e-6:
                return None
            down = gravity / pull
            side = arm - (arm @ down) * down
            if (width := float(np.linalg.norm(side))) < 1e-6 * length:
                return None
            start = float(np.arctan2(width, arm @ down))
            angle = np.linspace(start, -start, SAMPLES)[:, None]
            return np.asarray(anchor) + length * (np.cos(angle) * down + np.sin(angle) * side / width)
    return None
