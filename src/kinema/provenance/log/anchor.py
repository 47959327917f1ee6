"""The external anchor: every signed head, appended to a file that the database cannot reach.

Whoever can write the database can put back an old copy of it, and everything in that copy is consistent. The anchor
remembers that the log was longer. Keep it on another disk, in a repository, or mail its last lines to somebody: it
holds hashes and signatures alone. Not covered: somebody who rolls back the anchor too, and everybody's copies of it.
"""

from __future__ import annotations

import os
from pathlib import Path

from kinema.errors import ProvenanceError
from kinema.provenance.private_file import folder_for

_TAIL = 4096
"""Bytes of the end that hold the newest notes, of some 200 bytes each."""


class Anchor:
    """Signed notes in a text file, each followed by an empty line."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, note: str) -> None:
        """Add a note and wait until the disk has it."""
        folder_for(self.path.parent)
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(handle, f"{note}\n".encode())
            os.fsync(handle)
        finally:
            os.close(handle)

    def notes(self) -> list[str]:
        """All notes, oldest first; none if there is no file. Raises `ProvenanceError` for a file of anything else."""
        if not self.path.exists():
            return []
        blocks = self._blocks(self.path.read_bytes())
        if len(blocks) % 2:
            raise self._broken()
        return _notes(blocks)

    def newest(self) -> list[str]:
        """The last few notes, read from the file's end. Raises likewise."""
        if not self.path.exists():
            return []
        with self.path.open("rb") as file:
            file.seek(max(file.seek(0, os.SEEK_END) - _TAIL, 0))
            start, raw = file.tell(), file.read()
        blocks = self._blocks(raw)
        if len(blocks) % 2 and not start:
            raise self._broken()
        return _notes(blocks[2 - len(blocks) % 2 :] if start else blocks)  # the first may be half a note

    def _blocks(self, raw: bytes) -> list[str]:
        *blocks, end = raw.decode("utf-8", "replace").split("\n\n")  # no note with a � has a valid signature
        if end:
            raise self._broken()
        return blocks

    def _broken(self) -> ProvenanceError:
        return ProvenanceError(
            "anchor",
            "must be signed notes with empty lines between them",
            got=str(self.path),
            next_step="Restore it from a copy; if a line was being written when power failed, cut that line.",
        )


def _notes(blocks: list[str]) -> list[str]:
    return [f"{text}\n\n{signature}\n" for text, signature in zip(blocks[::2], blocks[1::2], strict=True)]
