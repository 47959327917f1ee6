"""The baked view transform against OpenColorIO itself, its dither, its grades, its cache."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from kinema.errors import MediaError, UsageError
from kinema.media.cube import SIDE, interpolate, quantise
from kinema.media.dither import blue_noise
from kinema.media.look import grade_named, looks
from kinema.media.view import ViewTransform

# The promise of `media.view`: what the eye sees as one step of 8 bits, and half of one for the dither's rounding.
STATED = 1.5 / 255


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def view(cache: Path) -> ViewTransform:
    return ViewTransform("natural", cache=cache)


def colours(kind: str, count: int = 40_000) -> np.ndarray:
    """Peaks from ten stops under white to eight over it, and beyond the lattice."""
    rng = np.random.default_rng(7)
    peak = 2.0 ** rng.uniform(-10, 9, (count, 1))
    if kind == "neutral":
        ratio = np.ones((count, 3))
    elif kind == "mild":
        ratio = rng.uniform(0.3, 1, (count, 3))
    else:  # down to one part in a thousand, a third of all channels at nothing
        ratio = np.where(rng.random((count, 3)) < 1 / 3, 0.0, 10 ** rng.uniform(-3, 0, (count, 3)))
        ratio[np.arange(count), rng.integers(0, 3, count)] = 1
    return (peak * ratio).astype(np.float32)[None]


@pytest.mark.parametrize("kind", ["neutral", "mild", "saturated"])
def test_lattice_stays_within_the_stated_error_of_opencolorio(view: ViewTransform, kind: str) -> None:
    linear = colours(kind)
    error = np.abs(view.codes(linear) - view.reference(linear)).max()
    assert error <= STATED


def test_creases_are_what_keeps_it_there(view: ViewTransform) -> None:
    """Without the exact path for marked cells the same colours miss by many steps: the marks do work."""
    linear = colours("saturated")
    out = np.empty_like(linear)
    doubtful = interpolate(linear, view.cube, out)
    error = np.abs(out - view.reference(linear)).max(-1)
    assert error[doubtful].max() > 5 * STATED
    assert error[~doubtful].max() <= STATED


def test_kernel_equals_plain_tetrahedra(view: ViewTransform) -> None:
    """The slow twin: sort the fractions, walk the edges. Agreement is that of float32 sums."""
    rng = np.random.default_rng(3)
    linear = (2.0 ** rng.uniform(-13.9, 7.9, (1, 300, 3))).astype(np.float32)
    fast = np.empty_like(linear)
    interpolate(linear, view.cube, fast)
    knots = (linear.view(np.int32) >> 17).astype(np.int64)
    low = (knots << 17).astype(np.int32).view(np.float32)
    high = ((knots + 1) << 17).astype(np.int32).view(np.float32)
    first = int(np.float32(2.0**-14).view(np.int32)) >> 17
    table = view.cube.shaper.astype(float)
    share = (linear.astype(float) - low) / (high.astype(float) - low)
    u = table[knots - first] + share * (table[knots - first + 1] - table[knots - first])
    for pixel, got in zip(u[0], fast[0], strict=True):
        corner = np.minimum(pixel.astype(int), SIDE - 2)
        left = pixel - corner
        order = np.argsort(-left, kind="stable")
        weights = [1 - left[order[0]], *(-np.diff(left[order])), left[order[2]]]
        expected = np.zeros(3)
        for weight, axis in itertools.zip_longest(weights, order):
            expected += weight * view.cube.lattice[tuple(corner)][:3]
            if axis is not None:
                corner[axis] += 1
        # Coordinates up to 64 in float32 are good to 4e-6; a cell spans up to 0.1 of code value.
        np.testing.assert_allclose(got, expected, atol=2e-6)


def test_neutral_stays_neutral_and_rises(view: ViewTransform) -> None:
    ramp = np.repeat(2.0 ** np.linspace(-12, 9, 4000)[:, None], 3, axis=1).astype(np.float32)[None]
    codes = view.codes(ramp)[0]
    # OpenColorIO's own neutral axis is off by 2e-4 of a code value.
    assert np.ptp(codes, axis=1).max() < 1e-5
    assert (np.diff(codes[:, 1]) >= -1e-6).all()
    assert codes[-1, 1] == 1


def test_what_is_no_light_is_black(view: ViewTransform) -> None:
    odd = np.array([[[np.nan] * 3, [-np.inf] * 3, [-1.0] * 3, [0.0] * 3, [np.inf] * 3]], np.float32)
    assert view(odd).tolist() == [[[0] * 3] * 4 + [[255] * 3]]


def test_dither_is_right_on_average(view: ViewTransform) -> None:
    patch = np.full((64, 64, 3), 0.1234, np.float32)
    code = view.codes(patch)[0, 0] * 255
    # Each threshold of the 64 x 64 tile once: the mean is exact to one pixel in 4096.
    np.testing.assert_allclose(view(patch).mean(axis=(0, 1)), code, atol=2 / 4096)
    assert len(np.unique(view(patch)[..., 1])) == 2


@pytest.mark.parametrize("columns", [64, 150])
def test_rounding_equals_plain_thresholds(columns: int) -> None:
    """The slow twin: tile the thresholds, each channel at its own place, and round down. A float32 product may fall on
    the other side of a whole number: one pixel in a thousand at most."""
    code = np.random.default_rng(5).random((70, columns, 3)).astype(np.float32) * 1.2 - 0.1
    rows, columns_ = np.arange(70)[:, None], np.arange(columns)
    tile = blue_noise()
    threshold = np.stack([tile[(rows + 23 * c) % 64, (columns_ + 41 * c) % 64] for c in range(3)], -1)
    wanted = np.clip(np.floor(code.clip(0, 1).astype(float) * 255 + threshold), 0, 255)
    difference = np.abs(quantise(code, tile, 255, np.uint8) - wanted)
    assert difference.max() <= 1
    assert (difference > 0).mean() < 1e-3


def test_dither_tile_is_blue() -> None:
    """Each level once, and next to no power at low frequencies: a tenth of white noise's below an eighth."""
    tile = blue_noise()
    assert len(np.unique(tile)) == tile.size
    power = np.abs(np.fft.fft2(tile - tile.mean())) ** 2
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(64), np.fft.fftfreq(64)))
    low = power[(frequency > 0) & (frequency < 0.125)].mean()
    assert low < 0.1 * power[frequency > 0].mean()


def test_sixteen_bits_agree_with_eight(view: ViewTransform) -> None:
    linear = colours("mild", 500)
    deep = view(linear, bits=16)
    assert deep.dtype == np.uint16
    np.testing.assert_allclose(deep / 65535, view.codes(linear), atol=0.51 / 65535)
    assert np.abs(deep / 257 - view(linear)).max() < 1


def test_half_floats_are_taken(view: ViewTransform) -> None:
    linear = colours("mild", 100).clip(0, 60000).astype(np.float16)
    np.testing.assert_array_equal(view(linear), view(linear.astype(np.float32)))


def test_cache_gives_the_same_bits_and_survives_damage(view: ViewTransform, cache: Path) -> None:
    linear = colours("mild", 500)
    wanted = view(linear)
    (stored,) = (cache / "view").iterdir()
    np.testing.assert_array_equal(ViewTransform("natural", cache=cache)(linear), wanted)
    stored.write_bytes(b"not a table")
    np.testing.assert_array_equal(ViewTransform("natural", cache=cache)(linear), wanted)
    assert stored.stat().st_size > 1_000_000


def test_cache_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "view").write_text("a file where a folder should be")
    with pytest.raises(MediaError, match="KINEMA_CACHE"):
        _ = ViewTransform(cache=tmp_path).cube


def test_unknown_look_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="Did you mean noir"):
        ViewTransform("noire")


# --- looks: through OpenColorIO alone, no baking ---------------------------------------------------------------

GREY = np.full((1, 3), 0.18 / 2**0.5, np.float32)


@pytest.mark.parametrize("name", looks())
def test_every_look_keeps_the_camera_s_exposure(name: str) -> None:
    """Middle grey moves by less than half a stop: a look is not an exposure."""
    luma = np.array([0.2126, 0.7152, 0.0722])
    natural = ViewTransform().reference(GREY)[0] @ luma
    low, high = (ViewTransform().reference(GREY * 2**s)[0] @ luma for s in (-0.5, 0.5))
    assert low < ViewTransform(name).reference(GREY)[0] @ luma < high
    assert abs(natural - 0.383) < 0.1


def test_natural_is_the_aces_rendering_untouched() -> None:
    """18 % grey is shown at 10 nits of 100 (ACES 2.0): code value 0.1 ** (1 / 2.4) of a BT.1886 display."""
    assert ViewTransform().reference(GREY)[0] == pytest.approx([0.1 ** (1 / 2.4)] * 3, abs=1e-3)


def test_looks_do_what_they_say() -> None:
    leaf, shadow = np.array([[0.1, 0.3, 0.05]], np.float32), GREY / 16
    noir = ViewTransform("noir").reference(leaf)[0]
    assert np.ptp(noir) < 1e-3
    warm, cool, natural = (ViewTransform(n).reference(GREY)[0] for n in ("warm", "cool", "natural"))
    assert warm[0] - warm[2] > 0.02
    assert cool[2] - cool[0] > 0.02
    assert np.ptp(natural) < 1e-3
    assert ViewTransform("vintage").reference(shadow).min() > ViewTransform().reference(shadow).max()
    bleach = ViewTransform("bleach").reference(leaf)[0]
    assert np.ptp(bleach) < np.ptp(ViewTransform().reference(leaf)[0])


def test_grades_are_listed_once() -> None:
    assert len(set(looks())) == len(looks()) >= 6
    assert all(grade_named(name).name == name for name in looks())
