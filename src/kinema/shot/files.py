"""Shots in and out of files: YAML or JSON, bounded, refused with one clear error, round-trip exact."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from kinema.errors import ShotError
from kinema.shot.shot import Shot

MAX_BYTES = 16 * 2**20
MAX_NODES = 2_000_000


class _Loader(yaml.CSafeLoader):
    """Safe YAML without anchors' bombs: aliases are refused, so a document cannot grow beyond its text."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise ShotError(
                "file", "must not use YAML aliases (*name)", got="an alias", next_step="Write the value out."
            )
        return super().compose_node(parent, index)


def load_shot(path: str | Path) -> Shot:
    """Read a shot file (`.yaml`, `.yml`, `.json`). Raises `ShotError` for anything that is not one."""
    path = Path(path)
    if not path.is_file():
        raise ShotError(
            str(path), "must be an existing file", got="nothing there", next_step="Check the path."
        )
    if path.stat().st_size > MAX_BYTES:
        raise ShotError(
            str(path),
            f"must be at most {MAX_BYTES >> 20} MiB",
            got=f"{path.stat().st_size >> 20} MiB",
            next_step="Keep meshes in files of their own.",
        )
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise ShotError(
            str(path), "must be UTF-8 text", got="other bytes", next_step="Save it as UTF-8."
        ) from error
    return parse_shot(text, source=path.name)


def parse_shot(text: str, *, source: str = "shot") -> Shot:
    """A shot from YAML text (JSON is YAML). Raises `ShotError`."""
    try:
        tree = yaml.load(text, Loader=_Loader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        where = getattr(error, "problem_mark", None)
        raise ShotError(
            source,
            "must be YAML or JSON",
            got=f"line {where.line + 1}: {getattr(error, 'problem', error)}"
            if where
            else type(error).__name__,
            next_step='`kinema parse "a ball falls"` prints a shot to start from.',
        ) from error
    if not isinstance(tree, dict):
        raise ShotError(
            source, "must be a mapping of fields", got=type(tree).__name__, next_step="See docs/shot.md."
        )
    return validate_shot(tree, source=source)


def validate_shot(tree: dict[str, Any], *, source: str = "shot") -> Shot:
    """A shot from plain dicts and lists. The first broken rule becomes one `ShotError`."""
    if "schema" not in tree and "format" not in tree:
        tree = {"schema": "kinema.shot/1", **tree}
    try:
        return Shot.model_validate(tree)
    except ValidationError as error:
        raise as_shot_error(error, source=source) from error


def as_shot_error(error: ValidationError, *, source: str) -> ShotError:
    """The first finding of pydantic as path, rule, value and next step."""
    findings = error.errors(include_url=False)
    # Unknown fields first: a misspelt name is usually the cause of what else is missing.
    first = min(findings, key=lambda f: (f["type"] != "extra_forbidden", f["loc"] == ()))
    path = ".".join(str(step) for step in first["loc"]) or source
    rule = first["msg"].removeprefix("Value error, ")
    rule = {"extra_forbidden": "is not a field kinema knows", "missing": "must be given"}.get(
        first["type"], rule
    )
    more = f" ({len(findings) - 1} more findings.)" if len(findings) > 1 else ""
    shown = repr(first.get("input"))
    step = "Correct it and run again; docs/shot.md lists every field with its unit." + more
    return ShotError(path, rule, got=shown if len(shown) <= 120 else shown[:117] + "...", next_step=step)


def to_tree(part: BaseModel) -> dict[str, Any]:
    """A part as plain data, leaving out what has its default value (but never a `kind` or the schema)."""
    full = part.model_dump(mode="json", by_alias=True)
    kept: dict[str, Any] = {}
    for name, field in type(part).model_fields.items():
        value = getattr(part, name)
        key = field.alias or name
        if name not in ("kind", "format", "name") and not field.is_required():
            if value == field.get_default(call_default_factory=True, validated_data={}):
                continue
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
    if "e" in text and "." not in text:  # YAML 1.1 reads 1e-05 as text
        text = text.replace("e", ".0e")
    return dumper.represent_scalar("tag:yaml.org,2002:float", text)


_Dumper.add_representer(list, _list)
_Dumper.add_representer(float, _float)


def dump_shot(shot: Shot, path: str | Path | None = None) -> str:
    """The shot as YAML (or JSON, for a `.json` path); written to `path` if given. Reading it back gives an equal Shot."""
    tree = to_tree(shot)
    if path is not None and Path(path).suffix == ".json":
        text = json.dumps(tree, indent=2) + "\n"
    else:
        text = yaml.dump(tree, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    if path is not None:
        Path(path).write_text(text, "utf-8")
    return text
