"""What makes two worlds the same: a hash of all that can change what happens, and of nothing else."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from kinema.errors import ShotError
from kinema.shot.body import Body, Mesh
from kinema.shot.material import Material, find_material
from kinema.shot.shot import Shot

FORMAT = "kinema.world/1"
"""Raised when the same shot begins to be cut or clocked differently."""
_LOOKS = {"material", "finish", "colour", "roughness", "likeness"}
_MATTER = (
    "density",
    "friction",
    "restitution",
    "youngs_modulus",
    "poisson_ratio",
    "strength",
    "fracture_energy",
)


def world_hash(shot: Shot, *, folder: str = ".") -> str:
    """SHA-256 over canonical JSON: bodies without their looks, the mechanics (not the names) of their
    materials, forces, time, seed, and the bytes of mesh files, which are found from `folder`.

    Lights, camera, look, title, prompt and goals cannot change what happens and are left out; so is the split
    of the world's rate into frame rate and slow motion. Raises `ShotError` for a missing mesh or material.
    """
    tree = {
        "format": FORMAT,
        "seed": shot.seed,
        "rate": str(shot.timing.world_rate),
        "frames": shot.timing.frames,
        "forces": shot.forces.model_dump(mode="json"),
        "bodies": [_body(body, index, shot, folder) for index, body in enumerate(shot.bodies)],
    }
    text = json.dumps(tree, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _body(body: Body, index: int, shot: Shot, folder: str) -> dict[str, Any]:
    tree = body.model_dump(mode="json", exclude=_LOOKS)
    tree["breaks"] = body.fracture.model_dump(mode="json") if body.fracture else None
    material: Material = find_material(body.material, shot.materials, path=f"bodies.{index}.material")
    tree["matter"] = {name: getattr(material, name) for name in _MATTER}
    if isinstance(body.shape, Mesh):
        tree["shape"]["file"] = content_hash(mesh_path(body.shape, folder, f"bodies.{index}.shape.file"))
    return tree


def mesh_path(shape: Mesh, folder: str, path: str) -> Path:
    """The file of a mesh: absolute, or relative to the shot's folder, which it then may not leave."""
    root = Path(folder).resolve()
    file = Path(shape.file) if Path(shape.file).is_absolute() else (root / shape.file).resolve()
    if not Path(shape.file).is_absolute() and not file.is_relative_to(root):
        raise ShotError(
            path,
            "must lie in the shot's folder or below it, or be absolute",
            got=shape.file,
            next_step="Copy the mesh beside the shot.",
        )
    if not file.is_file():
        raise ShotError(
            path,
            "must be an existing mesh file",
            got=f"{shape.file}: nothing there",
            next_step="Check the path; it is relative to the shot file.",
        )
    return file


def content_hash(file: Path) -> str:
    """SHA-256 of a file's bytes."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
