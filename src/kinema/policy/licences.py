"""The ledger of what belongs to others: every file, texture, font, set of weights and training clip has a source, a
licence and a hash, or is a finding."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib.resources import files
from pathlib import Path
from typing import Any

from kinema.diffusion.looks import painted_looks
from kinema.diffusion.manifest import PAINTER
from kinema.folder import TakeFolder
from kinema.policy.gather import assets_of, hash_of
from kinema.policy.spdx import read_licence
from kinema.shot.material import find_material
from kinema.shot.shot import Shot

_CODE = (".py", ".pyc", ".pyi", ".typed", ".so")
_NOTHING_KNOWN: Mapping[str, str] = {"kind": "file", "source": "", "licence": ""}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing, and whose it is."""

    name: str
    kind: str
    source: str
    licence: str
    sha256: str
    training: str = "allowed"
    """`cawg.training-mining`: allowed, constrained or notAllowed."""
    altered: bool = False
    free_text: bool = False
    """Weights of others: their licence is what their card says, which is seldom SPDX."""

    @property
    def unknown(self) -> tuple[str, ...]:
        """What is not known of it; nothing of what may be used."""
        missing = [f"no {part}" for part in ("source", "licence", "sha256") if not getattr(self, part)]
        if self.licence and not self.free_text:
            try:
                read_licence(self.licence)
            except ValueError as error:
                missing.append(str(error))
        return (*missing, *(["not the file whose hash is stated"] if self.altered else []))


def shipped() -> Iterator[Entry]:
    """What comes along with kinema."""
    root, ledger = Path(str(files("kinema"))), _ledger()
    data = (
        p for p in root.rglob("*") if p.is_file() and p.suffix not in _CODE and "__pycache__" not in p.parts
    )
    for path in sorted(data):
        name = path.relative_to(root).as_posix()
        said = next((v for glob, v in ledger["shipped"].items() if fnmatchcase(name, glob)), _NOTHING_KNOWN)
        yield _entry(name, said, hash_of(path) or "")
    for name, said in ledger["made"].items():
        yield _entry(name, said, _hash_of_code(root, said["modules"]))


def of_shot(shot: Shot, folder: Path) -> Iterator[Entry]:
    """What a shot is made of: its files, the textures of its materials, the weights of its look."""
    for asset in assets_of(shot, folder):
        yield Entry(
            name=asset.name,
            kind="file",
            source=asset.source,
            licence=asset.licence,
            sha256=hash_of(folder / asset.name) or "",
            training=asset.training,
            altered=asset.altered,
        )
    known = {entry.name: entry for entry in shipped()}
    materials = [find_material(b.material, shot.materials, path=b.name) for b in shot.bodies]
    if any(getattr(material.optics, "texture", None) for material in materials):
        yield known["procedural textures"]
    if shot.look in painted_looks():
        yield from (
            e for e in known.values() if e.name.startswith("diffusion/weights/") or e.kind == "training"
        )


def of_take(take: TakeFolder, shot: Shot) -> Iterator[Entry]:
    """What a finished take is made of: its shot's, and the weights that its record names."""
    yield from of_shot(shot, take.assets)
    for part in take.read_record().get("ingredients", []):
        licence = "" if part["licence"] == "unknown" else part["licence"]
        digest = next((str(part[key]) for key in ("sha256", "revision") if part.get(key)), "")
        own = part.get("pipeline") == PAINTER
        yield Entry(
            name=part["name"],
            kind="weights",
            source=part["name"],
            licence=licence,
            sha256=digest,
            training="allowed" if own else "constrained",
            free_text=not own,
        )


def of_dataset(folder: Path) -> Iterator[Entry]:
    """Every clip of a training set, by its own manifest."""
    from kinema.diffusion.dataset.distribution import SPLITS
    from kinema.diffusion.dataset.reader import Clips

    for split in SPLITS:
        clips = Clips(folder, split)
        for index in range(len(clips)):
            said = clips.manifest(index)
            engine = ", ".join(
                f"{k} {v}" for k, v in sorted(said.get("versions", {}).items()) if k == "kinema"
            )
            yield Entry(
                name=f"{split} {index} {said.get('style', '')}",
                kind="training clip",
                source=f"{engine}, seed {said['seed']}" if "seed" in said else "",
                licence=said.get("licence", ""),
                sha256=str(said.get("hashes", {}).get("rgb", "")),
            )


def not_for_training(entries: Iterator[Entry]) -> tuple[Entry, ...]:
    """Those that a training set may not take in."""
    return tuple(entry for entry in entries if entry.training != "allowed")


def _entry(name: str, said: Mapping[str, Any], digest: str) -> Entry:
    return Entry(
        name=name,
        kind=said["kind"],
        source=said["source"],
        licence=said["licence"],
        sha256=digest,
        altered=said.get("sha256", digest) != digest,
    )


def _ledger() -> dict[str, Any]:
    import yaml

    return yaml.load(
        files("kinema.policy").joinpath("ledger.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader
    )


def _hash_of_code(root: Path, modules: list[str]) -> str:
    """Of the sources of what code makes, in order of their names."""
    paths = [
        path
        for module in modules
        for path in ([root / module] if module.endswith(".py") else sorted((root / module).rglob("*.py")))
    ]
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()
