"""ISCC-UNITs and the ISCC-SEQ, which is some of them in a row: what `io.iscc.v0` calls a value (IEP-0020, draft).

A unit is its header, four numbers of one or more nibbles each (ISO 24138:2024; IEP-0001), and its body.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from kinema.errors import ProvenanceError

ALG: Final = "io.iscc.v0"
"""Name in C2PA's list of soft bindings, entry 3."""
Kind: TypeAlias = Literal["video", "instance"]
_HEADERS: Final[dict[bytes, Kind]] = {b"\x23\x07": "video", b"\x40\x07": "instance"}
"""Content-Code Video and Instance-Code, version 0, of 256 bits: shorter ones may not be matched (IEP-0020)."""
_LAST_MAIN_TYPE: Final = 4
_LONGEST: Final = 7
_HEADER: Final = 8
"""Bytes that four numbers of four nibbles take."""
# Of a number's first nibble: how many follow, the bits of it that count, and what is added (ISO 24138:2024).
_NIBBLES: Final = {**dict.fromkeys(range(8), (0, 7, 0)), **dict.fromkeys(range(8, 12), (1, 3, 8)),
                   12: (2, 1, 72), 13: (2, 1, 72), 14: (3, 0, 584)}  # fmt: skip


@dataclass(frozen=True)
class Unit:
    """One code of one algorithm."""

    header: bytes
    body: bytes

    @property
    def kind(self) -> Kind | None:
        """None: a code that is not matched here, or one too short to be matched by anybody."""
        return _HEADERS.get(self.header)

    @property
    def raw(self) -> bytes:
        """Header and body."""
        return self.header + self.body


def units_of(sequence: bytes) -> list[Unit]:
    """The units of an ISCC-SEQ, those of unknown algorithms too. Raises `ProvenanceError` for other bytes."""
    found, place = [], 0
    while place < len(sequence) or not found:
        begin, length = _header(sequence, place)
        found.append(Unit(sequence[place:begin], sequence[begin : begin + length]))
        if len(found[-1].body) < length:
            raise _malformed(sequence, "a body that is cut short")
        place = begin + length
    return found


def _header(sequence: bytes, place: int) -> tuple[int, int]:
    """Where the body begins, and its length in bytes."""
    nibbles = [half for byte in sequence[place : place + _HEADER] for half in (byte >> 4, byte & 15)]
    numbers, read = [], 0
    for _ in range(4):
        follow, counts, added = _NIBBLES.get(nibbles[read] if read < len(nibbles) else 15, (0, 0, 0))
        number = nibbles[read : read + 1 + follow]
        if len(number) != 1 + follow or number[0] == 15:
            raise _malformed(sequence, "a header that is cut short or is none")
        number[0] &= counts
        numbers.append(added + int("".join(f"{half:x}" for half in number), 16))
        read += 1 + follow
    main, _, _, length = numbers
    if main > _LAST_MAIN_TYPE or length > _LONGEST or (read % 2 and nibbles[read]):
        raise _malformed(sequence, f"main type {main}, length {length}")
    return place + (read + 1) // 2, 4 * (length + 1)


def _malformed(sequence: bytes, got: str) -> ProvenanceError:
    return ProvenanceError(
        "ISCC",
        "must be an ISCC-SEQ of META, SEMANTIC, CONTENT, DATA or INSTANCE units (IEP-0020)",
        got=f"{got}, in {len(sequence)} bytes",
        next_step="Send header and body of each unit, one after the other.",
    )
