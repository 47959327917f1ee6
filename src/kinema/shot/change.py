"""Change one value of a shot by its path: `light.sun.kelvin`, `body.ball.mass`, `camera.focal_length`.

A step is a field, the name of a body, light or material, or the number of an item (`camera.moves.0.share`).
`light` and `body` may be written for `lights` and `bodies`. The value is YAML: `3200`, `80 klx`, `[0, 8, 0]`.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from kinema.errors import ShotError
from kinema.shot.files import to_tree, validate_shot
from kinema.shot.refusal import fields_at, near
from kinema.shot.shot import Shot
from kinema.shot.tree import read_tree

_SINGULAR = {"body": "bodies", "light": "lights", "goal": "goals", "material": "materials", "force": "forces"}
_FORMS = "A path is e.g. light.sun.kelvin, body.ball.mass, camera.focal_length, forces.gravity, timing.fps."


def change(shot: Shot, path: str, value: str) -> Shot:
    """The shot with the field at `path` set to `value` (YAML text) and validated. Raises `ShotError`.

    Of two values that exclude each other (`mass` and `density`, `lumen` and `candela`) the new one stays.
    """
    new = read_tree(value, source=path)
    steps = [step for step in path.replace("[", ".").replace("]", "").split(".") if step]
    if not steps:
        raise ShotError("path", "must name a field", got=repr(path), next_step=_FORMS)
    tree = to_tree(shot)
    taken: list[str | int] = []
    place: Any = tree
    part: Any = shot
    for i, step in enumerate(steps):
        key = _key(step, place, part, taken, shot)
        taken.append(key)
        if i == len(steps) - 1:
            _set(place, key, new)
        else:
            place, part = _descend(place, key, part, path)
    return validate_shot(tree, source="shot")


def _key(step: str, place: Any, part: Any, taken: list[str | int], shot: Shot) -> str | int:
    """The step as a key of `place`. Raises `ShotError` with the nearest names."""
    at = ".".join(map(str, taken))
    if isinstance(place, dict):
        if not taken:
            step = _SINGULAR.get(step, step)
        known = fields_at(Shot, to_tree(shot), taken) if isinstance(part, BaseModel) else list(place)
        if step in known:
            return step
        raise ShotError(f"{at}.{step}" if at else step, "must be a field of the shot", got=repr(step),
                        next_step=f"{near(step, known)} {_FORMS}")  # fmt: skip
    names = [item.get("name") for item in place if isinstance(item, dict)]
    if step in names:
        return names.index(step)
    if step.isdigit() and int(step) < len(place):
        return int(step)
    known = [n for n in names if n] or [str(i) for i in range(len(place))]
    raise ShotError(f"{at}.{step}", f"must be one of the {len(place)} {taken[-1]}", got=repr(step),
                    next_step=near(step, known))  # fmt: skip


def _descend(place: Any, key: str | int, part: Any, path: str) -> tuple[Any, Any]:
    """One level down, in the tree and in the shot; a part left at its default is written out first."""
    inner = _field(part, key) if isinstance(part, BaseModel) else part[key]
    if isinstance(inner, BaseModel):
        whole = to_tree(inner)
    elif isinstance(inner, (tuple, dict)):
        whole = {} if isinstance(inner, dict) else [_plain(v) for v in inner]
    else:
        step = f"Set it whole: {key}={{...}}." if inner is None else "Leave out what follows it."
        raise ShotError(path, "must end at a value", got=f"{key} = {inner!r}", next_step=step)
    if isinstance(place, list):
        return place[int(key)], inner
    place.setdefault(key, whole)
    return place[key], inner


def _plain(value: Any) -> Any:
    return to_tree(value) if isinstance(value, BaseModel) else value


def _field(part: BaseModel, key: str | int) -> Any:
    by_alias = {field.alias or name: name for name, field in type(part).model_fields.items()}
    return getattr(part, by_alias[str(key)])


_EITHER = {"mass": "density", "density": "mass", "lumen": "candela", "candela": "lumen"}


def _set(place: Any, key: str | int, value: Any) -> None:
    place[key] = value
    if key in _EITHER and value is not None and place.get(_EITHER[str(key)]) is not None:
        del place[_EITHER[str(key)]]
