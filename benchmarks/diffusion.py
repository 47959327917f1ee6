"""The painter, proved: do its pixels obey the world, what do they cost, and how does that grow?

    python benchmarks/diffusion.py [--quick] [--only TABLE ...]

Weights are those of `KINEMA_WEIGHTS`, or those that came with kinema. Every table says in its file under
`diffusion_proof/` how it measures, and states what its method says of the procedural picture, which is the truth: no
figure is better than that row. With `--only`, tables are measured one by one and kept beside those measured before,
if those are of the same weights. Exits 1 if a bound is missed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from page import table

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "diffusion.json"
Tables = dict[str, list[dict[str, Any]]]


def _physics(weights: Path, quick: bool) -> Tables:
    from diffusion_proof.physics import claims, physics

    rows = physics(weights, 3 if quick else 12)
    return {"Physics of pixels": rows, "Physics, claimed": claims(rows)}


def _control(weights: Path, quick: bool) -> Tables:
    from diffusion_proof.obedience import obedience

    return {"Control": obedience(weights, 2 if quick else 6)}


def _speed(weights: Path, quick: bool) -> Tables:
    from diffusion_proof.speed import speed

    return speed(weights, quick)


def _growth(weights: Path, quick: bool) -> Tables:
    from diffusion_proof.growth import growth

    return growth(weights, quick)


def _quality(weights: Path, quick: bool) -> Tables:
    from diffusion_proof.quality import quality

    return quality(weights, 2 if quick else 6)


def _drift(weights: Path, quick: bool) -> Tables:
    from diffusion_proof.drift import drift

    return {"Drift": drift(weights, 4 if quick else 9)}


def _phyworld(weights: Path, quick: bool) -> Tables:
    from diffusion_proof.phyworld import phyworld

    return phyworld(weights, 2 if quick else 8)


def _reconstruction(weights: Path, quick: bool) -> Tables:
    from diffusion_proof.reconstruction import reconstruction

    return {"Reconstruction": reconstruction(weights, 2 if quick else 6)}


def _larger(weights: Path, quick: bool) -> Tables:
    from diffusion_proof.larger import larger

    return {"Sizes beyond training": larger(weights, 2 if quick else 6)}


def _photographic(weights: Path, quick: bool) -> Tables:
    from diffusion_proof.photographic import photographic

    return {"The photographic look against the path tracer": photographic(weights, 3 if quick else 12)}


PROOFS: dict[str, Callable[[Path, bool], Tables]] = {
    "physics": _physics,
    "control": _control,
    "speed": _speed,
    "growth": _growth,
    "quality": _quality,
    "reconstruction": _reconstruction,
    "photographic": _photographic,
    "larger": _larger,
    "phyworld": _phyworld,
    "drift": _drift,
}


def of(weights: Path) -> list[dict[str, Any]]:
    """Whose figures these are."""
    from kinema.diffusion.manifest import read_manifest

    known = read_manifest(weights)
    return [
        {
            "recipe": known["recipe"],
            "course": known["course"],
            "depth": known["depth"],
            "autoencoder_steps": known["autoencoder"]["step"],
            "decoder_steps": known.get("decoder", {}).get("step"),
            "steps": known["transformer"]["step"],
            "step.bin": known["files"]["step.bin"][:12],
            "shader.bin": known["files"]["shader.bin"][:12],
        }
    ]


def merged(weights_row: list[dict[str, Any]], found: Tables, quick: bool) -> dict[str, Any]:
    """The results with these tables in them; older ones stay if they are of the same weights and as thorough."""
    tables: Tables = {"Weights": weights_row}
    if RESULTS.is_file():
        before = json.loads(RESULTS.read_text("utf-8"))
        if before["tables"].get("Weights") == weights_row and before["quick"] == quick:
            tables |= before["tables"]
    return {"schema": "kinema.benchmark/1", "quick": quick, "tables": tables | found}


def main() -> int:
    """Print the tables, write the JSON; 1 if a bound is missed."""
    from kinema.diffusion.manifest import weights_folder
    from kinema.errors import KinemaError

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer worlds, repeats and sizes")
    parser.add_argument("--only", nargs="+", choices=PROOFS, default=list(PROOFS), help="some of the tables")
    asked = parser.parse_args()
    weights, missed = weights_folder(), False
    try:
        whose = of(weights)
    except KinemaError as error:
        print(error)
        return 1
    RESULTS.parent.mkdir(exist_ok=True)
    for name in asked.only:
        found = {title: rows for title, rows in PROOFS[name](weights, asked.quick).items() if rows}
        for title, rows in found.items():
            print(f"\n{title}\n\n{table(rows)}", flush=True)
            missed |= any(row.get("verdict") == "MISSED" for row in rows)
        RESULTS.write_text(json.dumps(merged(whose, found, asked.quick), indent=1) + "\n", "utf-8")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
