"""Files that show what was taken down: asked before a seal vouches for anything made of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from kinema.errors import MediaError, PolicyError
from kinema.provenance.fingerprint.fingerprint import asked
from kinema.provenance.keys import Keyring
from kinema.provenance.manifest.inspection import inspect
from kinema.provenance.registry import Registry
from kinema.provenance.registry.entry import id_text
from kinema.provenance.trace.verdict import statement


def refuse_withheld(
    paths: Iterable[Path], marks: Mapping[Path, Mapping[str, Any]], keyring: Keyring, registry: Registry
) -> None:
    """Raise `PolicyError` for a file that shows a clip which was taken down, by its manifest, its mark or what it looks
    like; `marks` are those that `trace.mark.marks_in` found."""
    for path in dict.fromkeys(paths):
        said = statement(inspect(path, keyring))
        named = {
            int(id_, 16) for id_ in (said.id if said else "", str(marks.get(path, {}).get("id", ""))) if id_
        }
        down = {id_ for id_ in named if registry.taken_down(id_)}
        with suppress(MediaError):  # sound and meshes look like nothing
            down |= {match.id for match in registry.known_copies(asked(path))}
        if down:
            raise PolicyError(
                path.name,
                "must show nothing that was taken down",
                got=", ".join(map(id_text, sorted(down))),
                next_step="Leave it out, or answer the notice: kinema registry answer.",
            )
