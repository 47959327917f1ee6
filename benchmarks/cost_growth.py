"""How cost grows: drawing against pixels and frames, peak memory against frames.

    python benchmarks/cost_growth.py [--quick]

Fits time ~ n^p by least squares on logarithms; p = 1 is linear. Bound: p <= 1.05 for pixels and for frames, in both
renderers. CPU-seconds are measured, since wall time on a shared machine is somebody else's. Peak memory is taken in
a fresh process per length, because a process never gives its peak back.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SIZES = {"480p": (854, 480), "720p": (1280, 720), "1080p": (1920, 1080)}
DRAWN = {"draft": range(20, 36), "final": range(20, 21)}
LENGTHS = {"draft": (24, 72, 240, 480, 720), "final": (24, 72, 240, 480)}
BOUND = 1.05
HERE = Path(__file__).parent
EXAMPLE = HERE.parent / "examples" / "glass.yaml"


def by_pixels(quality: str, repeats: int) -> list[dict[str, Any]]:
    """CPU-seconds a frame at each size, median of `repeats` after a warm-up. A fixed number of samples: an adaptive
    count would measure the noise of the scene, not the cost of a pixel."""
    import kinema
    from kinema.footage import renderer_named
    from kinema.physics.build import build_world
    from kinema.physics.engine import engine_named
    from kinema.render.frame import Picture

    shot = kinema.load_shot(EXAMPLE)
    tape = engine_named("rapier").simulate(build_world(shot, folder=str(EXAMPLE.parent)))
    rows = []
    for name, (width, height) in SIZES.items():
        renderer = renderer_named(shot.look, quality, EXAMPLE.parent)
        picture = Picture(width=width, height=height, noise=1e-6, max_samples=16)
        spans = []
        for _ in range(repeats + 1):
            start = time.process_time()
            for _frame in renderer.draw(shot, tape, picture, DRAWN[quality]):
                pass
            spans.append((time.process_time() - start) / len(DRAWN[quality]))
        rows.append(
            {
                "renderer": quality,
                "size": name,
                "pixels": width * height,
                "CPU_s_a_frame": statistics.median(spans[1:]),
            }
        )
    return rows


def by_frames(quality: str, lengths: tuple[int, ...]) -> list[dict[str, Any]]:
    """Whole takes in processes of their own. `final` is small and its shutter an instant: what a frame costs there
    depends on how far things move while it is open, which a clip of another pace would change."""
    size, shutter = ("854x480", 180) if quality == "draft" else ("96x54", 0)
    rows = []
    for frames in lengths:
        with tempfile.TemporaryDirectory() as folder:
            # Slow motion in step with the length: the same three seconds of world, so that only the number of
            # frames differs between rows, not what they show.
            command = [
                *(
                    sys.executable,
                    "-m",
                    "kinema.cli",
                    "shoot",
                    str(EXAMPLE),
                    "--quality",
                    quality,
                    "--size",
                    size,
                ),
                *("--noise", "0.5", "-o", f"{folder}/a.take", "--set", f"timing.frames={frames}"),
                *("--set", f"timing.slow_motion={frames}/72", "--set", f"camera.shutter_angle={shutter}"),
            ]
            subprocess.run(command, check=False, capture_output=True)
            meter = json.loads(Path(folder, "a.take/meter.json").read_text("utf-8"))
        rows.append(
            {
                "renderer": quality,
                "frames": frames,
                "draw_CPU_s": meter["stages"]["draw"]["cpu_seconds"],
                "simulate_CPU_s": meter["stages"]["simulate"]["cpu_seconds"],
                "peak_MiB": round(meter["peak_memory_bytes"] / 2**20),
            }
        )
    return rows


def exponent(name: str, amounts: list[float], times: list[float]) -> dict[str, Any]:
    """Slope of log time over log amount, least squares."""
    x, y = [math.log(a) for a in amounts], [math.log(t) for t in times]
    mx, my = statistics.mean(x), statistics.mean(y)
    p = sum((a - mx) * (b - my) for a, b in zip(x, y, strict=True)) / sum((a - mx) ** 2 for a in x)
    return {"growth": name, "exponent": p, "bound": BOUND, "verdict": "ok" if p <= BOUND else "MISSED"}


def main() -> int:
    """Print the tables, write the JSON; 1 if an exponent is over its bound."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repeats and lengths")
    quick = parser.parse_args().quick
    pixels, frames, exponents = [], [], []
    for quality, lengths in LENGTHS.items():
        rows = by_pixels(quality, 1 if quick else 3)
        pixels += rows
        name = f"{quality}: time against pixels"
        exponents.append(exponent(name, [r["pixels"] for r in rows], [r["CPU_s_a_frame"] for r in rows]))
        rows = by_frames(quality, lengths[:3] if quick else lengths)
        frames += rows
        # The first frame of a process pays for compiling kernels; the shortest clip is mostly that, so it is left out.
        name, rest = f"{quality}: time against frames", rows[1:]
        exponents.append(exponent(name, [r["frames"] for r in rest], [r["draw_CPU_s"] for r in rest]))
    tables = {"Against pixels": pixels, "Against frames": frames, "Exponents": exponents}
    sys.path.insert(0, str(HERE))
    from page import table

    for title, rows in tables.items():
        print(f"\n{title}\n\n{table(rows)}")
    (HERE / "results").mkdir(exist_ok=True)
    text = json.dumps({"schema": "kinema.benchmark/1", "quick": quick, "tables": tables}, indent=1) + "\n"
    (HERE / "results" / "cost_growth.json").write_text(text, "utf-8")
    return int(any(row["verdict"] != "ok" for row in exponents))


if __name__ == "__main__":
    sys.exit(main())
