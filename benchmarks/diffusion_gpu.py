"""The painter on a GPU, in torch: what a clip costs in seconds and memory as it grows, and what share of the peak.

    python benchmarks/diffusion_gpu.py --vae RUN --dit RUN [--device cuda]

`RUN` are folders of checkpoints (`kinema train`). A clip goes from control to pixels: stem, two steps a latent frame,
decoder, shader, in bfloat16, eagerly, one latent frame after another as it is streamed, and its pixels are brought to
the CPU. Medians of three after a warm-up; memory is the most that torch held. Exponents are slopes of logarithms.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from diffusion_proof.growing import exponent
from kinema.diffusion.grid import Grid
from kinema.diffusion.model.autoencoder import Autoencoder, Scene
from kinema.diffusion.model.network import PainterNetwork, TorchStepper
from kinema.diffusion.schedule import times
from kinema.diffusion.sizes import CONTROL, LATENT, SCENE_NUMBERS, SCENE_ROWS, WORDS
from kinema.diffusion.stream import stream
from kinema.diffusion.training.courses import trained_autoencoder, trained_network
from kinema.diffusion.training.speed import peak
from page import table

RESULTS = Path(__file__).parent / "results" / "diffusion_gpu.json"
LENGTHS, SIDES = (49, 121, 241, 481, 961), (128, 256, 384, 512)
STEPS = 2


@torch.no_grad()
def paint(autoencoder: Autoencoder, network: PainterNetwork, grid: Grid, device: torch.device) -> None:
    """A clip of noise under a blank control: networks take as long for any."""
    style = torch.zeros(1, dtype=torch.long, device=device)
    rows = torch.zeros(1, SCENE_ROWS, SCENE_NUMBERS, device=device)
    kinds = torch.full((1, SCENE_ROWS), -1, device=device)
    words = torch.zeros(1, WORDS, dtype=torch.long, device=device)
    said = network.scene(rows, kinds), network.text(words)
    stepper = TorchStepper(network.transformer, style, *said)
    parts = (
        torch.zeros(1, CONTROL, len(grid.chunk(k)), grid.height, grid.width, device=device)
        for k in range(grid.latent_frames)
    )
    noises = (
        torch.randn(1, LATENT, 1, grid.rows, grid.columns, device=device) for _ in range(grid.latent_frames)
    )
    first = torch.zeros(1, CONTROL, 8, grid.height, grid.width, device=device)
    tails = None
    conditions = (network.stem(part) for part in parts)
    for number, latent in enumerate(stream(stepper, conditions, noises, times(STEPS), jump=True)):
        scene = Scene.of(first[:, :, : len(grid.chunk(number))], style)
        rgb, tails = autoencoder.decode_chunk(latent, scene, tails)
        rgb.cpu()


def measured(
    networks: tuple[Autoencoder, PainterNetwork], grid: Grid, device: torch.device
) -> dict[str, Any]:
    """Seconds, memory and arithmetic of a clip."""
    cast = torch.autocast(device.type, torch.bfloat16)
    spans = []
    with cast, FlopCounterMode(display=False) as counter:
        paint(*networks, Grid(frames=17, height=grid.height, width=grid.width), device)
    chunk = counter.get_total_flops() / 3
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    for _ in range(3):
        started = time.monotonic()
        with cast:
            paint(*networks, grid, device)
        spans.append(time.monotonic() - started)
    seconds = statistics.median(spans)
    memory = torch.cuda.max_memory_allocated() / 2**20 if device.type == "cuda" else None
    return {
        "size": f"{grid.width}x{grid.height}",
        "frames": grid.frames,
        "s": seconds,
        "frames_per_s": grid.frames / seconds,
        "peak_MiB": memory,
        "TFLOP/s": chunk * grid.latent_frames / seconds / 1e12,
    }


def main() -> None:
    """Print the tables, write the JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--vae", type=Path, required=True)
    parser.add_argument("--dit", type=Path, required=True)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("-o", "--output", type=Path, default=RESULTS)
    asked = parser.parse_args()
    device = torch.device(asked.device)
    networks = trained_autoencoder(asked.vae, device), trained_network(asked.dit).to(device)
    frames = [measured(networks, Grid(frames=n, height=256, width=256), device) for n in LENGTHS]
    pixels = [measured(networks, Grid(frames=49, height=n, width=n), device) for n in SIDES]
    area = [n * n for n in SIDES]
    name = torch.cuda.get_device_name() if device.type == "cuda" else "CPU"
    growth = [
        {
            "device": name,
            "growth": "seconds against frames",
            "exponent": exponent(LENGTHS, [r["s"] for r in frames]),
        },
        {
            "device": name,
            "growth": "seconds against pixels",
            "exponent": exponent(area, [r["s"] for r in pixels]),
        },
    ]
    if device.type == "cuda":
        memory = exponent(LENGTHS, [r["peak_MiB"] for r in frames])
        growth.append({"device": name, "growth": "memory against frames", "exponent": memory})
        growth.append(
            {
                "device": name,
                "growth": "matmul peak, bfloat16, TFLOP/s",
                "exponent": peak(device, torch.bfloat16) / 1e12,
            }
        )
    tables = {"On a GPU, against frames": frames, "On a GPU, against pixels": pixels, "On a GPU": growth}
    for title, rows in tables.items():
        print(f"\n{title}\n\n{table(rows)}", flush=True)
    asked.output.parent.mkdir(exist_ok=True, parents=True)
    asked.output.write_text(
        json.dumps({"schema": "kinema.benchmark/1", "tables": tables}, indent=1) + "\n", "utf-8"
    )


if __name__ == "__main__":
    main()
