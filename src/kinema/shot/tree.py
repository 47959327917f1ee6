"""Outside text to plain data: JSON, or the core schema of YAML 1.2; bounded; no aliases, tags, repeated keys.

PyYAML's C parser gives events; the tree is built from them here, so that nothing is constructed before it has
been counted (an alias bomb or ten thousand brackets never grow), and so that words mean what YAML 1.2 says:
`on` and `off` are words, `1e-5` is a number. JSON goes to its own parser: libyaml, being of YAML 1.1, does not
take all of it.
"""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from kinema.errors import ShotError

MAX_NODES = 1_000_000
MAX_DEPTH = 64
MAX_DIGITS = 40

# YAML 1.2.2, section 10.3.2, the core schema.
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_LONE = re.compile("[\ud800-\udfff]")
_NOT_FINITE = re.compile(r"([-+]?)\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


def read_tree(text: str, *, source: str) -> Any:
    """Text as dicts, lists, strings, numbers, booleans and None. Raises `ShotError` with the line."""
    if text.lstrip()[:1] == "{":
        try:
            return _read_json(text, source)
        except json.JSONDecodeError:
            pass  # a mapping of YAML in braces
    try:
        return _Builder(source).build(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or type(error).__name__
        raise ShotError(
            f"{source}:{mark.line + 1}" if mark else source,
            "must be YAML or JSON text",
            got=problem,
            next_step='Correct that line; `kinema parse "a ball falls"` prints a shot to start from.',
        ) from error
    except UnicodeError as error:
        raise ShotError(
            source, "must be Unicode text", got="a lone surrogate", next_step="Save it as UTF-8."
        ) from error


def _read_json(text: str, source: str) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        tree = dict(pairs)
        if len(tree) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise refuse("must not give a field twice", ascii(twice))
        return tree

    def refuse(rule: str, got: str) -> ShotError:
        return ShotError(source, rule, got=got, next_step="Correct it and run again.")

    if sum(map(text.count, "[{,")) > MAX_NODES:  # before any of them takes memory
        raise refuse(f"must hold at most {MAX_NODES} values", "more")
    try:
        tree = json.loads(text, object_pairs_hook=once)
    except RecursionError as error:
        raise refuse(f"must be nested at most {MAX_DEPTH} deep", "deeper") from error
    except json.JSONDecodeError:
        raise
    except ValueError as error:  # Python's own limit on the digits of an integer
        raise refuse(f"must be a number of at most {MAX_DIGITS} digits", "more digits") from error
    waiting = [(tree, 1)]
    while waiting:
        value, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise refuse(f"must be nested at most {MAX_DEPTH} deep", "deeper")
        if isinstance(value, str) and _LONE.search(value):
            raise refuse("must be Unicode text", "a lone surrogate")
        if isinstance(value, dict):
            waiting += [(v, depth + 1) for pair in value.items() for v in pair]
        elif isinstance(value, list):
            waiting += [(v, depth + 1) for v in value]
    return tree


def word(text: str) -> Any:
    """What an unquoted scalar means in the core schema. Raises ValueError for a number of absurd length."""
    if text in _WORDS:
        return _WORDS[text]
    if text[:1] not in "+-.0123456789":
        return text
    if _INTEGER.fullmatch(text) or _BASED.fullmatch(text):
        if len(text) > MAX_DIGITS:
            raise ValueError(f"must be a number of at most {MAX_DIGITS} digits")
        return int(text, 0) if text[1:2] in ("o", "x") else int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if not_finite := _NOT_FINITE.fullmatch(text):
        return float(f"{not_finite[1] or ''}inf" if not_finite[2] else "nan")
    return text


class _Builder:
    """One pass over the events of one document."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.nodes = 0

    def build(self, text: str) -> Any:
        root: list[Any] = []
        stack: list[_Open] = [_Open(root)]
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            if isinstance(event, yaml.DocumentStartEvent) and root:
                raise self._refuse(event, "must be one document", got="a second one after ---")
            if isinstance(event, yaml.AliasEvent):
                raise self._refuse(
                    event,
                    "must not use YAML aliases",
                    got=f"*{event.anchor}",
                    next_step="Write the value out.",
                )
            if isinstance(event, yaml.CollectionEndEvent):
                stack.pop()
            elif isinstance(event, yaml.NodeEvent):
                self._node(event, stack)
        return root[0] if root else None

    def _node(self, event: Any, stack: list[_Open]) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise self._refuse(event, f"must hold at most {MAX_NODES} values", got="more")
        if event.tag and not (event.tag == "!" and isinstance(event, yaml.ScalarEvent)):
            raise self._refuse(event, "must not use YAML tags", got=event.tag, next_step="Leave the tag out.")
        if isinstance(event, yaml.ScalarEvent):
            self._put(event, stack[-1], self._scalar(event))
            return
        value: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._put(event, stack[-1], value)
        stack.append(_Open(value))
        if len(stack) > MAX_DEPTH:
            raise self._refuse(event, f"must be nested at most {MAX_DEPTH} deep", got="deeper")

    def _scalar(self, event: Any) -> Any:
        if event.style:  # quoted or block text
            return event.value
        try:
            return word(event.value)
        except ValueError as error:
            shown = f"{event.value[:12]}... ({len(event.value)} digits)"
            raise self._refuse(event, str(error), got=shown) from error

    def _put(self, event: Any, place: _Open, value: Any) -> None:
        if isinstance(place.value, list):
            place.value.append(value)
        elif place.key is _NO_KEY:
            # A key is the word as written: `on` and `1` name fields, they are not values.
            key = event.value if isinstance(event, yaml.ScalarEvent) else None
            if key is None:
                raise self._refuse(event, "must have plain words as field names", got="a list or mapping")
            if key in place.value:
                raise self._refuse(event, "must not give a field twice", got=repr(key))
            place.key = key
        else:
            place.value[place.key] = value
            place.key = _NO_KEY

    def _refuse(
        self, event: Any, rule: str, *, got: str, next_step: str = "Correct it and run again."
    ) -> ShotError:
        return ShotError(f"{self.source}:{event.start_mark.line + 1}", rule, got=got, next_step=next_step)


_NO_KEY = object()


class _Open:
    """A collection that is being filled, and the key that waits for its value."""

    __slots__ = ("key", "value")

    def __init__(self, value: Any) -> None:
        self.value = value
        self.key: Any = _NO_KEY
