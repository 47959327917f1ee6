"""What nobody else on the machine may read: made whole, for its owner alone; keys are refused where others may."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from errno import ENOTDIR
from pathlib import Path
from tempfile import mkdtemp
from typing import BinaryIO, Final

from kinema.errors import ProvenanceError

_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL


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
            next_step="Look at the rights and the room there, or name another place: KINEMA_KEYS for keys (made by"
            " kinema keys init), KINEMA_REGISTRY for the registry.",
        ) from error


def folder_for(path: Path) -> Path:
    """This folder; made with its parents, for its owner alone (0700), where there is none. Raises `ProvenanceError`."""
    with on_disk(path):
        for folder in (*reversed(path.parents), path):
            if folder.exists() and not folder.is_dir():
                raise NotADirectoryError(ENOTDIR, os.strerror(ENOTDIR))
            if not folder.is_dir():
                folder.mkdir(mode=0o700, exist_ok=True)  # of `parents=True` only the last would be private
    return path


def secret_folder(path: Path) -> None:
    """Likewise for keys: one that is there is refused if others may enter it. Raises `ProvenanceError`."""
    folder_for(path)
    with on_disk(path):
        _refuse_open(path, path.stat())


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A file of 0600 to write, that mode set before the first byte; on the disk when this is left.

    Raises `FileExistsError`, `ProvenanceError`.
    """
    with on_disk(path), os.fdopen(os.open(path, _NEW, 0o600), "wb") as file:
        os.fchmod(file.fileno(), 0o600)  # whatever the umask
        yield file
        file.flush()
        os.fsync(file.fileno())


def write_secret(path: Path, content: bytes) -> None:
    """A new private file, at once. Raises `FileExistsError`, `ProvenanceError`."""
    with new_file(path) as file:
        file.write(content)


def read_secret(path: Path) -> Secret:
    """What `write_secret` wrote. Raises `ProvenanceError` if it is missing, or others may read it.

    The rights are asked of the open file, so that no other one can be put in its place between.
    """
    with on_disk(path), path.open("rb") as file:
        _refuse_open(path, os.fstat(file.fileno()))
        return Secret(file.read())


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One at a time in this folder: others wait. The kernel ends it with the process, however that ends."""
    import fcntl

    with on_disk(folder), (folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """A private folder to fill, which appears as `target` when it is filled, or not at all.

    Raises `FileExistsError` if another process made `target` meanwhile, `ProvenanceError` for a disk that refuses.
    """
    with on_disk(target):
        folder_for(target.parent)
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
