"""Tables: CPU-seconds of a step and of a clip beside `diffusers`, arithmetic reached, and whole clips."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from diffusion_proof.alone import measured_alone
from diffusion_proof.peers import STEPS, available, decoders, peers
from kinema.diffusion.grid import Grid
from kinema.diffusion.manifest import read_manifest
from kinema.diffusion.network import Context
from kinema.diffusion.openvino_network import OpenVinoNetwork
from kinema.diffusion.painter import noises, scene_input, text_input
from kinema.diffusion.schedule import times
from kinema.diffusion.sizes import CONDITION, CONTROL, HEAD, LATENT, SCENE_ROWS, WORDS
from kinema.diffusion.stream import slots, stream
from kinema.diffusion.training.precision import has_bfloat16

GRID = Grid(frames=17, height=128, width=192)
OURS = 2
"""Steps of ours a clip; each latent frame is passed once more, to be remembered."""
WHOLE = {"256x256": (256, 256), "512x512": (512, 512)}
SECONDS = 49
"""Frames of two seconds at 24 a second, and the first."""


def speed(weights: Path, quick: bool) -> dict[str, list[dict[str, Any]]]:
    """One thread; bfloat16 on both sides where the CPU has it, else float32; all in one process, each after a warm-up.

    A step is all tokens of a clip of 17 frames at 192x128 through the transformer once. A clip is what its sampler
    takes: ours 2 steps and a pass to remember by, measured as a whole with stem and decoder; theirs 50 times a step
    and a decoding with their own autoencoder, without guidance, which would double the steps. Networks of equal depth
    and width, not of equal quality.
    """
    depth = read_manifest(weights)["depth"]
    rows = _beside(weights, depth, quick)
    with tempfile.TemporaryDirectory() as folder:
        rows += _beside(random_weights(Path(folder), 12), 12, quick)
    clips = {} if quick else _whole(weights)
    return {"Speed beside diffusers": rows, **clips}


def random_weights(folder: Path, depth: int) -> Path:
    """Exported networks of this depth that learned nothing; otherwise of the recipe `cpu`'s sizes."""
    from dataclasses import replace

    import torch

    from kinema.diffusion.export import export
    from kinema.diffusion.model.autoencoder import Autoencoder
    from kinema.diffusion.model.network import PainterNetwork
    from kinema.diffusion.recipes import recipe_named

    torch.manual_seed(0)
    recipe = recipe_named("cpu")
    network = PainterNetwork(replace(recipe.transformer.sizes, depth=depth))
    card = {"recipe": "random", "course": "none", "styles": ["painted"]}
    export(Autoencoder(recipe.autoencoder.sizes), network, folder, card)
    return folder


def _beside(weights: Path, depth: int, quick: bool) -> list[dict[str, Any]]:
    """Ours, then theirs, as multiples of ours."""
    repeats = 2 if quick else 5
    network = OpenVinoNetwork(
        weights, rows=GRID.rows, columns=GRID.columns, cache=None, precision="fastest", threads=1
    )
    context = _read(network)
    step = cpu_seconds(lambda: _step(context, network.window), repeats)
    clip = cpu_seconds(lambda: _clip(network), repeats)
    rate = operations(network) / step / 1e9
    ours: dict[str, Any] = {
        "network": f"kinema, depth {depth}, OpenVINO",
        "precision": precision(),
        "million": (weights / "step.bin").stat().st_size / 2 / 1e6,  # half floats
        "tokens": GRID.tokens,
        "step_CPU_s": step,
        "steps": OURS,
        "decode_CPU_s": None,
        "clip_CPU_s": clip,
        "step_over_ours": 1.0,
        "clip_over_ours": 1.0,
        "GFLOP/s": rate,
        "of_peak": rate / matmul_peak(),
    }
    if available() is None:
        print("diffusers is not installed: left out.")
        return [ours]
    decoding = {name: decode() for name, decode in decoders(GRID).items()}
    rows = [ours]
    for peer in peers(depth, GRID):
        spent = cpu_seconds(peer.step, repeats)
        decode = decoding.get(peer.name.split(",")[0])
        whole = STEPS * spent + (decode or 0.0)
        rows.append(
            {
                "network": f"{peer.name}, torch, diffusers {available()}",
                "precision": precision(),
                "million": peer.parameters / 1e6,
                "tokens": GRID.tokens,
                "step_CPU_s": spent,
                "steps": STEPS,
                "decode_CPU_s": decode,
                "clip_CPU_s": whole,
                "step_over_ours": spent / step,
                "clip_over_ours": whole / clip,
                "GFLOP/s": None,
                "of_peak": None,
            }
        )
    return rows


def cpu_seconds(call: Callable[[], object], repeats: int) -> float:
    """Median of repeats after a warm-up, all threads."""
    call()
    spans = []
    for _ in range(repeats):
        start = time.process_time()
        call()
        spans.append(time.process_time() - start)
    return statistics.median(spans)


def _read(network: OpenVinoNetwork) -> Context:
    """No scene rows and one word: the graph takes as long for any."""
    scene = scene_input(np.zeros((0, 48), np.float32), np.zeros(0, np.int64))
    return network.read(0, *scene, text_input([1]))


def _step(context: Context, window: int) -> None:
    """All latent frames of a clip once, each beside those before it; scene and words are read already."""
    memories: list[Any] = []
    for number, noise in zip(range(GRID.latent_frames), noises(GRID, 0), strict=False):
        past = slots(memories[0] if number >= window else None, memories, window)
        memories.append(context.step(noise, context.no_control, 0.5, 0.0, past)[1])


def _clip(network: OpenVinoNetwork) -> None:
    """From control to pixels."""
    context = _read(network)
    parts = [
        np.zeros((1, CONTROL, len(GRID.chunk(number)), GRID.height, GRID.width), np.float32)
        for number in range(GRID.latent_frames)
    ]
    conditions = [network.condition(part) for part in parts]
    carried: Sequence[np.ndarray] | None = None
    latents = stream(context, conditions, noises(GRID, 0), times(OURS), jump=True)
    for latent, part in zip(latents, parts, strict=True):
        _, carried = network.decode(latent, part, 0, carried)


def operations(network: OpenVinoNetwork) -> float:
    """Floating-point operations of a step: matrix products alone, a multiplication and an addition being two.

    A block has 12 width² weights (queries, keys, values, out, and a perceptron of four widths) for each token, and
    attends over the window, the frame itself and the context; the ends are LATENT + CONDITION and LATENT wide. The
    reading of scene and words, once a clip, is not in it, nor is the clock.
    """
    width, place = HEAD * network.heads, network.rows * network.columns
    seen = (network.window + 1) * place + SCENE_ROWS + WORDS
    block = 2 * 12 * width**2 + 2 * 2 * seen * width
    ends = 2 * (2 * LATENT + CONDITION) * width
    return float(GRID.latent_frames * place * (network.depth * block + ends))


def matmul_peak(size: int = 1024, repeats: int = 5) -> float:
    """Fastest product of two square matrices in torch, of the precision at hand, one thread [GFLOP/s], by CPU time."""
    import torch

    torch.set_num_threads(1)
    matrix = torch.randn(size, size, dtype=getattr(torch, precision()))
    spans = []
    for _ in range(repeats + 1):
        start = time.process_time()
        torch.mm(matrix, matrix)
        spans.append(time.process_time() - start)
    return 2 * size**3 / min(spans[1:]) / 1e9


def precision() -> str:
    """Of everything that is timed here."""
    import torch

    return "bfloat16" if has_bfloat16(torch.device("cpu")) else "float32"


def _whole(weights: Path) -> dict[str, list[dict[str, Any]]]:
    """Two seconds of a shot in processes of their own, all threads, the preview and its control included. The second
    drawing in the process: its kernels and networks are compiled, but loaded again."""
    rows = []
    for name, (width, height) in WHOLE.items():
        used = measured_alone(weights, width, height, SECONDS)
        rows.append({"size": name, "frames": SECONDS, **used})
    return {"Two seconds": rows}
