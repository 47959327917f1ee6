"""Table: whether paint drifts over a clip ten times as long as those it was taught."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from diffusion_proof.likeness import decibel
from diffusion_proof.painting import painted
from diffusion_proof.worlds import FRAMES, staged
from kinema import load_shot
from kinema.diffusion.manifest import read_manifest
from kinema.shot.change import change

SHOT = Path(__file__).parents[2] / "examples" / "cradle.yaml"
"""What moves in it goes on moving: the end of the clip is as hard as its beginning."""
LENGTH = 10 * (FRAMES - 1) + 1
BOUND = 1.0
"""dB that the last tenth may be worse than the first."""


def drift(weights: Path, count: int) -> list[dict[str, Any]]:
    """Peak signal to noise against the style's own picture, of parts as long as a training clip; `count` styles."""
    world = staged(change(load_shot(str(SHOT)), "timing.frames", str(LENGTH)), seed=0)
    rows = []
    for style in read_manifest(weights)["styles"][:count]:
        paint, true = painted(weights, world, style), world.pictured(style)
        starts = range(0, LENGTH - 1, FRAMES - 1)
        parts = [decibel(paint[t : t + FRAMES], true[t : t + FRAMES]) for t in starts]
        lost = parts[0] - parts[-1]
        rows.append(
            {
                "style": style,
                "frames": LENGTH,
                "first_tenth_dB": parts[0],
                "middle_dB": parts[len(parts) // 2],
                "last_tenth_dB": parts[-1],
                "least_dB": min(parts),
                "lost_dB": lost,
                "bound": BOUND,
                "verdict": "ok" if lost <= BOUND else "MISSED",
            }
        )
    return rows
