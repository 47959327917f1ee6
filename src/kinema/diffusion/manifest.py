"""`weights.json`: what the weights are, and whether they are still what they were."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final

from kinema.errors import TrainingError

SCHEMA: Final = "kinema.weights/1"


def hash_of(path: Path) -> str:
    """SHA-256, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a folder whose files all have the hashes it states. Raises `TrainingError`."""
    path = folder / "weights.json"
    try:
        manifest = json.loads(path.read_text("utf-8"))
        files = manifest["files"]
        if manifest["schema"] != SCHEMA:
            raise ValueError(f"schema {manifest['schema']}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(
            str(path),
            f"must be a manifest of schema {SCHEMA}",
            got=str(error)[:200],
            next_step="Export weights there: kinema export.",
        ) from error
    for name, wanted in files.items():
        found = hash_of(folder / name) if (folder / name).is_file() else "no file"
        if found != wanted:
            raise TrainingError(
                str(folder / name),
                f"must have SHA-256 {wanted}",
                got=found,
                next_step="The file is damaged or replaced: install or export the weights again.",
            )
    return manifest
