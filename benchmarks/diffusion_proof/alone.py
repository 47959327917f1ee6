"""One clip painted in a process of its own, for a process never gives its peak of memory back.

    python -m diffusion_proof.alone WEIGHTS WIDTH HEIGHT FRAMES      # from benchmarks/

Prints what it used as a line of JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

FOLDER = Path(__file__).parents[1]
EXAMPLE = FOLDER.parent / "examples" / "dominoes.yaml"
WARM_UP = 9
"""Frames drawn before the clock starts: compiles kernels and networks."""
ACTION = 72
"""Frames of the shot as it is; a clip of another length shows the same seconds in slow or fast motion, so that the
number of frames differs between rows and not what they show."""


def measured_alone(weights: Path, width: int, height: int, frames: int) -> dict[str, float]:
    """Wall and CPU-seconds of drawing, and the process's peak of memory [MiB]."""
    command = [
        sys.executable,
        "-m",
        "diffusion_proof.alone",
        str(weights),
        str(width),
        str(height),
        str(frames),
    ]
    path = os.pathsep.join([str(FOLDER), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}
    )
    return json.loads(done.stdout.splitlines()[-1])


def main(weights: Path, width: int, height: int, frames: int) -> dict[str, float]:
    """Draw, and say what it took."""
    import kinema
    from kinema.cost.meter import peak_memory
    from kinema.diffusion.painter import Painter
    from kinema.physics.build import build_world
    from kinema.physics.engine import engine_named
    from kinema.render.frame import Picture
    from kinema.shot.change import change

    shot = kinema.load_shot(EXAMPLE)
    for path, value in (("frames", str(frames)), ("slow_motion", str(Fraction(frames, ACTION)))):
        shot = change(shot, f"timing.{path}", value)
    tape = engine_named("rapier").simulate(build_world(shot, folder=str(EXAMPLE.parent)))
    painter, picture = Painter("painted", weights=weights), Picture(width=width, height=height)
    spent = {}
    for count in (min(WARM_UP, frames), frames):
        wall, cpu = time.perf_counter(), time.process_time()
        for _frame in painter.draw(shot, tape, picture, range(count)):
            pass
        spent = {"wall_s": time.perf_counter() - wall, "CPU_s": time.process_time() - cpu}
    return {**spent, "peak_MiB": round(peak_memory() / 2**20)}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), *(int(each) for each in sys.argv[2:5]))))
