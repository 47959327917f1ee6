"""A Fréchet distance between sets of clips, like FVD, on features that need no trained network.

FVD (arXiv 1812.01717) compares Gaussians fitted to the features of a video classifier. No such network is at hand
here, so features are fixed statistics: a clip is cut into blocks of 16 frames and 64 x 64 px, each block into four
quarters; of luma and two colour differences, at three scales, the mean, the deviation, and the mean absolute
differences along time, rows and columns. A random projection of fixed seed takes these numbers, in units of their
deviation over the wanted set, to `DIMENSIONS`. Comparable between rows of one table only, never with FVD.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

FRAMES, SIDE, SCALES = 16, 64, 3
DIMENSIONS = 24
LEAST_BLOCKS = 2 * DIMENSIONS
"""Fewer do not give a covariance."""
_OPPONENT = np.array([[0.2126, 0.7152, 0.0722], [0.5, -0.5, 0.0], [-0.25, -0.25, 0.5]])


def features_of(clip: Float[np.ndarray, "time row column 3"]) -> Float[np.ndarray, "block feature"]:
    """One row for each block; pictures smaller than a block give one row of what there is."""
    opponent = np.clip(clip[-FRAMES:], -1, 1) @ _OPPONENT.T
    _, height, width, _ = opponent.shape
    high, wide = min(SIDE, height), min(SIDE, width)
    return np.stack(
        [
            _statistics(opponent[:, row : row + high, column : column + wide])
            for row in range(0, height - high + 1, high)
            for column in range(0, width - wide + 1, wide)
        ]
    )


def _statistics(block: Float[np.ndarray, "time row column 3"]) -> Float[np.ndarray, " feature"]:
    found = []
    for _ in range(SCALES):
        half_row, half_column = block.shape[1] // 2, block.shape[2] // 2
        for rows in (slice(None, half_row), slice(half_row, None)):
            for columns in (slice(None, half_column), slice(half_column, None)):
                found.append(_moments(block[:, rows, columns]))
        block = _halved(block)
    return np.concatenate(found)


def _moments(part: Float[np.ndarray, "time row column 3"]) -> Float[np.ndarray, " 15"]:
    steps = [np.abs(np.diff(part, axis=axis)).mean((0, 1, 2)) for axis in (0, 1, 2)]
    return np.concatenate([part.mean((0, 1, 2)), part.std((0, 1, 2)), *steps])


def _halved(block: Float[np.ndarray, "time row column 3"]) -> Float[np.ndarray, "time row column 3"]:
    even = block[:, : block.shape[1] // 2 * 2, : block.shape[2] // 2 * 2]
    return (even[:, ::2, ::2] + even[:, 1::2, ::2] + even[:, ::2, 1::2] + even[:, 1::2, 1::2]) / 4


def frechet(found: Float[np.ndarray, "one feature"], wanted: Float[np.ndarray, "other feature"]) -> float:
    """Squared Fréchet distance between Gaussians fitted to both sets: |m - m'|² + tr(C + C' - 2 (C C')^½)."""
    scale = np.maximum(wanted.std(0), 1e-3)
    size = wanted.shape[1]
    project = np.random.default_rng(0).normal(size=(size, min(DIMENSIONS, size))) / np.sqrt(size)
    one, other = found / scale @ project, wanted / scale @ project
    covariances = [np.cov(each, rowvar=False) for each in (one, other)]
    half = _root(covariances[1])
    both = _root(half @ covariances[0] @ half)
    apart = float(np.square(one.mean(0) - other.mean(0)).sum())
    return apart + float(np.trace(covariances[0] + covariances[1] - 2 * both))


def _root(covariance: Float[np.ndarray, "one one"]) -> Float[np.ndarray, "one one"]:
    """Square root of a symmetric matrix, by eigenvalues: small sets have singular covariances, which others refuse."""
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    return (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T
