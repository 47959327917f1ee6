"""Shots in and out of files: YAML or JSON, bounded, refused with one clear error, round-trip exact."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from kinema.errors import ShotError
from kinema.shot.material import find_material
from kinema.shot.refusal import as_shot_error
from kinema.shot.shot import MAX_BODIES, Shot
from kinema.shot.tree import read_tree, word

MAX_BYTES = 16 * 2**20


def load_shot(path: str | Path) -> Shot:
    """Read a shot file (`.yaml`, `.yml`, `.json`). Raises `ShotError` for anything that is not one.

    Meshes and HDRIs that the shot names stay as written: relative to the folder of the shot file.
    """
    path = Path(path)
    try:
        return parse_shot(_read(path), source=path.name)
    except OSError as error:
        raise ShotError(
            str(path),
            "must be a file that can be read",
            got=error.strerror,
            next_step="Check its permissions.",
        ) from error


def _read(path: Path) -> str:
    if not path.is_file():
        got = "a folder" if path.is_dir() else "nothing there"
        raise ShotError(str(path), "must be an existing file", got=got, next_step="Check the path.")
    if path.stat().st_size > MAX_BYTES:
        raise ShotError(
            str(path),
            f"must be at most {MAX_BYTES >> 20} MiB",
            got=f"{path.stat().st_size >> 20} MiB",
            next_step="Keep meshes in files of their own.",
        )
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ShotError(
            str(path),
            "must be UTF-8 text",
            got=f"byte {error.object[error.start]:#04x} at {error.start}",
            next_step="Save it as UTF-8; a USD stage needs the ending .usd, .usda, .usdc or .usdz.",
        ) from error


def parse_shot(text: str, *, source: str = "shot") -> Shot:
    """A shot from YAML text (JSON is YAML). Raises `ShotError`."""
    tree = read_tree(text, source=source)
    if not isinstance(tree, dict):
        raise ShotError(
            source,
            "must be a mapping of fields",
            got="nothing" if tree is None else type(tree).__name__,
            next_step='`kinema parse "a ball falls"` prints one to start from; docs/shot.md lists fields.',
        )
    return validate_shot(tree, source=source)


def validate_shot(tree: dict[str, Any], *, source: str = "shot") -> Shot:
    """A shot from plain dicts and lists. The first broken rule becomes one `ShotError`."""
    bodies = tree.get("bodies")
    if isinstance(bodies, (list, tuple)) and len(bodies) > MAX_BODIES:  # counted before anything is built
        raise ShotError(
            "bodies",
            f"must be at most {MAX_BODIES}",
            got=len(bodies),
            next_step="Give fewer bodies, or join still ones into a mesh file.",
        )
    if "schema" not in tree and "format" not in tree:
        tree = {"schema": "kinema.shot/1", **tree}
    try:
        shot = Shot.model_validate(tree)
    except ValidationError as error:
        raise as_shot_error(error, tree, model=Shot, source=source) from error
    for body in shot.bodies:
        find_material(body.material, shot.materials, path=f"bodies[{body.name}].material")
        if body.finish is not None:
            find_material(body.finish, shot.materials, path=f"bodies[{body.name}].finish")
    return shot


def to_tree(part: BaseModel) -> dict[str, Any]:
    """A part as plain data, leaving out what has its default value (but never a `kind` or the schema)."""
    full = part.model_dump(mode="json", by_alias=True)
    kept: dict[str, Any] = {}
    for name, field in type(part).model_fields.items():
        value = getattr(part, name)
        key = field.alias or name
        always = name in ("kind", "format", "name") or field.is_required()
        if always or value != field.get_default(call_default_factory=True, validated_data={}):
            kept[key] = _plain(value, full[key])
    return kept


def _plain(value: Any, dumped: Any) -> Any:
    if isinstance(value, BaseModel):
        return to_tree(value)
    if isinstance(value, tuple):
        return [_plain(v, d) for v, d in zip(value, dumped, strict=True)]
    if isinstance(value, dict):
        return {k: _plain(v, dumped[k]) for k, v in value.items()}
    return dumped


class _Dumper(yaml.CSafeDumper):
    """Block style, with short number lists on one line."""


def _list(dumper: _Dumper, items: list[Any]) -> Any:
    flow = all(isinstance(item, (int, float, str)) for item in items)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=flow)


def _float(dumper: _Dumper, value: float) -> Any:
    text = repr(value)
    if "e" in text and "." not in text:  # readers of YAML 1.1 take 1e-05 for text
        text = text.replace("e", ".0e")
    return dumper.represent_scalar("tag:yaml.org,2002:float", text)


def _text(dumper: _Dumper, value: str) -> Any:
    # Quoted where YAML 1.2 would read something else; where YAML 1.1 would, PyYAML quotes by itself.
    try:
        plain = word(value) == value
    except ValueError:
        plain = False
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=None if plain else "'")


_Dumper.add_representer(list, _list)
_Dumper.add_representer(float, _float)
_Dumper.add_representer(str, _text)


def dump_shot(shot: Shot, path: str | Path | None = None) -> str:
    """The shot as YAML (JSON for a `.json` path), written to `path` if given. Reads back as an equal Shot."""
    tree = to_tree(shot)
    if path is not None and Path(path).suffix == ".json":
        text = json.dumps(tree, indent=2) + "\n"
    else:
        text = yaml.dump(tree, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    if path is not None:
        Path(path).write_text(text, "utf-8")
    return text
