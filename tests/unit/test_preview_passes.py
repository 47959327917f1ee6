"""The preview's exact passes against a slow plain twin: every ray against every triangle, in float64."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from kinema.errors import RenderError
from kinema.physics.build import build_world
from kinema.physics.geometry import INNER
from kinema.physics.tape import Contacts, Cracks, Ledger, Tape
from kinema.render.camera import CameraPath, View
from kinema.render.frame import Frame, Picture
from kinema.render.preview import Preview
from kinema.shot.body import Body, Box, Breaks, Pane, Plane, Sphere
from kinema.shot.camera import Camera, Orbit, PushIn
from kinema.shot.light import Environment, Sun
from kinema.shot.shot import Shot
from kinema.shot.timing import Timing

PICTURE = Picture(width=64, height=36)
FRAMES = 4

SHOT = Shot(
    bodies=(
        Body(name="floor", shape=Plane(), material="concrete"),
        Body(name="block", shape=Box(size=(0.5, 0.4, 0.3)), material="oak", position=(-0.5, 0.3, 0.4)),
        Body(name="ball", shape=Sphere(radius=0.25), material="steel", position=(0.5, 0.2, 0.5)),
        Body(
            name="pane",
            shape=Pane(width=0.6, height=0.5, thickness=0.02),
            material="glass",
            position=(0.2, -0.5, 0.4),
            breaks=Breaks(pieces=8),
        ),
    ),
    lights=(Environment(name="dome", nits=500), Sun(name="sun")),
    camera=Camera(
        position=(0.4, -2.2, 0.9), aim=(0.05, 0, 0.4), moves=(Orbit(degrees=20), PushIn(share=0.3))
    ),
    timing=Timing(frames=FRAMES),
)


def tape_of(shot: Shot, *, broken: bool, seed: int = 0) -> Tape:
    """The shot's real geometry, moved about at random: what a renderer must cope with, without an engine."""
    world = build_world(shot)
    geometry = world.geometry
    rng = np.random.default_rng(seed)
    count, samples = len(geometry.piece_body), shot.timing.frames + 2
    rest = np.array([body.position for body in shot.bodies], float)[geometry.piece_body] + geometry.piece_rest
    moving = geometry.piece_mass > 0
    if not broken:
        moving &= np.bincount(geometry.piece_body)[geometry.piece_body] == 1
    drift = rng.normal(0, 0.04, (count, 3)) * moving[:, None]
    turn = rng.normal(0, 0.1, (count, 3)) * moving[:, None]
    time = np.arange(samples)[:, None, None]
    half = turn * time / 2
    angle = np.linalg.norm(half, axis=-1, keepdims=True)
    quaternion = np.concatenate([np.cos(angle), half * np.sinc(angle / np.pi)], -1)
    bonds = np.unique(
        np.sort(np.stack([geometry.face_piece, geometry.face_neighbour], 1)[geometry.face_side == INNER], 1),
        axis=0,
    )
    cracked = bonds[(bonds >= 0).all(1)] if broken else np.zeros((0, 2), np.int32)
    none, pairs = np.zeros(0), np.zeros((0, 2), np.int32)
    cluster = np.arange(count) if broken else geometry.piece_body
    return Tape(
        engine="by hand",
        seed=seed,
        world_hash="",
        rate=shot.timing.world_rate,
        samples_per_frame=1,
        geometry=geometry,
        position=(rest + drift * time).astype(np.float32),
        orientation=quaternion.astype(np.float32),
        velocity=np.zeros((samples, count, 3), np.float32),
        spin=np.zeros((samples, count, 3), np.float32),
        cluster=np.tile(cluster, (samples, 1)).astype(np.int32),
        contacts=Contacts(time=none, piece=pairs, impulse=none, point=np.zeros((0, 3)), depth=none),
        cracks=Cracks(time=np.zeros(len(cracked)), piece=cracked, energy=np.zeros(len(cracked))),
        ledger=Ledger(time=none, kinetic=none, potential=none, elastic=none, crack=none, work=none),
    )


def frame_of(shot: Shot, tape: Tape, index: int, picture: Picture = PICTURE, threads: int = 2) -> Frame:
    (frame,) = Preview(threads=threads).draw(shot, tape, picture, range(index, index + 1))
    return frame


# --- the twin ---------------------------------------------------------------------------------------------


def rotated(q: np.ndarray, v: np.ndarray) -> np.ndarray:
    w, u = q[..., :1], q[..., 1:]
    t = 2 * np.cross(u, v)
    return v + w * t + np.cross(u, t)


def cast(view: View, tape: Tape, index: int, *, cracks_show: bool) -> dict[str, np.ndarray]:
    """Depth, piece and next pixel at every pixel's centre by Möller and Trumbore's intersection (1997)."""
    geometry = tape.geometry
    position, orientation = tape.poses_at(index)
    owner = geometry.vertex_piece
    corner = (rotated(orientation[owner], geometry.vertices.astype(float)) + position[owner])[geometry.faces]
    if not cracks_show:
        corner = np.where((geometry.face_side == INNER)[:, None, None], np.nan, corner)
    y, x = np.mgrid[0 : view.height, 0 : view.width]
    pixels = np.stack([x.ravel(), y.ravel()], -1) + 0.5
    rays = view.rays(pixels)
    e1, e2 = corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]
    s = view.eye - corner[:, 0]
    q = np.cross(s, e1)
    best, hit = np.full(len(rays), np.inf), np.full(len(rays), -1)
    for k, ray in enumerate(rays):
        p = np.cross(ray, e2)
        with np.errstate(divide="ignore", invalid="ignore"):
            inverse = 1 / np.einsum("fx,fx->f", e1, p)
            u, v = np.einsum("fx,fx->f", s, p) * inverse, q @ ray * inverse
            depth = np.einsum("fx,fx->f", e2, q) * inverse
            inside = (u >= 0) & (v >= 0) & (u + v <= 1) & (depth > 0.02)
        if inside.any():
            hit[k] = np.flatnonzero(inside)[np.argmin(depth[inside])]
            best[k] = depth[hit[k]]
    piece = np.where(hit >= 0, geometry.face_piece[hit], -1)
    normal = np.cross(e1, e2)[hit]
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    normal *= -np.sign(np.einsum("rx,rx->r", normal, rays))[:, None]
    return {"rays": rays, "depth": best, "piece": piece, "normal": normal, "pixels": pixels}


def next_pixels(now: View, then: View, twin: dict[str, np.ndarray], tape: Tape, index: int) -> np.ndarray:
    p0, q0 = tape.poses_at(index)
    p1, q1 = tape.poses_at(index + 1)
    piece, seen = twin["piece"], twin["piece"] >= 0
    depth = np.where(seen, twin["depth"], 1e9)[:, None]  # what is not there is endlessly far
    point = now.eye + depth * twin["rays"]
    inverse = q0[piece] * [1, -1, -1, -1]
    carried = rotated(q1[piece], rotated(inverse, point - p0[piece])) + p1[piece]
    return then.project(np.where(seen[:, None], carried, point - now.eye + then.eye))


@pytest.mark.parametrize("broken", [False, True])
def test_passes_agree_with_plain_ray_casting(broken: bool) -> None:
    tape, index = tape_of(SHOT, broken=broken), 2
    path = CameraPath(SHOT, tape, PICTURE.width, PICTURE.height)
    now, then = path.at(index), path.at(index + 1)
    twin = cast(now, tape, index, cracks_show=broken)
    passes = frame_of(SHOT, tape, index).passes
    same = passes.piece.ravel() == twin["piece"]
    # A ray through an edge shared by two pieces may fall to either: one pixel of 2304.
    assert same.mean() > 0.999
    assert (twin["piece"] == -1).any()
    assert len(np.unique(twin["piece"])) > 4
    seen = same & (twin["piece"] >= 0)
    # Vertices are float32: 1e-7 of a metre, seen at a grazing slope of up to a hundred.
    np.testing.assert_allclose(passes.depth.ravel()[seen], twin["depth"][seen], rtol=1e-5)
    flat = seen & (twin["piece"] != 2)  # the ball is shaded smooth
    cosine = (passes.normal.reshape(-1, 3) * twin["normal"]).sum(1)
    assert np.quantile(cosine[flat], 0.01) > 1 - 1e-6, (
        "99 of 100: an edge ray may take the next face's normal"
    )
    ball = same & (twin["piece"] == 2)
    assert cosine[ball].min() > 0.95, "a facet of the ball is within 18 degrees of its smooth normal"
    motion = next_pixels(now, then, twin, tape, index) - twin["pixels"]
    # The required accuracy; float32 geometry alone gives some 1e-4 px.
    np.testing.assert_allclose(passes.motion.reshape(-1, 2)[same], motion[same], atol=1e-2)
    assert np.abs(motion).max() > 1


def test_background_is_empty() -> None:
    passes = frame_of(SHOT, tape_of(SHOT, broken=False), 0).passes
    empty = passes.piece == -1
    assert empty.any()
    assert np.isposinf(passes.depth[empty]).all()
    assert not passes.normal[empty].any()
    assert not passes.albedo[empty].any()
    assert np.isfinite(passes.motion).all()
    assert np.isfinite(passes.depth[~empty]).all()
    np.testing.assert_allclose(np.linalg.norm(passes.normal[~empty], axis=-1), 1, atol=1e-5)  # float32


def test_one_thread_or_two_draw_the_same_bits() -> None:
    tape = tape_of(SHOT, broken=True)
    one, two = (frame_of(SHOT, tape, 1, threads=n) for n in (1, 2))
    np.testing.assert_array_equal(one.colour, two.colour)
    np.testing.assert_array_equal(one.passes.motion, two.passes.motion)


def test_a_frame_depends_on_its_index_alone() -> None:
    tape = tape_of(SHOT, broken=True)
    frames = list(Preview().draw(SHOT, tape, PICTURE, range(FRAMES)))
    assert [frame.index for frame in frames] == list(range(FRAMES))
    np.testing.assert_array_equal(frames[2].colour, frame_of(SHOT, tape, 2).colour)
    assert np.abs(frames[2].colour - frames[1].colour).max() > 0.01


def test_cracks_are_hidden_until_they_open() -> None:
    whole, cracked = tape_of(SHOT, broken=False), tape_of(SHOT, broken=True)
    # The same poses: only the bonds differ.
    still = Tape(**{**whole.__dict__, "cracks": cracked.cracks, "cluster": cracked.cluster})
    closed, opened = frame_of(SHOT, whole, 1), frame_of(SHOT, still, 1)
    np.testing.assert_array_equal(closed.passes.piece, opened.passes.piece)
    assert np.abs(closed.colour - opened.colour).max() > 0.02, "the crack faces shine through the glass"


def test_cracks_show_in_the_frame_after_their_bond_broke() -> None:
    tape = tape_of(SHOT, broken=True)
    at = 1.5 / float(SHOT.timing.world_rate)
    late = Cracks(time=np.full(len(tape.cracks.time), at), piece=tape.cracks.piece, energy=tape.cracks.energy)
    together = np.zeros_like(tape.cluster)
    held = Tape(**{**tape.__dict__, "cracks": late, "cluster": together})
    never = Tape(**{**held.__dict__, "cracks": tape_of(SHOT, broken=False).cracks})
    for index, shows in ((1, False), (2, True)):
        difference = np.abs(frame_of(SHOT, held, index).colour - frame_of(SHOT, never, index).colour).max()
        assert (difference > 0.02) == shows


def test_the_ground_is_clipped_where_it_passes_under_the_camera() -> None:
    camera = Camera(position=(0, 0, 0.05), aim=(0, 3, 0.0), focal_length=12)
    shot = SHOT.model_copy(update={"camera": camera, "bodies": SHOT.bodies[:1]})
    tape = tape_of(shot, broken=False)
    passes = frame_of(shot, tape, 0).passes
    view = CameraPath(shot, tape, 64, 36).at(0)
    y, x = np.mgrid[0:36, 0:64]
    rays = view.rays(np.stack([x.ravel(), y.ravel()], -1) + 0.5)
    # z = 0 at depth -0.05 / ray_z; the square ends 200 m out.
    with np.errstate(divide="ignore"):
        depth = np.where(rays[:, 2] < 0, -0.05 / rays[:, 2], np.inf)
    hit = passes.piece.ravel() == 0
    np.testing.assert_array_equal(hit, (depth < 200 / np.abs(rays[:, :2]).max(1)))
    np.testing.assert_allclose(passes.depth.ravel()[hit], depth[hit], rtol=1e-5)


def test_frames_beyond_the_tape_are_refused() -> None:
    with pytest.raises(RenderError, match="frames"):
        list(Preview().draw(SHOT, tape_of(SHOT, broken=False), PICTURE, range(FRAMES + 1)))


def test_the_tape_of_another_shot_is_refused() -> None:
    other = SHOT.model_copy(update={"bodies": SHOT.bodies[:3]})
    with pytest.raises(RenderError, match="tape"):
        frame_of(other, tape_of(SHOT, broken=False), 0)


def test_rational_rates_do_not_shift_frames() -> None:
    film = SHOT.model_copy(update={"timing": Timing(frames=FRAMES, fps=Fraction(24000, 1001))})
    tape = tape_of(SHOT, broken=True)
    a, b = (
        frame_of(SHOT, tape, 1),
        frame_of(film, Tape(**{**tape.__dict__, "rate": film.timing.world_rate}), 1),
    )
    # The clip is as many frames long, so its moves are at the same share of their spans.
    np.testing.assert_array_equal(a.passes.piece, b.passes.piece)
