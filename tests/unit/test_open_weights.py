"""Open weights without torch: control pictures, calls of a long clip, licences, memory, and what is refused."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinema.diffusion.looks import refuse_unknown
from kinema.diffusion.open_weights import pipeline as door
from kinema.diffusion.open_weights.card import licence_of, read_card, stated_licence
from kinema.diffusion.open_weights.chunks import chunk_plan
from kinema.diffusion.open_weights.inputs import inputs_of
from kinema.diffusion.open_weights.memory import GIB, Room, place, sizes_of
from kinema.diffusion.open_weights.options import Options, is_open, read_options
from kinema.diffusion.open_weights.passes import (
    Bounds,
    bounds_of,
    colour_wheel,
    depth_picture,
    edge_picture,
    motion_picture,
    segment_picture,
)
from kinema.errors import KinemaError, MachineError, TrainingError, UsageError
from kinema.job import Job
from kinema.render.frame import Passes
from kinema.shot.prompt import compile_prompt
from kinema.take import make_take

# --- control pictures ---------------------------------------------------------------------------------------


def passes_of(
    depth: np.ndarray, piece: np.ndarray, normal: tuple[float, float, float] = (0, -1, 0)
) -> Passes:
    shape = depth.shape
    return Passes(
        depth=depth.astype(np.float32),
        normal=np.where((piece >= 0)[..., None], np.array(normal, np.float32), np.float32(0)),
        albedo=np.zeros((*shape, 3), np.float32),
        motion=np.zeros((*shape, 2), np.float32),
        piece=piece.astype(np.int32),
    )


def square() -> Passes:
    """Six by four pixels, two metres away, before nothing."""
    piece = np.full((12, 16), -1)
    piece[3:7, 5:11] = 0
    return passes_of(np.where(piece == 0, 2.0, np.inf), piece)


def test_edges_of_a_square_are_its_outline():
    wanted = np.zeros((12, 16), bool)
    wanted[3:7, 5:11] = True
    wanted[4:6, 6:10] = False
    np.testing.assert_array_equal(edge_picture(square()), np.repeat(255 * wanted[..., None], 3, axis=-1))


def test_a_plane_at_a_grazing_angle_has_no_edges_and_a_step_in_it_has_one():
    # 1 / depth is affine in pixels on a plane: from 0.02 /m at the horizon to 2 /m at our feet.
    inverse = np.repeat(np.linspace(0.02, 2, 40)[:, None], 30, axis=1)
    piece = np.zeros((40, 30), int)
    assert not edge_picture(passes_of(1 / inverse, piece)).any()
    inverse[20:] += 0.5  # the same piece, nearer by a jump: its near side is the lower one
    lines = edge_picture(passes_of(1 / inverse, piece))[..., 0] == 255
    np.testing.assert_array_equal(lines.any(axis=1).nonzero()[0], [20])


def test_a_fold_is_an_edge():
    fold = passes_of(np.full((6, 8), 3.0), np.zeros((6, 8), int))
    fold.normal[:, 4:] = (1, 0, 0)
    np.testing.assert_array_equal((edge_picture(fold)[..., 0] == 255).any(axis=0).nonzero()[0], [3])


def test_depth_is_affine_in_inverse_depth_and_scaled_by_the_clip():
    near, far = square(), square()
    far.depth[far.piece == 0] = 8
    bounds = bounds_of([near, far])
    assert (bounds.nearest, bounds.farthest) == (0.5, 0.125)
    shades = [depth_picture(np.array([[d]], np.float32), bounds)[0, 0, 0] for d in (2, 3.2, 8, np.inf)]
    assert shades == [255, round(255 * 0.55), round(255 * 0.1), 0]  # 1 / 3.2 is half-way


def test_pieces_have_colours_of_their_own():
    piece = np.arange(-1, 2**16 - 1).reshape(256, 256)
    colours = segment_picture(piece).reshape(-1, 3)
    assert len(np.unique(colours, axis=0)) == 2**16
    assert not colours[0].any()


def test_motion_has_its_hue_by_direction_and_its_saturation_by_speed():
    bounds = Bounds(nearest=1, farthest=0, fastest=4)
    ways = np.array([[[4, 0], [0, 4], [-4, 0], [0, -4], [0, 0], [2, 0], [9, 0]]], float)
    right, down, left, up, rest, half, beyond = motion_picture(ways, bounds)[0].astype(int)
    np.testing.assert_array_equal(right, [255, 0, 0])
    np.testing.assert_array_equal(rest, [255, 255, 255])
    np.testing.assert_array_equal(half, [255, 128, 128])
    np.testing.assert_array_equal(beyond, right)
    assert down[0] == 255
    assert down[1] > 200  # yellow, nearly
    assert left[0] == 0
    assert min(left[1:]) > 200  # cyan
    assert up[2] == 255
    assert up[1] == 0  # violet
    assert colour_wheel().shape == (55, 3)


def test_nothing_in_sight_is_black():
    nothing = passes_of(np.full((4, 4), np.inf), np.full((4, 4), -1))
    bounds = bounds_of([nothing])
    assert not depth_picture(nothing.depth, bounds).any()
    assert not edge_picture(nothing).any()
    assert (motion_picture(nothing.motion, bounds) == 255).all()


# --- calls --------------------------------------------------------------------------------------------------


@given(
    st.integers(1, 700),
    st.sampled_from([1, 4, 6, 8]),
    st.integers(1, 40),
    st.integers(0, 17),
    st.integers(0, 3),
)
def test_calls_cover_every_frame_once_and_are_of_lengths_that_the_model_draws(frames, stride, k, given, odd):
    longest = 1 + stride * k + odd % stride
    plan = chunk_plan(frames, longest=longest, stride=stride, given=given)
    assert [index for chunk in plan for index in chunk.new] == list(range(frames))
    for before, chunk in zip((None, *plan), plan, strict=False):
        assert (chunk.length - 1) % stride == 0
        assert stride < chunk.length <= longest
        assert chunk.start + chunk.length >= chunk.stop
        assert chunk.given == (min(given, 1 + stride * k - stride) if before else 0)
        if before:  # what is given was drawn by the call before
            assert before.start <= chunk.start
            assert chunk.start + chunk.given == before.stop == before.start + before.length


def test_a_call_shorter_than_a_latent_frame_is_refused():
    with pytest.raises(UsageError, match="at least 9"):
        chunk_plan(20, longest=8, stride=8, given=1)


# --- the card -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("card", "licence"),
    [
        ("---\nlicense: apache-2.0\n---\n# A model\n", "apache-2.0"),
        ("---\r\nlicense: mit\r\n---\r\n", "mit"),
        ("---\nlicense: other\nlicense_name: house\nlicense_link: LICENSE.md\n---\n", "house (LICENSE.md)"),
        ("---\nlicense: other\n---\n", "other"),
        ("---\nlicense: [mit, cc-by-4.0]\ntags: [video]\n---\n", "mit, cc-by-4.0"),
        ("---\ntags: [video]\n---\nlicense: mit\n", None),
        ("# license: mit\n", None),
        ("---\nlicense: [mit\n---\n", None),
        ("---\nlicense:\n---\n", None),
        ("", None),
    ],
)
def test_a_licence_is_what_the_model_card_states(card, licence):
    assert stated_licence(card) == licence


def test_a_licence_file_stands_in_and_nothing_is_unknown(tmp_path):
    assert licence_of(tmp_path) == "unknown"
    (tmp_path / "LICENSE.txt").write_text("\n   House Licence, version 2\nYou may.\n")
    assert licence_of(tmp_path) == "House Licence, version 2 (LICENSE.txt)"
    (tmp_path / "README.md").write_text("---\nlicense: mit\n---\n")
    assert licence_of(tmp_path) == "mit"


def model_in(folder: Path, **index: Any) -> Path:
    """A folder that looks like a saved pipeline: a transformer of 6 numbers in 12 bytes, and a scheduler."""
    parts = {"scheduler": ["diffusers", "A"], "transformer": ["diffusers", "B"], "unused": [None, None]}
    (folder / "transformer").mkdir(parents=True)
    (folder / "scheduler").mkdir()
    (folder / "model_index.json").write_text(json.dumps({"_class_name": "WanPipeline", **parts, **index}))
    (folder / "transformer/config.json").write_text("{}")
    header = json.dumps({"w": {"dtype": "BF16", "shape": [2, 3], "data_offsets": [0, 12]}}).encode()
    weights = struct.pack("<Q", len(header)) + header + bytes(12)
    (folder / "transformer/diffusion_pytorch_model.safetensors").write_bytes(weights)
    return folder


def test_a_card_says_class_components_commit_and_hash(tmp_path):
    card = read_card(model_in(tmp_path / ("0123456789" * 4)))
    assert (card.pipeline, card.components) == ("WanPipeline", ("scheduler", "transformer"))
    assert card.revision == "0123456789" * 4
    assert card.licence == "unknown"
    assert len(card.sha256) == 64
    assert read_card(model_in(tmp_path / "b")).revision is None


@pytest.mark.parametrize("index", ["[]", "{", "{}", '{"_class_name": ["their_code", "Pipeline"]}'])
def test_a_broken_index_is_refused(tmp_path, index):
    (tmp_path / "model_index.json").write_text(index)
    with pytest.raises(TrainingError, match="_class_name"):
        read_card(tmp_path)


# --- memory -------------------------------------------------------------------------------------------------


def test_sizes_are_read_from_headers_and_missing_files_are_named(tmp_path):
    folder = model_in(tmp_path / "m")
    card = read_card(folder)
    assert sizes_of(card, "float32") == {"transformer": 24}
    assert sizes_of(card, "bfloat16") == {"transformer": 12}
    (folder / "transformer/diffusion_pytorch_model.safetensors").unlink()
    with pytest.raises(MachineError, match=r"no transformer/diffusion_pytorch_model.safetensors"):
        sizes_of(card, "float32")
    shards = {"weight_map": {"a": "x-1.safetensors", "b": "x-2.safetensors"}}
    (folder / "transformer/diffusion_pytorch_model.safetensors.index.json").write_text(json.dumps(shards))
    with pytest.raises(MachineError, match=r"x-1.safetensors, transformer/x-2.safetensors"):
        sizes_of(card, "float32")
    (folder / "transformer/x-1.safetensors").write_bytes(b"torn")
    (folder / "transformer/x-2.safetensors").write_bytes(b"")
    with pytest.raises(TrainingError, match="Fetch it again"):
        sizes_of(card, "float32")


WAN = {"text_encoder": 11 * GIB, "transformer": 28 * GIB, "vae": GIB // 2}


@pytest.mark.parametrize(
    ("host", "gpu", "offload", "placed"),
    [
        (64, None, "auto", "cpu"),
        (64, 80, "auto", "gpu"),
        (64, 32, "auto", "gpu, a network at a time"),
        (64, 8, "auto", "gpu, a layer at a time"),
        (64, 80, "model", "gpu, a network at a time"),
        (64, 80, "sequential", "gpu, a layer at a time"),
        (8, 80, "auto", "gpu"),
    ],
)
def test_networks_go_where_they_fit(host, gpu, offload, placed):
    room = Room(host=host * GIB, gpu=gpu and gpu * GIB)
    assert place("m", WAN, room, offload, "bfloat16") == placed


@pytest.mark.parametrize(
    ("host", "gpu", "offload", "said"),
    [
        (23, None, "auto", r"needs 43\.45 GiB of memory: .*transformer 28\.00.*got 23\.00 GiB free.*smaller"),
        (23, 32, "auto", r"43\.45 GiB of memory, to offload to"),
        (64, 32, "none", r"GPU memory.*offload=model"),
        (
            64,
            24,
            "model",
            r"needs 30\.80 GiB of GPU memory: transformer 28\.00.*got 24\.00.*offload=sequential",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_need_and_room(host, gpu, offload, said):
    room = Room(host=host * GIB, gpu=gpu and gpu * GIB)
    with pytest.raises(MachineError, match=said) as caught:
        place("m", WAN, room, offload, "bfloat16")
    assert caught.value.exit_code == 5


def test_float32_is_told_of_half():
    with pytest.raises(MachineError, match="precision=bfloat16"):
        place("m", WAN, Room(host=GIB, gpu=None), "auto", "float32")


# --- what a pipeline takes ----------------------------------------------------------------------------------


def vace(prompt=None, video=None, mask=None, num_frames=81, num_inference_steps=50, output_type="np"): ...
def transfer(controls, prompt=None, num_frames=None, num_inference_steps=36, output_type="pil"): ...
def fun(prompt=None, control_video=None, num_inference_steps=50, output_type="pil"): ...
def edit(video=None, prompt=None, num_inference_steps=50, strength=0.8, output_type="np"): ...
def start(image, prompt=None, num_frames=97, num_inference_steps=50, output_type="np"): ...
def words(prompt=None, num_frames=129, num_inference_steps=50, output_type="pil"): ...
def still(prompt=None, image=None, num_inference_steps=50, output_type="pil"): ...
def pose(image, pose_video, face_video, num_frames=81, num_inference_steps=20, output_type="np"): ...
def upsample(video=None, latents=None, output_type="pil"): ...


@pytest.mark.parametrize(
    ("call", "role", "longest"),
    [
        (vace, "masked", 81),
        (transfer, "controls", 49),
        (fun, "control", 49),
        (edit, "video", 49),
        (start, "image", 97),
        (words, "text", 129),
    ],
)
def test_the_role_is_read_from_the_signature(call, role, longest):
    inputs = inputs_of(call.__name__, call)
    assert (inputs.role, inputs.longest) == (role, longest)
    assert inputs.driven == (role not in ("image", "text"))


@pytest.mark.parametrize(
    ("call", "said"), [(still, "else"), (pose, "face_video, pose_video"), (upsample, "else")]
)
def test_what_makes_no_video_is_refused(call, said):
    with pytest.raises(UsageError, match=said):
        inputs_of("P", call)


# --- options and refusals -----------------------------------------------------------------------------------


def test_options_are_read():
    options = read_options(
        ["control=edges", "steps=8", "guidance=1.5", "download=yes", "words=ink, on paper=white"], gpu=True
    )
    assert options == Options(
        gpu=True, control="edges", steps=8, guidance=1.5, download=True, words="ink, on paper=white"
    )
    assert read_options([]) == Options()


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ("contol=depth", "Did you mean control"),
        ("control", "name=value"),
        ("control=blur", "depth, edges, segments, motion, preview"),
        ("steps=many", "whole number"),
        ("steps=0", "from 1"),
        ("guidance=nan", "number"),
        ("download=perhaps", "yes, no"),
    ],
)
def test_options_that_are_none_are_refused(item, said):
    with pytest.raises(UsageError, match=said):
        read_options([item])


def test_a_look_names_a_model():
    assert is_open("diffusers:models/wan")
    refuse_unknown("diffusers:models/wan")
    with pytest.raises(UsageError, match="must name a model"):
        refuse_unknown("diffusers:")
    with pytest.raises(UsageError, match="diffusers: and a folder"):
        refuse_unknown("difusers")


def refusal(tmp_path: Path, look: str, **job: Any) -> KinemaError:
    """What `make_take` says of a look; nothing may be left behind."""
    shot = compile_prompt("A ball falls.").shot.model_copy(update={"look": look})
    with pytest.raises(KinemaError) as caught:
        make_take(shot, tmp_path / "a.take", Job(quality="draft", **job))
    assert not (tmp_path / "a.take").exists()
    return caught.value


def test_a_missing_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(door, "NEEDED", ("torch", "a_package_that_is_not_there"))
    said = str(refusal(tmp_path, f"diffusers:{tmp_path}"))
    assert "no a_package_that_is_not_there" in said
    assert "pip install 'kinema[open-weights]'" in said


def test_a_missing_folder_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(door, "NEEDED", ())
    error = refusal(tmp_path, f"diffusers:{tmp_path}/none")
    assert isinstance(error, MachineError)
    assert "nothing there" in str(error)
    assert "model_index.json" in str(error)
    assert "a folder without" in str(refusal(tmp_path, f"diffusers:{tmp_path}"))


@pytest.mark.parametrize("look", ["natural", "painted"])
def test_options_without_open_weights_are_refused(tmp_path, look):
    error = refusal(tmp_path, look, open_weights=Options(gpu=True, steps=3))
    assert "diffusers:FOLDER" in str(error)


def test_a_gpu_is_for_looks_that_are_painted(tmp_path):
    error = refusal(tmp_path, "natural", open_weights=Options(gpu=True))
    assert "--look painted" in str(error)
