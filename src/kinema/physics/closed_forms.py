"""Motions whose whole course is known: what `analytic` is made of, and what engines are measured against.

Every motion starts at a moment of world time and answers for any array of later moments. World frame, SI.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from jaxtyping import Float

from kinema.physics.rotation import multiply, rotate, turn_by, unrotate


@dataclass(frozen=True, kw_only=True)
class Path:
    """Where a body is and how it moves, at `n` moments."""

    position: Float[np.ndarray, "n 3"]
    """Centre of mass [m]."""
    orientation: Float[np.ndarray, "n 4"]
    """w, x, y, z"""
    velocity: Float[np.ndarray, "n 3"]
    """[m/s]"""
    spin: Float[np.ndarray, "n 3"]
    """[rad/s]"""


class Motion(Protocol):
    """A closed form."""

    @property
    def start(self) -> float:
        """World time from which it holds [s]."""
        ...

    def at(self, time: Float[np.ndarray, " n"]) -> Path:
        """The body at moments of world time not before `start`."""
        ...


@dataclass(frozen=True, kw_only=True)
class Steady:
    """Constant acceleration of the centre of mass, and free rotation: flight, sliding, rest."""

    start: float
    position: Float[np.ndarray, " 3"]
    orientation: Float[np.ndarray, " 4"]
    velocity: Float[np.ndarray, " 3"]
    spin: Float[np.ndarray, " 3"]
    acceleration: Float[np.ndarray, " 3"]
    inertia: Float[np.ndarray, "3 3"]
    """About the centre of mass, body axes [kg m²]."""

    def at(self, time: Float[np.ndarray, " n"]) -> Path:
        t = np.asarray(time, float)[:, None] - self.start
        orientation, spin = free_rotation(self.orientation, self.spin, self.inertia, t[:, 0])
        return Path(
            position=self.position + self.velocity * t + self.acceleration * t**2 / 2,
            orientation=orientation,
            velocity=self.velocity + self.acceleration * t,
            spin=spin,
        )


@dataclass(frozen=True, kw_only=True)
class Skid:
    """A sphere on a plane: constant acceleration and constant angular acceleration, sliding or rolling."""

    start: float
    position: Float[np.ndarray, " 3"]
    orientation: Float[np.ndarray, " 4"]
    velocity: Float[np.ndarray, " 3"]
    spin: Float[np.ndarray, " 3"]
    acceleration: Float[np.ndarray, " 3"]
    spin_up: Float[np.ndarray, " 3"]
    """Angular acceleration [rad/s²]."""

    def at(self, time: Float[np.ndarray, " n"]) -> Path:
        t = np.asarray(time, float)[:, None] - self.start
        return Path(
            position=self.position + self.velocity * t + self.acceleration * t**2 / 2,
            orientation=_spun_up(self.orientation, self.spin, self.spin_up, t[:, 0]),
            velocity=self.velocity + self.acceleration * t,
            spin=self.spin + self.spin_up * t,
        )


@dataclass(frozen=True, kw_only=True)
class Swing:
    """A physical pendulum in one plane, to any amplitude: Jacobi's elliptic functions (DLMF 22.19(i))."""

    start: float
    anchor: Float[np.ndarray, " 3"]
    axis: Float[np.ndarray, " 3"]
    """Unit, world."""
    arm: Float[np.ndarray, " 3"]
    """From the anchor to the centre of mass at `start` [m]."""
    orientation: Float[np.ndarray, " 4"]
    rate: float
    """Angular velocity about `axis` at `start` [rad/s]."""
    gravity: Float[np.ndarray, " 3"]
    mass: float
    inertia_about_axis: float
    """About the line through the anchor along `axis` [kg m²]."""

    @property
    def angle(self) -> float:
        """Of the arm from where it hangs at rest, about `axis`, at `start` [rad]."""
        down, arm = (v - self.axis * (self.axis @ v) for v in (self.gravity, self.arm))
        if not np.linalg.norm(down) or not np.linalg.norm(arm):
            return 0.0
        return float(np.arctan2(self.axis @ np.cross(down, arm), down @ arm))

    @property
    def small_rate(self) -> float:
        """Angular frequency of small swings [rad/s]."""
        down, arm = (v - self.axis * (self.axis @ v) for v in (self.gravity, self.arm))
        torque = self.mass * float(np.linalg.norm(down) * np.linalg.norm(arm))
        return float(np.sqrt(torque / self.inertia_about_axis))

    @property
    def period(self) -> float:
        """Of the swing, or of one turn if it goes over the top [s]."""
        from scipy.special import ellipk

        omega, m = self.small_rate, _modulus(self.angle, self.rate, self.small_rate)
        return float(4 * ellipk(m) / omega if m < 1 else 2 * ellipk(1 / m) / (omega * np.sqrt(m)))

    def at(self, time: Float[np.ndarray, " n"]) -> Path:
        angle, rate = pendulum(self.angle, self.rate, self.small_rate, np.asarray(time, float) - self.start)
        turn = turn_by((angle - self.angle)[:, None] * self.axis)
        arm = rotate(turn, self.arm)
        spin = rate[:, None] * self.axis
        return Path(
            position=self.anchor + arm,
            orientation=multiply(turn, self.orientation),
            velocity=np.cross(spin, arm),
            spin=spin,
        )


@dataclass(frozen=True, kw_only=True)
class Held:
    """A body that does not move: static, or not yet released."""

    start: float
    position: Float[np.ndarray, " 3"]
    orientation: Float[np.ndarray, " 4"]

    def at(self, time: Float[np.ndarray, " n"]) -> Path:
        n = len(time)
        still = np.zeros((n, 3))
        return Path(
            position=np.tile(self.position, (n, 1)),
            orientation=np.tile(self.orientation, (n, 1)),
            velocity=still,
            spin=still,
        )


# --- rotation ----------------------------------------------------------------------------------------------


def free_rotation(
    orientation: Float[np.ndarray, " 4"],
    spin: Float[np.ndarray, " 3"],
    inertia: Float[np.ndarray, "3 3"],
    elapsed: Float[np.ndarray, " n"],
) -> tuple[Float[np.ndarray, "n 4"], Float[np.ndarray, "n 3"]]:
    """Orientation and spin of a body no torque acts on (Landau & Lifshitz, Mechanics, §§33, 36, 37).

    A body with two equal moments (sphere, cylinder, cube) turns about the fixed angular momentum while it
    turns about its own axis; any other is integrated, with the angular momentum exactly constant.
    """
    if not spin.any():
        return np.tile(orientation, (len(elapsed), 1)), np.zeros((len(elapsed), 3))
    moments, axes = np.linalg.eigh(inertia)
    own_spin = unrotate(orientation, spin)
    momentum = rotate(orientation, inertia @ own_spin)
    near = 1e-9 * moments[2]
    if moments[1] - moments[0] <= near or moments[2] - moments[1] <= near:
        lone = 2 if moments[1] - moments[0] <= near else 0
        axis, equal = axes[:, lone], moments[1]
        t = elapsed[:, None]
        about_axis = turn_by((1 - moments[lone] / equal) * (axis @ own_spin) * axis * t)
        turned = multiply(turn_by(momentum / equal * t), multiply(orientation, about_axis))
    else:
        inverse = np.linalg.inv(inertia)
        turned = _integrated(orientation, lambda q, _t: rotate(q, inverse @ unrotate(q, momentum)), elapsed)
    return turned, rotate(turned, unrotate(turned, momentum) @ np.linalg.inv(inertia))


def _spun_up(q: np.ndarray, spin: np.ndarray, spin_up: np.ndarray, elapsed: np.ndarray) -> np.ndarray:
    """Orientation under `spin + spin_up t`: exact while the axis stays, integrated while it swerves."""
    swerve = np.linalg.norm(np.cross(spin, spin_up))
    if swerve <= 1e-12 * (1 + np.linalg.norm(spin) * np.linalg.norm(spin_up)):
        turned = elapsed[:, None] * spin + elapsed[:, None] ** 2 / 2 * spin_up
        return multiply(turn_by(turned), q)
    return _integrated(q, lambda _q, t: spin + spin_up * t, elapsed)


def _integrated(q: np.ndarray, omega, elapsed: np.ndarray) -> np.ndarray:
    """Quaternions under a world-frame angular velocity: Dormand-Prince of order 8, relative error 1e-12."""
    from scipy.integrate import solve_ivp

    if not len(elapsed) or elapsed[-1] <= 0:
        return np.tile(q, (len(elapsed), 1))

    def rate(t: float, q: np.ndarray) -> np.ndarray:
        w, v = q[0], q[1:]
        o = omega(q / np.linalg.norm(q), t)
        return np.concatenate([[-o @ v], w * o + np.cross(o, v)]) / 2

    # A span a hair longer than asked: solve_ivp refuses a t_eval that rounding puts past its end.
    end = float(elapsed[-1]) * (1 + 1e-12)
    found = solve_ivp(rate, (0.0, end), q, "DOP853", t_eval=elapsed, rtol=1e-12, atol=1e-13)
    return found.y.T / np.linalg.norm(found.y.T, axis=1, keepdims=True)


# --- pendulum ----------------------------------------------------------------------------------------------


def _modulus(angle: float, rate: float, omega: float) -> float:
    """m = k²: energy over that of standing upside down; below 1 it swings, above it turns over."""
    return (rate / (2 * omega)) ** 2 + np.sin(angle / 2) ** 2


def pendulum(
    angle: float, rate: float, omega: float, elapsed: Float[np.ndarray, " n"]
) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """Angle [rad] and rate [rad/s] of θ'' = -omega² sin θ after `elapsed` seconds (DLMF 22.19(i))."""
    from scipy.special import ellipj, ellipkinc

    if omega == 0:
        return angle + rate * elapsed, np.full_like(elapsed, rate)
    m = _modulus(angle, rate, omega)
    if m == 0:
        return np.full_like(elapsed, angle), np.zeros_like(elapsed)
    k = np.sqrt(m)
    if m <= 1:
        phase = np.arcsin(np.clip(np.sin(angle / 2) / k, -1, 1))
        if rate < 0:
            phase = np.pi - phase
        sn, cn, _, _ = ellipj(omega * elapsed + ellipkinc(phase, m), m)
        return 2 * np.arcsin(k * sn), 2 * k * omega * cn
    way = np.sign(rate)
    _, _, dn, amplitude = ellipj(way * k * omega * elapsed + ellipkinc(angle / 2, 1 / m), 1 / m)
    return 2 * amplitude, way * 2 * k * omega * dn


# --- impact ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Ball:
    """A sphere, or with `mass` infinite a wall, as an impact sees it."""

    mass: float
    radius: float
    inertia: float
    velocity: Float[np.ndarray, " 3"]
    spin: Float[np.ndarray, " 3"]

    def struck(self, impulse: Float[np.ndarray, " 3"], arm: Float[np.ndarray, " 3"]) -> Self:
        """After an impulse [N s] at `arm` from the centre [m]."""
        if not np.isfinite(self.mass):
            return self
        return type(self)(
            mass=self.mass,
            radius=self.radius,
            inertia=self.inertia,
            velocity=self.velocity + impulse / self.mass,
            spin=self.spin + np.cross(arm, impulse) / self.inertia,
        )


WALL = Ball(mass=np.inf, radius=0.0, inertia=np.inf, velocity=np.zeros(3), spin=np.zeros(3))


def impact(
    a: Ball, b: Ball, normal: Float[np.ndarray, " 3"], restitution: float, friction: float
) -> tuple[Ball, Ball, Float[np.ndarray, " 3"]]:
    """Both after they meet, and the impulse on `b` [N s]. `normal` is the unit vector from `a` to `b`.

    Newton's restitution along the normal, Coulomb's friction across it: it stops the slip if
    |Jt| <= friction * Jn allows, else it brakes with all it has (Routh 1905, art. 199: for spheres the slip
    keeps its direction, so the two cases are all there is).
    """
    arm_a, arm_b = a.radius * normal, -b.radius * normal
    slip = b.velocity + np.cross(b.spin, arm_b) - a.velocity - np.cross(a.spin, arm_a)
    closing = float(slip @ normal)
    along = -(1 + restitution) * closing / (1 / a.mass + 1 / b.mass)
    across = slip - closing * normal
    speed = float(np.linalg.norm(across))
    impulse = along * normal
    if speed > 0:
        mobility = 1 / a.mass + 1 / b.mass + a.radius**2 / a.inertia + b.radius**2 / b.inertia
        impulse = impulse - across / speed * min(friction * along, speed / mobility)
    return a.struck(-impulse, arm_a), b.struck(impulse, arm_b), impulse


def first_fall(*rising: float) -> float:
    """Smallest root above 0 where the polynomial falls through zero; infinite if none. Lowest power first."""
    coefficients = np.trim_zeros(np.asarray(rising, float), "b")
    if len(coefficients) < 2:
        return np.inf
    polynomial = np.polynomial.Polynomial(coefficients)
    roots = polynomial.roots()
    real = np.sort(roots.real[np.abs(roots.imag) <= 1e-9 * (1 + np.abs(roots.real))])
    slope = polynomial.deriv()
    falling = real[(real > 1e-12) & (slope(real) < 0)]
    return float(falling[0]) if len(falling) else np.inf
