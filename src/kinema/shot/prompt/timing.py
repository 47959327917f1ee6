"""How long the clip is, and how early in it the action comes: in slow motion seconds of the world are few."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from kinema.shot.prompt.scene import Scene
from kinema.shot.prompt.stage import Stage

USUAL = 3.0
"""Length of a clip that is not given [s]."""
LEAD = 0.28
"""Share of the clip before the hit, where the run-up is kinema's to choose."""
_LATEST = 0.6
"""Share of the clip by which what happens has happened: the rest is what becomes of it."""
_PATIENCE, LONGEST = 8.0, 20.0
"""Length to which a clip grows rather than open in the middle of a fall, and to which it grows at all [s]."""


def world_seconds(scene: Scene, usual: float = USUAL) -> float:
    """World time the clip covers [s]; `usual` is its length if the prompt gives none."""
    said = {key: value for key, (value, _) in scene.timing.items()}
    seconds = said["frames"] / said.get("fps", 24) if "frames" in said else said.get("seconds", usual)
    return seconds / said.get("slow_motion", 1)


def lead(scene: Scene) -> float:
    """World time a run-up may take [s]."""
    return LEAD * world_seconds(scene)


def patience(scene: Scene) -> float:
    """World time a way of given length, a fall, may take before it is shown from its middle only [s]."""
    return _LATEST * world_seconds(scene, _PATIENCE)


def timing_of(scene: Scene, stage: Stage) -> dict[str, Any]:
    """Rate, frames and slow motion; a clip whose length is not given waits for what happens in it."""
    said = {key: value for key, (value, _) in scene.timing.items()}
    fps = Fraction(said.get("fps", 24)).limit_denominator(1001)
    slow = Fraction(said.get("slow_motion", 1)).limit_denominator(1000)
    if "frames" in said:
        frames = said["frames"]
        if "seconds" in said and round(said["seconds"] * fps) != frames:
            raise scene.timing["frames"][1].refuse(
                f"must not contradict “{scene.timing['seconds'][1].text}”",
                got=f"{frames:g} frames and {said['seconds']:g} s at {float(fps):g} fps",
                next_step="Keep one of the two.",
            )
    else:
        seconds = said["seconds"] if "seconds" in said else _length(scene, stage)
        frames = round(Fraction(seconds).limit_denominator(100_000) * fps)
    frames = max(int(frames), 1)
    if stage.meets and max(stage.meets) > float(frames / fps / slow):
        scene.assumed.append(
            f"the clip ends before it has happened: that takes {max(stage.meets) * slow:.2g} s of film"
        )
    return {"fps": str(fps), "frames": frames, "slow_motion": str(slow)}


def _length(scene: Scene, stage: Stage) -> float:
    """[s]"""
    slow = scene.timing["slow_motion"][0] if "slow_motion" in scene.timing else 1
    needed = math.ceil(max(stage.meets, default=0.0) * slow / _LATEST)
    seconds = min(max(USUAL, needed), LONGEST)
    why = "" if seconds == USUAL else f": what happens takes {max(stage.meets) * slow:.2g} s of film"
    scene.assumed.append(f"{seconds:g} seconds{why}")
    return seconds
