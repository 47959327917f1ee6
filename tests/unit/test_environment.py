"""The map around the scene: its level, its directions, its files."""

from __future__ import annotations

import contextlib
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinema.errors import MediaError
from kinema.render.blackbody import LUMINANCE
from kinema.render.environment import directions, environment_map, level_illuminance, solid_angles
from kinema.render.exposure import sun_direction
from kinema.render.radiance import read_hdr
from kinema.shot.shot import Shot


def shot_with(*lights: dict) -> Shot:
    return Shot.model_validate({"lights": list(lights)})


def mapped(*lights: dict, height: int = 64, folder: str = ".") -> np.ndarray:
    sphere = environment_map(shot_with(*lights), height, folder=folder)
    assert sphere is not None
    return sphere.astype(float)


def test_none_without_surroundings() -> None:
    assert environment_map(shot_with({"name": "sun", "kind": "sun"})) is None
    assert environment_map(shot_with({"name": "e", "kind": "environment", "on": False})) is None


@pytest.mark.parametrize("height", [16, 64, 256])
def test_solid_angles_fill_the_sphere(height: int) -> None:
    assert (solid_angles(height) * 2 * height).sum() == pytest.approx(4 * math.pi, rel=1e-12)


def test_directions() -> None:
    toward = directions(64)
    assert np.linalg.norm(toward, axis=-1) == pytest.approx(1, abs=1e-12)
    half = 1.5 * math.pi / 64  # nearest pixel centres lie within half a pixel, diagonally
    for azimuth, axis in ((0, [0, 1, 0]), (90, [1, 0, 0]), (180, [0, -1, 0]), (270, [-1, 0, 0])):
        column = round(azimuth / 360 * 128)
        assert np.arccos(toward[32, column] @ np.array(axis)) < half
        assert sun_direction(0, azimuth) == pytest.approx(axis, abs=1e-12)


@given(nits=st.floats(1e-2, 1e5), kelvin=st.floats(1500, 20_000))
@settings(max_examples=20, deadline=None)
def test_a_constant_dome_is_as_bright_as_asked(nits: float, kelvin: float) -> None:
    sphere = mapped({"name": "e", "kind": "environment", "nits": nits, "kelvin": kelvin}, height=16)
    assert (sphere @ LUMINANCE) == pytest.approx(nits, rel=1e-6)  # float32
    assert LUMINANCE @ level_illuminance(sphere) == pytest.approx(math.pi * nits, rel=1e-6)


@given(
    turbidity=st.floats(1.7, 10),
    elevation=st.floats(-10, 90),
    azimuth=st.floats(0, 360),
    lux=st.floats(10, 1e5),
)
@settings(max_examples=30, deadline=None)
def test_any_sky_gives_its_lux_and_no_darkness(
    turbidity: float, elevation: float, azimuth: float, lux: float
) -> None:
    sphere = mapped(
        {
            "name": "s",
            "kind": "sky",
            "turbidity": turbidity,
            "elevation": elevation,
            "azimuth": azimuth,
            "lux": lux,
        },
        height=32,
    )
    assert np.isfinite(sphere).all()
    assert (sphere >= 0).all()
    # Rows of the upper half only: the ground must not count. float32.
    assert LUMINANCE @ level_illuminance(sphere) == pytest.approx(lux, rel=1e-5)


def test_a_clear_sky_is_brightest_about_the_sun_and_blue_away_from_it() -> None:
    sphere = mapped({"name": "s", "kind": "sky", "elevation": 40, "azimuth": 225, "turbidity": 2.5})
    sky = sphere[:32]
    toward = directions(64)[:32]
    row, column = np.unravel_index((sky @ LUMINANCE).argmax(), sky.shape[:2])
    # The glow around the sun; the horizon below it pulls the peak down a little at this turbidity.
    assert math.degrees(math.acos(toward[row, column] @ sun_direction(40, 225))) < 15
    away = sky[12, round(45 / 360 * 128)]
    assert away[2] > 1.5 * away[0]


def test_ground_below_the_horizon_is_lit_by_sky_and_sun() -> None:
    sky = {"name": "sky", "kind": "sky", "lux": 10_000, "ground": [0.3, 0.3, 0.3], "elevation": 30}
    sun = {"name": "sun", "kind": "sun", "lux": 50_000, "elevation": 30}
    for lights, lux in (((sky,), 10_000), ((sky, sun), 10_000 + 25_000)):
        assert LUMINANCE @ mapped(*lights)[-1, 0] == pytest.approx(0.3 * lux / math.pi, rel=1e-4)


# --- files ------------------------------------------------------------------------------------------------


def rgbe(image: np.ndarray, *, packed: bool) -> bytes:
    """Radiance encoder, plain or run-length: the reader's slow twin."""
    height, width = image.shape[:2]
    brightest = image.max(-1)
    mantissa, exponent = np.frexp(brightest)
    scale = np.where(brightest > 0, mantissa * 256 / np.maximum(brightest, 1e-30), 0)
    coded = np.concatenate([image * scale[..., None], (exponent + 128)[..., None]], -1).astype(np.uint8)
    coded[brightest <= 0] = 0
    out = f"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y {height} +X {width}\n".encode()
    for row in coded:
        if not packed:
            out += row.tobytes()
            continue
        out += b"\x02\x02" + width.to_bytes(2, "big")
        for channel in row.T:
            for start in range(0, width, 100):
                part = channel[start : start + 100]
                same = (part == part[0]).all()
                out += bytes([128 + len(part), part[0]]) if same else bytes([len(part)]) + part.tobytes()
    return out


@pytest.mark.parametrize("packed", [False, True])
def test_radiance_files_are_read(tmp_path: Path, packed: bool) -> None:
    image = np.exp(np.random.default_rng(1).normal(0, 3, (8, 160, 3)))
    image[3] = 0.5
    path = tmp_path / "a.hdr"
    path.write_bytes(rgbe(image, packed=packed))
    # Eight bits share one exponent: half a step of the brightest channel.
    assert (np.abs(read_hdr(path) - image) <= image.max(-1, keepdims=True) / 128).all()


@given(noise=st.binary(max_size=200), cut=st.integers(0, 400))
@settings(max_examples=60, deadline=None)
def test_broken_files_are_refused(tmp_path_factory: pytest.TempPathFactory, noise: bytes, cut: int) -> None:
    whole = rgbe(np.random.default_rng(2).random((4, 40, 3)), packed=True)
    path = tmp_path_factory.mktemp("hdr") / "b.hdr"
    path.write_bytes(whole[:cut] + noise)
    with contextlib.suppress(MediaError):  # anything else that is raised fails the test
        assert read_hdr(path).shape == (4, 40, 3)


def test_an_hdri_is_scaled_turned_and_kept(tmp_path: Path) -> None:
    image = np.full((64, 128, 3), 0.1)
    image[20:24, 62:66] = 50.0  # a lamp in the middle column: north
    (tmp_path / "room.hdr").write_bytes(rgbe(image, packed=True))

    def lamp(turn: float) -> np.ndarray:
        light = {"name": "e", "kind": "environment", "nits": 300, "file": "room.hdr", "turn": turn}
        sphere = mapped(light, folder=str(tmp_path))
        assert (sphere @ LUMINANCE * solid_angles(64)).sum() / (4 * math.pi) == pytest.approx(300, rel=1e-5)
        weight = sphere @ LUMINANCE * (sphere @ LUMINANCE > 1000)
        middle = np.einsum("rc,rcx->x", weight, directions(64))
        return middle / np.linalg.norm(middle)

    height = 90 - 22 / 64 * 180
    for turn in (0, 90, 200):
        assert lamp(turn) == pytest.approx(sun_direction(height, turn), abs=0.02)  # a third of a pixel


def test_missing_and_unfit_files(tmp_path: Path) -> None:
    light = {"name": "e", "kind": "environment", "file": "none.exr"}
    with pytest.raises(MediaError, match="existing"):
        mapped(light, folder=str(tmp_path))
    (tmp_path / "none.exr").write_bytes(b"not a picture")
    with pytest.raises(MediaError, match="equirectangular"):
        mapped(light, folder=str(tmp_path))
