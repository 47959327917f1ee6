"""Unit quaternions w, x, y, z as arrays of rows: turn, compose, blend. Batched, float64, numpy alone."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

Quaternions = Float[np.ndarray, "*batch 4"]
Vectors = Float[np.ndarray, "*batch 3"]


def matrix(q: Quaternions) -> Float[np.ndarray, "*batch 3 3"]:
    """Rotation matrices of unit quaternions."""
    w, x, y, z = np.moveaxis(np.asarray(q, float), -1, 0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.stack([np.stack(row, -1) for row in rows], -2)


def rotate(q: Quaternions, v: Vectors) -> Vectors:
    """`v` turned by `q`: v + 2 w (u × v) + 2 u × (u × v)."""
    q, v = np.asarray(q, float), np.asarray(v, float)
    w, u = q[..., :1], q[..., 1:]
    t = 2 * cross(u, v)
    return v + w * t + cross(u, t)


def unrotate(q: Quaternions, v: Vectors) -> Vectors:
    """`v` turned back by `q`."""
    return rotate(conjugate(q), v)


def cross(a: Vectors, b: Vectors) -> Vectors:
    """a × b; several times quicker than `np.cross` on short arrays."""
    ax, ay, az = a[..., 0], a[..., 1], a[..., 2]
    bx, by, bz = b[..., 0], b[..., 1], b[..., 2]
    x = ay * bz - az * by
    product = np.empty((*np.shape(x), 3))
    product[..., 0], product[..., 1], product[..., 2] = x, az * bx - ax * bz, ax * by - ay * bx
    return product


def conjugate(q: Quaternions) -> Quaternions:
    """The inverse turn."""
    return np.asarray(q, float) * (1.0, -1.0, -1.0, -1.0)


def multiply(a: Quaternions, b: Quaternions) -> Quaternions:
    """First `b`, then `a`."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    aw, av, bw, bv = a[..., :1], a[..., 1:], b[..., :1], b[..., 1:]
    w = aw * bw - (av * bv).sum(-1, keepdims=True)
    return np.concatenate([w, aw * bv + bw * av + cross(av, bv)], -1)


def rotation_vector(q: Quaternions) -> Vectors:
    """Axis times angle of the shorter way round [rad]."""
    q = np.asarray(q, float)
    q = np.where(q[..., :1] < 0, -q, q)
    sine = np.linalg.norm(q[..., 1:], axis=-1, keepdims=True)
    angle = 2 * np.arctan2(sine, q[..., :1])
    # Below this the quotient angle/sine is 2 to rounding.
    return q[..., 1:] * np.where(sine > 1e-9, angle / np.maximum(sine, 1e-9), 2.0)


def slerp(a: Float[np.ndarray, 4], b: Float[np.ndarray, 4], t: float) -> Float[np.ndarray, 4]:
    """From `a` to `b` at constant angular speed, the shorter way (Shoemake 1985)."""
    turn = rotation_vector(multiply(b, conjugate(a))) * t
    angle = float(np.linalg.norm(turn))
    if angle < 1e-12:
        return np.asarray(a, float)
    axis = turn / angle * np.sin(angle / 2)
    return multiply(np.array([np.cos(angle / 2), *axis]), a)


def turn_by(vector: Vectors) -> Quaternions:
    """The rotation about each vector by its length [rad]; the inverse of `rotation_vector`."""
    vector = np.asarray(vector, float)
    angle = np.linalg.norm(vector, axis=-1, keepdims=True)
    return np.concatenate([np.cos(angle / 2), vector * np.sinc(angle / (2 * np.pi)) / 2], -1)
