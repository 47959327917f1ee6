"""What commands share: options, how they are checked, and JSON on stdout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from kinema.errors import UsageError

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
Territories = Annotated[
    list[str] | None,
    typer.Option("--territory", help="Where: DE, US-TX, EU, or * for everywhere. Repeatable."),
]


def territories(given: list[str] | None) -> tuple[str, ...]:
    """As a request has them: () for everywhere."""
    return () if not given or "*" in given else tuple(given)


def files_there(paths: list[Path]) -> tuple[Path, ...]:
    """The paths. Raises `UsageError` for one that is no file."""
    for path in paths:
        if not path.is_file():
            raise UsageError(str(path), "must be a file", got="nothing there", next_step="Check the path.")
    return tuple(paths)


def one_of(option: str, value: str, known: tuple[str, ...]) -> Any:
    """The value. Raises `UsageError` if it is not known."""
    if value not in known:
        raise UsageError(
            option, f"must be one of {', '.join(known)}", got=repr(value), next_step="Choose one of them."
        )
    return value


def print_json(value: Any) -> None:
    """One object on stdout."""
    print(json.dumps(value, indent=2, default=str))
