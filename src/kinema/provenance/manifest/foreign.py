"""JSON that a stranger wrote, taken as what it should be: what is of another type is as good as not there."""

from __future__ import annotations

from typing import Any, Final

LONGEST: Final = 200
"""Characters of a stranger's text that are shown."""


def table(value: Any) -> dict[str, Any]:
    """An object, or an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """A list, or an empty one."""
    return value if isinstance(value, list) else []


def text(value: Any) -> str:
    """One short line, which steers no terminal and no page; empty for what is no text."""
    return "".join(filter(str.isprintable, value))[:LONGEST] if isinstance(value, str) else ""
