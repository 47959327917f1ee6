"""The painter: how near it comes to the style it was taught, what it costs, and that memory does not grow.

    python benchmarks/painter.py [--quick]

Fidelity is measured on worlds of the held-out split, which training never shows, made here: peak signal to noise of
painted sRGB against the style's own picture, 1 of [-1, 1] being half the peak. "control of another world" keeps words
and scene and takes the control of the next world: how much of the figure is due to following the shot. "mean colour"
paints each clip in its own mean: what a picture without content gets. CPU-seconds are of all threads.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
EXAMPLE = HERE.parent / "examples" / "dominoes.yaml"
STEPS = ((1, True), (2, True), (4, True), (8, False))
SIZES = {"96x64": (96, 64), "320x192": (320, 192), "854x480": (854, 480)}
LENGTHS = (25, 97, 193)


def of(weights: Path) -> list[dict[str, Any]]:
    """What is measured: no weights ship yet, so the page must say whose figures these are."""
    from kinema.diffusion.manifest import read_manifest

    m = read_manifest(weights)
    trained = {
        "course": m["course"],
        "steps": m["transformer"]["step"],
        "autoencoder": m["autoencoder"]["trained"],
    }
    return [{"recipe": m["recipe"], **trained, "step.bin": m["files"]["step.bin"][:12]}]


def fidelity(weights: Path, worlds: int) -> list[dict[str, Any]]:
    """Mean decibel over clips of every style the weights know."""
    from kinema.diffusion.dataset.clip import Format
    from kinema.diffusion.dataset.distribution import Split
    from kinema.diffusion.dataset.make import Order, make_dataset
    from kinema.diffusion.dataset.reader import Clips
    from kinema.diffusion.manifest import read_manifest
    from kinema.progress import Quiet

    styles = tuple(read_manifest(weights)["styles"])
    with tempfile.TemporaryDirectory() as folder:
        splits: dict[Split, int] = {"train": 0, "held_out": worlds, "out_of_distribution": 0}
        make_dataset(
            Order(Format(96, 64, 17, styles), splits, seed=77), Path(folder), workers=1, progress=Quiet()
        )
        clips = list(Clips(folder, "held_out"))
    rows = []
    for steps, jump in STEPS:
        decibels = [decibel(paint(weights, clip, clip, steps, jump), clip.signed) for clip in clips]
        rows.append(row(f"{steps} steps{'' if jump else ', Euler'}", decibels))
    other = [
        decibel(paint(weights, clip, clips[(i + len(styles)) % len(clips)], 2, True), clip.signed)
        for i, clip in enumerate(clips)
    ]
    rows.append(row("2 steps, control of another world", other))
    flat = [decibel(np.broadcast_to(c.signed.mean((0, 1, 2)), c.rgb.shape), c.signed) for c in clips]
    return [*rows, row("mean colour", flat)]


def row(what: str, decibels: list[float]) -> dict[str, Any]:
    """Mean and its standard error."""
    error = statistics.stdev(decibels) / math.sqrt(len(decibels))
    return {
        "painted_with": what,
        "dB": statistics.mean(decibels),
        "standard_error": error,
        "clips": len(decibels),
    }


def decibel(painted: np.ndarray, wanted: np.ndarray) -> float:
    """Peak signal to noise."""
    return -10 * math.log10(float(np.square(np.clip(painted, -1, 1) - wanted).mean()) / 4)


def paint(weights: Path, clip: Any, controlled_by: Any, steps: int, jump: bool) -> np.ndarray:
    """A clip of the data set, painted: time row column 3, [-1, 1]."""
    from kinema.diffusion.grid import Grid
    from kinema.diffusion.painter import chunks, decoded, noises, scene_input, text_input
    from kinema.diffusion.schedule import times
    from kinema.diffusion.stream import stream

    network = loaded(weights)
    context = network.read(*scene_input(clip.tokens, clip.kinds), text_input(clip.manifest["tokens"][0]))
    conditions, tails = [], None
    for chunk in chunks(iter(controlled_by.control.astype(np.float32))):
        condition, tails = network.condition(np.moveaxis(np.stack(chunk), -1, 0)[None], tails)
        conditions.append(condition)
    latents = stream(
        context, conditions, noises(Grid(frames=17, height=64, width=96), 0), times(steps), jump=jump
    )
    return np.concatenate(list(decoded(network, latents)))


@lru_cache(maxsize=1)
def loaded(weights: Path) -> Any:
    """Compiled once."""
    from kinema.diffusion.network import Network

    return Network(weights, rows=4, columns=6, cache=None, precision="fastest")


def cost(weights: Path) -> list[dict[str, Any]]:
    """Of a frame at each size, preview included; 25 frames, 2 steps."""
    import kinema
    from kinema.diffusion.painter import Painter
    from kinema.physics.build import build_world
    from kinema.physics.engine import engine_named
    from kinema.render.frame import Picture
    from kinema.shot.change import change

    shot = change(kinema.load_shot(EXAMPLE), "timing.frames", "25")
    tape = engine_named("rapier").simulate(build_world(shot, folder=str(EXAMPLE.parent)))
    rows = []
    for name, (width, height) in SIZES.items():
        spans = []
        for _ in range(2):  # the first compiles
            wall, cpu = time.perf_counter(), time.process_time()
            for _frame in Painter("painted", weights=weights).draw(
                shot, tape, Picture(width=width, height=height), range(25)
            ):
                pass
            spans.append((time.process_time() - cpu, time.perf_counter() - wall))
        rows.append(
            {
                "size": name,
                "CPU_s_a_frame": spans[1][0] / 25,
                "frames_a_second": 25 / spans[1][1],
                "first_time_s": spans[0][1],
            }
        )
    return rows


def memory(weights: Path) -> list[dict[str, Any]]:
    """Whole takes in processes of their own."""
    rows = []
    for frames in LENGTHS:
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "kinema.cli", "shoot", str(EXAMPLE), "--look", "painted"]
            command += ["--quality", "draft", "--size", "192x128", "-o", f"{folder}/a.take"]
            command += ["--set", f"timing.frames={frames}", "--set", f"timing.slow_motion={frames}/72"]
            environment = {**os.environ, "KINEMA_WEIGHTS": str(weights)}
            subprocess.run(command, check=False, capture_output=True, env=environment)
            meter = json.loads(Path(folder, "a.take/meter.json").read_text("utf-8"))
        rows.append({"frames": frames, "peak_MiB": round(meter["peak_memory_bytes"] / 2**20)})
    return rows


def main() -> int:
    """Print the tables, write the JSON; 1 if painting does not follow the control, or memory grows."""
    from kinema.diffusion.manifest import weights_folder

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer worlds")
    quick = parser.parse_args().quick
    weights = weights_folder()
    tables = {
        "Weights": of(weights),
        "Fidelity": fidelity(weights, 2 if quick else 6),
        "Cost": cost(weights),
        "Memory": memory(weights),
    }
    sys.path.insert(0, str(HERE))
    from page import table

    for title, rows in tables.items():
        print(f"\n{title}\n\n{table(rows)}")
    (HERE / "results").mkdir(exist_ok=True)
    text = json.dumps({"schema": "kinema.benchmark/1", "quick": quick, "tables": tables}, indent=1) + "\n"
    (HERE / "results" / "painter.json").write_text(text, "utf-8")
    by_name = {each["painted_with"]: each["dB"] for each in tables["Fidelity"]}
    follows = by_name["2 steps"] > by_name["2 steps, control of another world"]
    flat = tables["Memory"][-1]["peak_MiB"] < 1.1 * tables["Memory"][0]["peak_MiB"]
    return int(not (follows and flat))


if __name__ == "__main__":
    sys.exit(main())
