"""`--gpu` for painted looks: what is missing is said before any work; and the weights are part of a take's id."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import torch

from kinema.diffusion import gpu
from kinema.diffusion.manifest import PAINTER, hash_of, weights_folder
from kinema.diffusion.open_weights.options import Options
from kinema.diffusion.parameters import neutral, read_parameters
from kinema.diffusion.torch_network import restored
from kinema.errors import MachineError, TrainingError, UsageError
from kinema.footage import ingredients_of, warnings_of
from kinema.job import Job
from kinema.shot.prompt import compile_prompt
from kinema.take import make_take

ON_GPU = Job(quality="draft", open_weights=Options(gpu=True))


@pytest.fixture(autouse=True)
def anew():
    gpu.on_gpu.cache_clear()
    yield
    gpu.on_gpu.cache_clear()


def shot_in(look: str):
    return compile_prompt("A ball falls.").shot.model_copy(update={"look": look})


@pytest.mark.parametrize("look", ["painted", "ink", "dream"])
@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("torch", r"no torch.*pip install 'kinema\[gpu\]'"),
        ("build", r"without CUDA.*pip install --force-reinstall torch"),
        ("card", r"finds none.*nvidia-smi"),
    ],
)
def test_what_is_missing_is_said_before_anything_is_made(tmp_path, monkeypatch, look, missing, said):
    if missing == "torch":
        monkeypatch.setattr(gpu, "find_spec", lambda name: None if name == "torch" else name)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.version, "cuda", "13.0" if missing == "card" else None)
    with pytest.raises(UsageError, match=said) as refused:
        make_take(shot_in(look), tmp_path / "a.take", ON_GPU)
    assert refused.value.exit_code == 2
    assert not (tmp_path / "a.take").exists()


def test_a_machine_that_cannot_compile_says_so(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(gpu, "why_eager", lambda _: "no C compiler")
    runtime = gpu.on_gpu()
    assert runtime.backend is None
    assert any("no C compiler" in warning for warning in warnings_of(shot_in("painted"), ON_GPU))


def test_compiling_is_tried():
    def broken(*_):
        raise RuntimeError("no headers")

    cpu = torch.device("cpu")
    assert gpu.why_eager(cpu, backend="eager") is None
    why = gpu.why_eager(cpu, backend=broken)  # type: ignore[arg-type]  # a backend may be a function
    assert why is not None
    assert "no headers" in why


def test_memory_of_a_gpu_is_told_from_the_machines():
    from kinema.diffusion.footprint import GIB, refuse_too_large

    refuse_too_large(320, 192, 2 * GIB)
    with pytest.raises(MachineError, match=r"GiB of GPU memory.*2\.0 GiB free"):
        refuse_too_large(1920, 1080, 2 * GIB)


def test_a_painted_take_knows_its_weights(tmp_path, monkeypatch):
    for look in ("painted", "dream"):
        (weights,) = ingredients_of(shot_in(look), Job())
        assert weights["name"] == "kinema painter small"
        assert (weights["pipeline"], weights["licence"]) == (PAINTER, "Apache-2.0")
        assert weights["sha256"] == hash_of(weights_folder() / "weights.json")
    assert ingredients_of(shot_in("natural"), Job()) == []
    other = tmp_path / "weights"
    shutil.copytree(weights_folder(), other)
    manifest = json.loads((other / "weights.json").read_text("utf-8"))
    (other / "weights.json").write_text(json.dumps(manifest | {"seed": 1}), "utf-8")
    monkeypatch.setenv("KINEMA_WEIGHTS", str(other))
    assert ingredients_of(shot_in("painted"), Job())[0]["sha256"] != weights["sha256"]


def test_shipped_weights_are_read_whole():
    """Of what converters leave out because it does nothing there is one: no gradient ever reaches that bias."""
    found = read_parameters(weights_folder())
    left_out = []
    for model, arrays in zip(restored(weights_folder()), (found.autoencoder, found.network), strict=True):
        left_out += [name for name in model.state_dict() if name not in arrays]
    assert left_out == ["transformer.clock.span.2.bias"]
    assert neutral("transformer.blocks.0.qkv.weight", (768, 256)) is None
    np.testing.assert_array_equal(neutral("decoder.norm.gain", (3,)), np.ones(3))  # type: ignore[arg-type]


def test_graphs_of_other_networks_are_refused(tmp_path):
    """A shader's graph in the place of the step's: its hash is right, its constants are strangers."""
    other = tmp_path / "weights"
    shutil.copytree(weights_folder(), other)
    manifest = json.loads((other / "weights.json").read_text("utf-8"))
    for kind in ("xml", "bin"):
        shutil.copy(other / f"shader.{kind}", other / f"step.{kind}")
        manifest["files"][f"step.{kind}"] = manifest["files"][f"shader.{kind}"]
    (other / "weights.json").write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(TrainingError, match="kinema export"):
        restored(other)
