"""When elections are, as far as law or arithmetic fixes it; a house adds others in its policy.yaml."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class Election:
    """A day of voting."""

    territory: str
    """ISO 3166 (`US`, `DE-BY`) or `EU`; an election of a country is one of all its parts."""
    day: date

    def held_in(self, territory: str) -> bool:
        """Whether it is an election of that territory or of a whole it belongs to."""
        return territory == self.territory or territory.startswith(f"{self.territory}-")


_FIXED = (
    # Art. 34 of the Public Official Election Act: the first Wednesday from the 50th day before the term ends.
    Election("KR", date(2028, 4, 12)),
)


def us_general(year: int) -> Election:
    """The Tuesday after the first Monday of November (2 U.S.C. 7; 3 U.S.C. 1)."""
    first = date(year, 11, 1)
    monday = first + timedelta(days=(7 - first.weekday()) % 7)
    return Election("US", monday + timedelta(days=1))


def near(
    territories: Iterable[str], today: date, days: int, added: Iterable[Election] = ()
) -> frozenset[str]:
    """Those of the territories with an election today or within so many days."""
    even = (year for year in (today.year, today.year + 1) if year % 2 == 0)
    known = [*_FIXED, *added, *map(us_general, even)]
    soon = [one for one in known if 0 <= (one.day - today).days <= days]
    return frozenset(t for t in territories if any(one.held_in(t) for one in soon))
