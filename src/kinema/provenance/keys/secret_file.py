"""Private keys on disk: written whole, readable by their owner alone, and refused when they are not."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from kinema.errors import ProvenanceError


class Secret(bytes):
    """Bytes that print as their length: a log, a traceback or a test's diff shows no key."""

    def __repr__(self) -> str:
        return f"Secret({len(self)} bytes)"

    __str__ = __repr__


@contextmanager
def on_disk(path: Path) -> Iterator[None]:
    """What the operating system refuses inside is a `ProvenanceError`, except that something is there already."""
    try:
        yield
    except FileExistsError:
        raise
    except OSError as error:
        raise ProvenanceError(
            str(path),
            "must be there, and its owner able to read and write it",
            got=error.strerror or str(error),
            next_step="Name another folder in KINEMA_KEYS, or make keys: kinema keys init",
        ) from error


def private_folder(path: Path) -> None:
    """Make `path`, for its owner alone; one that is there is refused if others may enter it.

    Raises `ProvenanceError`.
    """
    with on_disk(path):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        _refuse_open(path, path.stat())


def write_secret(path: Path, content: bytes) -> None:
    """A new file of mode 0600, on the disk before this returns. Raises `FileExistsError`, `ProvenanceError`."""
    with on_disk(path):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o600)  # whatever the umask
            file.write(content)
            file.flush()
            os.fsync(descriptor)


def read_secret(path: Path) -> Secret:
    """What `write_secret` wrote. Raises `ProvenanceError` if it is missing, or others may read it.

    The rights are asked of the open file, so that no other one can be put in its place between.
    """
    with on_disk(path), path.open("rb") as file:
        _refuse_open(path, os.fstat(file.fileno()))
        return Secret(file.read())


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """A private folder to fill, which appears as `target` when it is filled, or not at all.

    Raises `FileExistsError` if another process made `target` meanwhile, `ProvenanceError` for a disk that refuses.
    """
    with on_disk(target):
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = Path(mkdtemp(prefix=f".{target.name}.", suffix=".partial", dir=target.parent))  # mode 0700
        try:
            yield partial
            try:
                partial.rename(target)
            except OSError as error:  # ENOTEMPTY or EEXIST, by file system
                raise FileExistsError(target) from error
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def _refuse_open(path: Path, found: os.stat_result) -> None:
    mode = stat.S_IMODE(found.st_mode)
    if mode & 0o077:
        raise ProvenanceError(
            str(path),
            "must be readable by its owner alone",
            got=f"mode {mode:04o}",
            next_step=f"chmod go= {path}; if others could read it, make new keys: kinema keys rotate",
        )
    if found.st_uid not in (os.geteuid(), 0):
        raise ProvenanceError(
            str(path),
            "must belong to the user who signs",
            got=f"a file of user {found.st_uid}",
            next_step="Name a folder of your own in KINEMA_KEYS.",
        )
