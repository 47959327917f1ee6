"""The measures of `benchmarks/diffusion.py`, on pictures whose measure is known in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from diffusion_proof.colour import lab, luminance, mean_difference
from diffusion_proof.frechet import features_of, frechet
from diffusion_proof.growing import exponent
from diffusion_proof.lambert import angle_between, light_direction
from diffusion_proof.likeness import decibel, edge_error, similarity
from diffusion_proof.separation import outline_overlap, overlap
from diffusion_proof.sticking import detail_of, slip
from diffusion_proof.tracking import chain_of, shift_of
from scaling_proof.fit import Law, fitted

HEIGHT, WIDTH = 64, 96
NOBODY = np.zeros((HEIGHT, WIDTH), bool)


def waves(right: float = 0.0, down: float = 0.0) -> np.ndarray:
    """A smooth colour pattern, moved by any amount exactly: waves of 7 to 19 px."""
    row, column = np.mgrid[:HEIGHT, :WIDTH].astype(float)
    x, y = column - right, row - down
    return 0.3 * np.stack(
        [
            np.sin(2 * np.pi * x / 11) + np.cos(2 * np.pi * y / 13),
            np.sin(2 * np.pi * (x + y) / 17) + np.cos(2 * np.pi * y / 9),
            np.sin(2 * np.pi * (x - y) / 19) + np.cos(2 * np.pi * x / 7),
        ],
        -1,
    )


def square(row: int, column: int, side: int) -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[row : row + side, column : column + side] = True
    return mask


@pytest.mark.parametrize(("right", "down"), [(0, 0), (5, -3), (0.5, 0.25), (-2.3, 4.7)])
def test_tracker_finds_a_known_shift(right, down):
    """Gauss and Newton come to where the pictures agree; what is left is the error of cubic splines for waves of 7 px
    and more, below a hundredth of a pixel."""
    shift = shift_of(waves(), waves(right, down), square(20, 30, 24), reach=8)
    assert shift.right == pytest.approx(right, abs=0.01)
    assert shift.down == pytest.approx(down, abs=0.01)


def test_tracker_follows_one_body_over_another_ground():
    """Only what is under the mask counts; the ground stays."""
    clip = []
    for time in range(6):
        picture = waves()
        moved = waves(3 * time, 2 * time) + 0.5
        body = square(10 + 2 * time, 20 + 3 * time, 16)
        picture[body] = moved[body]
        clip.append(picture)
    places = chain_of(np.stack(clip), square(10, 20, 16), reach=8)
    np.testing.assert_allclose(places, [[3 * t, 2 * t] for t in range(6)], atol=0.01)


def test_in_an_even_picture_nothing_moves():
    even = np.full((HEIGHT, WIDTH, 3), 0.3)
    shift = shift_of(even, even, square(20, 30, 16), reach=8)
    assert (shift.right, shift.down) == (0, 0)


def test_what_leaves_the_picture_stays_where_it_was_lost():
    clip = np.zeros((4, HEIGHT, WIDTH, 3))
    assert np.isfinite(chain_of(clip, square(0, 0, 8), reach=8)).all()


def test_overlap_of_shifted_squares():
    """A square of 10 moved by 5: intersection 50, union 150."""
    assert overlap(square(10, 10, 10), square(10, 15, 10)) == pytest.approx(1 / 3)
    assert overlap(NOBODY, NOBODY) == 1


@pytest.mark.parametrize("shift", [0, 1, 3])
def test_outline_is_where_it_is_drawn(shift):
    """A square of 20 drawn `shift` px aside: overlap 20 (20 - s) / (20 (20 + s)); two colours, so it is exact."""
    picture = np.full((HEIGHT, WIDTH, 3), -0.5)
    picture[square(20, 30 + shift, 20)] = (0.8, 0.1, 0.1)
    found = outline_overlap(picture, square(20, 30, 20), NOBODY)
    assert found == pytest.approx((20 - shift) / (20 + shift))


def test_a_body_without_a_core_has_no_outline():
    assert outline_overlap(waves(), square(20, 30, 5), NOBODY) is None


@pytest.mark.parametrize("towards", [(0.3, 0.5, 0.8), (-0.9, 0.1, 0.2), (0.0, 1.0, 0.0)])
def test_light_fit_recovers_the_direction(towards):
    """A matt ball under one far light and an even ambient; the fit is linear where it is lit, so exact to rounding."""
    y, x = np.mgrid[-1:1:81j, -1:1:81j]
    seen = x**2 + y**2 < 0.98
    normals = np.stack([x, y, np.sqrt(np.clip(1 - x**2 - y**2, 0, 1))], -1)[seen]
    direction = np.array(towards) / np.linalg.norm(towards)
    found = light_direction(normals, 0.1 + 0.7 * np.clip(normals @ direction, 0, None))
    assert found is not None
    assert angle_between(found, direction) < 0.01


def test_an_evenly_lit_ball_has_no_light():
    normals = np.random.default_rng(0).normal(size=(200, 3))
    assert light_direction(normals / np.linalg.norm(normals, axis=1)[:, None], np.ones(200)) is None


def test_colours_are_those_of_the_standard():
    """CIELAB of sRGB red, D65: 53.24, 80.09, 67.20 (Lindbloom). White is L* 100; its difference from black 100."""
    white, black, red = np.ones((1, 1, 3)), -np.ones((1, 1, 3)), np.array([[[1.0, -1, -1]]])
    np.testing.assert_allclose(lab(red)[0, 0], (53.24, 80.09, 67.20), atol=0.02)
    np.testing.assert_allclose(lab(white)[0, 0], (100, 0, 0), atol=1e-6)
    assert luminance(white)[0, 0] == pytest.approx(1, abs=1e-6)
    assert mean_difference(white, black, np.ones((1, 1), bool)) == pytest.approx(100, abs=1e-6)


def test_texture_moved_exactly_does_not_vary():
    """Rolled by whole pixels along the motion that says so: the same numbers, so no variance at all."""
    texture = np.random.default_rng(0).normal(size=(HEIGHT, WIDTH))
    detail = np.stack([np.roll(texture, (time, 2 * time), (0, 1)) for time in range(5)])
    motion = np.broadcast_to(np.array([2.0, 1.0]), (*detail.shape, 2))
    along, over = slip(detail, motion, np.zeros(detail.shape, int)) or (1.0, 1.0)
    assert along == pytest.approx(0, abs=1e-20)
    assert over == pytest.approx(1, abs=0.1)  # of 5000 normal numbers


def test_noise_that_is_new_in_each_frame_varies_as_much_as_there_is():
    """Of n frames, a variance about its own mean is (n - 1) / n of the whole; 5 frames, 5000 points."""
    detail = np.random.default_rng(1).normal(size=(5, HEIGHT, WIDTH))
    along, over = slip(detail, np.zeros((*detail.shape, 2)), np.zeros(detail.shape, int)) or (0.0, 1.0)
    assert along / over == pytest.approx(0.8, abs=0.02)


def test_points_that_see_another_piece_are_dropped():
    piece = np.zeros((2, HEIGHT, WIDTH), int)
    piece[1] = 1
    assert slip(np.zeros(piece.shape), np.zeros((*piece.shape, 2)), piece) is None


def test_an_even_picture_has_no_detail():
    np.testing.assert_allclose(detail_of(np.full((2, 32, 32, 3), 0.3)), 0, atol=1e-9)


def test_likeness():
    """An error of 0.2 in a range of 2 is 20 dB; a picture is like itself and unlike its negative."""
    noise = np.random.default_rng(4).uniform(-0.7, 0.7, (1, HEIGHT, WIDTH, 3))
    assert decibel(noise + 0.2, noise) == pytest.approx(20)
    assert similarity(noise, noise) == pytest.approx(1)
    assert similarity(0.2 - 0.5 * noise, 0.2 + 0.5 * noise) < -0.5


def test_frechet_distance_of_gaussians_apart():
    """Moved by a constant d: |projected d|², whatever the covariance; 0 of a set to itself."""
    rng = np.random.default_rng(2)
    wanted = rng.normal(size=(4000, 24))
    assert frechet(wanted, wanted) == pytest.approx(0, abs=1e-6)
    project = np.random.default_rng(0).normal(size=(24, 24)) / np.sqrt(24)
    apart = np.full(24, 0.5) / wanted.std(0) @ project
    assert frechet(wanted + 0.5, wanted) == pytest.approx(float(apart @ apart), rel=1e-6)


def test_small_sets_have_a_distance_too():
    few = np.random.default_rng(5).normal(size=(6, 24))
    # Six points span five directions. Of the product of covariances nineteen eigenvalues are zero but for rounding,
    # which is 2 ** -52 of the largest; the sum is of their roots.
    largest = float(np.linalg.eigvalsh(np.cov(few.T))[-1])
    assert frechet(few, few) == pytest.approx(0, abs=19 * 2**-26 * largest)


def test_features_are_of_blocks():
    clip = np.random.default_rng(3).normal(size=(17, 128, 192, 3))
    assert features_of(clip).shape == (6, 180)
    assert features_of(clip[:, :32, :32]).shape == (1, 180)


def test_exponent_of_a_power():
    assert exponent([1, 2, 4, 8], [3 * n**1.5 for n in (1, 2, 4, 8)]) == pytest.approx(1.5)


def test_edges_are_the_same_or_have_nothing_in_common():
    rng = np.random.default_rng(0)
    bars, turned = np.zeros((2, 1, 32, 32, 3))
    bars[:, :, ::4], turned[:, ::4] = 0.5, 0.5
    assert edge_error(bars + 0.2, bars) < 1e-12  # an offset moves no edge
    assert edge_error(np.zeros_like(bars), bars) == pytest.approx(1.0)
    # Differences across are those of one, differences down those of the other
    assert edge_error(turned, bars) == pytest.approx(1.0)
    assert 0.0 < edge_error(bars + rng.normal(0, 0.01, bars.shape), bars) < 0.1


def test_a_law_of_scaling_is_found_again():
    """Of losses that follow it, on a grid of sizes and lengths: the numbers that were put in."""
    law = Law(floor=0.2, of_parameters=40.0, parameter_power=0.35, of_tokens=90.0, token_power=0.4, error=0.0)
    sizes, lengths = (a.ravel() for a in np.meshgrid([1e5, 4e5, 2e6, 8e6], np.geomspace(1e5, 1e7, 8)))
    found = fitted(sizes, lengths, np.asarray(law.loss(sizes, lengths)))
    # The solver ends where steps change the parameters by less than 1e-8, in a valley some hundred times longer
    assert found.floor == pytest.approx(law.floor, rel=1e-3)
    assert found.parameter_power == pytest.approx(law.parameter_power, rel=1e-3)
    assert found.token_power == pytest.approx(law.token_power, rel=1e-3)
    assert found.error < 1e-6


def test_the_best_size_is_the_best():
    """Among all that cost the same arithmetic."""
    law = Law(floor=0.2, of_parameters=40.0, parameter_power=0.35, of_tokens=90.0, token_power=0.4, error=0.0)
    best = law.best_size(1e15)

    def loss(size: float) -> float:
        return float(law.loss(size, 1e15 / 6 / size))

    assert loss(best) < min(loss(0.99 * best), loss(1.01 * best))
