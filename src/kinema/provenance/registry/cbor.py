"""As much of CBOR (RFC 8949) as our own assertions are written in: whole numbers, bytes, text, lists and maps."""

from __future__ import annotations

from typing import Any, Final

_DEEPEST: Final = 16
_WIDTHS: Final = {24: 1, 25: 2, 26: 4, 27: 8}
"""Bytes of a number that does not fit into its head."""


def decoded(raw: bytes) -> Any:
    """What these bytes say. Raises `ValueError` for what is none of the above, deeper than 16 or followed by more."""
    value, place = _item(raw, 0, 0)
    if place != len(raw):
        raise ValueError("bytes after the end")
    return value


def _item(raw: bytes, place: int, depth: int) -> tuple[Any, int]:
    if place >= len(raw) or depth > _DEEPEST:
        raise ValueError("cut short, or too deep")
    kind, number, place = raw[place] >> 5, raw[place] & 31, place + 1
    if number >= 24:
        width = _WIDTHS.get(number, 0)
        number, place = int.from_bytes(raw[place : place + width], "big"), place + width
        if not width:
            raise ValueError("a length that is not said")
    if kind == 0:
        return number, place
    if kind in (2, 3):
        content = raw[place : place + number]
        if len(content) < number:
            raise ValueError("cut short")
        return content if kind == 2 else content.decode(), place + number
    if kind not in (4, 5):
        raise ValueError(f"major type {kind}")
    found = []
    for _ in range(number * (kind - 3)):
        value, place = _item(raw, place, depth + 1)
        found.append(value)
    return (found if kind == 4 else dict(zip(found[::2], found[1::2], strict=True))), place
