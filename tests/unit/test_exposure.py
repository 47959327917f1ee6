"""The light meter against photographers' rules and inverse squares."""

from __future__ import annotations

import math

import numpy as np
import pytest

from kinema.physics.build import build_world
from kinema.physics.engine import engine_named
from kinema.physics.tape import Tape
from kinema.render.blackbody import LUMINANCE, blackbody_rgb, chromaticity, planck_of_luminance, xyz_of
from kinema.render.exposure import CALIBRATION, full_scale, intensity_of, meter, spot_falloff
from kinema.render.metal import metal_colour
from kinema.render.surface import base_colour, surface_of
from kinema.shot.light import SpotLight
from kinema.shot.material import Conductor, Dielectric, Flake, Plastic
from kinema.shot.shot import Shot


def shot_with(lights: list[dict], **camera: object) -> Shot:
    ground = {"name": "ground", "shape": {"kind": "plane"}}
    return Shot.model_validate(
        {
            "bodies": [ground],
            "lights": lights,
            "timing": {"frames": 1},
            "camera": {"position": [0, -4, 0], "aim": [0, 0, 0], **camera},
        }
    )


@pytest.fixture(scope="module")
def tape() -> Tape:
    sun = {"name": "sun", "kind": "sun"}
    return engine_named("analytic").simulate(build_world(shot_with([sun])))


def test_sunny_sixteen(tape: Tape) -> None:
    """80 klx of sun and 15 klx of sky: f/16 at 1/100 s and ISO 100, EV 14.6, within a third of a stop."""
    lights = [
        {"name": "sun", "kind": "sun", "lux": 80_000, "azimuth": 180, "elevation": 45},
        {"name": "sky", "kind": "sky", "lux": 15_000},
    ]
    assert meter(shot_with(lights), tape) == pytest.approx(math.log2(16**2 * 100), abs=1 / 3)


def test_twice_the_light_is_one_stop_and_light_adds(tape: Tape) -> None:
    def read(lux: float, lights: int = 1) -> float:
        return meter(shot_with([{"name": f"sun{i}", "kind": "sun", "lux": lux} for i in range(lights)]), tape)

    assert read(2000) - read(1000) == pytest.approx(1, abs=1e-12)
    assert read(1000, 2) == pytest.approx(read(2000), abs=1e-12)


def test_lamps_fall_off_by_the_square(tape: Tape) -> None:
    def read(distance: float) -> float:
        lamp = {"name": "l", "kind": "sphere", "position": [0, 0, distance], "lumen": 1000}
        return meter(shot_with([lamp]), tape)

    assert read(1) - read(2) == pytest.approx(2, abs=1e-12)


def test_lights_that_are_off_count_nothing(tape: Tape) -> None:
    lamp = {"name": "a", "kind": "environment", "nits": 100}
    off = {"name": "b", "kind": "environment", "nits": 1e5, "on": False}
    assert meter(shot_with([lamp, off]), tape) == meter(shot_with([lamp]), tape)


def test_white_in_metered_light_is_near_one(tape: Tape) -> None:
    ev100 = meter(shot_with([{"name": "dome", "kind": "environment", "nits": 700}]), tape)
    # A white card within a dome has the dome's luminance. 340 of ISO 2720 over 1.2 of ISO 12232 leaves 0.9.
    assert 700 / full_scale(ev100) == pytest.approx(CALIBRATION / (1.2 * 100 * math.pi), rel=1e-9)
    assert 700 / full_scale(ev100) == pytest.approx(0.9, abs=0.01)


def test_compensation_over_is_brighter(tape: Tape) -> None:
    sun = [{"name": "sun", "kind": "sun"}]
    assert meter(shot_with(sun, exposure=1), tape) == meter(shot_with(sun), tape) - 1
    assert meter(shot_with(sun, ev100=12, exposure=-0.5), tape) == 12.5


def test_a_spot_in_lumen_holds_its_flux() -> None:
    spot = SpotLight(name="s", position=(0, 0, 1), aim=(0, 0, 0), beam=50, softness=0.4, lumen=800)
    angles = (np.arange(20_000) + 0.5) / 20_000 * math.radians(25)
    shape = np.array([spot_falloff(spot, math.cos(a)) for a in angles])
    flux = intensity_of(spot) * 2 * math.pi * float((shape * np.sin(angles)).sum()) * (angles[1] - angles[0])
    assert flux == pytest.approx(800, rel=1e-4)  # both are midpoint sums, the coarser of 512 steps


@pytest.mark.parametrize(
    ("kelvin", "xy"), [(2000, (0.5267, 0.4133)), (3000, (0.4369, 0.4041)), (6500, (0.3135, 0.3236))]
)
def test_chromaticity_of_black_bodies(kelvin: float, xy: tuple[float, float]) -> None:
    # CIE 1931; the table has 10 nm steps, which moves y by up to 2e-4.
    assert chromaticity(kelvin) == pytest.approx(xy, abs=3e-4)


@pytest.mark.parametrize("kelvin", [1000, 2700, 6500, 40_000])
def test_black_bodies_have_luminance_one_and_no_negative_light(kelvin: float) -> None:
    rgb = blackbody_rgb(kelvin)
    assert LUMINANCE @ rgb == pytest.approx(1, abs=1e-12)
    assert (rgb >= 0).all()


def test_a_dimmed_black_body_has_the_luminance_asked_for() -> None:
    wavelengths, radiance = planck_of_luminance(3000, 250)
    every_ten = radiance[4:85:2]
    assert wavelengths[4] == 380
    assert 683.002 * xyz_of(every_ten)[1] == pytest.approx(250, rel=1e-9)


def test_metals_have_their_colours() -> None:
    """Published normal reflectances in linear Rec.709 (Hoffman 2010; Lagarde): within 0.06, as sources differ."""
    assert metal_colour("Au") == pytest.approx([1.0, 0.77, 0.34], abs=0.06)
    assert metal_colour("Cu") == pytest.approx([0.95, 0.64, 0.54], abs=0.06)
    assert metal_colour("Al") == pytest.approx([0.91, 0.92, 0.92], abs=0.06)
    assert metal_colour("Ag") == pytest.approx([0.97, 0.96, 0.92], abs=0.06)


def test_a_body_colours_its_material() -> None:
    def of(material: str, **over: object):
        body = {"name": "b", "shape": {"kind": "sphere", "radius": 0.1}, "material": material, **over}
        shot = Shot.model_validate({"bodies": [body], "lights": [{"name": "sun", "kind": "sun"}]})
        return surface_of(shot, shot.bodies[0])

    tinted = of("glass", colour=[0.9, 0.5, 0.25])
    assert isinstance(tinted, Dielectric)
    # Through a centimetre, white light takes the body's colour.
    assert [math.exp(-a * 0.01) for a in tinted.absorption] == pytest.approx([0.9, 0.5, 0.25])
    painted = of("steel", colour=[0.5, 0.1, 0.1])
    assert isinstance(painted, Flake)
    assert painted.metallic == 1
    assert base_colour(painted) == pytest.approx([0.5, 0.1, 0.1])
    assert isinstance(of("concrete", roughness=0.2), Plastic)
    brushed = of("steel", roughness=0.33)
    assert isinstance(brushed, Conductor)
    assert brushed.roughness == 0.33
