"""Damage by number: the same number does the same damage to the same file, on every machine.

What breaks parsers: bits turned, lengths made absurd, ends cut off, runs left out or said again, and pieces of one file
put into another. Text is damaged by words as well, since a parser that refuses the first odd byte never gets further.
Archives are damaged inside too, with sums that fit again: or else the checksum is all that is ever tested.
"""

from __future__ import annotations

import io
import random
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable

_LENGTHS = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 2**63 - 1, 2**64 - 1)
_WORD = re.compile(rb"[\w.+-]+|\s+|[^\w\s]")
_WORDS = (
    b"0 -1 1e999 nan .inf -0 99999999999999999999 true null ~ '' \"\" [] {} [ ] { } : , - --- &a *a !!python/name:os "
    b"../../../etc/passwd /etc/passwd file:///etc/passwd http://127.0.0.1:9/ \x00 \x1b[2J \xff\xfe \xed\xa0\x80 %n %s "
    b"\xe2\x80\xae 2026-02-30 1/0 0/0 1e308 [[[[[[[[[[[[ __proto__ ../ .. / \\ \\u0000 \\ud800 0x"
).split(b" ")


def mutated(seed: bytes, number: int, others: list[bytes]) -> bytes:
    """`seed` with damage `number`; splices are cut out of `others`."""
    dice = random.Random(number)
    if dice.random() < 0.6 and (rebuilt := _inside(seed, dice, others)) is not None:
        return rebuilt
    return _damaged(seed, dice, others)


def _damaged(seed: bytes, dice: random.Random, others: list[bytes]) -> bytes:
    text = _is_text(seed)
    for _ in range(dice.choice((1, 1, 2, 4, 16))):
        how = dice.choice(_WORDWISE if text and dice.random() < 0.75 else _BYTEWISE)
        seed = how(seed or b"\0", dice, others)
    return seed


def _is_text(content: bytes) -> bool:
    try:
        return "\0" not in content.decode("utf-8")
    except UnicodeDecodeError:
        return False


# --- bytes ------------------------------------------------------------------------------------------------


def _turn_bit(content: bytes, dice: random.Random, _: list[bytes]) -> bytes:
    at = dice.randrange(len(content))
    return content[:at] + bytes([content[at] ^ 1 << dice.randrange(8)]) + content[at + 1 :]


def _set_byte(content: bytes, dice: random.Random, _: list[bytes]) -> bytes:
    at = dice.randrange(min(len(content), dice.choice((64, 512, 1 << 30))))  # heads are where parsers decide
    return content[:at] + bytes([dice.randrange(256)]) + content[at + 1 :]


def _set_length(content: bytes, dice: random.Random, _: list[bytes]) -> bytes:
    size, order = dice.choice((2, 4, 8)), dice.choice(("big", "little"))
    value = dice.choice(_LENGTHS) % (1 << 8 * size)
    at = dice.randrange(min(len(content), dice.choice((64, 512, 1 << 30))))
    return content[:at] + value.to_bytes(size, order) + content[at + size :]  # type: ignore[arg-type]


def _cut_end(content: bytes, dice: random.Random, _: list[bytes]) -> bytes:
    return content[: dice.randrange(len(content))]


def _leave_out(content: bytes, dice: random.Random, _: list[bytes]) -> bytes:
    at = dice.randrange(len(content))
    return content[:at] + content[at + dice.randrange(1, 64) :]


def _repeat(content: bytes, dice: random.Random, _: list[bytes]) -> bytes:
    at = dice.randrange(len(content))
    run = content[at : at + dice.randrange(1, 256)]
    return content[:at] + run * dice.choice((2, 3, 64)) + content[at + len(run) :]


def _splice(content: bytes, dice: random.Random, others: list[bytes]) -> bytes:
    other = dice.choice(others)
    at, start = dice.randrange(len(content)), dice.randrange(max(1, len(other)))
    piece = other[start : start + dice.randrange(1, 512)]
    return content[:at] + piece + content[at + dice.choice((0, len(piece))) :]


# --- words ------------------------------------------------------------------------------------------------


def _swap_word(content: bytes, dice: random.Random, _: list[bytes]) -> bytes:
    words = _WORD.findall(content) or [b""]
    words[dice.randrange(len(words))] = dice.choice((*_WORDS, dice.choice(words)))
    return b"".join(words)


def _drop_line(content: bytes, dice: random.Random, _: list[bytes]) -> bytes:
    lines = content.splitlines(keepends=True) or [b""]
    del lines[dice.randrange(len(lines))]
    return b"".join(lines)


def _move_line(content: bytes, dice: random.Random, _: list[bytes]) -> bytes:
    lines = content.splitlines(keepends=True) or [b""]
    line = lines[dice.randrange(len(lines))]
    lines.insert(dice.randrange(len(lines)), dice.choice((line, b"  " + line, line.strip())))
    return b"".join(lines)


_Damage = Callable[[bytes, random.Random, list[bytes]], bytes]
_BYTEWISE: tuple[_Damage, ...] = (
    _turn_bit,
    _set_byte,
    _set_byte,
    _set_length,
    _set_length,
    _cut_end,
    _leave_out,
    _repeat,
    _splice,
)
_WORDWISE: tuple[_Damage, ...] = (_swap_word, _swap_word, _swap_word, _drop_line, _move_line)


# --- archives ---------------------------------------------------------------------------------------------


def _inside(content: bytes, dice: random.Random, others: list[bytes]) -> bytes | None:
    """The archive with one member damaged, renamed or left out, and all sums right; None for what is no archive."""
    if content.startswith(b"PK\3\4"):
        return _inside_zip(content, dice, others)
    if content[257:262] == b"ustar":
        return _inside_tar(content, dice, others)
    if content.startswith(b"\x89PNG"):
        return _inside_png(content, dice, others)
    return None


def _inside_zip(content: bytes, dice: random.Random, others: list[bytes]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    packed = zipfile.ZIP_STORED if dice.random() < 0.8 else zipfile.ZIP_DEFLATED
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", packed) as archive:
        for name, member in _shuffled(members, dice, others):
            archive.writestr(zipfile.ZipInfo(name or "0"), member, packed)
    return target.getvalue()


def _inside_tar(content: bytes, dice: random.Random, others: list[bytes]) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        members = [(entry.name, archive.extractfile(entry).read()) for entry in archive]  # type: ignore[union-attr]
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, member in _shuffled(members, dice, others):
            entry = tarfile.TarInfo(name)
            entry.size = len(member)
            archive.addfile(entry, io.BytesIO(member))
    return target.getvalue()


def _inside_png(content: bytes, dice: random.Random, others: list[bytes]) -> bytes:
    chunks, at = [], 8
    while at < len(content):
        size = int.from_bytes(content[at : at + 4], "big")
        kind, chunk = content[at + 4 : at + 8], content[at + 8 : at + 8 + size]
        unpacked = zlib.decompress(chunk) if kind == b"IDAT" and dice.random() < 0.5 else None
        chunks.append((kind, chunk, unpacked))
        at += 12 + size
    number = dice.randrange(len(chunks) - 1)
    kind, chunk, unpacked = chunks[number]
    hurt = (
        _damaged(chunk, dice, others) if unpacked is None else zlib.compress(_damaged(unpacked, dice, others))
    )
    chunks[number] = kind, hurt, None
    summed = (struct.pack(">I", len(part)) + kind + part + struct.pack(">I", zlib.crc32(kind + part))
              for kind, part, _ in chunks)  # fmt: skip
    return content[:8] + b"".join(summed)


def _shuffled(
    members: list[tuple[str, bytes]], dice: random.Random, others: list[bytes]
) -> list[tuple[str, bytes]]:
    at, members = dice.randrange(len(members)), list(members)
    name, member = members[at]
    kind = dice.random()
    if kind < 0.7:
        members[at] = name, _inside(member, dice, others) or _damaged(member, dice, others)
    elif kind < 0.8:
        del members[at]
    elif kind < 0.9:
        members[at] = members[dice.randrange(len(members))][0], member
    else:
        members[at] = (
            dice.choice((f"../../{name}", f"/{name}", name[:-1], f"{name}.npy", "a/b/c.npy")),
            member,
        )
    return members
