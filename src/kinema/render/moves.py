"""Camera moves: each turns the stance of a camera into the stance it has at a moment of clip time.

A *stance* is an eye, an orientation and the distance to what is looked at. The orientation is carried whole
(not re-derived from a direction and "up"), so that pan, tilt and orbit work when looking straight down too.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from kinema.shot.camera import Dolly, Ease, Handheld, Keyed, Move, Orbit, Pan, PushIn, Span, Tilt, Track

BodyCentre = Callable[[str, float], Float[np.ndarray, " 3"]]
"""Centre of mass of a body, world [m], at a moment of clip time [s]."""

BAND = (0.25, 4.0)
"""Band of an operator's hands [Hz]: breathing and shifting weight below, correcting above."""
_TONES = 32
_FADE = 0.5
"""Time to take up or lay down the camera, and to find a body to track in mid-clip [s]."""


@dataclass(frozen=True, kw_only=True)
class Stance:
    """Where a camera stands and how it is turned, world frame."""

    eye: Float[np.ndarray, " 3"]
    """[m]"""
    axes: Float[np.ndarray, "3 3"]
    """Rows: right, up, forward; orthonormal, right × up = -forward."""
    distance: float
    """To what is looked at, along forward [m]."""

    @property
    def target(self) -> Float[np.ndarray, " 3"]:
        """What is looked at [m]."""
        return self.eye + self.distance * self.axes[2]


def looking(eye: np.ndarray, aim: np.ndarray, right: np.ndarray) -> Stance:
    """A stance at `eye` that sees `aim` in its centre, +z up; `right` decides for straight up or down."""
    offset = np.asarray(aim, float) - eye
    distance = float(np.linalg.norm(offset))
    forward = offset / distance if distance > 1e-9 else np.array([0.0, 1.0, 0.0])
    side = np.cross(forward, [0.0, 0.0, 1.0])
    if np.linalg.norm(side) < 1e-6:
        side = right - (right @ forward) * forward
    if np.linalg.norm(side) < 1e-6:
        side = np.cross(forward, np.eye(3)[int(np.argmin(np.abs(forward)))])
    side = side / np.linalg.norm(side)
    return Stance(
        eye=np.asarray(eye, float), axes=np.stack([side, np.cross(side, forward), forward]), distance=distance
    )


def turn(axis: np.ndarray, angle: float) -> Float[np.ndarray, "3 3"]:
    """Rotation by `angle` [rad] about a unit `axis` (Rodrigues), right-handed."""
    x, y, z = axis
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.eye(3) + math.sin(angle) * cross + (1 - math.cos(angle)) * cross @ cross


def ease(t: float, kind: Ease) -> float:
    """Share of a move done at share `t` of its span. Smooth = smoothstep: at rest at both ends."""
    t = min(max(t, 0.0), 1.0)
    return t if kind == "linear" else t * t * (3 - 2 * t)


def progress(move: Span, time: float, clip_seconds: float) -> float:
    """Share of a move done at clip `time` [s]."""
    start, end = span(move, clip_seconds)
    if end <= start:
        return 1.0 if time >= start else 0.0
    return ease((time - start) / (end - start), move.ease)


def span(move: Span, clip_seconds: float) -> tuple[float, float]:
    """Start and end of a move, clip time [s]."""
    return float(move.start), clip_seconds if move.end is None else float(move.end)


_UP = np.array([0.0, 0.0, 1.0])


def moved(stance: Stance, move: Move, time: float, clip_seconds: float, centre: BodyCentre) -> Stance:
    """The stance after what `move` has done to it by clip `time` [s]."""
    if isinstance(move, Keyed):
        return _keyed(stance, move, time)
    done = progress(move, time, clip_seconds)
    match move:
        case Pan():
            return replace(stance, axes=stance.axes @ turn(_UP, -math.radians(move.degrees) * done).T)
        case Tilt():
            return replace(
                stance, axes=stance.axes @ turn(stance.axes[0], math.radians(move.degrees) * done).T
            )
        case Dolly():
            return replace(
                stance, eye=stance.eye + done * np.array([move.right, move.up, move.forward]) @ stance.axes
            )
        case PushIn():
            eye = stance.eye + done * move.share * (stance.target - stance.eye)
            return replace(stance, eye=eye, distance=stance.distance * (1 - done * move.share))
        case Orbit():
            rotation = turn(_UP, math.radians(move.degrees) * done)
            eye = stance.target + rotation @ (stance.eye - stance.target)
            return replace(stance, eye=eye, axes=stance.axes @ rotation.T)
        case Track():
            return _tracked(stance, move, time, clip_seconds, centre)
        case Handheld():
            return _shaken(stance, move, time, clip_seconds)


def _tracked(stance: Stance, move: Track, time: float, clip_seconds: float, centre: BodyCentre) -> Stance:
    """Look at the body from `start` on; in mid-clip the turn towards it takes a moment, it is no cut."""
    start, end = span(move, clip_seconds)
    if time < start:
        return stance
    now = centre(move.body, min(time, max(end, start)))
    eye = stance.eye + move.follow * (now - centre(move.body, start))
    found = 1.0 if start == 0 else ease((time - start) / min(_FADE, (end - start) / 2 or _FADE), "smooth")
    # Blending the points aimed at, not the angles: both are in front of the camera, so the way is short.
    aim = now if found >= 1 else (1 - found) * (eye + stance.distance * stance.axes[2]) + found * now
    return looking(eye, aim, stance.axes[0])


def _shaken(stance: Stance, move: Handheld, time: float, clip_seconds: float) -> Stance:
    start, end = span(move, clip_seconds)
    # The hands are there from first to last frame; they fade only where the span begins or ends in mid-clip.
    strength = 1.0 if start <= 0 else ease((time - start) / _FADE, "smooth")
    strength *= 1.0 if end >= clip_seconds else ease((end - time) / _FADE, "smooth")
    if strength <= 0:
        return stance
    x, y, z, pan, tilt = strength * wander(move.seed, time)
    axes = stance.axes @ turn(_UP, math.radians(move.degrees) * pan).T
    axes = axes @ turn(axes[0], math.radians(move.degrees) * tilt).T
    return replace(stance, eye=stance.eye + move.metres * np.array([x, y, z]), axes=axes)


def wander(seed: int, time: float) -> Float[np.ndarray, " 5"]:
    """Five independent noises of unit RMS within `BAND`: 32 log-spaced jittered tones each, amplitude ~ 1/f.

    A sum of tones is band-limited by construction, and any moment is computed without those before it.
    """
    random = np.random.default_rng([seed, 0x68616E64])
    low, high = np.log(BAND)
    frequency = np.exp(low + (high - low) * (np.arange(_TONES) + random.random((5, _TONES))) / _TONES)
    amplitude = 1 / frequency
    amplitude *= np.sqrt(2 / (amplitude**2).sum(1, keepdims=True))
    phase = 2 * np.pi * random.random((5, _TONES))
    return (amplitude * np.sin(2 * np.pi * frequency * time + phase)).sum(1)


def _keyed(stance: Stance, move: Keyed, time: float) -> Stance:
    at = np.array([float(key.at) for key in move.keys])
    points = np.array([[*key.position, *key.aim] for key in move.keys])
    pose = catmull_rom(at, points, time)
    return looking(pose[:3], pose[3:], stance.axes[0])


def catmull_rom(at: np.ndarray, points: np.ndarray, time: float) -> np.ndarray:
    """Value at `time` of the curve through `points (key, n)` at rising times `at (key,)`; held outside.

    Cubic Hermite whose tangents are the secants over both neighbours (Catmull, Rom 1974) taken in time, so
    velocity is continuous for unevenly spaced keys; one-sided at the ends.
    """
    time = float(np.clip(time, at[0], at[-1]))
    i = int(np.clip(np.searchsorted(at, time, side="right") - 1, 0, len(at) - 2))
    tangent = [(points[min(k + 1, len(at) - 1)] - points[max(k - 1, 0)])
               / (at[min(k + 1, len(at) - 1)] - at[max(k - 1, 0)]) for k in (i, i + 1)]  # fmt: skip
    h = at[i + 1] - at[i]
    s = (time - at[i]) / h
    return (
        (1 + 2 * s) * (1 - s) ** 2 * points[i]
        + s * (1 - s) ** 2 * h * tangent[0]
        + s * s * (3 - 2 * s) * points[i + 1]
        + s * s * (s - 1) * h * tangent[1]
    )
