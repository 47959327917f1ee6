"""The painter on a GPU, as `kinema shoot --gpu` runs it: what a clip costs in seconds and memory as it grows.

    python benchmarks/diffusion_gpu.py [--weights FOLDER] [--device cuda] [--eager]

A clip goes from control to pixels on the CPU: stem, two steps a latent frame and one to be remembered by, decoder,
shader, in bfloat16, the transformer's blocks compiled unless `--eager`, one latent frame after another, as streamed.
Medians of three after a warm-up, compilation left out; memory is the most that torch held. Exponents are slopes of
logarithms.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections import deque
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from diffusion_proof.growing import exponent
from kinema.diffusion.grid import Grid
from kinema.diffusion.manifest import weights_folder
from kinema.diffusion.network import Network
from kinema.diffusion.painter import Chunk, decoded, noises, scene_input, text_input
from kinema.diffusion.schedule import times
from kinema.diffusion.sizes import CONTROL, SCENE_NUMBERS
from kinema.diffusion.stream import stream
from kinema.diffusion.torch_network import Torch
from kinema.diffusion.training.speed import peak
from page import table

RESULTS = Path(__file__).parent / "results" / "diffusion_gpu.json"
LENGTHS, SIDES = (49, 121, 241, 481, 961), (128, 256, 384, 512)
STEPS = 2


def paint(network: Network, grid: Grid) -> None:
    """A clip of noise under a blank control: networks take as long for any."""
    scene = scene_input(np.zeros((0, SCENE_NUMBERS), np.float32), np.zeros(0, np.int64))
    context = network.read(0, *scene, text_input([1]))
    sizes = (len(grid.chunk(number)) for number in range(grid.latent_frames))
    chunks = [Chunk([], np.zeros((1, CONTROL, n, grid.height, grid.width), np.float32)) for n in sizes]
    conditions = (network.condition(chunk.control) for chunk in chunks if chunk.control is not None)
    latents = stream(context, conditions, map(network.own, noises(grid, 0)), times(STEPS), jump=True)
    for _ in decoded(network, latents, deque(chunks), 0):
        pass


def measured(weights: Path, runtime: Torch, grid: Grid) -> dict[str, Any]:
    """Seconds, memory and arithmetic of a clip."""
    network = runtime.load(weights, rows=grid.rows, columns=grid.columns)
    short = Grid(frames=17, height=grid.height, width=grid.width)
    with torch.compiler.set_stance("force_eager"), FlopCounterMode(display=False) as counter:
        paint(network, short)
    chunk = counter.get_total_flops() / short.latent_frames
    paint(network, short)
    if runtime.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    spans = []
    for _ in range(3):
        started = time.monotonic()
        paint(network, grid)
        spans.append(time.monotonic() - started)
    seconds = statistics.median(spans)
    memory = torch.cuda.max_memory_allocated() / 2**20 if runtime.device.type == "cuda" else None
    return {
        "size": f"{grid.width}x{grid.height}",
        "frames": grid.frames,
        "s": seconds,
        "frames_per_s": grid.frames / seconds,
        "peak_MiB": memory,
        "TFLOP/s": chunk * grid.latent_frames / seconds / 1e12,
    }


def growth(
    runtime: Torch, frames: list[dict[str, Any]], pixels: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Exponents, and the peak that arithmetic is held against."""
    found = {
        "seconds against frames": exponent(LENGTHS, [row["s"] for row in frames]),
        "seconds against pixels": exponent([n * n for n in SIDES], [row["s"] for row in pixels]),
    }
    if runtime.device.type == "cuda":
        found["memory against frames"] = exponent(LENGTHS, [row["peak_MiB"] for row in frames])
        found["matmul peak, bfloat16, TFLOP/s"] = peak(runtime.device, torch.bfloat16) / 1e12
    return [{"device": runtime.name, "growth": name, "exponent": value} for name, value in found.items()]


def main() -> None:
    """Print the tables, write the JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--weights", type=Path, default=weights_folder())
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--eager", action="store_true")
    parser.add_argument("-o", "--output", type=Path, default=RESULTS)
    asked = parser.parse_args()
    runtime = Torch(device=torch.device(asked.device), backend=None if asked.eager else "inductor")
    frames = [measured(asked.weights, runtime, Grid(frames=n, height=256, width=256)) for n in LENGTHS]
    pixels = [measured(asked.weights, runtime, Grid(frames=49, height=n, width=n)) for n in SIDES]
    tables = {
        "On a GPU, against frames": frames,
        "On a GPU, against pixels": pixels,
        "On a GPU": growth(runtime, frames, pixels),
    }
    for title, rows in tables.items():
        print(f"\n{title}\n\n{table(rows)}", flush=True)
    asked.output.parent.mkdir(exist_ok=True, parents=True)
    asked.output.write_text(
        json.dumps({"schema": "kinema.benchmark/1", "tables": tables}, indent=1) + "\n", "utf-8"
    )


if __name__ == "__main__":
    main()
