"""Write docs/shot.md, the reference of the shot file, from the models themselves. A test holds it up to date.

python docs/make_shot_reference.py
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from kinema.shot.material import library
from kinema.shot.shot import Shot

PAGE = Path(__file__).with_name("shot.md")
_UNITS = {"dimensionless": "", "kg/m^3": "kg/m³", "cd/m^2": "cd/m²", "m/s^2": "m/s²", "J/m^2": "J/m²"}
_PREFACE = """# The shot file

Made from the models by `docs/make_shot_reference.py`; do not edit.

A shot is YAML 1.2 (or JSON) in UTF-8, without aliases and tags. Every field not listed as *needed* may be left out.
A field with a unit takes a plain number in that unit, or text with any unit of the same dimension: `2.5`,
`250 cm`, `8 ft`. Times are exact: `1/24`, `0.5`, `500 ms`. Colours are `[r, g, b]` in linear Rec.709 from 0 to 1, or
`"#c08040"` or a CSS name (sRGB). Rotations are `[x, y, z]` in degrees about the fixed axes, x first, or a quaternion
`[w, x, y, z]`. The world is metres, z up, right-handed; the default camera looks along +y.

One value is changed from the command line by its path: `--set light.sun.kelvin=3200`,
`--set body.ball.mass="2 kg"`, `--set camera.moves.0.share=0.3`.
"""


def page() -> str:
    """The whole page as Markdown."""
    schema = Shot.model_json_schema(by_alias=True, mode="validation")
    parts: dict[str, Any] = {"Shot": schema, **schema["$defs"]}
    order = _in_order("Shot", parts)
    sections = [_section(name, parts[name], parts) for name in order]
    return "\n".join([_PREFACE, *sections, _materials()])


def _in_order(first: str, parts: dict[str, Any]) -> list[str]:
    """Each part after the one that first mentions it."""
    seen: list[str] = []
    waiting = [first]
    while waiting:
        name = waiting.pop(0)
        if name not in seen:
            seen.append(name)
            waiting += _mentioned(parts[name].get("properties", {}))
    return seen


def _mentioned(tree: Any) -> list[str]:
    if isinstance(tree, dict):
        found = [tree["$ref"].rsplit("/", 1)[-1]] if "$ref" in tree else []
        return found + [name for key, value in tree.items() if key != "mapping" for name in _mentioned(value)]
    return [name for value in tree for name in _mentioned(value)] if isinstance(tree, list) else []


def _section(name: str, part: dict[str, Any], parts: dict[str, Any]) -> str:
    kind = part.get("properties", {}).get("kind", {}).get("const")
    title = f"## {name}" + (f" (`kind: {kind}`)" if kind else "")
    lines = [
        title,
        "",
        _prose(part.get("description", "")),
        "",
        "| field | takes | unit | default | meaning |",
    ]
    lines.append("|---|---|---|---|---|")
    for field, schema in part.get("properties", {}).items():
        if field == "kind":
            continue
        needed = field in part.get("required", [])
        default = "*needed*" if needed else _default(schema)
        takes = _takes(schema, parts)
        if "number" in takes and not any(sign in takes for sign in ">≥<≤"):
            takes += _limits(_models()[name], field)
        cells = (f"`{field}`", takes, _unit(schema), default, _prose(schema.get("description", "")))
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join([*lines, ""])


def _prose(text: str) -> str:
    return " ".join(text.split())


def _default(schema: dict[str, Any]) -> str:
    value = schema.get("default")
    if value in (None, [], {}) or isinstance(value, dict):
        return ""
    if isinstance(value, str) and "unit" in schema:
        return f"`{value}`"
    return f"`{json.dumps(value, ensure_ascii=False)}`"


def _unit(schema: Any) -> str:
    """The unit of a field, wherever in its schema it is said."""
    if isinstance(schema, list):
        return next((unit for item in schema if (unit := _unit(item))), "")
    if not isinstance(schema, dict):
        return ""
    if "unit" in schema:
        unit: str = schema["unit"]
        return _UNITS.get(unit, unit)
    inner = [schema.get(key) for key in ("anyOf", "items", "prefixItems")]
    return next((unit for item in inner if (unit := _unit(item))), "")


def _takes(schema: dict[str, Any], parts: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{_anchor(name, parts[name])})"
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "unit" in schema:
        bounds = schema["anyOf"][0] | schema
        return "number" + _bounds(bounds)
    for key in ("oneOf", "anyOf"):
        if key in schema:
            options = [_takes(option, parts) for option in schema[key] if option.get("type") != "null"]
            return " or ".join(dict.fromkeys(options))
    kind = schema.get("type")
    if kind == "array" and "prefixItems" in schema:
        inner = dict.fromkeys(_takes(item, parts) for item in schema["prefixItems"])
        return f"{len(schema['prefixItems'])} × {' and '.join(inner)}"
    if kind == "array":
        return f"list of {_takes(schema.get('items', {}), parts)}"
    if kind == "object":
        inner = schema.get("additionalProperties") or next(
            iter(schema.get("patternProperties", {}).values()), {}
        )
        return f"mapping of names to {_takes(inner, parts)}" if isinstance(inner, dict) else "mapping"
    words = {"integer": "whole number", "number": "number", "string": "text", "boolean": "true or false"}
    if "pattern" in schema:
        return "name"
    return words.get(str(kind), str(kind)) + _bounds(schema)


def _bounds(schema: dict[str, Any]) -> str:
    signs = {"exclusiveMinimum": ">", "minimum": "≥", "exclusiveMaximum": "<", "maximum": "≤"}
    return "".join(f" {sign} {schema[key]:g}" for key, sign in signs.items() if key in schema)


def _limits(model: type[BaseModel], field: str) -> str:
    """Bounds that stand beside a quantity, which its JSON schema does not show."""
    names = {info.alias or name: name for name, info in model.model_fields.items()}
    info = model.model_fields[names[field]]
    waiting: list[Any] = [*info.metadata, info.annotation]
    signs = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}
    found: dict[str, float] = {}
    while waiting:
        item = waiting.pop()
        found |= {key: value for key in signs if isinstance(value := getattr(item, key, None), (int, float))}
        waiting += [*get_args(item), *getattr(item, "metadata", ())]
    return "".join(f" {sign} {found[key]:g}" for key, sign in signs.items() if key in found)


@lru_cache(maxsize=1)
def _models() -> dict[str, type[BaseModel]]:
    """The models a shot is made of, by name."""
    found: dict[str, type[BaseModel]] = {}
    waiting: list[Any] = [Shot]
    while waiting:
        item = waiting.pop()
        if isinstance(item, type) and issubclass(item, BaseModel):
            if item.__name__ not in found:
                found[item.__name__] = item
                waiting += [info.annotation for info in item.model_fields.values()]
        else:
            waiting += get_args(item)
    return found


def _anchor(name: str, part: dict[str, Any]) -> str:
    kind = part.get("properties", {}).get("kind", {}).get("const")
    return f"{name}-kind-{kind}".lower() if kind else name.lower()


def _materials() -> str:
    lines = [
        "## The materials library",
        "",
        f"{len(library())} materials; every number's source stands in `src/kinema/shot/materials.yaml`. Of two bodies",
        "friction is the geometric mean, restitution the lower one.",
        "",
        "| name | density kg/m³ | friction | restitution | Young's modulus GPa | strength MPa | fracture energy J/m² |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, m in library().items():
        numbers = (
            m.density,
            m.friction,
            m.restitution,
            m.youngs_modulus / 1e9,
            m.strength / 1e6,
            m.fracture_energy,
        )
        lines.append(f"| `{name}` | " + " | ".join(f"{n:g}" for n in numbers) + " |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    print(PAGE)
