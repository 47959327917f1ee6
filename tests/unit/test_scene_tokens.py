"""Scene tokens: typed, bounded, and the same however the world is turned under its camera."""

from __future__ import annotations

import math

import numpy as np
import pytest

from kinema.diffusion.dataset.distribution import SPLITS, draw_shot, world_seed
from kinema.diffusion.scene_tokens import KINDS, LIGHTS, MOST_ROWS, SHAPES, WIDTH, scene_tokens
from kinema.diffusion.styles import NAMES
from kinema.physics.build import build_world
from kinema.physics.engine import engine_named
from kinema.render.camera import CameraPath
from kinema.shot.files import validate_shot
from kinema.shot.shot import Shot


def tokens_of(shot: Shot, style: str = "ink") -> tuple[np.ndarray, np.ndarray]:
    tape = engine_named("rapier").simulate(build_world(shot))
    return scene_tokens(shot, tape, CameraPath(shot, tape, 96, 64), style)


def world(turn: float = 0.0, *, balls: int = 1) -> Shot:
    """Balls in flight; everything turned about the vertical by `turn` degrees."""
    c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))

    def spun(v: list[float]) -> list[float]:
        return [c * v[0] - s * v[1], s * v[0] + c * v[1], v[2]]

    return validate_shot(
        {
            "bodies": [
                {
                    "name": f"ball_{i}",
                    "shape": {"kind": "sphere", "radius": 0.1 + 0.001 * i},
                    "material": "steel",
                    "position": spun([0.5 * i, 0.2, 1.0 + 0.3 * i]),
                    "rotation": [0, 0, turn],
                    "velocity": spun([1.0, -2.0, 0.5]),
                    "spin": spun([90.0, 10.0, -40.0]),
                }
                for i in range(balls)
            ],
            "lights": [
                {"kind": "sun", "name": "sun", "azimuth": 200 - turn, "elevation": 35, "kelvin": 4200},
                {"kind": "environment", "name": "sky", "nits": 900},
            ],
            "camera": {
                "position": spun([0.4, -3, 1.5]),
                "aim": spun([0, 0, 1]),
                "moves": [{"kind": "orbit", "degrees": 12}],
            },
            "forces": {"wind": {"velocity": spun([3, 1, 0])}},
            "timing": {"frames": 9},
        }
    )


@pytest.mark.parametrize("turn", [37.0, 180.0, -90.0])
def test_turning_the_whole_world_changes_nothing(turn):
    rows, kinds = tokens_of(world())
    turned, same = tokens_of(world(turn))
    np.testing.assert_array_equal(kinds, same)
    # Poses on the tape are float32; a body's rotation turns with the world.
    np.testing.assert_allclose(rows, turned, atol=2e-5)


def test_a_ball_is_what_it_is():
    rows, kinds = tokens_of(world())
    (ball,) = rows[kinds == KINDS.index("body")]
    assert ball[: len(SHAPES)].argmax() == SHAPES.index("sphere")
    np.testing.assert_allclose(ball[37:40], math.log10(0.1) / 2, atol=1e-3)
    mass = 7850 * 4 / 3 * math.pi * 0.1**3
    assert ball[40] == pytest.approx(math.log10(mass) / 4, abs=1e-4)
    speed = np.sinh(4 * ball[31:34].astype(float))
    assert np.linalg.norm(speed) == pytest.approx(math.sqrt(1 + 4 + 0.25), rel=1e-5)
    spin = np.sinh(4 * ball[34:37].astype(float))
    assert np.linalg.norm(spin) == pytest.approx(math.radians(math.hypot(90, 10, 40)), rel=1e-4)


def test_lights_physics_camera_and_style():
    rows, kinds = tokens_of(world(), "clay")
    lights = rows[kinds == KINDS.index("light")]
    sun = lights[lights[:, LIGHTS.index("sun")] == 1][0]
    assert np.linalg.norm(sun[6:9]) == pytest.approx(1, abs=1e-6)
    assert sun[13] == pytest.approx(0.42)
    # All lights together are what the exposure was made for: their stops, as powers of two, sum to one.
    assert (2.0 ** (8 * lights[:, 12])).sum() == pytest.approx(1, rel=1e-4)
    (physics,) = rows[kinds == KINDS.index("physics")]
    assert 10 * np.linalg.norm(np.sinh(physics[:3])) == pytest.approx(9.80665, rel=1e-5)
    (camera,) = rows[kinds == KINDS.index("camera")]
    assert camera[0] == pytest.approx(18 / 35)
    assert np.linalg.norm(camera[3:6]) == pytest.approx(1, abs=1e-6)
    # The orbit has run 8/9 of its span, smoothly: a turn of at most its 12 degrees.
    assert 0.8 < np.linalg.norm(camera[9:12]) / math.radians(12) <= 1.0
    (style,) = rows[kinds == KINDS.index("style")]
    assert style.argmax() == NAMES.index("clay")


def test_at_most_so_many_rows_and_the_largest_bodies_stay():
    rows, kinds = tokens_of(world(balls=40))
    assert len(rows) == MOST_ROWS
    assert rows.dtype == np.float32
    assert kinds.dtype == np.int64
    sizes = rows[kinds == 0][:, 22:25]
    assert len(sizes) == MOST_ROWS - 5
    everything = tokens_of(world(balls=12))[0]
    assert len(everything) == 12 + 5


@pytest.mark.parametrize("split", SPLITS)
def test_worlds_of_the_data_set_fit(split):
    for index in range(3):
        shot = draw_shot(world_seed(1, split, index), split, 9).shot
        tape = engine_named("rapier").simulate(build_world(shot))
        rows, kinds = scene_tokens(shot, tape, CameraPath(shot, tape, 64, 64), "painted")
        assert rows.shape == (len(kinds), WIDTH)
        assert np.isfinite(rows).all()
        assert (np.abs(rows) <= 4).all()
        assert set(kinds.tolist()) == {0, 1, 2, 3, 4}
