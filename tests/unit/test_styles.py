"""Every style keeps the contract of `style.Paint`, on a real frame; texture sits on bodies."""

from __future__ import annotations

import numpy as np
import pytest

from kinema.diffusion.body_noise import body_noise
from kinema.diffusion.control import control_of
from kinema.diffusion.styles import NAMES, style_named
from kinema.diffusion.styles.flow import smeared, stroke_flow
from kinema.diffusion.styles.grain import dabs, grain, mean_by
from kinema.errors import UsageError
from kinema.physics.analytic import Analytic
from kinema.physics.build import build_world
from kinema.render.camera import CameraPath
from kinema.render.frame import Picture
from kinema.render.preview import Preview
from kinema.shot.files import validate_shot

SIZE = Picture(width=96, height=64)


@pytest.fixture(scope="module")
def frame():
    shot = validate_shot(
        {
            "bodies": [
                {
                    "name": "ball",
                    "shape": {"kind": "sphere", "radius": 0.4},
                    "colour": [0.6, 0.05, 0.03],
                    "material": "abs",
                    "position": [0, 0, 0.8],
                },
                {"name": "floor", "shape": {"kind": "plane"}},
            ],
            "lights": [{"kind": "sun", "name": "sun"}, {"kind": "sky", "name": "sky"}],
            "camera": {"position": [0, -3, 1.2], "aim": [0, 0, 0.6]},
            "timing": {"frames": 1},
        }
    )
    tape = Analytic().simulate(build_world(shot))
    camera = CameraPath(shot, tape, SIZE.width, SIZE.height)
    (drawn,) = Preview(threads=1).draw(shot, tape, SIZE, range(1))
    return drawn, control_of(drawn, tape, camera, body_noise(tape, camera))


@pytest.mark.parametrize("name", NAMES)
def test_style_keeps_its_contract(frame, name):
    drawn, control = frame
    style = style_named(name)
    assert style.name == name
    assert style.title
    before = drawn.colour.copy(), control.copy()
    first, second = (style.paint(drawn.colour, drawn.passes, control, 5) for _ in range(2))
    assert first.shape == drawn.colour.shape
    assert first.dtype == np.float32
    assert (np.abs(first) <= 1).all()
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(before[0], drawn.colour)
    np.testing.assert_array_equal(before[1], control)
    # A picture: not flat, and ball and floor can be told apart.
    ball = drawn.passes.piece == 0
    assert first.std() > 0.05
    assert np.abs(first[ball].mean(0) - first[drawn.passes.piece == 1].mean(0)).max() > 0.03


@pytest.mark.parametrize("name", NAMES)
def test_style_paints_an_empty_picture(frame, name):
    """No body in view: the camera looks at the sky."""
    drawn, control = frame
    passes = drawn.passes
    empty = type(passes)(
        depth=np.full_like(passes.depth, np.inf),
        normal=np.zeros_like(passes.normal),
        albedo=np.zeros_like(passes.albedo),
        motion=np.zeros_like(passes.motion),
        piece=np.full_like(passes.piece, -1),
    )
    bare = np.zeros_like(control)
    picture = style_named(name).paint(np.full_like(drawn.colour, 0.4), empty, bare, 1)
    assert np.isfinite(picture).all()


def test_unknown_styles_are_refused_with_a_suggestion():
    with pytest.raises(UsageError, match="Did you mean watercolour"):
        style_named("watercolor")


def test_grain_is_a_function_of_the_matter_seen(frame):
    """Two pixels that see the same instance noise get the same grain, wherever they are: turn the picture over."""
    _, control = frame
    over = np.ascontiguousarray(control[::-1, ::-1])
    np.testing.assert_allclose(grain(over, 3.0, 1)[::-1, ::-1], grain(control, 3.0, 1), atol=1e-6)


def test_a_dab_is_of_one_body_and_one_colour(frame):
    drawn, control = frame
    piece = drawn.passes.piece
    number, middle = dabs(control[..., 9:12].astype(np.float32), piece, 3.0, 2)
    assert ((middle >= 0) & (middle <= 1)).all()
    for dab in np.unique(number):
        assert len(np.unique(piece[number == dab])) == 1
    means = mean_by(number, drawn.colour)
    np.testing.assert_allclose(means.mean((0, 1)), drawn.colour.mean((0, 1)), rtol=1e-4)


def test_strokes_run_along_a_straight_edge(frame):
    _, control = frame
    ruled = np.zeros_like(control)
    ruled[:, 48:, 4:7] = 1  # a vertical edge between two colours
    flow = stroke_flow(ruled, 0.03)
    assert np.abs(flow[:, 46:50, 1]).min() > 0.999
    streaks = np.random.default_rng(0).random((64, 96, 1)).astype(np.float32)
    out = smeared(streaks, flow, np.zeros((64, 96), np.int32), 0.1)
    down, across = (np.abs(np.diff(out[:, 46:50, 0], axis=axis)).mean() for axis in (0, 1))
    assert down < 0.4 * across
