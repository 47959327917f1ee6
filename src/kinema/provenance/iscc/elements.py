"""The 380 elements of an MPEG-7 frame signature (ISO/IEC 15938-3:2002/Amd 4:2010), by rule and not by table.

A picture is averaged to 32 x 32 cells. An element is the average of some cells, or the difference of two averages;
elements are ranked within their category alone. The order of categories and of elements is the standard's: a code
made in another order matches nobody's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import combinations, product
from typing import Final, TypeAlias

import numpy as np
from jaxtyping import Bool

SIDE: Final = 32
"""Cells of a picture, each way."""

Cells: TypeAlias = Bool[np.ndarray, "32 32"]
Element: TypeAlias = tuple[Cells, Cells | None]
"""What is averaged, and what is subtracted from that; None: the middle of the range is."""

_CARDINAL: Final = "12-32 21-23 11-33 31-13 21-32 32-23 23-12 12-21 11-31 31-33 33-13 13-11"
_OUTWARD: Final = "22-20 22-42 22-24 22-02 20-24 02-42 10-30 14-34 01-03 41-43 10-01 30-41 43-34 03-14"
_CORNERS: Final = "00-40 40-44 44-04 04-00"


@dataclass(frozen=True)
class Category:
    """Elements that are ranked among themselves."""

    first: Bool[np.ndarray, "element cell"]
    """Cells that are averaged."""
    second: Bool[np.ndarray, "element cell"]
    """Cells whose average is subtracted; none in a category of averages."""

    @property
    def averages(self) -> bool:
        """Averages, whose zero is the middle of the range; otherwise differences."""
        return not self.second.any()


@cache
def categories() -> tuple[Category, ...]:
    """Two of averages and eight of differences: 20, 12, 116, 25, 36, 30, 62, 9, 50 and 20 elements."""
    rules = (
        _quarters_and_sixteenths(),
        _overlapping(),
        _whirls(),
        _crosses(),
        _ninths(),
        _pairs(),
        _frames(),
        _wide_and_tall(),
        _neighbours(),
        _halves(),
    )
    return tuple(_category([*rule]) for rule in rules)


def _category(elements: list[Element]) -> Category:
    none = np.zeros((SIDE, SIDE), bool)
    first = np.stack([one.ravel() for one, _ in elements])
    second = np.stack([(none if other is None else other).ravel() for _, other in elements])
    return Category(first, second)


def _box(x: int, y: int, wide: int, high: int | None = None) -> Cells:
    """A rectangle whose upper left cell is x, y; a square without `high`."""
    cells = np.zeros((SIDE, SIDE), bool)
    cells[y : y + (wide if high is None else high), x : x + wide] = True
    return cells


def _four(x: int, y: int, side: int) -> list[tuple[int, int]]:
    """Upper left cells of the quarters of a square, in reading order."""
    return [(x, y), (x + side // 2, y), (x, y + side // 2), (x + side // 2, y + side // 2)]


def _rows(*places: int) -> Iterator[tuple[int, int]]:
    """A square grid of these coordinates, row by row."""
    return ((x, y) for y, x in product(places, places))


def _half(x: int, y: int, side: int, which: str) -> Element:
    """A square's Left, Top, Right or Bottom half against the other one."""
    half = side // 2
    left, right = _box(x, y, half, side), _box(x + half, y, half, side)
    top, bottom = _box(x, y, side, half), _box(x, y + half, side, half)
    return {"L": (left, right), "R": (right, left), "T": (top, bottom), "B": (bottom, top)}[which]


def _quarters_and_sixteenths() -> Iterator[Element]:
    for quarter in _four(0, 0, 32):
        yield from ((_box(x, y, 8), None) for x, y in _four(*quarter, 16))
    yield from ((_box(x, y, 16), None) for x, y in _four(0, 0, 32))


def _overlapping() -> Iterator[Element]:
    yield from ((_box(x, y, 8), None) for x, y in _rows(2, 12, 22))
    yield from ((_box(at, at, SIDE - 2 * at), None) for at in (9, 6, 3))


def _whirls() -> Iterator[Element]:
    """Quarters of 8 x 8 squares, each halved its own way."""
    tiles = [
        (x, y, ways)
        for corner, ways in zip(_four(0, 0, 32), ("LTBR", "TRLB", "TRLB", "LTBR"), strict=True)
        for x, y in _four(*corner, 16)
    ]
    tiles += [(x, y, "TTBB" if x == y == 12 else "LTBR") for x, y in _rows(2, 12, 22)]
    tiles += [(x, y, "TLLT") for x, y in _rows(7, 17)]
    for x, y, ways in tiles:
        yield from (_half(*cell, 4, way) for cell, way in zip(_four(x, y, 8), ways, strict=True))


def _crosses() -> Iterator[Element]:
    """One diagonal of a square against the other."""
    for x, y in [*_rows(0, 8, 16, 24), *_rows(4, 12, 20)]:
        a, b, c, d = (_box(*cell, 4) for cell in _four(x, y, 8))
        yield a | d, b | c


def _ninths() -> Iterator[Element]:
    yield from combinations([_box(x, y, 10) for x, y in _rows(1, 11, 21)], 2)


def _pairs() -> Iterator[Element]:
    """Squares of 6 x 6, by column and row of five."""
    for pair in f"{_CARDINAL} {_OUTWARD} {_CORNERS}".split():
        one, other = (_box(1 + 6 * int(column), 1 + 6 * int(row), 6) for column, row in pair.split("-"))
        yield one, other


def _frames() -> Iterator[Element]:
    """Squares without their middle, against it."""
    large = [*_rows(1, 11, 21), *_rows(6, 16)]
    large += [(x, y) for y in (1, 6, 11, 16, 21) for x in ((6, 16) if y % 10 == 1 else (1, 11, 21))]
    small = [(x, y) for x, y in _rows(3, 8, 13, 18, 23) if not (x in (3, 23) and y in (3, 23))]
    for places, side, middle in ((large, 10, 4), (list(_rows(2, 7, 12, 17)), 13, 3), (small, 6, 2)):
        for x, y in places:
            hole = _box(x + (side - middle) // 2, y + (side - middle) // 2, middle)
            yield _box(x, y, side) & ~hole, hole


def _wide_and_tall() -> Iterator[Element]:
    yield from ((_box(x, y + 2, 10, 6), _box(x + 2, y, 6, 10)) for x, y in _rows(3, 11, 19))


def _neighbours() -> Iterator[Element]:
    """The squares on both sides of a square, against it; then those above and below."""
    for x, y in _rows(4, 9, 14, 19, 24):
        yield _box(x - 4, y, 4) | _box(x + 4, y, 4), _box(x, y, 4)
        yield _box(x, y - 4, 4) | _box(x, y + 4, 4), _box(x, y, 4)


def _halves() -> Iterator[Element]:
    for corner, ways in zip(_four(0, 0, 32), ("TLLT", "LTTL", "LTTL", "TLLT"), strict=True):
        yield from (_half(*cell, 8, way) for cell, way in zip(_four(*corner, 16), ways, strict=True))
    yield from (_half(*cell, 16, way) for cell, way in zip(_four(0, 0, 32), "LTTL", strict=True))
