"""`kinema seal`: sign a clip that was edited, or drawn elsewhere, as a child of what it was made from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, get_args

import typer

from kinema.cli_options import Json, files_there, one_of, print_json


def seal(
    clip: Annotated[Path, typer.Argument(help="The clip to sign.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The signed clip.")],
    parent: Annotated[
        Path | None,
        typer.Option(help="The clip that this one is an edit of; without: it is sealed as found."),
    ] = None,
    component: Annotated[
        list[Path] | None, typer.Option(help="A file that is seen or heard in the clip. Repeatable.")
    ] = None,
    shot: Annotated[Path | None, typer.Option(help="The shot file that the clip was drawn from.")] = None,
    editor: Annotated[str, typer.Option(help="Who changed the parent: human, algorithm or model.")] = "human",
    as_json: Json = False,
) -> None:
    """Sign an edited or foreign clip as a child of its inputs. Keeps their manifests, names our marks. Do it last.

    Refuses what shows a clip that was taken down."""
    from kinema.policy.withheld import refuse_withheld
    from kinema.provenance.keys import open_keyring
    from kinema.provenance.manifest.definition import Editor
    from kinema.provenance.manifest.inspection import inspect
    from kinema.provenance.manifest.seal import seal_child
    from kinema.provenance.registry import open_registry
    from kinema.provenance.trace.mark import marks_in

    by = one_of("--editor", editor, get_args(Editor))
    keyring = open_keyring().keyring
    given = files_there([clip, *filter(None, [parent]), *(component or ())])
    marks = marks_in(given, keyring)
    with open_registry() as registry:
        refuse_withheld(given, marks, keyring, registry)
    sealed = seal_child(
        clip, output, keyring, parent=parent, components=component or (), shot=shot, marks=marks, editor=by
    )
    found = inspect(sealed.clip, keyring)
    assert found.manifest is not None  # it was read back
    inputs = [vars(one) for one in found.manifest.ingredients]
    if as_json:
        print_json(
            {
                "clip": str(sealed.clip),
                "manifest": sealed.manifest_id,
                "sidecar": str(sealed.sidecar) if sealed.sidecar else None,
                "says": found.words,
                "inputs": inputs,
                "watermarks": {str(path): mark for path, mark in marks.items()},
            }
        )
        return
    print(f"sealed    {sealed.clip}" + (f", with {sealed.sidecar}" if sealed.sidecar else ""))
    print(f"manifest  {sealed.manifest_id}")
    print(f"says      {found.words}")
    for one in found.manifest.ingredients:
        own = f"its own manifest is {one.state}" if one.manifest_id else "it has no manifest"
        print(f"made from {one.title} ({one.relationship}; {own})")
    for path, mark in marks.items():
        print(f"marked    {path} carries our id {mark['id']} (log10 p = {mark['log10_p']})")
