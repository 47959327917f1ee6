"""What the path tracer costs and how good it is, against its own reference and Mitsuba's built-in `path`.

    python benchmarks/pathtrace.py [--width 854 --height 480 --reference 1024 --out pathtrace.json]

Times are CPU seconds divided by the cores, which a busy machine inflates less than the wall clock. RMSE is in
display values [0, 1] after one fixed tone curve, each integrator against its own reference, so it is noise alone;
`bias` is reference against reference. Flicker is the RMSE between two frames of a static scene with their own
seeds, over still pixels: what an eye sees boil.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np

from kinema.physics.build import build_world
from kinema.physics.engine import engine_named
from kinema.render.camera import CameraPath
from kinema.render.exposure import full_scale, meter
from kinema.render.pathtrace.denoise import denoised
from kinema.shot.shot import Shot


def glass_scene() -> Shot:
    """A sheet of glass in 150 pieces, leaning apart, a chrome ball, one panel of light and a sky."""
    return Shot.model_validate(
        {
            "timing": {"frames": 12},
            "bodies": [
                {"name": "floor", "shape": {"kind": "plane", "extent": 8}, "material": "oak"},
                {
                    "name": "ball",
                    "shape": {"kind": "sphere", "radius": 0.12},
                    "material": "steel",
                    "position": [0.1, -1.0, 0.8],
                    "velocity": [0, 14, 0],
                },
                {
                    "name": "pane",
                    "shape": {"kind": "pane", "width": 1.2, "height": 1.0, "thickness": 0.01},
                    "material": "glass",
                    "position": [0, 0, 0.55],
                    "breaks": {"pieces": 150, "held": "base"},
                },
            ],
            "lights": [
                {
                    "name": "panel",
                    "kind": "area",
                    "position": [-2, -2, 3],
                    "aim": [0, 0, 0.5],
                    "lumen": 12_000,
                    "kelvin": 5000,
                },
                {"name": "dome", "kind": "environment", "nits": 150, "kelvin": 7500},
            ],
            "camera": {"position": [1.2, -2.6, 1.0], "aim": [0, 0, 0.5], "shutter_angle": 0},
        }
    )


def tone(colour: np.ndarray) -> np.ndarray:
    """A fixed filmic curve and display gamma."""
    c = np.clip(colour, 0, None)
    return np.clip(c * (2.51 * c + 0.03) / (c * (2.43 * c + 0.59) + 0.14), 0, 1) ** (1 / 2.2)


def rmse(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.sqrt(((tone(a) - tone(b)) ** 2).mean()))


class Bench:
    """One still moment, drawn by rounds of `expose` or by Mitsuba's own integrator."""

    def __init__(self, shot: Shot, frame: int, width: int, height: int) -> None:
        from kinema.render.pathtrace.scene import Stage

        tape = engine_named("rapier").simulate(build_world(shot))
        self.size = width, height
        path = CameraPath(shot, tape, width, height)
        self.stage = Stage(shot, tape, path.at(frame))
        self.stage.set_time(frame, path.at(frame))
        self.scale = full_scale(meter(shot, tape))

    def ours(self, samples: int, seed: int) -> np.ndarray:
        """Colour, albedo and normal."""
        from kinema.render.pathtrace.film import ROUND, expose
        from kinema.render.pathtrace.tracer import CLAMP

        pixels = np.arange(self.size[0] * self.size[1])
        total = np.zeros((len(pixels), 9))
        for number in range(max(1, samples // ROUND)):
            clamp = CLAMP * self.scale
            total += np.concatenate(
                expose(self.stage, self.size, pixels, seed=seed, number=number, clamp_nits=clamp), 1
            )
        image = (total / max(1, samples // ROUND)).reshape(self.size[1], self.size[0], 9)
        image[..., :3] /= self.scale
        return image

    def builtin(self, samples: int, seed: int) -> np.ndarray:
        """Mitsuba's `path` with full caustics, independent sampler, the same box filter."""
        from kinema.render.pathtrace.lamps import NITS
        from kinema.render.pathtrace.variant import mitsuba

        mi = mitsuba()
        integrator = mi.load_dict({"type": "path", "max_depth": 16, "rr_depth": 5})
        total = np.zeros((self.size[1], self.size[0], 3))
        for number in range(max(1, samples // 16)):
            image = mi.render(self.stage.scene, integrator=integrator, spp=16, seed=seed * 1000 + number)
            total += np.array(image)[..., :3]
        return total / max(1, samples // 16) * NITS / self.scale


def measured(work: Any) -> tuple[np.ndarray, float]:
    """Result and CPU seconds over cores."""
    began = time.process_time()
    result = work()
    return result, (time.process_time() - began) / (os.cpu_count() or 1)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--width", type=int, default=854)
    parser.add_argument("--height", type=int, default=480)
    parser.add_argument("--reference", type=int, default=1024)
    parser.add_argument("--frame", type=int, default=6)
    parser.add_argument("--out", type=Path, default=None)
    asked = parser.parse_args()
    bench = Bench(glass_scene(), asked.frame, asked.width, asked.height)
    bench.ours(8, 1)  # compile
    bench.builtin(16, 1)
    reference = bench.ours(asked.reference, 99)[..., :3]
    full = bench.builtin(asked.reference, 99)
    rows: list[dict[str, Any]] = []
    print(
        f"{'integrator':12}{'spp':>5}{'trace s':>9}{'denoise s':>10}{'raw':>8}{'denoised':>9}{'flicker':>9}"
    )
    for samples in (8, 16, 32, 64):
        image, seconds = measured(lambda n=samples: bench.ours(n, 1))
        other = bench.ours(samples, 2)
        for quality in ("high", "balanced", "fast"):
            clean, extra = measured(
                lambda i=image, q=quality: denoised(i[..., :3], i[..., 3:6], i[..., 6:], q)
            )
            again = denoised(other[..., :3], other[..., 3:6], other[..., 6:], quality)
            rows.append(
                {
                    "integrator": f"ours {quality}",
                    "samples": samples,
                    "trace_s": seconds,
                    "denoise_s": extra,
                    "rmse_raw": rmse(image[..., :3], reference),
                    "rmse": rmse(clean, reference),
                    "flicker": rmse(clean, again),
                }
            )
    guides = bench.ours(64, 3)
    for samples in (16, 64):
        image, seconds = measured(lambda n=samples: bench.builtin(n, 1))
        other = bench.builtin(samples, 2)
        clean, extra = measured(lambda i=image: denoised(i, guides[..., 3:6], guides[..., 6:]))
        again = denoised(other, guides[..., 3:6], guides[..., 6:])
        rows.append(
            {
                "integrator": "path",
                "samples": samples,
                "trace_s": seconds,
                "denoise_s": extra,
                "rmse_raw": rmse(image, full),
                "rmse": rmse(clean, full),
                "flicker": rmse(clean, again),
            }
        )
    for row in rows:
        print(
            f"{row['integrator']:14}{row['samples']:>4}{row['trace_s']:9.2f}{row['denoise_s']:10.2f}"
            f"{row['rmse_raw']:8.4f}{row['rmse']:9.4f}{row['flicker']:9.4f}"
        )
    clean_full = denoised(full, guides[..., 3:6], guides[..., 6:])
    clean_ours = denoised(reference, guides[..., 3:6], guides[..., 6:])
    print(f"bias of fast glass against full transport, both denoised: {rmse(clean_ours, clean_full):.4f}")
    if asked.out:
        asked.out.write_text(
            json.dumps({"size": bench.size, "reference": asked.reference, "rows": rows}, indent=1)
        )


if __name__ == "__main__":
    main()
