"""Real pipeline classes of `diffusers` with random weights, saved to a folder, and takes made with them. No network."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
# Untyped: their lazy modules take a type checker minutes.
diffusers: Any = pytest.importorskip("diffusers")
transformers: Any = pytest.importorskip("transformers")

import kinema  # noqa: E402
from kinema.diffusion.open_weights.adapter import OpenWeights  # noqa: E402
from kinema.diffusion.open_weights.options import Options  # noqa: E402
from kinema.errors import KinemaError, MachineError, RenderError, UsageError  # noqa: E402
from kinema.physics.analytic import Analytic  # noqa: E402
from kinema.physics.build import build_world  # noqa: E402
from kinema.render.frame import Picture  # noqa: E402
from kinema.render.preview import Preview  # noqa: E402
from kinema.shot.files import validate_shot  # noqa: E402

torch.set_num_threads(1)
WORDS = 32
"""Width of the text encoder."""
BALL: dict[str, Any] = {
    "title": "A ball",
    "bodies": [
        {"name": "ball", "shape": {"kind": "sphere", "radius": 0.2}, "position": [0, 0, 1]},
        {"name": "floor", "shape": {"kind": "plane"}},
    ],
    "lights": [{"kind": "sun", "name": "sun"}],
    "camera": {"position": [0, -3, 1], "aim": [0, 0, 0.5]},
    "timing": {"frames": 12},
}


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Weights come from this disk: whoever asks for an address fails."""

    def refuse(*_args: Any, **_kwargs: Any) -> None:
        raise OSError("a test asked for the network")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


def text_parts() -> dict[str, Any]:
    """A T5 encoder of random weights, and a tokenizer whose words are made here."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from tokenizers.processors import TemplateProcessing

    vocabulary = {
        word: n for n, word in enumerate(("<pad>", "</s>", "<unk>", "ball", "floor", "film", "falls"))
    }
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    config = transformers.T5Config(vocab_size=8, d_model=WORDS, d_kv=8, d_ff=32, num_layers=1, num_heads=2)
    return {
        "text_encoder": transformers.T5EncoderModel(config).eval(),
        "tokenizer": transformers.PreTrainedTokenizerFast(
            tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
        ),
    }


def wan_parts(kind: str, **more: Any) -> dict[str, Any]:
    torch.manual_seed(0)
    vae = diffusers.AutoencoderKLWan(
        base_dim=4, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1, temperal_downsample=[False, True, True]
    )
    transformer = getattr(diffusers, kind)(
        patch_size=(1, 2, 2),
        num_attention_heads=2,
        attention_head_dim=12,
        in_channels=16,
        out_channels=16,
        text_dim=WORDS,
        freq_dim=16,
        ffn_dim=16,
        num_layers=2,
        rope_max_seq_len=64,
        **more,
    )
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0)
    return {"vae": vae, "transformer": transformer, "scheduler": scheduler, **text_parts()}


def ltx_parts() -> dict[str, Any]:
    torch.manual_seed(0)
    vae = diffusers.AutoencoderKLLTXVideo(
        latent_channels=8,
        block_out_channels=(8, 8, 8, 8),
        decoder_block_out_channels=(8, 8, 8, 8),
        layers_per_block=(1, 1, 1, 1, 1),
        decoder_layers_per_block=(1, 1, 1, 1, 1),
        encoder_causal=True,
        decoder_causal=False,
    )
    transformer = diffusers.LTXVideoTransformer3DModel(
        in_channels=8,
        out_channels=8,
        num_attention_heads=2,
        attention_head_dim=16,
        cross_attention_dim=32,
        num_layers=1,
        caption_channels=WORDS,
    )
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler()
    return {"vae": vae, "transformer": transformer, "scheduler": scheduler, **text_parts()}


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> dict[str, Path]:
    """Folders as `save_pretrained` leaves them, with a model card."""
    folder = tmp_path_factory.mktemp("models")
    vace = wan_parts("WanVACETransformer3DModel", vace_layers=[0], vace_in_channels=96)
    made = {
        "vace": diffusers.WanVACEPipeline(**vace),
        "wan": diffusers.WanPipeline(**wan_parts("WanTransformer3DModel")),
        "ltx": diffusers.LTXPipeline(**ltx_parts()),
    }
    for name, pipeline in made.items():
        pipeline.save_pretrained(folder / name)
        (folder / name / "README.md").write_text("---\nlicense: apache-2.0\n---\n# Random numbers\n")
    return {name: folder / name for name in made}


@pytest.fixture(scope="module")
def scene():
    shot = validate_shot(BALL)
    return shot, Analytic().simulate(build_world(shot))


PICTURE = Picture(width=40, height=24)


def drawn(scene: Any, look: str, frames: range, **options: Any) -> list[Any]:
    shot, tape = scene
    return list(OpenWeights(look, options=Options(steps=1, **options)).draw(shot, tape, PICTURE, frames))


def test_a_take_is_made_by_vace_and_keeps_its_licence(models, tmp_path):
    shot = validate_shot(BALL | {"look": f"diffusers:{models['vace']}", "timing": {"frames": 7}})
    options = Options(steps=1, chunk=5)
    job = kinema.Job(quality="draft", width=40, height=24, open_weights=options)
    take = kinema.make_take(shot, tmp_path / "a.take", job)
    assert take.clip.is_file()
    assert take.folder.report.is_file()
    checked = {finding.check for finding in take.report.findings}
    assert any("frame" in check or "clip" in check for check in checked), checked
    (model,) = take.record["ingredients"]
    assert model["licence"] == "apache-2.0"
    assert model["pipeline"] == "WanVACEPipeline"
    assert len(model["sha256"]) == 64
    assert "diffusers" in model["run_by"]
    assert take.record["renderer"].startswith("WanVACEPipeline by depth, 1 steps, float32 on cpu")
    assert json.loads(take.folder.record.read_text())["ingredients"] == take.record["ingredients"]
    # Other weights under the same name are another take.
    index = models["vace"] / "model_index.json"
    before = index.read_text()
    index.write_text(before + " ")
    try:
        with pytest.raises(UsageError, match="another shot, job or version"):
            kinema.make_take(shot, tmp_path / "a.take", job)
    finally:
        index.write_text(before)


def test_a_frame_depends_on_its_index_alone_and_its_passes_are_the_previews(models, scene):
    look = f"diffusers:{models['vace']}"
    every = drawn(scene, look, range(12), chunk=5, control="edges")
    some = drawn(scene, look, range(6, 8), chunk=5, control="edges")
    assert [frame.index for frame in every] == list(range(12))
    for frame in some:
        np.testing.assert_array_equal(frame.colour, every[frame.index].colour)
    for frame, exact in zip(every, Preview().draw(scene[0], scene[1], PICTURE, range(12)), strict=True):
        np.testing.assert_array_equal(frame.passes.piece, exact.passes.piece)
        np.testing.assert_array_equal(frame.passes.depth, exact.passes.depth)
        assert frame.colour.shape == (24, 40, 3)
        assert 0 <= frame.colour.min() <= frame.colour.max() <= 1


def test_control_seed_and_words_reach_the_model(models, scene):
    look, frames = f"diffusers:{models['vace']}", range(5)
    depth = drawn(scene, look, frames, chunk=5)[-1].colour
    others = {
        "control": drawn(scene, look, frames, chunk=5, control="segments"),
        "words": drawn(scene, look, frames, chunk=5, words="falls falls falls floor"),
        "seed": drawn((scene[0].model_copy(update={"seed": 5}), scene[1]), look, frames, chunk=5),
    }
    for name, other in others.items():
        assert not np.array_equal(depth, other[-1].colour), name
    np.testing.assert_array_equal(depth, drawn(scene, look, frames, chunk=5)[-1].colour)


def test_words_alone_draw_one_call_and_refuse_a_longer_clip(models, scene):
    look = f"diffusers:{models['ltx']}"
    frames = drawn(scene, look, range(12))
    assert len(frames) == 12
    with pytest.raises(UsageError, match="takes words alone"):
        drawn(scene, look, range(12), chunk=9)
    with pytest.raises(UsageError, match="open control"):
        drawn(scene, look, range(12), control="depth")


def test_a_clip_too_long_for_words_alone_is_refused_before_any_work(models, tmp_path):
    """Wan's autoencoder tells its stride, 4: a call of 12 frames at most is one of 9, and the clip has 12. LTX's tells
    none: what no stride could draw is refused all the same."""
    for model, chunk in (("wan", 12), ("ltx", 11)):
        shot = validate_shot({**BALL, "look": f"diffusers:{models[model]}"})
        job = kinema.Job(quality="draft", width=64, height=32, open_weights=Options(chunk=chunk))
        with pytest.raises(UsageError, match="takes words alone"):
            kinema.make_take(shot, tmp_path / "a.take", job)
        assert not (tmp_path / "a.take").exists()


def test_a_first_frame_starts_an_image_model_and_each_call_goes_on_from_the_last(models, scene):
    frames = drawn(
        scene, f"diffusers:{models['ltx']}", range(12), chunk=9, pipeline="LTXImageToVideoPipeline"
    )
    assert [frame.index for frame in frames] == list(range(12))


def test_a_text_model_changes_the_preview_as_another_class(models, scene):
    options = {"pipeline": "WanVideoToVideoPipeline", "chunk": 9, "strength": 1.0}
    frames = drawn(scene, f"diffusers:{models['wan']}", range(10), **options)
    assert len(frames) == 10


def test_what_a_folder_lacks_is_said(models, tmp_path, scene):
    import shutil

    folder = tmp_path / "wan"
    shutil.copytree(models["wan"], folder)
    with pytest.raises(UsageError, match="NoSuchPipeline"):
        drawn(scene, f"diffusers:{folder}", range(5), pipeline="NoSuchPipeline")
    with pytest.raises(UsageError, match="something else"):
        drawn(scene, f"diffusers:{folder}", range(5), pipeline="StableDiffusionPipeline")
    (folder / "vae/config.json").write_text('{"_class_name": "AutoencoderKLWan", "z_dim": 7}')
    with pytest.raises(KinemaError, match="WanPipeline must load"):
        drawn(scene, f"diffusers:{folder}", range(5), chunk=5)
    (folder / "vae/diffusion_pytorch_model.safetensors").unlink()
    with pytest.raises(MachineError, match=r"vae/diffusion_pytorch_model\.safetensors"):
        drawn(scene, f"diffusers:{folder}", range(5), chunk=5)


def test_a_model_that_was_not_fetched_is_not_fetched_unasked(scene):
    with pytest.raises(MachineError, match="download=yes") as caught:
        drawn(scene, "diffusers:nobody/nothing", range(5))
    assert "://" not in str(caught.value)


def test_weights_that_draw_no_numbers_are_refused(models, tmp_path, scene):
    import shutil

    from safetensors.torch import load_file, save_file

    folder = tmp_path / "wan"
    shutil.copytree(models["wan"], folder)
    path = folder / "vae/diffusion_pytorch_model.safetensors"
    save_file({name: torch.full_like(each, torch.nan) for name, each in load_file(path).items()}, path)
    with pytest.raises(RenderError, match="not-a-numbers"):
        drawn(scene, f"diffusers:{folder}", range(5), chunk=13)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_said(models, scene):
    with pytest.raises(MachineError, match="finds none"):
        drawn(scene, f"diffusers:{models['wan']}", range(5), gpu=True)
