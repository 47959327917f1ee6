"""What the path tracer costs and how good it is, against its own reference and Mitsuba's built-in `path`.

    python benchmarks/pathtrace.py [--width 854 --height 480 --reference 256]

Two scenes. `air`: 150 shards of a pane in the air, a steel ball, one panel of light, an even sky, a concrete floor;
still. `heap`: the same pane as the engine breaks it, lower light. Times are CPU seconds divided by the cores, which a
busy machine inflates less than the wall clock. RMSE is in display values [0, 1] after one fixed tone curve, each
integrator against its own reference, so it is noise alone; `bias` is reference against reference. Flicker is the
RMSE between two denoised pictures of one still moment with seeds of their own: what an eye sees boil.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from kinema.physics.build import build_world
from kinema.physics.engine import engine_named
from kinema.physics.tape import Tape
from kinema.render.camera import CameraPath
from kinema.render.exposure import full_scale, meter
from kinema.render.frame import Picture
from kinema.render.pathtrace.denoise import denoised
from kinema.shot.material import library
from kinema.shot.shot import Shot

RESULTS = Path(__file__).parent / "results/pathtrace.json"
GOAL_S, GOAL_RMSE = 1.0, 0.0084
BLOW = np.array([0.05, 0.0, 0.55])
"""Where the ball went through the pane [m]."""
SINCE = 0.14
"""Seconds since it did."""
NIT = 1.2
"""cd/m² at full scale, with ev100 = 0: the lights below are given in units of full scale."""
PANE = {"kind": "pane", "width": 1.2, "height": 1.0, "thickness": 0.01}


def in_the_air() -> tuple[Shot, Tape]:
    """A still moment: shards thrown from where the ball passed, the outer ones not yet let go."""
    chrome, clear = library()["steel"].model_dump(), library()["glass"].model_dump()
    chrome["optics"] = {"kind": "conductor", "metal": "Cr", "roughness": 0.08}
    clear["optics"] = {"kind": "dielectric", "ior": 1.52}
    shards = [
        {
            "name": f"shard{i}",
            "shape": {"kind": "hull", "points": (cell - middle).tolist()},
            "position": middle.tolist(),
        }
        for i, cell in enumerate(_cells())
        for middle in [cell.mean(0)]
    ]
    shot = Shot.model_validate(
        {
            "timing": {"frames": 1},
            "materials": {"chrome": chrome, "clear": clear},
            "bodies": [
                {"name": "floor", "shape": {"kind": "plane", "extent": 8}, "material": "concrete"},
                {
                    "name": "ball",
                    "shape": {"kind": "sphere", "radius": 0.12},
                    "material": "chrome",
                    "position": [0, -1, 0.5],
                },
                *({**shard, "material": "clear", "motion": "static"} for shard in shards),
            ],
            "lights": [
                {
                    "name": "panel",
                    "kind": "area",
                    "position": [-1.2, -1.2, 2.6],
                    "aim": [0, 0, 0.4],
                    "candela": 20.2 * NIT,
                    "kelvin": 5700,
                },
                {"name": "dome", "kind": "environment", "nits": 0.395 * NIT, "kelvin": 8000},
            ],
            "camera": {
                "position": [0.9, -2.3, 0.85],
                "aim": [0, 0, 0.5],
                "shutter_angle": 0,
                "ev100": 0,
            },
        }
    )
    tape = engine_named("rapier").simulate(build_world(shot))
    return shot, _thrown(tape)


def _cells(count: int = 150) -> list[np.ndarray]:
    """Corners of the pane's cells, denser near the blow, a hair apart [m]."""
    from scipy.spatial import Voronoi

    random = np.random.default_rng(1)
    low, high = np.array([-0.6, 0.05]), np.array([0.6, 1.05])
    turn = random.random(8 * count) * 2 * np.pi
    seeds = BLOW[[0, 2]] + (0.9 * random.random(8 * count) ** 1.5)[:, None] * np.stack(
        [np.cos(turn), np.sin(turn)], -1
    )
    seeds = seeds[((seeds > low) & (seeds < high)).all(-1)][:count]
    # Seeds mirrored in the pane's edges make those edges borders of cells.
    mirrored = [np.where(np.arange(2) == k, 2 * edge - seeds, seeds) for edge in (low, high) for k in (0, 1)]
    diagram = Voronoi(np.concatenate([seeds, *mirrored]))
    cells, half = [], np.array([0, 0.005, 0])
    for i in range(count):
        corners = diagram.vertices[diagram.regions[diagram.point_region[i]]]
        corners = corners.mean(0) + 0.995 * (corners - corners.mean(0))
        flat = np.zeros((len(corners), 3))
        flat[:, [0, 2]] = corners
        cells.append(np.concatenate([flat - half, flat + half]))
    return cells


def _thrown(tape: Tape) -> Tape:
    """The tape with its ball and shards where their flight has brought them."""
    geometry = tape.geometry
    body = np.array(geometry.bodies)[geometry.piece_body]
    shard = np.flatnonzero(np.char.startswith(body, "shard"))
    place, turn = (np.repeat(x[:1].astype(float), len(x), 0) for x in (tape.position, tape.orientation))
    away = place[0, shard] - BLOW
    far = np.linalg.norm(away, axis=-1, keepdims=True)
    share = np.exp(-((far / 0.28) ** 2))
    random = np.random.default_rng(2)
    speed = [0, 3.2, 0] + away / (far + 0.05) * 1.6 + random.normal(0, 0.45, away.shape)
    fall = np.array([0, 0, -9.81]) * SINCE**2 / 2
    place[:, shard] += share * speed * SINCE + np.where(share > 0.02, np.minimum(1, 4 * share), 0) * fall
    spin = share * random.normal(0, 7, away.shape) * SINCE
    angle = np.linalg.norm(spin, axis=-1, keepdims=True)
    half = np.sinc(angle / (2 * np.pi)) / 2  # sin(angle / 2) / angle
    turn[:, shard] = np.concatenate([np.cos(angle / 2), spin * half], -1)
    place[:, body == "ball"] = BLOW + np.array([0, 3.0 * SINCE - 0.05, 0]) + fall
    alone = np.broadcast_to(np.arange(len(body), dtype=np.int32), tape.cluster.shape).copy()
    return replace(
        tape, position=place.astype(np.float32), orientation=turn.astype(np.float32), cluster=alone
    )


def broken() -> tuple[Shot, Tape]:
    """The same pane as an engine breaks it: pieces that lean apart, seen one through another."""
    shot = Shot.model_validate(
        {
            "timing": {"frames": 7},
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
                    "shape": PANE,
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
    return shot, engine_named("rapier").simulate(build_world(shot))


SCENES: dict[str, Callable[[], tuple[Shot, Tape]]] = {"air": in_the_air, "heap": broken}


def tone(colour: np.ndarray) -> np.ndarray:
    """A fixed filmic curve and display gamma."""
    c = np.clip(colour, 0, None)
    return np.clip(c * (2.51 * c + 0.03) / (c * (2.43 * c + 0.59) + 0.14), 0, 1) ** (1 / 2.2)


def rmse(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.sqrt(((tone(a) - tone(b)) ** 2).mean()))


class Bench:
    """One still moment, drawn by rounds of `expose` or by Mitsuba's own integrator."""

    def __init__(self, scene: str, width: int, height: int) -> None:
        from kinema.render.pathtrace.gbuffer import passes_at
        from kinema.render.pathtrace.scene import Stage

        self.shot, self.tape = shot, tape = SCENES[scene]()
        self.size = width, height
        self.path = path = CameraPath(shot, tape, width, height)
        self.frame = frame = tape.frames - 1
        self.stage = Stage(shot, tape, path.at(frame))
        self.stage.set_time(frame, path.at(frame))
        self.scale = full_scale(meter(shot, tape))
        self.passes = passes_at(self.stage, frame, path.at(frame), path.at(frame))

    def ours(self, samples: int, seed: int) -> np.ndarray:
        """Colour, albedo and normal."""
        from kinema.render.pathtrace.film import ROUND, expose
        from kinema.render.pathtrace.tracer import CLAMP

        pixels = np.arange(self.size[0] * self.size[1])
        total = np.zeros((len(pixels), 9), np.float32)
        for number in range(max(1, samples // ROUND)):
            clamp = CLAMP * self.scale
            total += np.concatenate(
                expose(self.stage, self.size, pixels, seed=seed, number=number, clamp_nits=clamp)[:3], 1
            )
        image = (total / max(1, samples // ROUND)).reshape(self.size[1], self.size[0], 9)
        image[..., :3] /= self.scale
        return image

    def adaptive(self, noise: float, seed: int) -> Any:
        """What `PathTracer` traces for one frame; the exact passes are not in it."""
        from kinema.render.pathtrace.tracer import exposed

        shot = self.shot.model_copy(update={"seed": seed})
        picture = Picture(width=self.size[0], height=self.size[1], noise=noise)
        return exposed(shot, self.stage, self.path, picture, self.frame, self.passes, self.scale)

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

    def _adaptive_row(self, noise: float, reference: np.ndarray) -> dict[str, Any]:
        from kinema.render.pathtrace.film import ROUND
        from kinema.render.pathtrace.tracer import PathTracer

        tracer = PathTracer()
        estimate, seconds = measured(lambda: self.adaptive(noise, 1))
        clean, extra = measured(lambda: tracer.developed(estimate, self.scale))
        again = tracer.developed(self.adaptive(noise, 2), self.scale)
        samples = float(estimate.rounds.mean()) * ROUND
        raw = rmse(estimate.image()[..., :3] / self.scale, reference)
        return _printed(
            f"kinema, noise {noise:g}",
            "high",
            samples,
            seconds,
            extra,
            (raw, rmse(clean, reference), rmse(clean, again)),
        )

    def rows(
        self, noises: tuple[float, ...], samples: tuple[int, ...], qualities: tuple[str, ...], many: int
    ) -> list[dict[str, Any]]:
        """One row for each integrator, count of samples and denoiser's quality; prints them as they come."""
        self.ours(8, 1)  # compile
        self.builtin(16, 1)
        reference = self.ours(many, 99)[..., :3]
        full = self.builtin(many, 99)
        guides = self.ours(64, 3)
        rows: list[dict[str, Any]] = []
        for noise in noises:
            rows.append(self._adaptive_row(noise, reference))
        for count in samples:
            image, seconds = measured(lambda n=count: self.ours(n, 1))
            pair = image, self.ours(count, 2)
            rows += [_row("every pixel alike", q, count, seconds, pair, reference) for q in qualities]
        for count in (16, 64):
            image, seconds = measured(lambda n=count: self.builtin(n, 1))
            pair = [np.concatenate([x, guides[..., 3:]], -1) for x in (image, self.builtin(count, 2))]
            rows.append(_row("path", "high", count, seconds, (pair[0], pair[1]), full))
        clean = [denoised(x, guides[..., 3:6], guides[..., 6:]) for x in (reference, full)]
        print(f"bias of fast glass against full transport, both denoised: {rmse(*clean):.4f}")
        return rows


def _row(
    integrator: str,
    quality: str,
    samples: int,
    seconds: float,
    pair: tuple[np.ndarray, np.ndarray],
    reference: np.ndarray,
) -> dict[str, Any]:
    image, other = pair
    clean, extra = measured(lambda: denoised(image[..., :3], image[..., 3:6], image[..., 6:9], quality))
    again = denoised(other[..., :3], other[..., 3:6], other[..., 6:9], quality)
    errors = rmse(image[..., :3], reference), rmse(clean, reference), rmse(clean, again)
    return _printed(integrator, quality, samples, seconds, extra, errors)


def _printed(
    integrator: str, quality: str, samples: float, trace: float, denoise: float, errors: tuple[float, ...]
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "integrator": integrator,
        "denoiser": quality,
        "samples": samples,
        "trace_s": trace,
        "denoise_s": denoise,
        "total_s": trace + denoise,
        **dict(zip(("rmse_raw", "rmse_denoised", "flicker"), errors, strict=True)),
    }
    print("  ".join(f"{x:.4f}" if isinstance(x, float) else f"{x!s:8}" for x in row.values()), flush=True)
    return row


def measured(work: Callable[[], Any]) -> tuple[Any, float]:
    """Result and CPU seconds over cores."""
    began = time.process_time()
    result = work()
    return result, (time.process_time() - began) / (os.cpu_count() or 1)


def main() -> int:
    """Print the tables, write the JSON; 1 if the goal is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--width", type=int, default=854)
    parser.add_argument("--height", type=int, default=480)
    parser.add_argument("--reference", type=int, default=256)
    parser.add_argument("--scenes", nargs="*", choices=list(SCENES), default=list(SCENES))
    parser.add_argument("--noises", nargs="*", type=float, default=[0.05, 0.035, 0.025])
    parser.add_argument("--samples", nargs="*", type=int, default=[16, 64])
    asked = parser.parse_args()
    tables = {}
    for scene in asked.scenes:
        bench = Bench(scene, asked.width, asked.height)
        title = f"{scene}, {asked.width} x {asked.height}, reference of {asked.reference} samples"
        print(title)
        tables[title] = bench.rows(
            tuple(asked.noises), tuple(asked.samples), ("high", "fast"), asked.reference
        )
    own = [row for row in next(iter(tables.values())) if row["integrator"].startswith("kinema")]
    met = [row for row in own if row["total_s"] <= GOAL_S and row["rmse_denoised"] <= GOAL_RMSE]
    print(f"goal: {GOAL_RMSE} within {GOAL_S} s a frame: {'met' if met else 'missed'}")
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({"schema": "kinema.benchmark/1", "tables": tables}, indent=1))
    return int(not met)


if __name__ == "__main__":
    sys.exit(main())
