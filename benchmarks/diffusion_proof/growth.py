"""Tables: what a painted clip costs against its frames and its pixels, each in a process of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from diffusion_proof.alone import measured_alone
from diffusion_proof.growing import exponent

LENGTHS, LONGEST = (49, 97, 193, 385), 960
SIZE = (192, 128)
SIZES = ((128, 96), (192, 128), (320, 192), (512, 320))
FRAMES = 25
BOUNDS = {
    "CPU-seconds against frames": 1.05,
    "CPU-seconds against pixels": 1.3,
    "memory against frames": 0.05,
}
"""Attention within a latent frame grows with the square of its pixels, so pixels may cost a little more than linear."""


def growth(weights: Path, quick: bool) -> dict[str, list[dict[str, Any]]]:
    """Drawing, preview included; the warm-up and the simulation are not in the time, but their memory is. Exponents
    are slopes of logarithms, by least squares."""
    frames = [
        {"size": f"{SIZE[0]}x{SIZE[1]}", "frames": count, **measured_alone(weights, *SIZE, count)}
        for count in (LENGTHS if quick else (*LENGTHS, LONGEST))
    ]
    pixels = [
        {
            "size": f"{width}x{height}",
            "pixels": width * height,
            "frames": FRAMES,
            **measured_alone(weights, width, height, FRAMES),
        }
        for width, height in SIZES
    ]
    powers = {
        "CPU-seconds against frames": _power(frames, "frames", "CPU_s"),
        "CPU-seconds against pixels": _power(pixels, "pixels", "CPU_s"),
        "memory against frames": _power(frames, "frames", "peak_MiB"),
        "memory against pixels": _power(pixels, "pixels", "peak_MiB"),
    }
    rows = [_judged(name, power) for name, power in powers.items()]
    return {"Against frames": frames, "Against pixels": pixels, "Growth": rows}


def _power(rows: list[dict[str, Any]], amount: str, cost: str) -> float:
    return exponent([row[amount] for row in rows], [row[cost] for row in rows])


def _judged(name: str, power: float) -> dict[str, Any]:
    bound = BOUNDS.get(name)
    verdict = None if bound is None else "ok" if power <= bound else "MISSED"
    return {"growth": name, "exponent": power, "bound": bound, "verdict": verdict}
