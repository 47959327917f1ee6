"""Tables: PhyWorld's three laws in our pixels, and what its authors published.

After "How Far is Video Generation from World Model: A Physical Law Perspective" (arXiv 2411.02385): uniform motion,
head-on collision, horizontal throw; speeds and radii in their ranges, in distribution and out of it. Their unit of
length is 0.1 m here and their 0.1 s a frame of 1/24 s; the camera looks straight at a wall behind, 15 x 10 units. Our
networks never trained on these worlds and are not told their law: driven, they are given what happens. That a driven
picture has the right velocity is evidence that pixels follow the state, not that a law was learned.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from jaxtyping import Float

from diffusion_proof.blob import Blob, centre_of, colours_of
from diffusion_proof.painting import DREAM, DRIVEN, NINE_FRAMES, Way, painted
from diffusion_proof.worlds import HEIGHT, World, staged, styles_of
from kinema.diffusion.manifest import read_manifest
from kinema.shot.files import validate_shot
from kinema.shot.shot import Shot

Scenario = Literal["uniform motion", "collision", "parabola"]
SCENARIOS: Final[tuple[Scenario, ...]] = ("uniform motion", "collision", "parabola")
UNIT = 0.1
"""One of theirs [m]."""
FRAME = 0.1
"""Of theirs [s]; one of ours is 1/24 s."""
FRAMES = 17
PER_UNIT = HEIGHT / 10
"""[px]"""
GRAVITY = 2.5
"""[unit/s²]"""
MEETING = 10
"""Frame of the collision: late enough for nine frames to show how it begins."""
Spans = tuple[tuple[float, float], ...]
WITHIN: Final = {"speed": ((1.0, 4.0),), "radius": ((0.7, 1.4),)}
BEYOND: Final = {"speed": ((0.1, 0.8), (4.5, 6.0)), "radius": ((0.3, 0.6), (1.5, 2.0))}
"""Of the released code, but that no ball stands still. [unit/s], [unit]"""
RANGES: Final[dict[str, dict[str, Spans]]] = {
    "in distribution": WITHIN,
    "other speeds": {**WITHIN, "speed": BEYOND["speed"]},
    "other sizes": {**WITHIN, "radius": BEYOND["radius"]},
}
WAYS: Final[dict[str, Way | None]] = {
    "procedural picture": None,
    "driven by the world": DRIVEN,
    "words and nine frames": NINE_FRAMES,
    "words alone (dream)": DREAM,
}
_COLOURS = ((0.7, 0.02, 0.02), (0.02, 0.05, 0.7))
_CAMERA = 7.5 * UNIT / (18 / 50)
"""Distance at which a lens of 50 mm on 36 mm sees 15 units across [m]."""

PUBLISHED: Final = [
    {"model": name, "clips": clips, "uniform_ID": a, "uniform_OOD": b, "collision_ID": c, "collision_OOD": d}
    | {"parabola_ID": e, "parabola_OOD": f}
    for name, clips, a, b, c, d, e, f in (
        ("DiT-S", "3M", 0.0149, 0.288, 0.0227, 0.153, 0.0472, 0.307),
        ("DiT-B", "3M", 0.0138, 0.358, 0.0181, 0.211, 0.0358, 0.288),
        ("DiT-L", "3M", 0.0124, 0.427, 0.0153, 0.161, 0.0331, 0.338),
        ("their pictures, their parser", "-", 0.0099, None, 0.0117, None, 0.0210, None),
    )
]
"""Velocity error [unit/s] by the paper's figure 3 and text, three first frames given; cited, not measured here."""


@dataclass(frozen=True)
class Case:
    """One world of theirs."""

    scenario: Scenario
    speeds: tuple[float, ...]
    """[unit/s], along x; the second ball's is to the left."""
    radii: tuple[float, ...]
    """[unit]"""
    height: float
    """Of the centre at the start over the picture's lower edge [unit]."""
    seed: int


def phyworld(weights: Path, count: int) -> dict[str, list[dict[str, Any]]]:
    """Velocity error [unit/s], `count` worlds a cell.

    `per_frame`: mean of |v - v'| over frames, along x, and for the parabola along y too (the paper's). `of_mean`:
    |mean v - mean v'| along x (the released code's). A collision counts from the frame after contact on; given frames
    and frames with a clipped ball do not count. Balls are found by their colour (`blob`); a ball that is not found in
    a frame counts as standing still, and in `missing`.
    """
    (style,) = styles_of(read_manifest(weights)["styles"], 1)
    rows = []
    for scenario in SCENARIOS:
        for name, ranges in RANGES.items():
            found: dict[str, list[tuple[float, float, float]]] = {way: [] for way in WAYS}
            for case in cases(scenario, ranges, count):
                world = staged(shot_of(case), case.seed)
                true = world.pictured(style)
                balls = colours_of(true[0], [world.body[0] == k for k in range(len(case.radii))])
                for way, asked in WAYS.items():
                    picture = true if asked is None else painted(weights, world, style, asked)
                    found[way] += _errors(picture, world, case, balls, asked)
            rows += [_row(scenario, name, way, errors) for way, errors in found.items() if errors]
    return {"Velocity in PhyWorld's worlds": rows, "PhyWorld as published": PUBLISHED}


def cases(scenario: Scenario, ranges: dict[str, Spans], count: int) -> Iterator[Case]:
    """Drawn evenly, from alternate spans, always the same ones."""
    for number in range(count):
        rng = np.random.default_rng([SCENARIOS.index(scenario), number])
        balls = 2 if scenario == "collision" else 1
        speeds, radii = (
            tuple(float(rng.uniform(*ranges[what][number % len(ranges[what])])) for _ in range(balls))
            for what in ("speed", "radius")
        )
        top = 9.5 - max(radii)
        height = rng.uniform(top - 1, top) if scenario == "parabola" else rng.uniform(0.5 + max(radii), top)
        yield Case(scenario, speeds, radii, float(height), number)


def shot_of(case: Case) -> Shot:
    """In SI units: x right, z up, the wall behind."""
    pace = UNIT * FRAME * 24
    thrown = {"uniform motion": 0.0, "collision": 0.0, "parabola": -GRAVITY * UNIT * (FRAME * 24) ** 2}
    balls = []
    for number, (speed, radius, x) in enumerate(zip(case.speeds, case.radii, _starts(case), strict=True)):
        balls.append(
            {
                "name": f"ball_{number + 1}",
                "shape": {"kind": "sphere", "radius": radius * UNIT},
                "material": "phenolic",
                "colour": _COLOURS[number],
                "position": [(x - 7.5) * UNIT, 0, case.height * UNIT],
                "velocity": [speed * pace * (1 - 2 * number), 0, 0],
            }
        )
    wall = {"name": "wall", "shape": {"kind": "box", "size": [9, 0.2, 9]}, "material": "plaster"}
    return validate_shot(
        {
            "title": case.scenario,
            "seed": case.seed,
            "bodies": [*balls, {**wall, "motion": "static", "position": [0, 0.6, 0]}],
            "lights": [
                {"kind": "sun", "name": "sun", "elevation": 45, "azimuth": 200},
                {"kind": "environment", "name": "room", "nits": 3000},
            ],
            "camera": {"position": [0, -_CAMERA, 0.5], "aim": [0, 0, 0.5], "focal_length": 50},
            "forces": {"gravity": [0, 0, thrown[case.scenario]]},
            "timing": {"frames": FRAMES},
        }
    )


def _starts(case: Case) -> tuple[float, ...]:
    """x of each centre when the clip starts [unit]: so that a ball crosses the middle, or both meet there."""
    if case.scenario == "collision":
        time = (MEETING - 0.5) * FRAME
        return (
            7.5 - case.radii[0] - case.speeds[0] * time,
            7.5 + case.radii[1] + case.speeds[1] * time,
        )
    return (7.5 - case.speeds[0] * FRAME * (FRAMES - 1) / 2,)


def _errors(
    picture: Float[np.ndarray, "time row column 3"],
    world: World,
    case: Case,
    balls: list[Blob],
    way: Way | None,
) -> Iterator[tuple[float, float, float]]:
    """(Per frame, of the mean, share missing) of each ball that is seen whole in at least two steps that count."""
    first = 8 * (way.given - 1) if way is not None and way.given else 0
    if case.scenario == "collision":
        first = max(first, MEETING + 1)
    for index, ball in enumerate(balls):
        true = _velocities(
            np.concatenate([world.camera.at(f).project(_centre(world, index, f)) for f in range(FRAMES)])
        )
        seen = _velocities(np.stack([centre_of(frame, ball, balls) for frame in picture]))
        whole = _whole(world, index)
        counts = whole[1:] & whole[:-1] & (np.arange(1, FRAMES) > first)
        if counts.sum() < 2:
            continue
        missing = np.isnan(seen[counts]).any(1)
        shown, wanted = np.nan_to_num(seen[counts]), true[counts]
        axes = slice(0, 2) if case.scenario == "parabola" else slice(0, 1)
        per_frame = float(np.abs(shown - wanted)[:, axes].mean())
        yield per_frame, float(abs(shown[:, 0].mean() - wanted[:, 0].mean())), float(missing.mean())


def _centre(world: World, index: int, frame: int) -> Float[np.ndarray, "1 3"]:
    return world.camera.centre(world.shot.bodies[index].name, frame)[None]


def _velocities(places: Float[np.ndarray, "time 2"]) -> Float[np.ndarray, "step 2"]:
    """[px] → [unit/s]"""
    return np.diff(places, axis=0) / PER_UNIT / FRAME


def _whole(world: World, index: int) -> np.ndarray:
    """Of each frame, whether the ball is in it and off its edges."""
    masks = world.body == index
    edge = masks[:, [0, -1]].any((1, 2)) | masks[:, :, [0, -1]].any((1, 2))
    return masks.any((1, 2)) & ~edge


def _row(scenario: str, ranges: str, way: str, errors: list[tuple[float, float, float]]) -> dict[str, Any]:
    per_frame, of_mean, missing = (float(np.mean(each)) for each in zip(*errors, strict=True))
    return {
        "scenario": scenario,
        "ranges": ranges,
        "picture": way,
        "per_frame": per_frame,
        "of_mean": of_mean,
        "missing": missing,
        "balls": len(errors),
    }
