"""Bodies on a plane under Coulomb's law: how a sphere skids and rolls, how a flat body slides and sticks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from kinema.physics.rotation import rotate
from kinema.physics.world import Collider

STILL = 1e-9
"""Slip below which two surfaces hold together [m/s]."""


@dataclass(frozen=True, kw_only=True)
class Stand:
    """What the ground does to a body on it, until `lasts` is over."""

    acceleration: Float[np.ndarray, " 3"]
    """Of the centre of mass [m/s²]."""
    spin_up: Float[np.ndarray, " 3"]
    """Angular acceleration [rad/s²]."""
    friction: Float[np.ndarray, " 3"]
    """Force per mass [N/kg]."""
    lasts: float
    """Until the slip is over [s]; infinite if it never is or there is none."""


def sphere_on_plane(
    velocity: Float[np.ndarray, " 3"],
    spin: Float[np.ndarray, " 3"],
    gravity: Float[np.ndarray, " 3"],
    normal: Float[np.ndarray, " 3"],
    *,
    radius: float,
    gyration: float,
    friction: float,
) -> Stand | None:
    """A sphere pressed on a plane. `gyration` is I/(m r²), 2/5 if solid. None: the slip would swerve.

    Slipping, friction is mu N against the slip; rolling, it is what keeps the slip at nought, if Coulomb allows
    (Goldstein, Poole & Safko, Classical Mechanics, ch. 4).
    """
    press = float(-gravity @ normal)
    along = gravity + press * normal
    slip = velocity - np.cross(spin, radius * normal)
    slip = slip - normal * (normal @ slip)
    speed = float(np.linalg.norm(slip))
    if speed > STILL and np.linalg.norm(np.cross(slip, along)) > 1e-9 * speed * (
        press + np.linalg.norm(along)
    ):
        return None
    if speed <= STILL:
        rolling = -along * gyration / (1 + gyration)
        if np.linalg.norm(rolling) <= friction * press:
            return _sphere_stand(along, rolling, normal, radius, gyration, np.inf)
        slip = along  # it starts to slip downhill
    direction = slip / np.linalg.norm(slip)
    braking = -friction * press * direction
    change = float((along + (1 + 1 / gyration) * braking) @ direction)
    lasts = -speed / change if speed > STILL and change < 0 else np.inf
    return _sphere_stand(along, braking, normal, radius, gyration, lasts)


def _sphere_stand(
    along: np.ndarray, friction: np.ndarray, normal: np.ndarray, radius: float, gyration: float, lasts: float
) -> Stand:
    spin_up = np.cross(-normal, friction) / (gyration * radius)
    return Stand(acceleration=along + friction, spin_up=spin_up, friction=friction, lasts=lasts)


def _swerves(slip: np.ndarray, along: np.ndarray, press: float) -> bool:
    """Whether the slip and what pulls along the plane have different lines."""
    speed = float(np.linalg.norm(slip))
    pull = press + float(np.linalg.norm(along))
    return speed > STILL and float(np.linalg.norm(np.cross(slip, along))) > 1e-9 * speed * pull


def flat_on_plane(
    velocity: Float[np.ndarray, " 3"],
    gravity: Float[np.ndarray, " 3"],
    normal: Float[np.ndarray, " 3"],
    *,
    friction: float,
) -> Stand | None:
    """A body that lies flat on a plane and does not turn. None: its path would swerve."""
    press = float(-gravity @ normal)
    along = gravity + press * normal
    speed = float(np.linalg.norm(velocity))
    still = np.zeros(3)
    if speed > STILL:
        if _swerves(velocity, along, press):
            return None
        direction = velocity / speed
    elif np.linalg.norm(along) <= friction * press:
        return Stand(acceleration=still, spin_up=still, friction=-along, lasts=np.inf)
    else:
        direction = along / np.linalg.norm(along)
    braking = -friction * press * direction
    change = float((along + braking) @ direction)
    lasts = -speed / change if change < 0 else np.inf
    return Stand(acceleration=along + braking, spin_up=still, friction=braking, lasts=lasts)


def footprint(
    colliders: tuple[Collider, ...],
    orientation: Float[np.ndarray, " 4"],
    normal: Float[np.ndarray, " 3"],
    touch: float,
) -> Float[np.ndarray, "corner 3"]:
    """Lowest points of a body along `normal`, from its centre of mass [m], world axes; all within `touch`."""
    points = rotate(orientation, np.concatenate([_corners(c) for c in colliders]))
    height = points @ normal
    return points[height < height.min() + touch]


def holds_up(
    foot: Float[np.ndarray, "corner 3"], normal: Float[np.ndarray, " 3"], stand: Stand, press: float
) -> bool:
    """Whether the ground's push passes through the footprint; if not, the body topples.

    The push acts where its moment about the centre of mass vanishes: off the foot of the perpendicular by
    height times friction over pressure, downhill.
    """
    from scipy.spatial import ConvexHull, QhullError

    if press <= 0 or len(foot) < 3:
        return False
    across = np.linalg.svd(normal[None])[2][1:]
    centre = float(foot[0] @ normal) * (stand.friction / press)
    try:
        hull = ConvexHull(foot @ across.T)
    except QhullError:
        return False
    return bool((hull.equations[:, :2] @ (across @ centre) + hull.equations[:, 2] <= 1e-9).all())


def _corners(collider: Collider) -> np.ndarray:
    """Points whose hull is the solid, from the centre of mass [m]; rims are 64-gons."""
    turn = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    ring = np.stack([np.cos(turn), np.sin(turn), 0 * turn], axis=1)
    if collider.kind == "box":
        signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
        points = signs * np.asarray(collider.size)
    elif collider.kind == "hull" and collider.points is not None:
        points = collider.points
    elif collider.kind == "cylinder":
        radius, half = collider.size
        points = np.concatenate([radius * ring + [0, 0, half], radius * ring - [0, 0, half]])
    elif collider.kind == "cone":
        radius, half = collider.size
        points = np.concatenate([radius * ring - [0, 0, half], [[0, 0, half]]])
    else:  # spheres and capsules are round underneath: nothing to stand on
        points = np.zeros((1, 3))
    return rotate(np.array(collider.orientation), points) + collider.position
