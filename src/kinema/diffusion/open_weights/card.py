"""What a folder of weights says of itself: pipeline class, components, licence. Read without torch."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kinema.errors import MachineError, TrainingError

INDEX: Final = "model_index.json"
UNKNOWN: Final = "unknown"
_LONGEST: Final = 200
"""Letters of a licence's name or address."""
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, kw_only=True)
class Card:
    """A model as it lies on disk."""

    folder: Path
    pipeline: str
    """Class of `diffusers` that the weights were saved from."""
    components: tuple[str, ...]
    """Sub-folders that it is made of."""
    licence: str
    """As the model card states it; `unknown` if it states none."""
    revision: str | None
    """Commit of the folder's origin, where its path tells."""
    sha256: str
    """Of model_index.json."""
    stride: int | None
    """Pixel frames of a latent frame after the first, where the autoencoder's configuration tells; some do not."""


def read_card(folder: Path) -> Card:
    """Read model_index.json and the model card. Raises `MachineError` without an index, `TrainingError` if broken."""
    path = folder / INDEX
    if not path.is_file():
        raise MachineError(
            f"the model {folder}",
            f"must be a folder with {INDEX}, as a diffusers pipeline is saved or fetched",
            got=f"a folder without {INDEX}" if folder.is_dir() else "nothing there",
            next_step="Name the folder that holds it; single checkpoint files must be converted first.",
        )
    raw = path.read_bytes()
    try:
        index: dict[str, Any] = json.loads(raw)
        pipeline = index["_class_name"]
        if not isinstance(pipeline, str) or not pipeline.isidentifier():
            raise ValueError(f"_class_name {pipeline!r} is not a class of diffusers itself")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise TrainingError(
            str(path),
            "must be JSON with the _class_name of a diffusers pipeline",
            got=str(error)[:200],
            next_step="Fetch the model again. Pipelines that bring their own code are not run.",
        ) from error
    parts = (name for name, made in index.items() if isinstance(made, list) and any(made))
    return Card(
        folder=folder,
        pipeline=pipeline,
        components=tuple(sorted(name for name in parts if re.fullmatch(r"\w+", name))),
        licence=licence_of(folder),
        revision=_revision(folder),
        sha256=hashlib.sha256(raw).hexdigest(),
        stride=_stride(folder / "vae" / "config.json"),
    )


def licence_of(folder: Path) -> str:
    """The licence that the model card's front matter names, else the first line of a licence file, else `unknown`."""
    card = folder / "README.md"
    if card.is_file():
        stated = stated_licence(card.read_text("utf-8", errors="replace"))
        if stated is not None:
            return stated
    for path in sorted(folder.glob("*")):
        if re.fullmatch(r"(licen[cs]e|copying)([.-].*)?", path.name, re.IGNORECASE) and path.is_file():
            lines = (line.strip(" #\t") for line in path.read_text("utf-8", errors="replace").splitlines())
            return next((f"{line[:80]} ({path.name})" for line in lines if line), UNKNOWN)
    return UNKNOWN


def stated_licence(card: str) -> str | None:
    """`license` of a model card's front matter; with `license_name` and `license_link` where it says `other`."""
    import yaml

    matter = re.match(r"\A\ufeff?---\s*\n(.*?)\n---\s*(\n|\Z)", card, re.DOTALL)
    try:
        fields = yaml.safe_load(matter[1]) if matter else None
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    if not isinstance(fields, dict) or not fields.get("license"):
        return None
    stated = fields["license"]
    # A text of an alias of aliases has no end: only plain words count.
    listed = stated if isinstance(stated, list) else [stated]
    names = [name[:_LONGEST] for name in listed[:8] if isinstance(name, str)]
    if not names:
        return None
    named, link = (_word(fields.get(key)) for key in ("license_name", "license_link"))
    text = ", ".join(named if name == "other" and named else name for name in names)
    return f"{text} ({link})" if link and "other" in names else text


def _word(value: Any) -> str:
    return value[:_LONGEST] if isinstance(value, str) else ""


def _stride(path: Path) -> int | None:
    """Families name it differently; what cannot be read is found out when the pipeline is loaded."""
    try:
        config = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(config, dict):
        return None
    stated = (config.get(key) for key in ("scale_factor_temporal", "temporal_compression_ratio"))
    return next((value for value in stated if isinstance(value, int) and value > 0), None)


def _revision(folder: Path) -> str | None:
    """A fetched model lies in a folder named by its commit."""
    name = folder.resolve().name
    return name if _COMMIT.fullmatch(name) else None
