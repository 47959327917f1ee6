"""White balance: light of the camera's setting is white, 6500 K changes nothing, luminance of white stays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinema.render.blackbody import LUMINANCE, XYZ_TO_RGB, blackbody_rgb, planck, xyz_of
from kinema.render.white_balance import DAYLIGHT, adaptation, balanced


def white(kelvin: float) -> np.ndarray:
    """Linear Rec.709 of a black body of luminance 1, out of gamut or not."""
    xyz = xyz_of(planck(kelvin))
    return XYZ_TO_RGB @ (xyz / xyz[1])


@given(st.floats(1000, 40_000))
def test_light_of_the_setting_becomes_white(kelvin: float) -> None:
    assert adaptation(kelvin) @ white(kelvin) == pytest.approx(white(DAYLIGHT), abs=1e-9)
    assert LUMINANCE @ adaptation(kelvin) @ white(kelvin) == pytest.approx(1, abs=1e-9)


def test_daylight_changes_nothing() -> None:
    assert adaptation(DAYLIGHT) == pytest.approx(np.eye(3), abs=1e-12)
    picture = np.random.default_rng(1).random((4, 5, 3)).astype(np.float32)
    assert balanced(picture, DAYLIGHT) is picture


def test_there_and_back() -> None:
    """Warm light under a warm setting, then the inverse: von Kries is linear, so it is the identity."""
    there = adaptation(3200.0)
    assert np.linalg.inv(there) @ there == pytest.approx(np.eye(3), abs=1e-12)
    # A setting below the light's own leaves it blue, one above leaves it warm.
    cool, warm = adaptation(2800.0) @ white(4000), adaptation(8000.0) @ white(4000)
    assert cool[2] > 1.1 * cool[0]
    assert warm[0] > 1.1 * warm[2]


def test_a_picture_keeps_its_type_and_never_turns_negative() -> None:
    candle = np.broadcast_to(blackbody_rgb(1500.0).astype(np.float32), (3, 4, 3))
    shown = balanced(candle, 20_000.0)
    assert shown.dtype == np.float32
    assert (shown >= 0).all()
