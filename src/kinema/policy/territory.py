"""Territories: countries and their parts by ISO 3166, the European Union, and everywhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_EU = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
EU: Final = frozenset(_EU.split())
EVERYWHERE: Final = "*"


def covers(granted: Iterable[str], wanted: str) -> bool:
    """Whether one of the territories granted is, or holds, the one wanted."""
    country = wanted.partition("-")[0]
    return any(one in (EVERYWHERE, wanted, country) or (one == "EU" and country in EU) for one in granted)
