"""The compiled loops of `grain`. Apart, for numba takes a second to import."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from kinema.diffusion.control_kernel import lattice_hash, value_noise


@njit(cache=True, nogil=True, error_model="numpy")
def fine_noise(
    coordinates: Any, body: Any, scale: Any, octaves: Any, key: Any, out: Any
) -> None:  # pragma: no cover - compiled
    """Octaves of value noise at `scale` times the coordinates, each half as strong as the one before."""
    height, width, _ = coordinates.shape
    for row in range(height):
        for column in range(width):
            out[row, column] = 0.0
            if not body[row, column]:
                continue
            x, y, z = coordinates[row, column]
            step = 0.0
            # How far the coordinates move in a pixel, by the nearer neighbours: edges of bodies do not count.
            for axis in range(3):
                a = abs(coordinates[row, column, axis] - coordinates[row, max(column - 1, 0), axis])
                b = abs(coordinates[row, min(column + 1, width - 1), axis] - coordinates[row, column, axis])
                c = abs(coordinates[row, column, axis] - coordinates[max(row - 1, 0), column, axis])
                d = abs(coordinates[min(row + 1, height - 1), column, axis] - coordinates[row, column, axis])
                step += min(a, b) ** 2 + min(c, d) ** 2
            step = np.sqrt(step) * scale
            total, most, gain = 0.0, 0.0, 1.0
            frequency = scale
            for octave in range(octaves):
                share = min(max(1.6 - 1.6 * step, 0.0), 1.0)
                salt = np.uint32(key + np.uint32(octave) * np.uint32(0x9E3779B1))
                total += gain * share * value_noise(x * frequency, y * frequency, z * frequency, salt)
                most += gain
                gain *= 0.5
                frequency *= 2.0
                step *= 2.0
            out[row, column] = total / most


@njit(cache=True, nogil=True, error_model="numpy")
def cells(
    coordinates: Any, piece: Any, scale: Any, key: Any, found: Any, depth: Any
) -> None:  # pragma: no cover - compiled
    """The nearest of one jittered point per lattice cell, and how much nearer it is than the second."""
    height, width, _ = coordinates.shape
    unit = 1.0 / 4294967295.0
    for row in range(height):
        for column in range(width):
            x, y, z = coordinates[row, column]
            x, y, z = x * scale, y * scale, z * scale
            i, j, k = int(np.floor(x)), int(np.floor(y)), int(np.floor(z))
            first, second, best = 1e9, 1e9, np.uint32(0)
            salt = np.uint32(key + np.uint32(piece[row, column] + 1) * np.uint32(0x85EBCA77))
            for di in range(-1, 2):
                for dj in range(-1, 2):
                    for dk in range(-1, 2):
                        h = lattice_hash(i + di, j + dj, k + dk, salt)
                        px = i + di + h * unit
                        py = j + dj + np.uint32(h * np.uint32(0x9E3779B1)) * unit
                        pz = k + dk + np.uint32(h * np.uint32(0x85EBCA77)) * unit
                        distance = (px - x) ** 2 + (py - y) ** 2 + (pz - z) ** 2
                        if distance < first:
                            second, first, best = first, distance, h
                        elif distance < second:
                            second = distance
            found[row, column] = best
            depth[row, column] = min((np.sqrt(second) - np.sqrt(first)) * 1.5, 1.0)
