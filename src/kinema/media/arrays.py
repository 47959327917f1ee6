"""Arrays in zip archives (tapes, `.npz`) that others may have made: measured before they are unpacked.

numpy's own reader makes room for whatever a header says, unpacks a bomb to its end, and fails in a dozen ways.
"""

from __future__ import annotations

import lzma
import math
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np

_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    tokenize.TokenError,
    EOFError,
    KeyError,
    NotImplementedError,
    RecursionError,
    RuntimeError,
    SyntaxError,
)


@contextmanager
def unpacked(source: Path | IO[bytes], *, most: int) -> Iterator[zipfile.ZipFile]:
    """An archive whose members are together at most `most` bytes. Whatever fails inside is a `ValueError`."""
    try:
        with zipfile.ZipFile(source) as archive:
            size = sum(info.file_size for info in archive.infolist())
            if size > most:
                raise ValueError(f"an archive that unpacks to {size} bytes, of which {most} are read")
            yield archive
    except _BROKEN as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


def array_in(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    """A member in numpy's format 1.0, of numbers, exactly as long as its header says. Raises inside `unpacked`."""
    info = archive.getinfo(name)
    with archive.open(info) as member:
        if np.lib.format.read_magic(member) != (1, 0):
            raise ValueError(f"{name} is not of format 1.0")
        shape, by_column, kind = np.lib.format.read_array_header_1_0(member)
        stated = math.prod(shape) * kind.itemsize
        if kind.hasobject or not kind.isnative or min(shape, default=0) < 0:
            raise ValueError(f"{name} holds {kind} of shape {shape}")
        if stated != info.file_size - member.tell():
            raise ValueError(f"{name} is not the {stated} bytes that its header says")
        values = np.frombuffer(bytearray(member.read()), kind)
    return values.reshape(shape, order="F" if by_column else "C")
