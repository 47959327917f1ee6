"""Table: do bodies in painted pixels move as the tape says?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from diffusion_proof.painting import DREAM, DRIVEN, FIRST_FRAME, NINE_FRAMES, Way, painted
from diffusion_proof.tracks import FOLLOWED, Errors, at_rest, errors_of, tracks_of
from diffusion_proof.worlds import NAMES, styles_of, worlds_of
from kinema.diffusion.manifest import read_manifest

WAYS: dict[str, Way] = {
    "driven by the world": DRIVEN,
    "words alone (dream)": DREAM,
    "words and first frame": FIRST_FRAME,
    "words and nine frames": NINE_FRAMES,
}
TRUE, STILL = "procedural picture", "nothing moves"
BETTER, KEPT = 20.0, 1.2
"""Claims: out of distribution, a driven clip's error is this much smaller than a dream's; and no more than this times
what it is in distribution."""


def physics(weights: Path, count: int) -> list[dict[str, Any]]:
    """Motion error of bodies, `count` worlds of each split, in clay if the weights know it.

    `px`: distance from where the tape has the body, followed from its first frame. `px/frame`: of velocity, each pair
    of frames anew. "procedural picture" is the tracker's own error, on the style's own pixels; `left_out` counts bodies
    that it loses there. "nothing moves" is what a still picture would get. First frames that are given are painted from
    the world, for no encoder ships; they are not counted.
    """
    (style,) = styles_of(read_manifest(weights)["styles"], 1)
    rows = []
    for split, name in NAMES.items():
        found: dict[str, list[Errors]] = {TRUE: [], **{way: [] for way in WAYS}, STILL: []}
        lost = 0
        for world in worlds_of(split, count):
            true = world.pictured(style)
            judged = [(track, errors_of(true, track)) for track in tracks_of(world)]
            tracks = [track for track, errors in judged if errors.velocity.mean() <= FOLLOWED]
            lost += len(judged) - len(tracks)
            if not tracks:
                continue
            found[TRUE] += [errors for _, errors in judged if errors.velocity.mean() <= FOLLOWED]
            found[STILL] += [at_rest(track) for track in tracks]
            for way, asked in WAYS.items():
                picture = painted(weights, world, style, asked)
                given = 0 if not asked.given else 8 * (asked.given - 1)
                found[way] += [errors_of(picture, track, after=given) for track in tracks]
        rows += [_row(name, way, errors, lost) for way, errors in found.items() if errors]
    return rows


def _row(split: str, way: str, errors: list[Errors], lost: int) -> dict[str, Any]:
    place = np.concatenate([each.place for each in errors])
    velocity = np.concatenate([each.velocity for each in errors])
    return {
        "worlds": split,
        "picture": way,
        "px": float(place.mean()),
        "px_median": float(np.median(place)),
        "px/frame": float(velocity.mean()),
        "px/frame_median": float(np.median(velocity)),
        "bodies": len(errors),
        "left_out": lost,
        "steps": len(velocity),
    }


def claims(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the table says of the two claims, by mean and by median."""
    by = {(row["worlds"], row["picture"]): row for row in rows}
    driven, dream = list(WAYS)[:2]
    beyond, within = NAMES["out_of_distribution"], NAMES["train"]
    verdicts = []
    for unit in ("px", "px_median", "px/frame", "px/frame_median"):
        if not all((split, way) in by for split in (beyond, within) for way in (driven, dream)):
            continue
        ratio = by[beyond, dream][unit] / by[beyond, driven][unit]
        drift = by[beyond, driven][unit] / by[within, driven][unit]
        verdicts.append(_verdict(f"dream over driven, {beyond}, {unit}", ratio, BETTER, ratio >= BETTER))
        verdicts.append(_verdict(f"driven, {beyond} over {within}, {unit}", drift, KEPT, drift <= KEPT))
    return verdicts


def _verdict(claim: str, value: float, bound: float, held: bool) -> dict[str, Any]:
    return {"claim": claim, "ratio": value, "bound": bound, "verdict": "ok" if held else "MISSED"}
