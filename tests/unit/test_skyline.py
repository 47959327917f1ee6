"""Hills on the horizon: where they stand, how they are lit, what the air does to them, and what they leave alone."""

from __future__ import annotations

import math

import numpy as np
import pytest

from kinema.render.blackbody import LUMINANCE
from kinema.render.environment import environment_map, level_illuminance
from kinema.render.exposure import sun_direction
from kinema.render.skyline import RANGES, with_hills
from kinema.shot.shot import Shot

AMBIENT = np.full(3, 9000.0)


def plain(rows: int = 512, level: float = 2000.0) -> np.ndarray:
    return np.full((rows, 2 * rows, 3), level)


def sky_map(height: int, **fields: object) -> np.ndarray:
    sky = {"name": "s", "kind": "sky", "lux": 12_000, "elevation": 12, "azimuth": 234, **fields}
    sphere = environment_map(Shot.model_validate({"lights": [sky]}), height)
    assert sphere is not None
    return sphere.astype(float)


def test_hills_leave_the_sky_above_them_alone() -> None:
    sky = plain()
    drawn = with_hills(sky, 6.0, 0.05, [], AMBIENT)
    elevation = 90 - (np.arange(512) + 0.5) / 512 * 180
    assert (drawn[elevation > 6 + 180 / 512] == sky[0, 0]).all()
    # The highest hill reaches the height asked for: some pixel whose top is at 6 degrees is touched.
    touched = elevation[(drawn != sky).any((1, 2)) & (elevation > 0)]
    assert touched.max() == pytest.approx(6, abs=180 / 512)


def test_air_that_nothing_is_seen_through_leaves_the_horizon_as_it_was() -> None:
    drawn = with_hills(plain(), 6.0, 100.0, [], AMBIENT)
    assert drawn == pytest.approx(2000.0, rel=1e-12)


def test_without_air_hills_are_lambertian() -> None:
    """Full coverage, no haze, no sun: radiance is albedo / pi times half the sky's light."""
    drawn = with_hills(plain(), 6.0, 0.0, [], AMBIENT)
    nearest = np.array(RANGES[-1].albedo) / math.pi * AMBIENT / 2
    # The row above the horizon is 0.35 degrees high: below every saddle of the nearest range (0.4 * 0.26 * 6).
    assert drawn[255] == pytest.approx(np.broadcast_to(nearest, drawn[255].shape), rel=1e-12)


def test_sun_lights_the_hills_opposite_and_not_those_before_it() -> None:
    sun = (sun_direction(12, 90), np.full(3, 50_000.0))  # in the east: column a quarter across
    lit = with_hills(plain(), 6.0, 0.0, [sun], AMBIENT) - with_hills(plain(), 6.0, 0.0, [], AMBIENT)
    row = lit[255, :, 1]
    east, west = row[256 - 64 : 256 + 64].mean(), row[768 - 64 : 768 + 64].mean()
    assert west > 4 * east


def test_the_same_hills_at_every_resolution() -> None:
    """Column means of a finer map are the coarser one's, but for waves the coarser cannot hold."""
    coarse, fine = (with_hills(plain(rows), 20.0, 0.05, [], AMBIENT)[: rows // 2] for rows in (256, 1024))
    folded = fine.reshape(128, 4, 512, 4, 3).mean((1, 3))
    # Ridges of one and of four columns differ by what moves within a column: a few hundredths of their contrast.
    assert np.abs(folded - coarse).mean() < 0.03 * (coarse.max() - coarse.min())


def test_a_sky_with_hills_still_gives_its_lux() -> None:
    for hills in (0.0, 6.0, 30.0):
        upper = sky_map(128, hills=hills)
        assert LUMINANCE @ level_illuminance(upper) == pytest.approx(12_000, rel=1e-5)  # float32


def test_haze_grows_with_turbidity() -> None:
    """Far hills differ less from the air before them the hazier it is."""

    def contrast(turbidity: float) -> float:
        row = sky_map(512, hills=6.0, turbidity=turbidity)[255 - 4] @ LUMINANCE
        bare = sky_map(512, hills=0.0, turbidity=turbidity)[255 - 4] @ LUMINANCE
        return float(np.abs(row / bare - 1).mean())

    assert contrast(2.0) > contrast(4.0) > contrast(8.0)
