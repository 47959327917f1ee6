"""The camera of a shot: pose and projection at any moment of the clip. Both renderers see through this."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from jaxtyping import Float

from kinema.errors import RenderError
from kinema.physics.tape import Tape
from kinema.render.moves import Stance, looking, moved, turn
from kinema.shot.shot import Shot


@dataclass(frozen=True, kw_only=True)
class View:
    """A thin lens at one moment, world frame. Pixels: x right, y down, the first centre at (0.5, 0.5)."""

    eye: Float[np.ndarray, " 3"]
    """[m]"""
    right: Float[np.ndarray, " 3"]
    up: Float[np.ndarray, " 3"]
    forward: Float[np.ndarray, " 3"]
    """Unit, orthonormal."""
    tan_x: float
    """Tangent of half the horizontal field of view."""
    tan_y: float
    width: int
    """[px]"""
    height: int
    focus_distance: float
    """Along `forward` [m]; inf = all is sharp."""
    aperture_radius: float
    """Of the entrance pupil [m]: focal length / (2 N); 0 = all is sharp."""

    @cached_property
    def matrix(self) -> Float[np.ndarray, "3 4"]:
        """World point (homogeneous) to (x depth, y depth, depth): pixels after division by depth [m]."""
        to_camera = np.stack([self.right, self.up, self.forward])
        centre_x, centre_y = self.width / 2, self.height / 2
        intrinsic = np.array(
            [[centre_x / self.tan_x, 0, centre_x], [0, -centre_y / self.tan_y, centre_y], [0, 0, 1.0]]
        )
        rotation = intrinsic @ to_camera
        return np.concatenate([rotation, -(rotation @ self.eye)[:, None]], 1)

    def project(self, points: Float[np.ndarray, "point 3"]) -> Float[np.ndarray, "point 2"]:
        """Pixels of world points; not a number for points not in front of the eye."""
        x, y, depth = self.matrix[:, :3] @ np.asarray(points, float).T + self.matrix[:, 3:]
        depth = np.where(depth > 0, depth, np.nan)
        return np.stack([x / depth, y / depth], -1)

    def rays(self, pixels: Float[np.ndarray, "point 2"]) -> Float[np.ndarray, "point 3"]:
        """Directions through pixels, of component 1 along `forward`: eye + depth * ray is the point seen."""
        x = (np.asarray(pixels, float)[:, 0] / self.width * 2 - 1) * self.tan_x
        y = (1 - np.asarray(pixels, float)[:, 1] / self.height * 2) * self.tan_y
        return x[:, None] * self.right + y[:, None] * self.up + self.forward


class CameraPath:
    """The camera of `shot` over the clip, in a picture of `width` x `height` px."""

    def __init__(self, shot: Shot, tape: Tape, width: int, height: int) -> None:
        self._shot, self._tape, self._size = shot, tape, (width, height)
        self._centres = lru_cache(maxsize=64)(self._centres_of)
        camera = shot.camera
        aim = self.centre(camera.aim, 0.0) if isinstance(camera.aim, str) else np.array(camera.aim)
        eye = np.array(camera.position, float)
        if np.linalg.norm(aim - eye) < 1e-9:
            raise RenderError(
                "camera.aim",
                "must be apart from the camera's position",
                got=tuple(float(x) for x in eye),
                next_step="Move the camera or its aim.",
            )
        self._rest = looking(eye, aim, np.array([1.0, 0.0, 0.0]))

    def at(self, frame: float) -> View:
        """The view at a moment counted in frames (whole numbers: the shutter opens)."""
        shot, (width, height) = self._shot, self._size
        stance = self._stance(float(frame / shot.timing.fps))
        right, up, forward = stance.axes
        # Positive roll turns the camera clockwise as the operator sees it: the horizon sinks on the left.
        roll = turn(forward, math.radians(shot.camera.roll))
        tan_x = shot.camera.sensor_width / (2 * shot.camera.focal_length)
        focus, aperture = self._focus(stance, float(frame))
        return View(
            eye=stance.eye,
            right=roll @ right,
            up=roll @ up,
            forward=forward,
            tan_x=tan_x,
            tan_y=tan_x * height / width,
            width=width,
            height=height,
            focus_distance=focus,
            aperture_radius=aperture,
        )

    def _stance(self, time: float) -> Stance:
        stance, timing = self._rest, self._shot.timing
        for move in self._shot.camera.moves:
            stance = moved(
                stance,
                move,
                time,
                float(timing.seconds),
                lambda name, at: self.centre(name, at * float(timing.fps)),
            )
        return stance

    def _focus(self, stance: Stance, frame: float) -> tuple[float, float]:
        camera = self._shot.camera
        if camera.focus == "deep":
            return math.inf, 0.0
        aperture = camera.focal_length * 1e-3 / (2 * camera.f_stop)
        if isinstance(camera.focus, str):
            along = float((self.centre(camera.focus, frame) - stance.eye) @ stance.axes[2])
            # No lens focuses behind itself or within its own focal length.
            return max(along, 2e-3 * camera.focal_length), aperture
        return float(camera.focus), aperture

    def centre(self, body: str, frame: float) -> Float[np.ndarray, " 3"]:
        """Centre of mass of all pieces of a body, world [m], at a moment counted in frames."""
        centres = self._centres(body)
        moment = float(np.clip(frame * self._tape.samples_per_frame, 0, len(centres) - 1))
        k = min(int(moment), max(len(centres) - 2, 0))
        return centres[k] + (moment - k) * (centres[min(k + 1, len(centres) - 1)] - centres[k])

    def _centres_of(self, body: str) -> Float[np.ndarray, "sample 3"]:
        geometry = self._tape.geometry
        of_body = np.flatnonzero(geometry.piece_body == geometry.bodies.index(body))
        mass = geometry.piece_mass[of_body].astype(float)
        # Planes have no mass; any of their pieces counts the same.
        weight = mass / mass.sum() if mass.sum() > 0 else np.full(len(of_body), 1 / len(of_body))
        return np.einsum("spx,p->sx", self._tape.position[:, of_body].astype(float), weight)
