"""How cost grows: draw time against pixels and frames, peak memory against frames.

    python benchmarks/cost_growth.py [--quick]

Fits time = a · n^p on medians and prints the exponents; 1 is linear. Bound: p <= 1.05 for pixels and for frames, in both
renderers. CPU-seconds are measured, since wall time on a shared machine is somebody else's. Peak memory is taken in a
fresh process per length, because a process never gives its peak back.
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

SIZES = {"480p": (854, 480), "720p": (1280, 720), "1080p": (1920, 1080)}
LENGTHS = {"draft": (24, 72, 240, 480), "final": (24, 72)}
BOUND = 1.05
RESULTS = Path(__file__).parent / "results" / "cost_growth.json"
EXAMPLE = Path(__file__).parents[1] / "examples" / "glass.yaml"


def tape_of(frames: int):
    """The glass shot, `frames` long, and its tape."""
    import kinema
    from kinema.physics.build import build_world
    from kinema.physics.engine import engine_named
    from kinema.shot.change import change

    shot = change(kinema.load_shot(EXAMPLE), "timing.frames", str(frames))
    return shot, engine_named("rapier").simulate(build_world(shot, folder=str(EXAMPLE.parent)))


def draw_seconds(quality: str, size: tuple[int, int], frames: int, repeats: int) -> float:
    """Median CPU-seconds to draw frames spread over the clip, after a warm-up frame."""
    from kinema.footage import renderer_named
    from kinema.render.frame import Picture

    shot, tape = tape_of(72)
    # A fixed number of samples: an adaptive count would measure the noise of the scene, not the cost of a pixel.
    picture = Picture(width=size[0], height=size[1], noise=1e-6, max_samples=16)
    times = []
    renderer = renderer_named(quality, EXAMPLE.parent)
    for _ in range(repeats + 1):
        start = time.process_time()
        for _frame in renderer.draw(shot, tape, picture, range(20, 20 + frames)):
            pass
        times.append(time.process_time() - start)
    return statistics.median(times[1:])


def take_cost(quality: str, frames: int) -> dict[str, float]:
    """CPU-seconds and peak memory of a whole take in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "kinema.cli",
            "shoot",
            str(EXAMPLE),
            "--set",
            f"timing.frames={frames}",
        ]
        size = ["--size", "854x480" if quality == "draft" else "214x120", "--noise", "0.2"]
        subprocess.run(
            [*command, *size, "--quality", quality, "-o", f"{folder}/a.take"],
            check=False,
            capture_output=True,
        )
        meter = json.loads(Path(folder, "a.take/meter.json").read_text())
    return {
        "draw_cpu_s": meter["stages"]["draw"]["cpu_seconds"],
        "simulate_cpu_s": meter["stages"]["simulate"]["cpu_seconds"],
        "peak_mib": meter["peak_memory_bytes"] / 2**20,
    }


def exponent(amounts: list[float], times: list[float]) -> float:
    """Slope of log time over log amount, least squares."""
    x, y = [math.log(a) for a in amounts], [math.log(t) for t in times]
    mx, my = statistics.mean(x), statistics.mean(y)
    return sum((a - mx) * (b - my) for a, b in zip(x, y, strict=True)) / sum((a - mx) ** 2 for a in x)


def main() -> int:
    """Print the tables, write the JSON; 1 if an exponent is over its bound."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repeats and lengths")
    quick = parser.parse_args().quick
    result: dict = {"schema": "kinema.benchmark/1", "pixels": {}, "frames": {}, "exponents": {}}

    for quality, count in (("draft", 8), ("final", 1)):
        rows = {n: draw_seconds(quality, s, count, 1 if quick else 3) / count for n, s in SIZES.items()}
        pixels = [float(w * h) for w, h in SIZES.values()]
        result["pixels"][quality] = rows
        result["exponents"][f"{quality}, pixels"] = exponent(pixels, list(rows.values()))
        for name, seconds in rows.items():
            print(f"{quality:6} {name:6} {seconds:8.3f} CPU-s a frame")

    for quality, lengths in LENGTHS.items():
        lengths = lengths[:2] if quick else lengths
        rows = {n: take_cost(quality, n) for n in lengths}
        result["frames"][quality] = rows
        result["exponents"][f"{quality}, frames"] = exponent(
            [float(n) for n in lengths], [r["draw_cpu_s"] for r in rows.values()]
        )
        for n, r in rows.items():
            print(
                f"{quality:6} {n:4} frames: draw {r['draw_cpu_s']:8.1f} CPU-s, peak {r['peak_mib']:6.0f} MiB"
            )

    worst = 0
    for name, p in result["exponents"].items():
        verdict = "ok" if p <= BOUND else "MISSED"
        worst |= p > BOUND
        print(f"time ~ n^{p:.3f}  {name:16} bound {BOUND}  {verdict}")
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")
    return int(worst)


if __name__ == "__main__":
    sys.exit(main())
