"""Forces that do not come from contact, and bodies moved by hand: engine-free, so that all engines agree."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
from jaxtyping import Float

from kinema.physics.rotation import conjugate, multiply, rotate, rotation_vector, slerp
from kinema.physics.world import WorldBody
from kinema.shot.force import Forces, Push, Wind


def gravity_at(forces: Forces, position: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3"]:
    """Acceleration [m/s²] at world positions [m]; the last region that holds a position decides."""
    position = np.asarray(position, float)
    gravity = np.tile(np.asarray(forces.gravity, float), (len(position), 1))
    for region in forces.regions:
        inside = ((position >= region.low) & (position <= region.high)).all(-1)
        gravity[inside] = region.gravity
    return gravity


def drag_force(
    wind: Wind,
    velocity: Float[np.ndarray, "n 3"],
    area: Float[np.ndarray, " n"],
    mass: Float[np.ndarray, " n"],
    step: float,
) -> Float[np.ndarray, "n 3"]:
    """Mean drag [N] over the coming `step` [s] on bodies of projected `area` [m²], `mass` [kg], `velocity`
    [m/s].

    F = ½ rho Cd A |u| u with u = wind - velocity. Drag alone obeys u' = -k u|u|/m, whose solution is u / (1
    + k |u| t / m); its mean over the step is F over the same denominator. So a feather in a gale reaches
    the wind's speed and never overshoots it, whatever the step.
    """
    u = np.asarray(wind.velocity, float) - velocity
    speed = np.linalg.norm(u, axis=-1, keepdims=True)
    k = 0.5 * wind.air_density * wind.drag * np.asarray(area, float)[:, None]
    return k * speed * u / (1 + k * speed * step / np.asarray(mass, float)[:, None])


def area_share(body: WorldBody, mass_share: float) -> float:
    """Projected area [m²] of a fragment that has `mass_share` of the body.

    Faces of a plate go with its mass; those of a compact solid with the power 2/3.
    """
    exponent = 1.0 if body.bonds is not None and body.bonds.plate else 2.0 / 3.0
    return body.drag_area * mass_share**exponent


def pushes_by_step(forces: Forces, step: Fraction) -> dict[int, list[Push]]:
    """Pushes by the index of the step at whose start they act: the step that contains their moment. Exact."""
    due: dict[int, list[Push]] = {}
    for push in forces.pushes:
        due.setdefault(int(push.at / step), []).append(push)
    return due


def release_step(body: WorldBody, step: Fraction) -> int:
    """Index of the step at whose start the body is let go; 0 = free from the beginning."""
    return 0 if body.release_at is None else int(body.release_at / step)


def pose_at(body: WorldBody, time: float) -> tuple[Float[np.ndarray, 3], Float[np.ndarray, 4]]:
    """Position of the body's origin [m] and orientation of a keyframed body; at rest before and after its
    keys.

    Between keys: linear position, slerped rotation. A body without keyframes is where it was put.
    """
    keys = body.keyframes
    if not keys:
        return np.asarray(body.position, float), np.asarray(body.orientation, float)
    if time <= keys[0][0]:
        return np.asarray(keys[0][1], float), np.asarray(keys[0][2], float)
    for (t0, p0, q0), (t1, p1, q1) in pairwise(keys):
        if time < t1:
            share = (time - t0) / (t1 - t0)
            return (1 - share) * np.asarray(p0, float) + share * np.asarray(p1, float), slerp(q0, q1, share)
    return np.asarray(keys[-1][1], float), np.asarray(keys[-1][2], float)


def motion_over(
    body: WorldBody, start: float, end: float
) -> tuple[Float[np.ndarray, 3], Float[np.ndarray, 3]]:
    """Mean velocity of the body's origin [m/s] and mean spin [rad/s], world frame, of a keyframed body."""
    (p0, q0), (p1, q1) = pose_at(body, start), pose_at(body, end)
    return (p1 - p0) / (end - start), rotation_vector(multiply(q1, conjugate(q0))) / (end - start)


def to_world(body: WorldBody, point: Float[np.ndarray, 3]) -> Float[np.ndarray, 3]:
    """A point of the body's frame in the world at time 0 [m]."""
    position, orientation = pose_at(body, 0.0)
    return position + rotate(orientation, np.asarray(point, float))
