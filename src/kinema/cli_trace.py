"""`kinema trace` and `kinema reproduce`: where a clip comes from, and whether it can be made again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kinema.cli_options import Json

if TYPE_CHECKING:
    from kinema.provenance.trace import Trace
    from kinema.reproduce import Reproduction


def trace(
    file: Annotated[Path, typer.Argument(help="A clip or picture, wherever it was found.")],
    html: Annotated[Path | None, typer.Option(help="Write the result as a page, too.")] = None,
    as_json: Json = False,
) -> None:
    """Say where a clip comes from, stripped and edited ones too. Exit code 3: nothing found, or not as signed."""
    from kinema.folder import write_atomically
    from kinema.provenance.keys import open_keyring
    from kinema.provenance.registry import open_registry
    from kinema.provenance.trace import trace as traced

    with open_registry() as registry:
        found = traced(file, open_keyring().keyring, registry)
    if html is not None:
        from kinema.provenance.trace.page import stills_of, trace_page

        write_atomically(html, trace_page(found, stills_of(file)))
    if as_json:
        print(json.dumps(found.as_dict(), indent=2))
    else:
        _tell(found)
    raise typer.Exit(0 if found.verdict.origin_found else 3)


def reproduce(
    source: Annotated[Path, typer.Argument(help="A take, or a clip whose shot is named with --shot.")],
    shot: Annotated[
        Path | None, typer.Option(help="The shot file of the clip: the one that its manifest names by hash.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a clip again from its shot and seeds, and compare. Exit code 3: the tape or the pictures differ."""
    from kinema.progress import for_this_terminal
    from kinema.reproduce import reproduce as made_again

    found = made_again(source, shot=shot, progress=for_this_terminal())
    if as_json:
        print(json.dumps(found.as_dict(), indent=2))
    else:
        _say(found)
    raise typer.Exit(0 if found.equal else 3)


def _tell(found: Trace) -> None:
    """The verdict, and each layer's line below it."""
    from kinema.provenance.trace.lines import lines_of

    print(f"{found.verdict.value}: {found.words}")
    if found.id:
        print(f"\nclip         {found.id}")
    for layer, words in lines_of(found.evidence):
        print(f"{layer:12} {words}")


def _say(found: Reproduction) -> None:
    print(found.words)
    for name, words in found.lines:
        print(f"{name:12} {words}")
