"""Files and folders that nobody else on the machine may read."""

from __future__ import annotations

import os
from pathlib import Path

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL


def private_folder(path: Path) -> Path:
    """This folder; made, with its parents, readable by its owner alone (0700) where it is not there."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def private_file(path: Path, content: bytes = b"") -> Path:
    """A new file of 0600 that holds `content`, mode set before the first byte. Raises `FileExistsError`."""
    with os.fdopen(os.open(path, _NEW, 0o600), "wb") as file:
        file.write(content)
    return path
