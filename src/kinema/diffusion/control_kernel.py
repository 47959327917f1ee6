"""The compiled loop of `control`: one pass over the pixels of a frame. Apart, for numba takes a second to import."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

_U = np.uint32


@njit(inline="always")
def lattice_hash(x: Any, y: Any, z: Any, key: Any) -> Any:
    """32 well-mixed bits of a lattice point (a 3D form of Jarzynski and Olano's pcg, JCGT 2020)."""
    h = (
        _U(x) * _U(0x9E3779B1) ^ _U(y) * _U(0x85EBCA77) ^ _U(z) * _U(0xC2B2AE3D) ^ key
    )  # the products wrap, as hashes should
    h = _U(h ^ (h >> _U(16))) * _U(0x7FEB352D)
    h = _U(h ^ (h >> _U(15))) * _U(0x846CA68B)
    return _U(h ^ (h >> _U(16)))


@njit(inline="always")
def _corner(x: Any, y: Any, z: Any, key: Any) -> Any:
    """A value in [-1, 1]."""
    return np.float64(lattice_hash(x, y, z, key)) * (2.0 / 4294967295.0) - 1.0


@njit(cache=True, nogil=True, error_model="numpy")
def value_noise(x: Any, y: Any, z: Any, key: Any) -> Any:  # pragma: no cover - compiled
    """Smooth noise in [-1, 1] at a point counted in lattice edges."""
    i, j, k = np.floor(x), np.floor(y), np.floor(z)
    a, b, c = x - i, y - j, z - k
    a, b, c = a * a * (3 - 2 * a), b * b * (3 - 2 * b), c * c * (3 - 2 * c)
    i0, j0, k0 = np.int64(i), np.int64(j), np.int64(k)
    total = 0.0
    for corner in range(8):
        di, dj, dk = corner & 1, (corner >> 1) & 1, corner >> 2
        weight = (a if di else 1 - a) * (b if dj else 1 - b) * (c if dk else 1 - c)
        total += weight * _corner(i0 + di, j0 + dj, k0 + dk, key)
    return total


@njit(inline="always")
def _encoded(linear: Any) -> Any:
    """sRGB's transfer (IEC 61966-2-1)."""
    linear = min(max(linear, 0.0), 1.0)
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055


@njit(inline="always")
def _put(line: Any, bits: Any, out: Any, time: Any, row: Any) -> None:
    """A row of pixels (column, 14) in its place, its numbers rounded as half floats are (IEEE 754, ties to even), for
    so the data set keeps them. `bits`: the same memory as `line`."""
    half, unit, rest = np.float32(0.75), np.float32(2.0**-14), _U(0xFFFFE000)
    for channel in range(len(out)):
        place = out[channel, time, row]
        for column in range(len(line)):
            value = line[column, channel]
            if abs(value) < unit:  # no normal half float: a multiple of 2 ** -24
                line[column, channel] = (value + half) - half
            else:  # 10 of 23 bits stay
                odd = (bits[column, channel] >> _U(13)) & _U(1)
                bits[column, channel] = (bits[column, channel] + _U(0xFFF) + odd) & rest
            place[column] = line[column, channel]


@njit(inline="always")
def _within(value: Any, limit: Any) -> Any:
    """Clipped; 0 if it is not a number (a point that will be behind the camera)."""
    return min(max(value, -limit), limit) if np.isfinite(value) else 0.0


@njit(inline="always")
def _noise(own: Any, feature: Any, key: Any, footprint: Any, pixel: Any) -> None:
    """Channels 9 to 11 at a point of the body's frame [m]. `footprint`: width of a pixel there [m]."""
    x, y, z = own[0] / feature, own[1] / feature, own[2] / feature
    # Turned by 1 rad about (1, 2, 3), so that no face of a box lies along the lattice.
    x, y, z = (
        0.573138 * x - 0.609007 * y + 0.548292 * z,
        0.740349 * x + 0.671645 * y - 0.027879 * z,
        -0.351279 * x + 0.421906 * y + 0.835822 * z,
    )
    # Where features come near the size of a pixel, samples would be noise of the grid: fade to the field's mean.
    share = min(max(1.5 - 2.0 * footprint / feature, 0.0), 1.0)
    for channel in range(3):
        shift = channel / 3.0  # lattices apart, so that their flat spots do not coincide
        salt = _U(key + _U(channel) * _U(0x68E31DA4))
        pixel[9 + channel] = share * value_noise(x + shift, y - shift, z + 2 * shift, salt)


@njit(cache=True, nogil=True, error_model="numpy")
def fill(
    colour: Any,
    depth: Any,
    normal: Any,
    albedo: Any,
    motion: Any,
    piece: Any,
    eye: Any,
    axes: Any,
    tan_x: Any,
    tan_y: Any,
    position: Any,
    turn: Any,
    rest: Any,
    feature: Any,
    key: Any,
    motion_scale: Any,
    time: Any,
    out: Any,
) -> None:  # pragma: no cover - compiled
    """All channels of `control.control_of` into `out[:, time]` (14, time, row, column), which may have more rows and
    columns. `axes`: right, up, forward; `turn`: piece frame to world; `feature` and `key` per piece."""
    height, width = depth.shape
    line = np.empty((width, len(out)), np.float32)
    bits = line.view(np.uint32)
    for row in range(height):
        for column in range(width):
            pixel = line[column]
            pixel[:] = 0.0
            pixel[7] = _within(motion[row, column, 0] / width * motion_scale, 1.0)
            pixel[8] = _within(motion[row, column, 1] / height * motion_scale, 1.0)
            light = 0.0
            base = 0.0
            for x in range(3):
                weight = (0.2126, 0.7152, 0.0722)[x]
                light += weight * colour[row, column, x]
                base += weight * albedo[row, column, x]
            p = piece[row, column]
            if p < 0:
                base = 1.0
            ratio = max(light, 0.0) / max(base, 1e-3)
            pixel[12] = ratio / (1.0 + ratio)
            if p < 0:
                continue
            z = depth[row, column]
            pixel[0] = 1.0 / (1.0 + z)
            pixel[13] = 1.0
            u = ((column + 0.5) / width * 2 - 1) * tan_x
            v = (1 - (row + 0.5) / height * 2) * tan_y
            own = (rest[p, 0], rest[p, 1], rest[p, 2])
            for x in range(3):
                n = normal[row, column, x]
                pixel[1] += n * axes[0, x]
                pixel[2] += n * axes[1, x]
                pixel[3] -= n * axes[2, x]
                pixel[4 + x] = _encoded(albedo[row, column, x])
                # The seen point from the piece's centre, turned back into the piece's axes and put in the body.
                seen = eye[x] + z * (u * axes[0, x] + v * axes[1, x] + axes[2, x]) - position[p, x]
                own = (
                    own[0] + turn[p, x, 0] * seen,
                    own[1] + turn[p, x, 1] * seen,
                    own[2] + turn[p, x, 2] * seen,
                )
            _noise(own, feature[p], key[p], z * 2 * tan_x / width, pixel)
        _put(line, bits, out, time, row)
