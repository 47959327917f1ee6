"""Where a breakable body will be hit: what densest cells are wanted, before anything is simulated.

A forecast, not a simulation: the centre of every moving body follows its parabola, its keyframes or its swing
until it first meets the target's bounding box, grown by the mover's own radius. It only places cells; what
breaks is decided by the contacts of the real run.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float

from kinema.physics.actor import Actor
from kinema.physics.rotation import unrotate
from kinema.shot.body import Pane, Plane
from kinema.shot.force import Ball, Forces, Hinge, Rope

SAMPLES = 1201
MOST_MOVERS = 64
"""Bodies looked at per target: those sent on their way first, then those that fall."""
SUPPORT = 5e-3
"""A body with something this close beneath it stands and does not fall [m]."""


class Forecast:
    """Who goes where, for all bodies of a shot over `seconds` of world time."""

    def __init__(self, actors: Sequence[Actor], forces: Forces, seconds: float) -> None:
        self._actors = actors
        self._forces = forces
        self._gravity = np.asarray(forces.gravity, float)
        self._times = np.linspace(0.0, seconds, SAMPLES)

    def focus(self, index: int) -> Float[np.ndarray, " 3"]:
        """The place in the frame of body `index` that is hit first [m]; its middle if nothing comes."""
        target = self._actors[index]
        rotation = np.asarray(target.body.rotation)
        own = self._path(index)
        low, high = target.bounds
        arrivals: list[tuple[float, np.ndarray]] = []
        for mover, path in zip(self._movers, self._mover_paths, strict=True):
            if mover == index:
                continue
            seen = unrotate(rotation, path - own)
            extent = self._actors[mover].bounds[1] - self._actors[mover].bounds[0]
            reach = float(extent.min()) / 2
            inside = ((seen > low - reach) & (seen < high + reach)).all(axis=1)
            if inside.any():
                first = int(inside.argmax())
                arrivals.append((float(self._times[first]), np.clip(seen[first], low, high)))
        if arrivals:
            return min(arrivals, key=lambda arrival: arrival[0])[1]
        return self._leading_place(index)

    def _leading_place(self, index: int) -> Float[np.ndarray, " 3"]:
        """Where a body that is dropped or thrown itself will touch: its foremost point."""
        target = self._actors[index]
        low, high = target.bounds
        heading = np.asarray(target.body.velocity, float)
        if not heading.any() and self._falls[index]:
            heading = self._gravity
        if target.body.motion != "dynamic" or (length := float(np.linalg.norm(heading))) < 1e-6:
            return (low + high) / 2
        vertices = target.solid.surface.vertices
        reached = vertices @ unrotate(np.asarray(target.body.rotation), heading / length)
        return vertices[reached > reached.max() - 1e-6].mean(0)

    @cached_property
    def _movers(self) -> list[int]:
        """Bodies that go somewhere: sent ones in the shot's order, then those that fall."""
        pushed = {push.body for push in self._forces.pushes}
        sent, falling = [], []
        for index, actor in enumerate(self._actors):
            body = actor.body
            if body.motion == "static" or isinstance(body.shape, Plane | Pane):
                continue
            if body.motion == "kinematic" or any(body.velocity) or body.name in pushed or self._swings(index):
                sent.append(index)
            elif self._falls[index]:
                falling.append(index)
        return [*sent, *falling][:MOST_MOVERS]

    @cached_property
    def _mover_paths(self) -> list[Float[np.ndarray, "time 3"]]:
        return [self._path(mover) for mover in self._movers]

    @cached_property
    def _falls(self) -> Bool[np.ndarray, " body"]:
        """Whether nothing holds a body: dynamic, not held, and nothing just beneath it."""
        low = np.array([actor.world_bounds[0] for actor in self._actors])
        high = np.array([actor.world_bounds[1] for actor in self._actors])
        free = np.zeros(len(low), bool)
        for index, actor in enumerate(self._actors):
            body = actor.body
            held = body.fracture is not None and body.fracture.held != "free"
            if body.motion != "dynamic" or body.release_at or held:
                continue
            beside = ((high[:, :2] > low[index, :2]) & (low[:, :2] < high[index, :2])).all(axis=1)
            under = beside & (np.abs(low[index, 2] - high[:, 2]) < SUPPORT)
            under[index] = False
            free[index] = not under.any()
        return free

    def _path(self, index: int) -> Float[np.ndarray, "time 3"]:
        """World positions of a body's origin [m]."""
        actor = self._actors[index]
        body, times = actor.body, self._times
        if body.motion == "kinematic":
            keys = np.array([float(key.at) for key in body.keyframes])
            where = np.array([key.position for key in body.keyframes])
            return np.stack([np.interp(times, keys, where[:, axis]) for axis in range(3)], axis=1)
        if body.motion == "static":
            return np.broadcast_to(np.asarray(body.position, float), (len(times), 3))
        if (swing := self._swing(index)) is not None:
            return swing
        gravity = self._gravity if self._falls[index] or body.release_at else np.zeros(3)
        since = np.maximum(times - float(body.release_at or 0), 0.0)[:, None]
        path = np.asarray(body.position) + since * np.asarray(body.velocity) + since**2 / 2 * gravity
        for push in self._forces.pushes:
            if push.body == body.name:
                since = np.maximum(times - float(push.at), 0.0)[:, None]
                path = path + since * np.asarray(push.impulse) / actor.mass
        return path

    def _swings(self, index: int) -> bool:
        return self._swing(index) is not None

    def _swing(self, index: int) -> Float[np.ndarray, "time 3"] | None:
        """The arc of a body that hangs on a rope, ball joint or hinge, through its lowest point.

        In order of place, not in true time: a swing reaches its target long before a clip is over.
        """
        body = self._actors[index].body
        for joint in self._forces.joints:
            if not isinstance(joint, Rope | Ball | Hinge) or body.name not in (joint.a, joint.b):
                continue
            if isinstance(joint, Rope):
                anchor = np.asarray(joint.at_b if joint.a == body.name else joint.at_a)
            else:
                anchor = np.asarray(joint.anchor)
            arm = np.asarray(body.position) - anchor
            length, pull = float(np.linalg.norm(arm)), float(np.linalg.norm(self._gravity))
            if body.motion != "dynamic" or min(length, pull) < 1e-6:
                return None
            down = self._gravity / pull
            side = arm - (arm @ down) * down
            width = float(np.linalg.norm(side))
            if width < 1e-3 * length:
                return None
            start = float(np.arctan2(width, arm @ down))
            angle = np.linspace(start, -start, SAMPLES)[:, None]
            return anchor + length * (np.cos(angle) * down + np.sin(angle) * side / width)
        return None
