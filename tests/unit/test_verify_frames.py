"""Facts of frames, and reasons for what is not seen, against a plain rasteriser that draws every triangle."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from kinema.physics.rotation import matrix
from kinema.physics.tape import Tape
from kinema.render.camera import CameraPath
from kinema.render.frame import Frame, Passes
from kinema.shot.shot import Shot
from kinema.verify.checks import finite, presence
from kinema.verify.drawn import Drawn, FrameFacts, facts_of

WIDTH, HEIGHT = 96, 54


def draw(shot: Shot, tape: Tape, *, without: tuple[int, ...] = ()) -> tuple[Frame, CameraPath]:
    """Frame 0 by brute force: every triangle at every pixel centre in its bounds; nearest wins, back faces cull."""
    camera = CameraPath(shot, tape, WIDTH, HEIGHT)
    view = camera.at(0)
    depth = np.full((HEIGHT, WIDTH), np.inf, np.float32)
    piece = np.full((HEIGHT, WIDTH), -1, np.int32)
    position, orientation = tape.poses_at(0)
    geometry = tape.geometry
    turned = matrix(orientation)
    for face, owner in zip(geometry.faces, geometry.face_piece, strict=True):
        if owner in without:
            continue
        corners = geometry.vertices[face] @ turned[owner].T + position[owner]
        seen = corners @ view.matrix[:, :3].T + view.matrix[:, 3]
        if (seen[:, 2] <= 0).any():
            continue
        x, y = (seen[:, :2] / seen[:, 2:]).T
        left, right = int(max(np.floor(x.min()), 0)), int(min(np.ceil(x.max()), WIDTH))
        top, bottom = int(max(np.floor(y.min()), 0)), int(min(np.ceil(y.max()), HEIGHT))
        if left >= right or top >= bottom:
            continue
        px, py = np.meshgrid(np.arange(left, right) + 0.5, np.arange(top, bottom) + 0.5)
        edges = [
            (x[j] - x[i]) * (py - y[i]) - (y[j] - y[i]) * (px - x[i]) for i, j in ((1, 2), (2, 0), (0, 1))
        ]
        area = sum(edges)
        inside = np.all([edge <= 0 for edge in edges], axis=0) & (area < 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            z = area / sum(edge / d for edge, d in zip(edges, seen[:, 2], strict=True))
        window = np.s_[top:bottom, left:right]
        nearer = inside & (z < depth[window])
        depth[window] = np.where(nearer, z, depth[window])
        piece[window] = np.where(nearer, owner, piece[window])
    colour = np.where(piece[..., None] >= 0, 0.5, 0.1).astype(np.float32).repeat(3, axis=2)
    hit = (piece >= 0)[..., None]
    passes = Passes(
        depth=depth,
        normal=np.where(hit, [0, -1, 0], 0).astype(np.float32),
        albedo=np.where(hit, 0.5, 0).astype(np.float32).repeat(3, axis=2),
        motion=np.zeros((HEIGHT, WIDTH, 2), np.float32),
        piece=piece,
    )
    return Frame(index=0, colour=colour, ev100=10.0, passes=passes, samples=16, noise=0.01), camera


@pytest.fixture(scope="module")
def stage(stand_still: Any) -> Any:
    """A wall that hides a ball, a ball outside the picture, one behind the camera, one too far to see, one in view."""

    def box(name: str, size: list[float], position: list[float]) -> dict[str, Any]:
        return {
            "name": name,
            "shape": {"kind": "box", "size": size},
            "position": position,
            "motion": "static",
        }

    return stand_still(
        {
            "bodies": [
                box("screen", [2, 0.1, 2], [0, 0, 1]),
                box("hidden", [0.3, 0.3, 0.3], [0.2, 1.5, 1]),
                box("aside", [0.3, 0.3, 0.3], [9, 0, 1]),
                box("behind", [0.3, 0.3, 0.3], [0, -9, 1]),
                box("speck", [0.02, 0.02, 0.02], [3, 60, 4]),
                box("plain", [0.4, 0.4, 0.4], [1.6, 0, 1]),
            ],
            "camera": {"position": [0, -6, 1], "aim": [0, 0, 1]},
        }
    )


def test_everything_absent_has_its_reason(stage: Any) -> None:
    frame, camera = draw(stage.shot, stage.tape)
    facts = facts_of(frame, stage.tape, camera)
    names = stage.tape.geometry.bodies
    assert {names[p] for p in facts.pixels} == {"screen", "plain"}
    assert {names[p]: reason for p, reason in facts.absent.items()} == {
        "hidden": "occluded",
        "aside": "left view",
        "behind": "left view",
        "speck": "too small",
    }
    assert sum(facts.pixels.values()) == (frame.passes.piece >= 0).sum()
    assert presence.check(stage.tape, drawn(facts))[0].verdict == "pass"


@pytest.mark.parametrize("name", ["plain", "screen"])
def test_what_the_renderer_lost_is_missing(stage: Any, name: str) -> None:
    lost = stage.tape.geometry.bodies.index(name)
    frame, camera = draw(stage.shot, stage.tape, without=(lost,))
    facts = facts_of(frame, stage.tape, camera)
    assert facts.absent[lost] == "missing"
    (found,) = presence.check(stage.tape, drawn(facts))
    assert (found.verdict, found.measured) == ("fail", 1)
    assert name in found.detail


def test_wall_gone_shows_what_it_hid(stage: Any) -> None:
    """The reason is geometry, not habit: without the screen the hidden box is drawn."""
    screen = stage.tape.geometry.bodies.index("screen")
    frame, camera = draw(stage.shot, stage.tape, without=(screen,))
    hidden = stage.tape.geometry.bodies.index("hidden")
    assert facts_of(frame, stage.tape, camera).pixels[hidden] > 10


def test_inner_faces_of_a_whole_pane_are_not_missing(stand_still: Any) -> None:
    """Forty cells at 96 pixels: some have no pixel centre, none is missing, since cracks are closed."""
    played = stand_still(
        {
            "bodies": [
                {
                    "name": "pane",
                    "shape": {"kind": "pane", "width": 1, "height": 1},
                    "material": "glass",
                    "breaks": {"pieces": 40, "held": "edges"},
                    "position": [0, 0, 1],
                }
            ],
            "camera": {"position": [3, -9, 2], "aim": [0, 0, 1]},
        }
    )
    frame, camera = draw(played.shot, played.tape)
    facts = facts_of(frame, played.tape, camera)
    assert len(facts.pixels) > 15
    assert "missing" not in facts.absent.values()


def drawn(*facts: FrameFacts) -> Drawn:
    return Drawn(width=WIDTH, height=HEIGHT, first=0, frames=facts)


@pytest.mark.parametrize("field", ["colour", "depth", "normal", "albedo", "motion"])
def test_not_a_number_in_any_pass_fails(stage: Any, field: str) -> None:
    frame, camera = draw(stage.shot, stage.tape)
    assert finite.check_frames(drawn(facts_of(frame, stage.tape, camera)))[0].verdict == "pass"
    target = frame.colour if field == "colour" else getattr(frame.passes, field)
    target[3, 5] = np.nan
    facts = facts_of(frame, stage.tape, camera)
    (found,) = finite.check_frames(drawn(facts))
    assert found.verdict == "fail"
    assert found.measured == pytest.approx(1 / (WIDTH * HEIGHT))
    assert np.isfinite(facts.luminance)


def test_no_frames_is_a_failure() -> None:
    (found,) = finite.check_frames(drawn())
    assert found.verdict == "fail"


def test_infinite_depth_is_for_the_background_alone(stage: Any) -> None:
    frame, camera = draw(stage.shot, stage.tape)
    row, column = np.argwhere(frame.passes.piece >= 0)[0]
    frame.passes.depth[row, column] = np.inf
    assert facts_of(frame, stage.tape, camera).finite < 1


def test_moving_counts_half_a_pixel_and_more(stage: Any) -> None:
    frame, camera = draw(stage.shot, stage.tape)
    frame.passes.motion[:27] = [0.3, 0.3]
    frame.passes.motion[27:40] = [0.3, 0.4]
    assert facts_of(frame, stage.tape, camera).moving == pytest.approx(13 / 54)


def test_sums_equal_plain_ones(stage: Any) -> None:
    """The slow twin, in numpy; the luminance of a pixel is rounded to float32 before it is summed."""
    frame, camera = draw(stage.shot, stage.tape)
    frame.colour[:] = np.random.default_rng(2).random(frame.colour.shape)
    frame.colour[4, 7, 1], frame.passes.albedo[9, 9, 2], frame.colour[0, 0, 2] = np.inf, np.nan, -np.inf
    facts = facts_of(frame, stage.tape, camera)
    good = np.isfinite(frame.colour).all(-1) & np.isfinite(frame.passes.albedo).all(-1)
    luminance = (frame.colour @ np.array([0.2126, 0.7152, 0.0722]))[good].mean()
    assert facts.luminance == pytest.approx(luminance, rel=1e-7)
    assert facts.finite == good.mean()
    seen, counts = np.unique(frame.passes.piece[frame.passes.piece >= 0], return_counts=True)
    assert facts.pixels == dict(zip(seen.tolist(), counts.tolist(), strict=True))


def test_facts_survive_json(stage: Any) -> None:
    """They lie beside a drawn frame and are read again on resume."""
    frame, camera = draw(stage.shot, stage.tape)
    facts = facts_of(replace(frame, noise=float("nan")), stage.tape, camera)
    again = FrameFacts.model_validate_json(facts.model_dump_json())
    assert again.model_dump(exclude={"noise"}) == facts.model_dump(exclude={"noise"})
    assert np.isnan(again.noise)
