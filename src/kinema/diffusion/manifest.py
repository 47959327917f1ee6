"""`weights.json`: what the weights are, and whether they are still what they were."""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from kinema.config import read_config
from kinema.diffusion.open_weights.card import UNKNOWN
from kinema.errors import MachineError, TrainingError

PAINTER: Final = "kinema.diffusion.painter"
"""What kinema's own weights run in, as records name it."""
SCHEMA: Final = "kinema.weights/2"
_FIELDS: Final = {
    "depth": int,
    "heads": int,
    "window": int,
    "recipe": str,
    "styles": list,
    "grid": dict,
    "files": dict,
}
"""What the painter asks of it."""


def weights_folder() -> Path:
    """Where the painter's weights are: `KINEMA_WEIGHTS`, or else beside this file."""
    return read_config().weights or Path(str(files("kinema.diffusion").joinpath("weights")))


def ingredient_of(folder: Path, manifest: dict[str, Any]) -> dict[str, str]:
    """The painter's weights, which the manifest describes, as a take records what it is made of."""
    licence = str(manifest.get("licence", UNKNOWN)).partition(";")[0]
    return {
        "kind": "painter weights",
        "name": f"kinema painter {manifest['recipe']}",
        "pipeline": PAINTER,
        "licence": licence,
        # It states the hash of every file of the networks: its own stands for all of them.
        "sha256": hash_of(folder / "weights.json"),
    }


def hash_of(path: Path) -> str:
    """SHA-256, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a folder whose files all have the hashes it states. Raises `MachineError`, `TrainingError`."""
    path = folder / "weights.json"
    if not path.is_file():
        raise MachineError(
            "the painter",
            f"must have weights in {folder}",
            got="none",
            next_step="Install kinema again, or name a folder of `kinema export` in KINEMA_WEIGHTS.",
        )
    try:
        manifest = json.loads(path.read_text("utf-8"))
        if manifest["schema"] != SCHEMA:
            raise ValueError(f"schema {manifest['schema']}")
        stated = manifest["files"]
        if wrong := next((key for key, kind in _FIELDS.items() if not isinstance(manifest[key], kind)), None):
            raise ValueError(f"{wrong} {manifest[wrong]!r}")
        if strange := next((name for name in stated if Path(name).name != name or name == ".."), None):
            raise ValueError(f"a file outside its folder, {strange!r}")
        if missing := {"width", "height"} - manifest["grid"].keys() | {"step.bin"} - stated.keys():
            raise ValueError(f"no {', '.join(sorted(missing))}")
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise TrainingError(
            str(path),
            f"must be a manifest of schema {SCHEMA}",
            got=str(error)[:200],
            next_step="Export weights there: kinema export.",
        ) from error
    for name, wanted in stated.items():
        found = hash_of(folder / name) if (folder / name).is_file() else "no file"
        if found != wanted:
            raise TrainingError(
                str(folder / name),
                f"must have SHA-256 {wanted}",
                got=found,
                next_step="The file is damaged or replaced: install or export the weights again.",
            )
    return manifest
