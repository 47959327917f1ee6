"""Paths to values, read back from the finished shot, so that what a phrase is said to have set is what is there."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

from kinema.shot.prompt.compiled import Setting
from kinema.shot.shot import Shot


def settings_of(shot: Shot, paths: list[str]) -> tuple[Setting, ...]:
    """One setting for each path that leads somewhere in the shot."""
    found = []
    for path in paths:
        value, unit = look_up(shot, path)
        if value is not None:
            found.append(Setting(path, _written(value) + (f" {unit}" if unit else "")))
    return tuple(found)


def look_up(shot: Shot, path: str) -> tuple[Any, str]:
    """(The value at a path, its unit); None if there is nothing. `*` stands for the first of several."""
    at: Any = shot
    unit = ""
    for step in path.split("."):
        if isinstance(at, tuple):
            at = next((part for part in at if _is(part, step)), None)
        elif isinstance(at, BaseModel):
            unit = _unit(type(at), step)
            at = getattr(at, step, None)
        else:
            return None, ""
    return (None, "") if at in (None, ()) else (at, unit if isinstance(at, (int, float, tuple)) else "")


def _is(part: Any, step: str) -> bool:
    name = getattr(part, "name", None) or getattr(part, "kind", None)
    return name == step or (step.endswith("*") and str(name).startswith(step[:-1]))


@lru_cache(maxsize=256)
def _unit(model: type[BaseModel], field: str) -> str:
    if field not in model.model_fields:
        return ""
    from pydantic import TypeAdapter

    info = model.model_fields[field]
    return _unit_in(TypeAdapter(info.rebuild_annotation()).json_schema())


def _unit_in(schema: Any) -> str:
    """The first unit named in a field's schema, through tuples and None."""
    if isinstance(schema, dict):
        if "unit" in schema:
            return "" if schema["unit"] == "dimensionless" else schema["unit"]
        schema = [schema.get(key) for key in ("anyOf", "prefixItems")]
    for part in schema if isinstance(schema, list) else ():
        if unit := _unit_in(part):
            return unit
    return ""


def _written(value: Any) -> str:
    if isinstance(value, BaseModel):
        from kinema.shot.files import to_tree

        tree = to_tree(value)
        kind = tree.pop("kind", None)
        tree.pop("name", None)
        inside = ", ".join(f"{k} {_written(v)}" for k, v in list(tree.items())[:4])
        return f"{kind} ({inside})" if kind else f"({inside})"
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, (tuple, list)):
        several = len(value) > 4
        return "[" + ", ".join(_written(v) for v in value[:4]) + (", ...]" if several else "]")
    return str(value)
