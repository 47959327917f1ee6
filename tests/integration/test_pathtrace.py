"""The path tracer against closed forms: light in photometric units comes back as nits."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest

from kinema.physics.build import build_world
from kinema.physics.engine import engine_named
from kinema.physics.tape import Tape
from kinema.render.blackbody import LUMINANCE, blackbody_rgb
from kinema.render.exposure import full_scale
from kinema.render.frame import Frame, Picture
from kinema.render.pathtrace import PathTracer
from kinema.shot.shot import Shot

ALBEDO = 0.5
GREY = {
    "density": 1000,
    "friction": 0.5,
    "restitution": 0.1,
    "youngs_modulus": 1e9,
    "strength": 1e6,
    "fracture_energy": 100,
    "optics": {"kind": "diffuse", "colour": [ALBEDO] * 3},
}
BLACK = {**GREY, "optics": {"kind": "diffuse", "colour": [0, 0, 0]}}


def shot_of(lights: list[dict], camera: dict, bodies: list[dict] | None = None, frames: int = 1) -> Shot:
    """A grey ground, unless other bodies are given."""
    ground = {"name": "ground", "shape": {"kind": "plane", "extent": 40}, "material": "grey"}
    return Shot.model_validate(
        {
            "timing": {"frames": frames},
            "bodies": [ground] if bodies is None else bodies,
            "lights": lights,
            "camera": {"ev100": 0.0, **camera},
            "materials": {"grey": GREY, "black": BLACK},
        }
    )


def tape_of(shot: Shot) -> Tape:
    return engine_named("analytic").simulate(build_world(shot))


def drawn(shot: Shot, samples: int = 64, size: int = 32, index: int = 0) -> Frame:
    picture = Picture(width=size, height=size, noise=1e-3, max_samples=samples)
    return next(PathTracer(denoise=None).draw(shot, tape_of(shot), picture, range(index, index + 1)))


def nits(frame: Frame) -> np.ndarray:
    return frame.colour * full_scale(frame.ev100)


DOWN = {"position": [0, -0.001, 2.0], "aim": [0, 0, 0], "focal_length": 600, "sensor_width": 36}
"""A long lens that looks straight down at a patch 12 cm wide."""


def test_sun_in_lux() -> None:
    sun = {"name": "sun", "kind": "sun", "elevation": 50, "lux": 1000, "kelvin": 5500}
    image = nits(drawn(shot_of([sun], DOWN)))
    expected = 1000 * math.sin(math.radians(50)) * ALBEDO / math.pi
    # One per cent: the promise of the brief. Monte Carlo noise over 32² pixels x 64 samples is 0.1 %.
    assert (image @ LUMINANCE).mean() == pytest.approx(expected, rel=0.01)
    # Hue: RGB upsampling of grey and the observer's table agree to better than 2 %.
    assert image.mean((0, 1)) / expected == pytest.approx(blackbody_rgb(5500), rel=0.02)


def test_constant_environment_in_nits() -> None:
    light = {"name": "dome", "kind": "environment", "nits": 120, "kelvin": 6500}
    up = {"position": [0, 0, 1], "aim": [0, 0, 5]}
    assert (nits(drawn(shot_of([light], up), 16)) @ LUMINANCE).mean() == pytest.approx(120, rel=0.01)
    assert (nits(drawn(shot_of([light], DOWN))) @ LUMINANCE).mean() == pytest.approx(120 * ALBEDO, rel=0.01)


def test_sky_lights_level_ground_with_its_lux() -> None:
    sky = {"name": "sky", "kind": "sky", "lux": 15000, "elevation": 35}
    image = nits(drawn(shot_of([sky], DOWN), 256))
    assert (image @ LUMINANCE).mean() == pytest.approx(15000 * ALBEDO / math.pi, rel=0.01)


def test_sphere_in_lumen() -> None:
    lamp = {
        "name": "bulb",
        "kind": "sphere",
        "position": [0, 0, 3],
        "radius": 0.1,
        "lumen": 1000,
        "kelvin": 3000,
    }
    illuminance = 1000 / (4 * math.pi) / 3**2
    beside = {"position": [0, -0.5, 2.0], "aim": [0, 0, 0], "focal_length": 600, "sensor_width": 36}
    ground = nits(drawn(shot_of([lamp], beside)))
    assert (ground @ LUMINANCE).mean() == pytest.approx(illuminance * ALBEDO / math.pi, rel=0.01)
    at_it = {"position": [0, -2, 3.0], "aim": [0, 0, 3.0], "focal_length": 600, "sensor_width": 36}
    face = nits(drawn(shot_of([lamp], at_it), 16))
    assert (face @ LUMINANCE).mean() == pytest.approx(1000 / (4 * math.pi) / (math.pi * 0.1**2), rel=0.01)


def test_area_in_lumen_and_in_candela() -> None:
    lamp = {
        "name": "panel",
        "kind": "area",
        "position": [0, 0, 2],
        "aim": [0, 0, 0],
        "width": 0.2,
        "height": 0.1,
    }
    up = {"position": [0, -0.3, 0.1], "aim": [0, 0, 2], "focal_length": 1200, "sensor_width": 36}
    for power in ({"lumen": 500}, {"candela": 500 / math.pi}):
        face = nits(drawn(shot_of([{**lamp, **power}], up), 16))
        assert (face @ LUMINANCE).mean() == pytest.approx(500 / (math.pi * 0.02), rel=0.01)
    beside = {"position": [0, -0.6, 1.0], "aim": [0, 0, 0], "focal_length": 600, "sensor_width": 36}
    ground = nits(drawn(shot_of([{**lamp, "lumen": 500}], beside)))
    # A panel this small is a point within (0.1 / 2)² = 0.25 %.
    assert (ground @ LUMINANCE).mean() == pytest.approx(500 / math.pi / 4 * ALBEDO / math.pi, rel=0.01)


@pytest.mark.parametrize("offset", [0.0, 0.9])
def test_spot_in_candela_and_its_edge(offset: float) -> None:
    from kinema.render.exposure import spot_falloff
    from kinema.shot.light import SpotLight

    lamp = {
        "name": "spot",
        "kind": "spot",
        "position": [0, 0, 3],
        "aim": [0, 0, 0],
        "beam": 40,
        "candela": 900,
    }
    camera = {**DOWN, "position": [offset, -0.001, 2.0], "aim": [offset, 0, 0]}
    image = nits(drawn(shot_of([lamp], camera)))
    cosine = 3 / math.hypot(3, offset)
    falloff = spot_falloff(SpotLight.model_validate(lamp), cosine)
    assert 0.2 < falloff <= 1  # the second place lies in the soft edge
    expected = 900 * falloff * cosine**3 / 9 * ALBEDO / math.pi
    # The patch is 12 cm wide, over which the edge is straight to second order.
    assert (image @ LUMINANCE).mean() == pytest.approx(expected, rel=0.01)


def test_glass_dims_by_fresnel_and_beer() -> None:
    clear = {**GREY, "optics": {"kind": "dielectric", "ior": 1.5, "absorption": [5, 5, 5]}}
    slab = {
        "name": "slab",
        "shape": {"kind": "box", "size": [2, 0.1, 2]},
        "material": "clear",
        "motion": "static",
    }
    shot = shot_of(
        [{"name": "dome", "kind": "environment", "nits": 100}],
        {"position": [0, -2, 0], "aim": [0, 0, 0], "focal_length": 600},
        [slab],
    )
    shot = Shot.model_validate({**shot.model_dump(), "materials": {"clear": clear}})
    once, inside = ((1.5 - 1) / (1.5 + 1)) ** 2, math.exp(-5 * 0.1)
    # Closed form of a plate with reflections to and fro: R_plate + T_plate, both fed by the same dome.
    through = (1 - once) ** 2 * inside / (1 - (once * inside) ** 2)
    back = once + once * (1 - once) ** 2 * inside**2 / (1 - (once * inside) ** 2)
    assert (nits(drawn(shot)) @ LUMINANCE).mean() == pytest.approx(100 * (through + back), rel=0.01)


def test_shadow_of_clear_glass_is_straight_light() -> None:
    """Behind a pane, ground gets what Fresnel and Beer leave: the fast-glass rule, by its closed form."""
    clear = {**GREY, "optics": {"kind": "dielectric", "ior": 1.5, "absorption": [20, 20, 20]}}
    pane = {
        "name": "pane",
        "shape": {"kind": "box", "size": [2, 2, 0.02]},
        "material": "clear",
        "motion": "static",
        "position": [0, 0, 1.5],
    }
    ground = {"name": "ground", "shape": {"kind": "plane", "extent": 40}, "material": "grey"}
    sun = {"name": "sun", "kind": "sun", "elevation": 90, "lux": 1000}
    low = {**DOWN, "position": [0, -0.001, 1.0]}
    shot = shot_of([sun], low, [ground, pane])
    shot = Shot.model_validate({**shot.model_dump(), "materials": {"clear": clear, "grey": GREY}})
    left = (1 - 0.04) ** 2 * math.exp(-20 * 0.02)
    # Ground lit by light that ground and pane return to each other adds under 1 % of 4 % x albedo... 0.5 of it is
    # found by scattered rays: the bound has room for it.
    assert (nits(drawn(shot)) @ LUMINANCE).mean() == pytest.approx(1000 * ALBEDO / math.pi * left, rel=0.01)


def test_same_bits_twice_and_a_frame_depends_on_its_index_alone() -> None:
    ball = {
        "name": "ball",
        "shape": {"kind": "sphere", "radius": 0.2},
        "material": "glass",
        "position": [0, 0, 0.5],
    }
    ground = {"name": "ground", "shape": {"kind": "plane", "extent": 40}, "material": "grey"}
    sky = {"name": "sky", "kind": "sky"}
    shot = shot_of([sky], {"position": [0, -2, 0.5], "aim": "ball"}, [ground, ball], frames=3)
    tape = tape_of(shot)
    picture = Picture(width=48, height=32, noise=0.05, max_samples=32)
    tracer = PathTracer()
    run = [frame.colour for frame in tracer.draw(shot, tape, picture, range(3))]
    alone = next(PathTracer().draw(shot, tape, picture, range(2, 3))).colour
    assert np.array_equal(run[2], alone)
    assert not np.array_equal(run[1], run[2])  # the ball falls


def test_what_stands_still_does_not_boil() -> None:
    ball = {
        "name": "ball",
        "shape": {"kind": "sphere", "radius": 0.2},
        "material": "steel",
        "position": [0, 0, 0.2],
    }
    ball["motion"] = "static"
    ground = {"name": "ground", "shape": {"kind": "plane", "extent": 40}, "material": "concrete"}
    shot = shot_of([{"name": "sky", "kind": "sky"}], {"aim": "ball"}, [ground, ball], frames=2)
    picture = Picture(width=48, height=32, noise=0.05, max_samples=32)
    first, second = PathTracer().draw(shot, tape_of(shot), picture, range(2))
    assert np.array_equal(first.colour, second.colour)


def test_wavelengths_are_spread_over_a_round() -> None:
    """Under one white light grey matter shows no colour noise: 32 equidistant wavelengths integrate any spectrum
    this smooth. Wavelengths drawn sample by sample leave 15 % in blue."""
    sun = {"name": "sun", "kind": "sun", "elevation": 50, "lux": 1000}
    image = nits(drawn(shot_of([sun], DOWN), 16))
    # Two rounds of eight leave 0.2 % in blue; the ground returns no light to itself, so nothing else is random.
    assert (image.std((0, 1)) / image.mean((0, 1)) < 0.005).all()


LATE = """
from kinema.physics.build import build_world
from kinema.physics.engine import engine_named
from kinema.render.frame import Picture
from kinema.render.pathtrace import PathTracer
from kinema.render.pathtrace.variant import drjit
from kinema.shot.prompt import compile_prompt

dr = drjit()
shot = compile_prompt("A steel ball falls onto a brick. Concrete floor, low sun, slow push in.").shot
shot = shot.model_copy(update={"camera": shot.camera.model_copy(update={"focus": "ball"})})
tape = engine_named("rapier").simulate(build_world(shot))
picture = Picture(width=48, height=32, noise=0.05, max_samples=64)
frames = PathTracer(denoise=None).draw(shot, tape, picture, range(4))
kernels = []
with dr.scoped_set_flag(dr.JitFlag.KernelHistory, True):
    for _ in frames:
        kernels.append({kernel["hash"] for kernel in dr.kernel_history() if kernel["type"] == dr.KernelType.JIT})
        dr.kernel_history_clear()
print(len(kernels[0]), len(set().union(*kernels) - kernels[0]))
"""


def test_no_frame_needs_a_kernel_that_the_first_did_not() -> None:
    """Kernels by their hashes: whether one is compiled or found on disk depends on who drew what before. In a process
    of its own, as a take has; with a thin lens, whose distance of focus moves with the camera."""
    done = subprocess.run([sys.executable, "-c", LATE], check=True, capture_output=True, text=True)
    first, later = done.stdout.split()
    assert int(first) > 5
    assert int(later) == 0


def test_passes_of_a_ball_in_closed_form() -> None:
    ball = {
        "name": "ball",
        "shape": {"kind": "sphere", "radius": 0.5},
        "material": "black",
        "position": [0, 0, 2],
    }
    frame = drawn(
        shot_of(
            [{"name": "sky", "kind": "sky"}], {"position": [0, -4, 2], "aim": [0, 0, 2]}, [ball], frames=2
        ),
        samples=16,
        size=33,
    )
    passes = frame.passes
    middle = 16, 16
    # Meshes are inscribed in their shapes: a sagitta of some 1e-4 of the radius.
    assert passes.depth[middle] == pytest.approx(3.5, abs=2e-3)
    assert passes.normal[middle] == pytest.approx([0, -1, 0], abs=0.1)
    assert passes.piece[middle] == 0
    assert passes.piece[0, 0] == -1
    assert passes.depth[0, 0] == np.inf
    assert np.all(passes.motion[0, 0] == 0)  # the camera stands still
    # It falls g t²/2 in one frame, seen from 3.5 m through 35 mm on 36 mm.
    fall = 9.81 / 2 / 24**2 / 3.5 * (35 / 36) * 33
    assert passes.motion[middle][1] == pytest.approx(fall, rel=0.1)


def test_a_smaller_target_costs_more_samples_and_leaves_less_noise() -> None:
    ball = {
        "name": "ball",
        "shape": {"kind": "sphere", "radius": 0.5},
        "material": "steel",
        "position": [0, 0, 0.5],
    }
    ground = {"name": "ground", "shape": {"kind": "plane", "extent": 40}, "material": "grey"}
    lights = [{"name": "sky", "kind": "sky"}, {"name": "sun", "kind": "sun"}]
    shot = shot_of(lights, {"aim": [0, 0, 0.5]}, [ground, ball])
    tape = tape_of(shot)
    coarse, fine = (
        next(
            PathTracer(denoise=None).draw(
                shot, tape, Picture(width=48, height=32, noise=noise, max_samples=256), range(1)
            )
        )
        for noise in (0.2, 0.01)
    )
    assert fine.samples > coarse.samples
    assert fine.noise < coarse.noise


def test_both_renderers_agree_on_exact_passes() -> None:
    """Two ways to the nearest surface, rays and rasterisation, through one camera and one tape."""
    from kinema.render.preview import Preview

    ground = {"name": "ground", "shape": {"kind": "plane", "extent": 40}, "material": "concrete"}
    ball = {
        "name": "ball",
        "shape": {"kind": "sphere", "radius": 0.3},
        "material": "glass",
        "position": [0, 0, 1],
    }
    crate = {
        "name": "crate",
        "shape": {"kind": "box", "size": [0.4, 0.3, 0.2]},
        "material": "oak",
        "position": [0.7, 0.5, 0.1],
        "rotation": [0, 0, 30],
        "motion": "static",
    }
    camera = {"position": [0, -3, 1], "aim": [0, 0, 0.5], "moves": [{"kind": "orbit", "degrees": 20}]}
    shot = shot_of([{"name": "sky", "kind": "sky"}], camera, [ground, ball, crate], frames=4)
    tape = tape_of(shot)
    picture = Picture(width=160, height=90, noise=1.0, max_samples=8)
    traced, rastered = (
        next(renderer.draw(shot, tape, picture, range(2, 3))).passes
        for renderer in (PathTracer(denoise=None), Preview())
    )
    same = traced.piece == rastered.piece
    # Pixels whose centre lies within rounding of an edge may fall to either side: one in a thousand.
    assert same.mean() >= 0.999
    seen = same & (traced.piece >= 0)
    assert (np.abs(traced.depth[seen] - rastered.depth[seen]) / traced.depth[seen]).max() < 1e-4
    assert np.median(np.linalg.norm(traced.motion - rastered.motion, axis=-1)[same]) < 1e-2
    assert np.median((traced.normal * rastered.normal).sum(-1)[seen]) > 0.9999
    assert np.abs(traced.albedo - rastered.albedo)[seen].mean() < 0.05  # texture filters differ, by design


def test_the_noise_a_frame_states_is_its_true_error() -> None:
    """Against the spread of pictures that share nothing but the shot."""
    ball = {
        "name": "ball",
        "shape": {"kind": "sphere", "radius": 0.5},
        "material": "glass",
        "position": [0, 0, 0.5],
    }
    ground = {"name": "ground", "shape": {"kind": "plane", "extent": 40}, "material": "concrete"}
    lights = [{"name": "sky", "kind": "sky"}, {"name": "sun", "kind": "sun"}]
    shot = shot_of(lights, {"aim": [0, 0, 0.5]}, [ground, ball])
    tape, picture = tape_of(shot), Picture(width=64, height=48, noise=0.03, max_samples=64)
    frames = [
        next(PathTracer(denoise=None).draw(shot.model_copy(update={"seed": seed}), tape, picture, range(1)))
        for seed in range(8)
    ]
    light = np.stack([frame.colour @ LUMINANCE for frame in frames])
    true = light.std(0, ddof=1) / light.mean(0)
    seen = frames[0].passes.piece >= 0
    stated = np.median([frame.noise for frame in frames])
    # Above the truth by what stratification across rounds gains, a factor of 2 at most where pixels are smooth;
    # below it by no more than a median of chi with 7 degrees of freedom strays.
    assert 0.8 <= stated / np.median(true[seen]) <= 2
