"""The camera against closed forms: where points land, and what each move does."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from kinema.errors import RenderError
from kinema.physics.geometry import Geometry
from kinema.physics.tape import Contacts, Cracks, Ledger, Tape
from kinema.render.camera import CameraPath, View
from kinema.render.moves import BAND, catmull_rom, wander
from kinema.shot.body import Body, Sphere
from kinema.shot.camera import Camera, CameraKey, Dolly, Handheld, Keyed, Orbit, Pan, PushIn, Tilt, Track
from kinema.shot.light import Environment
from kinema.shot.shot import Shot
from kinema.shot.timing import Timing

# Closed forms in double precision over a few metres: rounding is 1e-15; the tape's float32 is not in play
# unless a body is.
EXACT = 1e-12
FLOAT32 = 1e-6

FRAMES = 48


def ball_tape(path: np.ndarray) -> Tape:
    """One point-like body in two pieces of mass 1 and 3, one sample per frame; `path (sample, 3)`."""
    n = len(path)
    offset = np.array([[0.3, 0, 0], [-0.1, 0, 0]])  # 1 * 0.3 = 3 * 0.1: the centre of mass is `path`
    none = np.zeros(0)
    pairs = np.zeros((0, 2), np.int32)
    geometry = Geometry(
        bodies=("ball",),
        piece_body=np.zeros(2, np.int32),
        piece_mass=np.array([1.0, 3.0]),
        piece_volume=np.ones(2),
        piece_rest=offset,
        vertices=np.eye(3, dtype=np.float32),
        normals=np.eye(3, dtype=np.float32),
        uv=np.zeros((3, 2), np.float32),
        faces=np.array([[0, 1, 2]], np.int32),
        face_piece=np.zeros(1, np.int32),
        face_side=np.zeros(1, np.uint8),
        face_neighbour=np.full(1, -1, np.int32),
    )
    return Tape(
        engine="by hand",
        seed=0,
        world_hash="",
        rate=Fraction(24),
        samples_per_frame=1,
        geometry=geometry,
        position=(path[:, None] + offset).astype(np.float32),
        orientation=np.tile(np.array([1, 0, 0, 0], np.float32), (n, 2, 1)),
        velocity=np.zeros((n, 2, 3), np.float32),
        spin=np.zeros((n, 2, 3), np.float32),
        cluster=np.zeros((n, 2), np.int32),
        contacts=Contacts(time=none, piece=pairs, impulse=none, point=np.zeros((0, 3)), depth=none),
        cracks=Cracks(time=none, piece=pairs, energy=none),
        ledger=Ledger(time=none, kinetic=none, potential=none, elastic=none, crack=none, work=none),
    )


STILL = ball_tape(np.tile([1.0, 2.0, 0.5], (FRAMES + 2, 1)))


def path_of(camera: Camera, tape: Tape = STILL, width: int = 160, height: int = 90) -> CameraPath:
    shot = Shot(
        bodies=(Body(name="ball", shape=Sphere(radius=0.1)),),
        lights=(Environment(name="dome"),),
        camera=camera,
        timing=Timing(frames=FRAMES),
    )
    return CameraPath(shot, tape, width, height)


def assert_frame_of_reference(view: View) -> None:
    axes = np.stack([view.right, view.up, view.forward])
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=EXACT)
    np.testing.assert_allclose(np.cross(view.right, view.up), -view.forward, atol=EXACT)


def angle(a: np.ndarray, b: np.ndarray) -> float:
    """Degrees between two unit vectors, well-conditioned at 0 and 180."""
    return float(np.degrees(2 * np.arctan2(np.linalg.norm(a - b), np.linalg.norm(a + b))))


def test_projection_of_known_points() -> None:
    view = path_of(Camera(position=(0, -4, 1), aim=(0, 0, 1), focal_length=36, sensor_width=36)).at(0)
    # tan of half the field is 0.5: at 4 m the half width is 2 m, half height 2 * 90/160.
    points = np.array([[0, 0, 1], [2, 0, 1], [-2, 0, 1], [0, 0, 1 + 2 * 90 / 160], [1, 4, 1]])
    want = [[80, 45], [160, 45], [0, 45], [80, 0], [100, 45]]
    np.testing.assert_allclose(view.project(points), want, atol=1e-10)  # px: 1e-12 of the picture's width
    assert np.isnan(view.project(np.array([[0.0, -5.0, 1.0]]))).all()


def test_rays_are_the_inverse_of_projection() -> None:
    view = path_of(Camera(position=(1, -4, 2), aim=(0.3, 0, 0.1), roll=17, moves=(Pan(degrees=20),))).at(13.5)
    pixels = np.random.default_rng(0).uniform(0, 90, (50, 2))
    depth = np.linspace(0.5, 30, 50)[:, None]
    np.testing.assert_allclose(view.project(view.eye + depth * view.rays(pixels)), pixels, atol=1e-10)


@pytest.mark.parametrize("way", [1.0, -1.0])
def test_straight_up_and_down_are_not_degenerate(way: float) -> None:
    camera = Camera(position=(0, 0, 3), aim=(0, 0, 3 + way), moves=(Orbit(degrees=90), Pan(degrees=30)))
    for frame in (0, 20, 48):
        assert_frame_of_reference(path_of(camera).at(frame))


def test_roll_lowers_the_right_of_the_camera() -> None:
    view = path_of(Camera(position=(0, -4, 1), aim=(0, 0, 1), roll=30)).at(0)
    np.testing.assert_allclose(view.right, [np.cos(np.pi / 6), 0, -0.5], atol=EXACT)
    assert_frame_of_reference(view)


def test_pan_and_tilt_turn_by_their_angle() -> None:
    level = Camera(position=(0, -4, 1), aim=(0, 0, 1), moves=(Pan(degrees=40),))
    start, end = path_of(level).at(0), path_of(level).at(FRAMES)
    assert angle(start.forward, end.forward) == pytest.approx(40, abs=1e-9)
    assert end.forward[0] > 0, "positive is to the right"
    tilted = path_of(level.model_copy(update={"moves": (Tilt(degrees=25),)})).at(FRAMES)
    assert tilted.forward[2] == pytest.approx(np.sin(np.radians(25)), abs=EXACT)
    np.testing.assert_allclose(end.eye, start.eye)


@pytest.mark.parametrize("ease", ["linear", "smooth"])
def test_half_of_the_span_is_half_of_the_move(ease: str) -> None:
    camera = Camera(position=(0, -4, 1), aim=(0, 0, 1))
    move = Pan(degrees=40, start=Fraction(1, 2), end=Fraction(3, 2), ease=ease)  # type: ignore[arg-type]
    path = path_of(camera.model_copy(update={"moves": (move,)}))
    rest = path.at(0).forward
    assert angle(rest, path.at(12).forward) == pytest.approx(0, abs=1e-9)
    assert angle(rest, path.at(24).forward) == pytest.approx(20, abs=1e-9)
    assert angle(rest, path.at(36).forward) == pytest.approx(40, abs=1e-9)
    assert angle(rest, path.at(47).forward) == pytest.approx(40, abs=1e-9)
    # A quarter in: 1/4 of the way, or smoothstep(1/4) = 5/32.
    quarter = 40 * (0.25 if ease == "linear" else 5 / 32)
    assert angle(rest, path.at(18).forward) == pytest.approx(quarter, abs=1e-9)


def test_dolly_keeps_the_direction() -> None:
    camera = Camera(position=(0, -4, 1), aim=(0, 0, 1), moves=(Dolly(right=1, up=0.5, forward=2),))
    view = path_of(camera).at(FRAMES)
    np.testing.assert_allclose(view.eye, [1, -2, 1.5], atol=EXACT)
    np.testing.assert_allclose(view.forward, [0, 1, 0], atol=EXACT)


def test_push_in_goes_a_share_of_the_way() -> None:
    camera = Camera(position=(0, -4, 1), aim="ball", moves=(PushIn(share=0.25),))
    start, end = path_of(camera).at(0), path_of(camera).at(FRAMES)
    aim = np.array([1.0, 2.0, 0.5])
    np.testing.assert_allclose(end.eye - aim, 0.75 * (start.eye - aim), atol=FLOAT32)
    np.testing.assert_allclose(end.forward, start.forward, atol=EXACT)


def test_orbit_keeps_the_distance_and_the_centre() -> None:
    path = path_of(Camera(position=(0, -4, 1.5), aim=(1, 1, 0.5), moves=(Orbit(degrees=120),)))
    aim = np.array([1, 1, 0.5])
    distance = np.linalg.norm(path.at(0).eye - aim)
    for frame in (7, 24, 48):
        view = path.at(frame)
        assert np.linalg.norm(view.eye - aim) == pytest.approx(distance, abs=EXACT)
        np.testing.assert_allclose(view.project(aim[None]), [[80, 45]], atol=1e-9)
    flat = [(path.at(f).eye - aim)[:2] for f in (0, 48)]
    turned = np.degrees(np.arctan2(*flat[1][::-1]) - np.arctan2(*flat[0][::-1]))
    assert turned % 360 == pytest.approx(120, abs=1e-9), "counter-clockwise from above"


@pytest.mark.parametrize("follow", [0.0, 0.5, 1.0])
def test_track_keeps_the_body_in_the_centre(follow: float) -> None:
    track = ball_tape(np.linspace([0, 0, 0.5], [5, 1, 0.5], FRAMES + 2))
    camera = Camera(position=(0, -4, 1), aim="ball", focus="ball", moves=(Track(body="ball", follow=follow),))
    path = path_of(camera, track)
    start = path.at(0)
    for frame in (10, 30.5):
        body, view = path.centre("ball", frame), path.at(frame)
        np.testing.assert_allclose(view.project(body[None]), [[80, 45]], atol=1e-9)
        np.testing.assert_allclose(view.eye - start.eye, follow * (body - path.centre("ball", 0)), atol=EXACT)
        assert view.focus_distance == pytest.approx(np.linalg.norm(body - view.eye), abs=EXACT)
    assert view.aperture_radius == pytest.approx(0.035 / (2 * 5.6))


def test_track_that_starts_in_mid_clip_does_not_jump() -> None:
    track = ball_tape(np.tile([3.0, 0, 0.5], (FRAMES + 2, 1)))
    path = path_of(
        Camera(position=(0, -4, 1), aim=(0, 0, 1), moves=(Track(body="ball", start=Fraction(1)),)), track
    )
    turns = [angle(path.at(f).forward, path.at(f + 1).forward) for f in range(23, 40)]
    # 37 degrees within half a second (12 frames) by smoothstep: at most 1.5 times the mean of 3 per frame.
    assert max(turns) < 6
    np.testing.assert_allclose(path.at(36).project(np.array([[3.0, 0, 0.5]])), [[80, 45]], atol=1e-9)


def test_moves_add_up_in_order() -> None:
    camera = Camera(position=(0, -4, 1), aim=(0, 0, 1), moves=(Pan(degrees=90), Dolly(forward=2)))
    np.testing.assert_allclose(path_of(camera).at(FRAMES).eye, [2, -4, 1], atol=EXACT)


def test_keys_are_passed_through_with_continuous_speed() -> None:
    at = np.array([0.0, 0.5, 2.0])
    points = np.array([[0.0, 0], [1, 3], [4, -1]])
    for k in range(3):
        np.testing.assert_allclose(catmull_rom(at, points, at[k]), points[k], atol=EXACT)
    h = 1e-6
    before = (catmull_rom(at, points, 0.5) - catmull_rom(at, points, 0.5 - h)) / h
    after = (catmull_rom(at, points, 0.5 + h) - catmull_rom(at, points, 0.5)) / h
    np.testing.assert_allclose(
        before, after, atol=1e-4
    )  # one-sided differences err by h times the curvature, ~20
    np.testing.assert_allclose(catmull_rom(at, points, 9.0), points[-1])


def test_a_straight_even_path_through_keys_is_straight_and_even() -> None:
    keys = tuple(CameraKey(at=Fraction(k, 2), position=(k, -4, 1), aim=(k, 0, 1)) for k in range(5))
    path = path_of(Camera(moves=(Keyed(keys=keys),)))
    np.testing.assert_allclose([path.at(f).eye[0] for f in range(49)], np.arange(49) / 12, atol=EXACT)


def test_handheld_has_its_rms_and_its_band() -> None:
    rate, seconds = 32, 512
    noise = np.array([wander(3, k / rate) for k in range(rate * seconds)])
    # 32 tones over 128 or more periods each: cross terms leave a per cent or so.
    np.testing.assert_allclose(np.sqrt((noise**2).mean(0)), 1, rtol=0.02)
    spectrum = np.abs(np.fft.rfft(noise * np.hanning(len(noise))[:, None], axis=0)) ** 2
    frequency = np.fft.rfftfreq(len(noise), 1 / rate)
    outside = (frequency < BAND[0] - 0.01) | (frequency > BAND[1] + 0.01)
    # Hann side lobes fall below 1e-5 in power five bins (0.01 Hz) away from a tone.
    assert spectrum[outside].sum() < 1e-4 * spectrum.sum()


def test_handheld_is_its_seed() -> None:
    def eyes(seed: int) -> np.ndarray:
        path = path_of(Camera(moves=(Handheld(seed=seed),)))
        return np.array([path.at(f).eye for f in range(0, 48, 5)])

    np.testing.assert_array_equal(eyes(4), eyes(4))
    assert np.abs(eyes(4) - eyes(5)).max() > 1e-3
    assert np.abs(eyes(4) - [0, -4, 1.2]).max() < 0.06, "six times the RMS of a centimetre"


def test_deep_focus_has_no_aperture() -> None:
    view = path_of(Camera()).at(0)
    assert view.focus_distance == np.inf
    assert view.aperture_radius == 0


def test_a_camera_that_aims_at_itself_is_refused() -> None:
    with pytest.raises(RenderError, match=r"camera\.aim"):
        path_of(Camera(position=(1, 2, 3), aim=(1, 2, 3)))
