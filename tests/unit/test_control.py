"""The control against closed forms: a ball, a plane and a camera whose every number is known."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinema.diffusion.body_noise import body_noise
from kinema.diffusion.control import (
    BODY,
    CHANNELS,
    DEPTH,
    MOTION,
    MOTION_SCALE,
    NOISE,
    NORMAL,
    control_of,
    control_of_chunk,
)
from kinema.physics.analytic import Analytic
from kinema.physics.build import build_world
from kinema.physics.rotation import matrix
from kinema.render.camera import CameraPath
from kinema.render.frame import Picture
from kinema.render.preview import Preview
from kinema.shot.files import validate_shot

WIDTH, HEIGHT = 96, 64
HALF = 2.0**-11
"""Relative rounding of float16."""


@pytest.fixture(scope="module")
def clip():
    """A spinning ball flies through the air over no floor, seen by a camera that pans."""
    shot = validate_shot(
        {
            "bodies": [
                {
                    "name": "ball",
                    "shape": {"kind": "sphere", "radius": 0.5},
                    "material": "oak",
                    "position": [0, 0, 1],
                    "velocity": [0.8, 0, 2],
                    "spin": [60, 20, 200],
                }
            ],
            "lights": [{"kind": "sun", "name": "sun"}, {"kind": "environment", "name": "sky"}],
            "camera": {
                "position": [0.3, -2.5, 1.2],
                "aim": [0, 0, 1.1],
                "moves": [{"kind": "pan", "degrees": 8, "ease": "linear"}],
            },
            "timing": {"frames": 9},
        }
    )
    tape = Analytic().simulate(build_world(shot))
    camera = CameraPath(shot, tape, WIDTH, HEIGHT)
    noise = body_noise(tape, camera)
    frames = list(Preview(threads=1).draw(shot, tape, Picture(width=WIDTH, height=HEIGHT), range(9)))
    return tape, camera, frames, [control_of(frame, tape, camera, noise) for frame in frames], shot


def centres() -> np.ndarray:
    x, y = np.meshgrid(np.arange(WIDTH) + 0.5, np.arange(HEIGHT) + 0.5)
    return np.stack([x, y], -1).reshape(-1, 2)


def test_shape_type_and_ranges(clip):
    for control in clip[3]:
        assert control.shape == (HEIGHT, WIDTH, len(CHANNELS)) == (HEIGHT, WIDTH, 14)
        assert control.dtype == np.float16
        assert np.isfinite(control).all()
        assert (np.abs(control) <= 1).all()
        away = control[..., BODY][..., 0] == 0
        assert 0.1 < away.mean() < 0.95
        assert (control[away][:, :7] == 0).all()
        assert (control[away][:, NOISE] == 0).all()


def test_depth_and_normal_are_the_balls(clip):
    tape, camera, frames, controls, _ = clip
    view = camera.at(5)
    rays = view.rays(centres())
    to_ball = tape.poses_at(5)[0][0] - view.eye
    a, b, c = (rays**2).sum(-1), rays @ to_ball, to_ball @ to_ball - 0.25
    root = b * b - a * c
    # The rim apart: the drawn ball is a polyhedron of 96 segments, and there its depth is off by its chords.
    inside = root > 0.15 * root.max()
    depth = (b - np.sqrt(np.maximum(root, 0))) / a
    normal = (depth[:, None] * rays - to_ball) / 0.5
    axes = np.stack([view.right, view.up, -view.forward], 1)
    control = controls[5].reshape(-1, 14).astype(float)
    assert frames[5].index == 5
    assert (control[inside][:, BODY] == 1).all()
    # Chord of 96 segments: 0.5 (1 - cos(pi/96)) = 0.27 mm; seen aslant up to three times that.
    np.testing.assert_allclose(control[inside][:, DEPTH][:, 0], 1 / (1 + depth[inside]), atol=5e-4)
    # Shading normals are interpolated over a facet: off by its chord over its half length.
    np.testing.assert_allclose(control[inside][:, NORMAL], normal[inside] @ axes, atol=0.01)


def test_motion_is_in_picture_sizes_times_ten(clip):
    tape, camera, _, controls, _ = clip
    here, there = (camera.at(f).project(tape.poses_at(f)[0][:1])[0] for f in (2, 3))
    column, row = np.floor(here).astype(int)
    # At the pixel of the ball's centre the seen point is the nearest one, not the centre: allow for its own turn.
    (q0, q1) = (tape.poses_at(f)[1][0] for f in (2, 3))
    view = camera.at(2)
    pixel = np.array([[column + 0.5, row + 0.5]])
    depth = 1 / float(controls[2][row, column, 0]) - 1
    point = view.eye + depth * view.rays(pixel)[0]
    own = matrix(q0).T @ (point - tape.poses_at(2)[0][0])
    after = camera.at(3).project((matrix(q1) @ own + tape.poses_at(3)[0][0])[None])[0]
    expected = (after - pixel[0]) / [WIDTH, HEIGHT] * MOTION_SCALE
    # The depth read back from float16 is off by 2^-11 of 1/(1 + depth); a millimetre moves the point by far less.
    np.testing.assert_allclose(controls[2][row, column, MOTION].astype(float), expected, atol=5e-3)
    assert np.abs(there - here).max() > 0.5


def test_background_moves_with_the_camera_alone(clip):
    _, camera, _, controls, _ = clip
    away = controls[0][..., 13] == 0
    far = camera.at(0).eye + 1e7 * camera.at(0).rays(centres())
    expected = (camera.at(1).project(far) - centres()) / [WIDTH, HEIGHT] * MOTION_SCALE
    found = controls[0][..., MOTION].astype(float)
    np.testing.assert_allclose(
        found[away], np.clip(expected.reshape(HEIGHT, WIDTH, 2), -1, 1)[away], atol=2e-3
    )


def test_matter_keeps_its_noise(clip):
    """A point followed by exact motion has the same colour a frame later, to the error of reading between pixels."""
    from scipy.ndimage import map_coordinates

    shot, tape = clip[4], clip[0]
    camera = CameraPath(shot, tape, 4 * WIDTH, 4 * HEIGHT)
    noise = body_noise(tape, camera)
    picture = Picture(width=4 * WIDTH, height=4 * HEIGHT)
    first, second = Preview(threads=1).draw(shot, tape, picture, range(3, 5))
    before, after = (control_of(frame, tape, camera, noise).astype(float) for frame in (first, second))
    body = first.passes.piece >= 0
    at = (np.argwhere(body)[:, ::-1] + first.passes.motion[body])[:, ::-1].T
    # Not where matter leaves the picture or its face; foreshortening is at most 1 / 0.6 here.
    seen = map_coordinates(after[..., 3], at, order=1, mode="constant") > 0.6
    assert seen.sum() > 5000
    for channel in range(9, 12):
        read = map_coordinates(after[..., channel], at, order=1)
        error = np.abs(read - before[body][:, channel])[seen]
        # Features are 30 px. Bilinear reading errs by f'' / 8 an axis, f'' at most 12 / 30², over 0.6²: 0.009.
        assert error.max() < 0.012
        assert np.std(before[body][:, channel]) > 0.2


def test_fields_of_bodies_differ():
    shot = validate_shot(
        {
            "bodies": [
                {"name": n, "shape": {"kind": "sphere", "radius": 0.3}, "position": [x, 0, 1]}
                for n, x in (("a", -0.5), ("b", 0.5))
            ],
            "lights": [{"kind": "sun", "name": "sun"}],
            "timing": {"frames": 1},
        }
    )
    tape = Analytic().simulate(build_world(shot))
    noise = body_noise(tape, CameraPath(shot, tape, 64, 64))
    assert len(set(noise.key.tolist())) == 2
    assert tape.rate > Fraction(0)
    np.testing.assert_allclose(noise.feature[0], noise.feature[1], rtol=1e-6)


@given(*(st.floats(-1e4, 1e4) for _ in range(3)), st.integers(0, 2**32 - 1))
def test_noise_is_bounded_and_smooth(x, y, z, key):
    from kinema.diffusion.control_kernel import value_noise

    here = value_noise(x, y, z, np.uint32(key))
    there = value_noise(x + 1e-4, y, z, np.uint32(key))
    assert -1 <= here <= 1
    # The cubic's steepest slope is 3/2, between corners at most 2 apart.
    assert abs(there - here) <= 1e-4 * 3.0 * 1.01 + 1e-9
    assert math.isfinite(here)


def test_networks_are_told_the_same_numbers_as_the_data_set(clip):
    """Of eight frames and whole tokens, of which the last frame, row and column fill what there is not."""
    tape, camera, frames, controls, _ = clip
    told = control_of_chunk(frames[:3], tape, camera, body_noise(tape, camera), (8, HEIGHT + 16, WIDTH + 5))
    beyond = ((0, 5), (0, 16), (0, 5), (0, 0))
    expected = np.pad(np.stack(controls[:3]), beyond, mode="edge").astype(np.float32)
    np.testing.assert_array_equal(told, np.moveaxis(expected, -1, 0)[None])


@given(st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=40))
def test_control_is_rounded_as_half_floats_are(values):
    from kinema.diffusion.control_kernel import _put

    line = np.array(values, np.float32)[:, None]
    out = np.empty((1, 1, 1, len(values)), np.float32)
    wanted = line[:, 0].astype(np.float16)
    _put(line, line.view(np.uint32), out, 0, 0)
    np.testing.assert_array_equal(out[0, 0, 0], wanted)
