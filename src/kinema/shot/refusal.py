"""From what pydantic found to one `ShotError`: the path as the file has it, rule, value and next step."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from kinema.errors import ShotError

_EXAMPLES = {
    "m": "0.5 or '50 cm'",
    "mm": "35 or '1.4 in'",
    "m/s": "8 or '30 km/h'",
    "deg/s": "90 or '15 rpm'",
    "deg": "12 or '0.2 rad'",
    "kg": "1 or '2 lb'",
    "kg/m^3": "2500 or '2.5 g/cm^3'",
    "Pa": "45.0e6 or '45 MPa'",
    "m/s^2": "9.81 or '32 ft/s^2'",
    "N*s": "5 or '5 kg*m/s'",
    "N/m": "1200 or '1.2 N/mm'",
    "K": "3200 or '3200 K'",
    "s": "0.5, '500 ms' or 12/24",
    "Hz": "24, 24000/1001 or '24 fps'",
    "lux": "80000 or '80 klx'",
    "lumen": "800 or '800 lm'",
    "candela": "60 or '60 cd'",
    "cd/m^2": "1000 or '1000 nit'",
}
_POWER = "A light without power lights nothing: give {}, or switch it off with `on: false`."
_STEPS = {  # by the field that is wrong
    "lumen": _POWER.format("lumen above 0 (a household bulb has 800)"),
    "candela": _POWER.format("candela above 0 (a candle has 1)"),
    "lux": _POWER.format("lux above 0 (a clear noon has 100000)"),
    "nits": _POWER.format("cd/m² above 0 (an overcast sky has 2000)"),
    "mass": "Give mass > 0 in kg, or leave it out: density times volume is used.",
    "density": "Give density > 0 in kg/m³, or leave it out: the material's is used.",
    "frames": "Give the length of the clip in frames: seconds times fps, from 1 to 200000.",
}
_RULES = {  # by words of the rule a model states
    "one of lumen and candela": "Give its power, such as `lumen: 800` (a household bulb).",
    "at least one light": "Add a light, such as {name: sun, kind: sun}, or give one of them `on: true`.",
    "mass or density": "Leave one of the two out.",
    "keyframes if": "Give keyframes and `motion: kinematic` together, or neither.",
    "a name of its own": "Rename one of them.",
}


_POINTED = re.compile(r"(must name a body of the shot) at (\S+): there is no '(.*)'")


def as_shot_error(error: ValidationError, tree: Any, *, model: type[BaseModel], source: str) -> ShotError:
    """The finding that matters most, of all that pydantic has about `tree`, read as `model`."""
    findings = error.errors(include_url=False)
    # An unknown field first: a misspelt name is usually the cause of what else is missing.
    first = min(findings, key=lambda f: (f["type"] != "extra_forbidden", f["loc"] == ()))
    steps, value = _walk(tree, first["loc"], first["type"])
    rule = _rule(first)
    next_step = _next_step(first, tree, steps, value, model)
    got = _shown(first)
    if pointed := _POINTED.fullmatch(rule):  # the whole shot speaks about one of its fields
        rule, got = pointed[1], repr(pointed[3])
        steps = [int(s) if s.isdigit() else s for s in pointed[2].split(".")]
    if first["type"] == "missing" and steps and isinstance(last := steps[-1], int):
        steps, rule, got = steps[:-1], f"must have at least {last + 1} items", "fewer"
    more = f" ({len(findings) - 1} more findings.)" if len(findings) > 1 else ""
    return ShotError(path_of(tree, steps) or source, rule, got=got, next_step=next_step + more)


def _shown(finding: Any) -> str:
    if finding["type"] == "missing":
        return "nothing"
    value = finding["ctx"]["tag"] if finding["type"] == "union_tag_invalid" else finding.get("input")
    if isinstance(value, dict):
        return f"fields {', '.join(map(str, value))}" if value and len(value) < 16 else f"{len(value)} fields"
    shown = repr(value)
    return shown if len(shown) <= 120 else shown[:117] + "..."


def path_of(tree: Any, steps: list[str | int]) -> str:
    """Steps into a tree, as people write them: items that have a name by that name, others by number."""
    path = ""
    for step in steps:
        inner = _into(tree, step)
        name = inner.get("name") if isinstance(inner, dict) else None
        if isinstance(step, int) and isinstance(name, str) and name.isidentifier():
            path += f"[{name}]"
        else:
            path += f".{step}" if path else str(step)
        tree = inner
    return path


def near(name: str, known: list[str]) -> str:
    """The names closest to a misspelt one, as a sentence; all of them when none is close and they are few."""
    close = get_close_matches(name, known, n=3, cutoff=0.55)
    if close:
        return f"Did you mean {' or '.join(close)}?"
    return (
        f"Known: {', '.join(known[:24])}{', ...' if len(known) > 24 else ''}." if known else "There is none."
    )


_MISSING = object()


def _into(tree: Any, step: str | int) -> Any:
    if isinstance(tree, dict) and step in tree:
        return tree[step]
    if isinstance(tree, (list, tuple)) and isinstance(step, int) and 0 <= step < len(tree):
        return tree[step]
    return _MISSING


def _walk(tree: Any, loc: tuple[str | int, ...], kind: str) -> tuple[list[str | int], Any]:
    """pydantic's location without the steps that are its own: tags of unions, names of validators."""
    steps: list[str | int] = []
    for i, step in enumerate(loc):
        inner = _into(tree, step)
        last = i == len(loc) - 1
        if inner is not _MISSING:
            steps.append(step)
            tree = inner
        elif last and kind in ("missing", "extra_forbidden"):
            steps.append(step)
            tree = None
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        steps.append("kind")
    return steps, tree


def _rule(finding: Any) -> str:
    known = {
        "extra_forbidden": "is not a field kinema knows",
        "missing": "must be given",
        "union_tag_not_found": "must be given, for there are several kinds",
        "finite_number": "must be a finite number",
        "greater_than": "must be above {gt}",
        "greater_than_equal": "must be at least {ge}",
        "less_than": "must be below {lt}",
        "less_than_equal": "must be at most {le}",
        "union_tag_invalid": "must be one of {expected_tags}",
        "literal_error": "must be {expected}",
        "string_pattern_mismatch": "must be a name: a letter, then letters, digits or _, at most 64",
        "too_long": "must hold at most {max_length} items",
        "too_short": "must hold at least {min_length} items",
        "model_type": "must be a mapping of fields",
        "model_attributes_type": "must be a mapping of fields",
        "tuple_type": "must be a list",
        "dict_type": "must be a mapping",
        "string_type": "must be text",
        "int_type": "must be a whole number",
        "int_parsing": "must be a whole number",
        "int_from_float": "must be a whole number",
        "bool_parsing": "must be true or false",
        "bool_type": "must be true or false",
        "int_parsing_size": "must be a whole number of fewer digits",
    }
    if template := known.get(finding["type"]):
        bounds = {k: f"{v:g}" if isinstance(v, float) else v for k, v in finding.get("ctx", {}).items()}
        return template.format(**bounds)
    return re.sub("^(Value error, |Input should )", "", finding["msg"])


def _next_step(finding: Any, tree: Any, steps: list[str | int], value: Any, model: type[BaseModel]) -> str:
    field = next((s for s in reversed(steps) if isinstance(s, str)), "")
    context = finding.get("ctx", {})
    rule = _rule(finding)
    if finding["type"] == "extra_forbidden":
        return near(str(steps[-1]), fields_at(model, tree, steps[:-1]))
    if finding["type"] in ("union_tag_invalid", "literal_error"):
        words = context.get("expected_tags") or context.get("expected") or ""
        given = context.get("tag", value)
        return near(str(given), re.findall(r"'([^']*)'", words) or [words])
    if "unit" in context:
        return f"Write it as {_EXAMPLES.get(context['unit'], 'a number in ' + context['unit'])}."
    if "body of the shot" in rule and (missing := re.search(r"no '(.*)'", rule)):
        bodies = tree.get("bodies") or []
        return near(missing[1], [b["name"] for b in bodies if isinstance(b, dict) and "name" in b])
    for words, step in _RULES.items():
        if words in rule:
            return step
    if finding["type"] == "missing":
        return f"Add `{field}: ...`; docs/shot.md says what it means and in which unit."
    return _STEPS.get(field, "Correct it and run again; docs/shot.md lists every field with its unit.")


def fields_at(model: type[BaseModel], tree: Any, steps: list[str | int]) -> list[str]:
    """Names of the fields that may stand at a place of the tree."""
    models = [model]
    for step in steps:
        tree = _into(tree, step)
        inner = [
            found
            for one in models
            if isinstance(step, str) and step in one.model_fields
            for found in _models_in(one.model_fields[step].annotation)
        ]
        models = inner or models  # a number or a key of a mapping stays with the same models
        kind = tree.get("kind") if isinstance(tree, dict) else None
        models = [m for m in models if kind is None or _kind(m) in (None, kind)] or models
    return sorted({field.alias or name for one in models for name, field in one.model_fields.items()})


def _kind(model: type[BaseModel]) -> Any:
    return model.model_fields["kind"].default if "kind" in model.model_fields else None


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        return
    for part in get_args(annotation):
        yield from _models_in(part)
