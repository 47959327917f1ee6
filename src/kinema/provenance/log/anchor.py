"""The external anchor: every signed head, appended to a file that the database cannot reach.

Whoever can write the database can put back an old copy of it, and everything in that copy is consistent. The anchor
remembers that the log was longer. Keep it on another disk, in a repository, or mail its last lines to somebody: it
holds hashes and signatures alone. Not covered: somebody who rolls back the anchor too, and everybody's copies of it.
"""

from __future__ import annotations

import os
from pathlib import Path

from kinema.errors import ProvenanceError
from kinema.provenance.private_file import private_folder


class Anchor:
    """Signed notes in a text file, each followed by an empty line."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, note: str) -> None:
        """Add a note and wait until the disk has it."""
        private_folder(self.path.parent)
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
        try:
            blocks = self.path.read_text("utf-8").split("\n\n")
        except UnicodeDecodeError:
            blocks = ["not text"]
        if blocks.pop() or len(blocks) % 2:
            raise ProvenanceError(
                "anchor",
                "must be signed notes with empty lines between them",
                got=str(self.path),
                next_step="Restore it from a copy; if a line was being written when power failed, cut that line.",
            )
        return [f"{text}\n\n{signature}\n" for text, signature in zip(blocks[::2], blocks[1::2], strict=True)]
