"""The keyed lattice and its tile; compiled loops against plain twins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import uniform_filter

from kinema.errors import ProvenanceError
from kinema.provenance.watermark.analysis_kernel import box, reduce_luma
from kinema.provenance.watermark.code import LENGTH, bits_of, encode
from kinema.provenance.watermark.embedder import laid
from kinema.provenance.watermark.geometry import placed, similarity
from kinema.provenance.watermark.lattice import BAND, PERIOD, lattice, ring, tile
from kinema.provenance.watermark.pools import Pools, pilots_at
from kinema.provenance.watermark.search import aligned, read
from kinema.provenance.watermark.search_kernel import shift_peaks
from kinema.provenance.watermark.secret import order, signs
from kinema.provenance.watermark.spectrum import Spectrum

KEY, OTHER = b"sixteen bytes it is", b"sixteen other bytes"


@given(st.binary(min_size=16, max_size=40), st.integers(1, 500))
def test_draws_are_signs_and_permutations(key: bytes, count: int) -> None:
    assert set(signs(key, "a", count).tolist()) <= {-1.0, 1.0}
    np.testing.assert_array_equal(np.sort(order(key, "b", count)), np.arange(count))


@pytest.mark.parametrize("key", [b"", b"fifteen bytes!!"])
def test_short_key_is_refused_and_not_shown(key: bytes) -> None:
    with pytest.raises(ProvenanceError, match="at least 16 bytes") as error:
        lattice(key)
    assert not key or key.decode() not in str(error.value)


def test_tile_has_mean_0_variance_1_and_nothing_outside_the_band() -> None:
    pattern = tile(KEY, 77)
    power = np.abs(np.fft.fft2(pattern)) ** 2
    radius = np.hypot(np.fft.fftfreq(PERIOD)[:, None], np.fft.fftfreq(PERIOD)[None])
    outside = (radius < BAND[0]) | (radius > BAND[1])
    assert pattern.mean() == pytest.approx(0, abs=1e-12)
    assert pattern.std() == pytest.approx(1)
    assert power[outside].sum() < 1e-20 * power.sum()


def test_key_decides_the_tile() -> None:
    np.testing.assert_array_equal(tile(KEY, 5), tile(KEY, 5))
    # Patterns of two keys are as alike as chance: deviation 1 / sqrt(number of parts), and five of them.
    alike = float(np.mean(tile(KEY, 5) * tile(OTHER, 5)))
    assert abs(alike) < 5 / np.sqrt(2 * len(ring()))


def test_every_point_has_one_role_and_every_coded_bit_a_part() -> None:
    points = lattice(KEY)
    together = np.concatenate([points.pilot, points.data])
    assert sorted(map(tuple, together.tolist())) == sorted(map(tuple, ring().tolist()))
    counts = np.bincount(points.carried.ravel(), minlength=LENGTH)
    assert counts.min() >= 1
    assert counts.max() - counts.min() <= 1


@given(st.integers(0, 2**64 - 1))
def test_gather_is_the_adjoint_of_spread(identity: int) -> None:
    points, word = lattice(KEY), encode(bits_of(identity))
    draw = np.random.default_rng(3)
    seen = draw.standard_normal(len(points.data)) + 1j * draw.standard_normal(len(points.data))
    inner = float(np.sum((seen * points.spread(word).conj()).real))
    assert inner == pytest.approx(float(points.gather(seen) @ word))
    assert (np.sign(points.gather(points.spread(word))) == word).all()


def test_larger_pictures_get_the_same_pattern_enlarged() -> None:
    square = tile(KEY, 9)
    plain, double = laid(square, 480, 640), laid(square, 960, 1280)
    halved = double.reshape(480, 2, 640, 2).mean(axis=(1, 3))
    # Averaging two samples of the doubled pattern multiplies each wave by cos(pi f / 2): 0.975 to 1 in the band, so
    # the halved pattern is the plain one to 2 %.
    assert np.corrcoef(plain.ravel(), halved.ravel())[0, 1] > 0.9995
    assert np.abs(plain - halved).max() < 0.1


def test_laid_tile_repeats() -> None:
    pattern = laid(tile(KEY, 9), 480, 854)
    np.testing.assert_array_equal(pattern[:-PERIOD, :-PERIOD], pattern[PERIOD:, PERIOD:])


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("degrees", [-170.0, -90.0, 0.0, 13.5, 90.0])
def test_geometry_says_what_it_was_made_of(degrees: float, mirrored: bool) -> None:
    found = placed(similarity(0.7, degrees, mirrored=mirrored), np.array([3.0, -5.0]))
    assert found.scale == pytest.approx(0.7)
    assert found.rotation == pytest.approx(degrees)
    assert found.mirrored == mirrored
    assert found.shift == (3.0, PERIOD - 5.0)


def test_shift_search_is_a_fourier_transform() -> None:
    points, grid = lattice(KEY), 40
    draw = np.random.default_rng(4)
    numbers = points.pilot
    products = (
        draw.standard_normal((3, len(numbers))) + 1j * draw.standard_normal((3, len(numbers)))
    ).astype(np.complex64)
    peaks, places = np.empty(3, np.float32), np.empty((3, 2), np.int64)
    shift_peaks(products, numbers, grid, peaks, places)
    for m in range(3):
        plane = np.zeros((grid, grid), complex)
        np.add.at(plane, (numbers[:, 1] % grid, numbers[:, 0] % grid), products[m])
        whole = np.real(np.fft.ifft2(plane)) * grid**2
        y, x = np.unravel_index(np.argmax(whole), whole.shape)
        assert (places[m] == (x, y)).all()
        assert peaks[m] == pytest.approx(whole.max(), rel=1e-4)


def test_pattern_is_read_back_from_its_own_spectrum() -> None:
    # The pilots drawn under a known geometry, transformed, and read at that geometry: real and positive.
    points, geometry = lattice(KEY), placed(similarity(0.5, 7.0), np.array([40.0, 11.0]))
    picture = pilots_at(points, geometry, (240, 426))
    padded = np.zeros((512, 1024))
    padded[:240, :426] = picture
    padded = np.roll(padded, (-120, -213), (0, 1))
    values = np.fft.fftshift(np.fft.fft2(padded)).astype(np.complex64)[1:, 1:]
    plane = Spectrum(values=np.ascontiguousarray(values), samples=(1024.0, 512.0), shape=(240, 426))
    seen = aligned(plane, points.pilot, geometry) * points.pilot_signs.conj()
    # Other points leak in through the window's side lobes.
    assert np.median(np.abs(np.angle(seen))) < 0.1
    assert np.all(np.real(seen) > 0)
    again = read(plane, points.pilot, geometry.frequencies[None])
    assert again.shape == (1, len(points.pilot))


def test_box_is_a_mean_over_squares() -> None:
    picture = np.random.default_rng(6).random((40, 50)).astype(np.float32)
    out = np.empty_like(picture)
    box(picture, 3, out)
    inside = uniform_filter(picture, 7)[3:-3, 3:-3]
    # Running sums of float32 over 50 columns and 40 rows.
    np.testing.assert_allclose(out[3:-3, 3:-3], inside, atol=1e-5)
    assert out[0, 0] == pytest.approx(picture[:4, :4].mean(), abs=1e-6)


def test_reduction_is_an_area_average_of_luma() -> None:
    frame = np.random.default_rng(7).integers(0, 256, (60, 90, 3)).astype(np.uint8)
    small = np.empty((20, 30), np.float32)
    reduce_luma(frame, 3.0, small)
    luma = frame @ np.array([0.2126, 0.7152, 0.0722])
    np.testing.assert_allclose(small, luma.reshape(20, 3, 30, 3).mean(axis=(1, 3)), rtol=1e-5)
    part = np.empty((24, 36), np.float32)
    reduce_luma(frame, 2.5, part)
    # Fractions of pixels are counted as such: the mean is kept.
    assert part.mean() == pytest.approx(luma.mean(), rel=1e-5)


def test_groups_of_frames_stay_few_and_lose_nothing() -> None:
    pools, draw = Pools(), np.random.default_rng(8)
    frames = draw.standard_normal((333, 8, 9)).astype(np.float32)
    for frame in frames:
        pools.add(frame)
    assert len(pools._sums) <= 24
    assert sum(pools._counts) == pools.frames == 333
    np.testing.assert_allclose(pools.all(), frames.mean(axis=0), atol=1e-5)
