"""The preview's light against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest

from kinema.physics.build import build_world
from kinema.physics.tape import Contacts, Cracks, Ledger, Tape
from kinema.render.blackbody import LUMINANCE, blackbody_rgb
from kinema.render.environment import directions, solid_angles
from kinema.render.exposure import full_scale
from kinema.render.frame import Frame, Picture
from kinema.render.preview import Preview
from kinema.shot.body import Body, Box, Plane, Sphere
from kinema.shot.camera import Camera
from kinema.shot.light import AnyLight, AreaLight, Environment, SphereLight, SpotLight, Sun
from kinema.shot.material import Conductor, Dielectric, Diffuse, Material
from kinema.shot.shot import Shot
from kinema.shot.timing import Timing

PICTURE = Picture(width=64, height=36)
GREY = 0.4
EV100 = 8.0


def matter(optics: Diffuse | Conductor | Dielectric) -> Material:
    return Material(
        density=1000,
        friction=0.5,
        restitution=0.5,
        youngs_modulus=1e9,
        strength=1e7,
        fracture_energy=10,
        optics=optics,
    )


def drawn(
    *bodies: Body,
    lights: tuple[AnyLight, ...],
    camera: Camera,
    picture: Picture = PICTURE,
    smooth: bool = True,
) -> Frame:
    """The first frame of bodies at rest."""
    shot = Shot(
        bodies=bodies,
        lights=lights,
        camera=camera.model_copy(update={"ev100": EV100}),
        timing=Timing(frames=1),
        materials={
            "grey": matter(Diffuse(colour=(GREY, GREY, GREY))),
            "mirror": matter(Conductor(metal="Ag", roughness=0.0)),
            "clear": matter(Dielectric(ior=1.0)),
        },
    )
    geometry = build_world(shot).geometry
    rest = np.array([body.position for body in bodies], float)[geometry.piece_body] + geometry.piece_rest
    count, none, pairs = len(rest), np.zeros(0), np.zeros((0, 2), np.int32)
    tape = Tape(
        engine="by hand",
        seed=0,
        world_hash="",
        rate=shot.timing.world_rate,
        samples_per_frame=1,
        geometry=geometry,
        position=np.tile(rest, (3, 1, 1)).astype(np.float32),
        orientation=np.tile(np.array([1, 0, 0, 0], np.float32), (3, count, 1)),
        velocity=np.zeros((3, count, 3), np.float32),
        spin=np.zeros((3, count, 3), np.float32),
        cluster=np.zeros((3, count), np.int32),
        contacts=Contacts(time=none, piece=pairs, impulse=none, point=np.zeros((0, 3)), depth=none),
        cracks=Cracks(time=none, piece=pairs, energy=none),
        ledger=Ledger(time=none, kinetic=none, potential=none, elastic=none, crack=none, work=none),
    )
    (frame,) = Preview(smooth=smooth).draw(shot, tape, picture, range(1))
    return frame


def nits(frame: Frame) -> np.ndarray:
    return frame.colour @ LUMINANCE * full_scale(EV100)


FLOOR = Body(name="floor", shape=Plane(), material="grey")
DOWN = Camera(position=(0, 0, 3), aim=(0, 0, 0))
# Kernels compute in float32, and 3 x 3 terms of harmonics are quoted to six digits.
RELATIVE = 2e-3


def test_a_matt_floor_under_an_even_dome() -> None:
    """E = pi L, so it is as bright as its reflectance times the dome."""
    frame = drawn(FLOOR, lights=(Environment(name="dome", nits=100),), camera=DOWN)
    # The floor's own light from below is no part of the closed form; harmonics of second order ring by 5 %
    # where the surroundings have an edge (Ramamoorthi, Hanrahan 2001: at most 9 % at a point).
    np.testing.assert_allclose(nits(frame), GREY * 100, rtol=0.07)


def test_a_matt_floor_in_the_sun() -> None:
    sun = Sun(name="sun", elevation=30, lux=1000)
    frame = drawn(FLOOR, lights=(sun,), camera=DOWN)
    np.testing.assert_allclose(nits(frame), GREY / math.pi * 1000 * 0.5 * 1.0, rtol=RELATIVE + 0.07 * GREY)


@pytest.mark.parametrize(
    ("lamp", "candela"),
    [
        (SphereLight(name="lamp", position=(0, 0, 2), candela=100), 100.0),
        (SpotLight(name="lamp", position=(0, 0, 2), aim=(0, 0, 0), candela=100, beam=60), 100.0),
        (
            AreaLight(name="lamp", position=(0, 0, 2), aim=(0, 0, 0), candela=100, width=0.1, height=0.1),
            100.0,
        ),
    ],
)
def test_lamps_follow_the_inverse_square(lamp: AnyLight, candela: float) -> None:
    """Right below, E = I / d²; the surface is a wall's slab, so that no floor adds light from below."""
    slab = Body(
        name="slab", shape=Box(size=(4, 4, 0.2)), material="grey", position=(0, 0, -0.1), motion="static"
    )
    camera = Camera(position=(0, 0, 1.5), aim=(0, 0, 0))
    frame = drawn(slab, lights=(lamp,), camera=camera)
    middle = nits(frame)[17:19, 31:33].mean()
    # The disc's correction is 0.01 / pi / 4 of it; two pixels off the axis cost 1e-3.
    assert middle == pytest.approx(GREY / math.pi * candela / 4, rel=5e-3)


def test_light_has_its_colour() -> None:
    slab = Body(
        name="slab", shape=Box(size=(4, 4, 0.2)), material="grey", position=(0, 0, -0.1), motion="static"
    )
    frame = drawn(slab, lights=(Sun(name="sun", elevation=90, kelvin=3000),), camera=DOWN)
    colour = frame.colour[18, 32]
    np.testing.assert_allclose(colour / (LUMINANCE @ colour), blackbody_rgb(3000), rtol=1e-4)  # float32


def test_shadow_falls_where_the_sun_is_not_seen() -> None:
    """A box on a floor, sun at 45 degrees from the west: its shadow reaches one height to the east."""
    box = Body(
        name="box", shape=Box(size=(0.4, 0.4, 0.4)), material="grey", position=(0, 0, 0.2), motion="static"
    )
    sun = Sun(name="sun", elevation=45, azimuth=270, lux=1000)
    picture = Picture(width=128, height=72)
    camera = Camera(position=(0, 0, 4), aim=(0, 0, 0), focal_length=50)
    light = nits(drawn(FLOOR, box, lights=(sun,), camera=camera, picture=picture))
    metre = 64 / (36 / 2 / 50) / 4  # px per metre on the floor
    row, column = 36, 64
    lit, dark = light[row, int(column + 0.8 * metre)], light[row, int(column + 0.4 * metre)]
    assert dark < 0.25 * lit, "only the floor's own light is left"
    assert light[row, int(column + 0.57 * metre)] < 0.3 * lit
    assert light[row, int(column + 0.65 * metre)] > 0.9 * lit, "a penumbra of a centimetre, then full sun"
    assert light[row, int(column - 0.3 * metre)] > 0.9 * lit


def test_a_silver_ball_in_an_even_dome_is_nearly_as_bright() -> None:
    ball = Body(name="ball", shape=Sphere(radius=0.5), material="mirror", position=(0, 0, 1))
    camera = Camera(position=(0, -3, 1), aim=(0, 0, 1))
    frame = drawn(ball, lights=(Environment(name="dome", nits=100),), camera=camera)
    on_ball = nits(frame)[frame.passes.piece == 0]
    # Silver reflects 95 to 99 % of visible light; the fitted lobe is good to 2 %.
    assert 92 < np.median(on_ball) < 101
    assert on_ball.max() < 103


def test_matter_of_index_one_is_not_there() -> None:
    """No reflection, no bend, no absorption: the picture is that of the floor and sky alone."""
    pane = Body(name="pane", shape=Box(size=(1, 0.05, 1)), material="clear", position=(0, 0, 0.8))
    lights: tuple[AnyLight, ...] = (Environment(name="dome", nits=100),)
    camera = Camera(position=(0, -3, 1), aim=(0, 0, 0.8))
    with_, without = (drawn(*b, lights=lights, camera=camera) for b in ((FLOOR, pane), (FLOOR,)))
    assert (with_.passes.piece == 1).sum() > 100
    # Index 1.0001 is the least that is drawn; at the horizon the look-up mixes two rows.
    sharp = np.abs(np.diff(nits(without), axis=0, prepend=0)) < 1
    np.testing.assert_allclose(nits(with_)[sharp], nits(without)[sharp], rtol=0.02)


def test_smooth_edges_come_near_to_many_samples() -> None:
    """Against the mean of 8 x 8 samples per pixel, five samples err less than half as much as one."""
    box = Body(name="box", shape=Box(size=(0.5, 0.5, 0.5)), material="grey", position=(0, 0, 1))
    lights: tuple[AnyLight, ...] = (Sun(name="sun", lux=1000), Environment(name="dome", nits=400))
    camera = Camera(position=(1.1, -1.7, 1.9), aim=(0, 0, 1), roll=12)

    def at(scale: int, smooth: bool) -> np.ndarray:
        picture = Picture(width=64 * scale, height=36 * scale)
        return drawn(box, lights=lights, camera=camera, picture=picture, smooth=smooth).colour.astype(float)

    truth = at(8, False).reshape(36, 8, 64, 8, 3).mean((1, 3))
    jagged, smooth = (float(np.sqrt(((at(1, s) - truth) ** 2).mean())) for s in (False, True))
    # One sample at an edge is off by up to half of the contrast, five by up to a tenth.
    assert smooth < 0.5 * jagged


def test_harmonics_are_the_irradiance_of_smooth_surroundings() -> None:
    """Of a sky linear in direction, L = 1 + a d·k, irradiance is pi (1 + 2/3 a n·k): exact in the first order."""
    from kinema.render.preview.ambient import surroundings_of

    k = np.array([0.3, -0.5, 0.8])
    sphere = 1 + 0.6 * np.einsum("rcx,x->rc", directions(64), k)
    h = surroundings_of(np.repeat(sphere[..., None], 3, -1).astype(np.float32), None, np.zeros(6)).harmonics[
        :, 0
    ]
    for n in np.array([[0, 0, 1.0], [0.6, 0.8, 0], [-0.6, 0, -0.8]]):
        x, y, z = n
        basis = np.array([1, y, z, x, x * y, y * z, z * z, x * z, x * x - y * y])
        assert basis @ h == pytest.approx(math.pi * (1 + 0.4 * n @ k), rel=RELATIVE)


def test_blur_keeps_the_mean_of_even_surroundings_and_of_all_directions() -> None:
    from kinema.render.preview.ambient import _blurred

    even = np.full((32, 64, 3), 5.0, np.float32)
    for alpha in (0.0, 0.1, 0.6):
        np.testing.assert_allclose(_blurred(even, alpha, 16), 5.0, rtol=1e-6)
    spot = np.zeros((64, 128, 3), np.float32)
    spot[20:24, 30:36] = 100.0
    mean = float((spot[..., 0] * solid_angles(64)).sum() / (4 * math.pi))
    # Texels of an octahedral map differ in solid angle by up to three; over a wide blur that is a few per cent.
    assert _blurred(spot, 1.0, 32)[1:-1, 1:-1, 0].mean() == pytest.approx(mean, rel=0.35)
