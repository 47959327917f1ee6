"""Where the path tracer's samples go, by arithmetic on made-up rounds."""

from __future__ import annotations

import numpy as np
import pytest

from kinema.render.pathtrace.adaptive import TILE, Estimate, luminance_of, per_pixel
from kinema.render.pathtrace.film import Round

WIDTH, HEIGHT = 37, 21
"""No multiple of a tile."""


def taken(spread: np.ndarray) -> Round:
    """One round of a picture of luminance 1, half of whose samples have guides that count."""
    count = spread.size
    ones = np.ones((count, 3), np.float32)
    return Round(ones, 0.25 * ones, 0.5 * ones, np.full((count, 1), 0.5, np.float32), spread.ravel())


def test_a_thin_edge_gets_rounds_and_the_ground_beside_it_does_not() -> None:
    estimate = Estimate(WIDTH, HEIGHT, floor=0.01)
    spread = np.zeros((HEIGHT, WIDTH))
    spread[:, 20] = 0.6
    estimate.add(np.arange(spread.size), taken(spread))
    need = estimate.rounds_for(0.01)
    # Three columns share the edge's variance: 0.2 each, a spread of 0.447 against 5 x 0.01, past the knee at 2.
    assert need[:, 19:22] == pytest.approx(2 * np.sqrt(0.2) / 0.05, rel=1e-6)
    # Running sums of doubles, rounded: nothing but that.
    assert np.abs(need[:, :19]).max() < 1e-9
    assert np.abs(need[:, 22:]).max() < 1e-9


def test_albedo_is_of_the_samples_that_count_and_normals_are_of_all() -> None:
    estimate = Estimate(WIDTH, HEIGHT, floor=0.01)
    everything = np.arange(WIDTH * HEIGHT)
    for _ in range(2):
        estimate.add(everything, taken(np.zeros(len(everything))))
    image = estimate.image()
    # Sums of halves and quarters: exact.
    assert (image[..., :3] == 1).all()
    assert (image[..., 3:6] == 0.5).all()
    assert (image[..., 6:] == 0.5).all()


def test_tiles_by_pixels() -> None:
    tiles = np.arange(15).reshape(3, 5)
    pixels = per_pixel(tiles, WIDTH, HEIGHT)
    assert pixels.shape == (HEIGHT, WIDTH)
    assert all(pixels[y, x] == tiles[y // TILE, x // TILE] for y in range(HEIGHT) for x in range(WIDTH))


def test_luminance_of_white_is_one() -> None:
    # Rec.709's weights sum to 1 to the digits they are given in.
    assert luminance_of(np.ones((4, 3), np.float32)) == pytest.approx(1, abs=1e-4)
