"""Numbers and quantities in words: "twelve", "half a metre", "1.5 kg", "35 mm", "1 x 2 m", "f/2.8"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from kinema.errors import ShotError
from kinema.shot.prompt.tables import forms_of, table
from kinema.shot.prompt.words import Word
from kinema.shot.units import to_unit

LARGEST = 1e9
"""A number above this in a prompt is a slip, not a wish."""


@dataclass(frozen=True)
class Quantity:
    """One or more numbers (2 for "1 x 2 m") of one dimension; None = a bare number."""

    values: tuple[float, ...]
    dimension: str | None

    @property
    def value(self) -> float:
        """The first number, in the unit `units.yaml` stores the dimension in."""
        return self.values[0]


@lru_cache(maxsize=1)
def _unit_forms() -> dict[tuple[str, ...], tuple[str, str, str]]:
    """Words of a unit -> (dimension, the unit as pint spells it, the unit it is stored in)."""
    return {
        form: (dimension, unit, units["in"])
        for dimension, units in table("units").items()
        for unit, words in units.items()
        if unit != "in"
        for word in words
        for form in forms_of(word)
    }


def read_quantity(words: Sequence[Word], at: int) -> tuple[Quantity, int] | None:
    """The longest quantity that starts at word `at`, and the index after it. Raises `ShotError` if absurd."""
    if words[at].kind == "fstop":
        return Quantity((float(words[at].text.lstrip("f/ \t\n")),), "fstop"), at + 1
    number = _read_number(words, at)
    if number is None:
        return None
    value, after = number
    values, units = [value], [(unit := _read_unit(words, after))]
    after = unit[1] if unit else after
    while len(values) < 3 and (more := _read_factor(words, after)):
        value, unit, after = more
        values.append(value)
        units.append(unit)
    known = [unit for unit in units if unit]
    if any(abs(v) > LARGEST for v in values):
        raise ShotError(
            f"“{' '.join(w.text for w in words[at:after])}”",
            "must be a number below 1e9",
            got=max(values),
            next_step="Correct the number.",
        )
    if not known:
        return Quantity(tuple(values), None), after
    # "1 x 2 m": a number without a unit has that of the next one that has
    dimension = known[0][0][0]
    filled = [unit or next((u for u in units[i:] if u), known[-1]) for i, unit in enumerate(units)]
    return Quantity(tuple(_in_base(v, u[0]) for v, u in zip(values, filled, strict=True)), dimension), after


def _in_base(value: float, unit: tuple[str, str, str]) -> float:
    _, spelled, base = unit
    return value if spelled == base else round(value * to_unit(f"1 {spelled}", base), 12)


def _read_factor(
    words: Sequence[Word], at: int
) -> tuple[float, tuple[tuple[str, str, str], int] | None, int] | None:
    """ "x 2 m", "by 3": one more measure."""
    if at + 1 >= len(words) or words[at].text not in ("x", "×", "by"):
        return None
    number = _read_number(words, at + 1)
    if number is None:
        return None
    value, after = number
    unit = _read_unit(words, after)
    if unit and unit[0][0] != "length":
        return None
    return value, unit, unit[1] if unit else after


def _read_unit(words: Sequence[Word], at: int) -> tuple[tuple[str, str, str], int] | None:
    forms = _unit_forms()
    for length in range(min(4, len(words) - at), 0, -1):
        form = tuple(word.text for word in words[at : at + length])
        if form in forms and not _is_other(words, at, form):
            return forms[form], at + length
    return None


def _is_other(words: Sequence[Word], at: int, form: tuple[str, ...]) -> bool:
    """Words that are units only sometimes: "5 in a row" is no inch, "2 x 3" no factor."""
    following = words[at + 1].text if at + 1 < len(words) else ""
    if form == ("in",):
        glued = words[at].start == words[at - 1].end
        return not glued and following in ("a", "an", "the", "front", "slow", "zero", "")
    return form in (("x",), ("×",)) and at + 1 < len(words) and words[at + 1].kind == "number"


def _read_number(words: Sequence[Word], at: int) -> tuple[float, int] | None:
    text = [word.text for word in words[at : at + 8]]
    if not text:
        return None
    if words[at].kind == "number":
        value = float(text[0].replace(",", "").replace("−", "-"))
        if text[1:2] == ["/"] and len(text) > 2 and words[at + 2].kind == "number" and float(text[2]) != 0:
            return value / float(text[2]), at + 3
        return value, at + 1
    return _number_word(words, at, text)


def _number_word(words: Sequence[Word], at: int, text: list[str]) -> tuple[float, int] | None:
    names = table("numbers")
    skip = 1 if text[0] in ("a", "an") and len(text) > 1 else 0
    first = text[skip]
    if first in names["fractions"] and text[skip + 1 : skip + 2] != []:
        after = skip + 1 + (text[skip + 1] == "of")
        after += after < len(text) and text[after] in ("a", "an")
        return (names["fractions"][first], at + after) if _read_unit(words, at + after) else None
    if first in names["sets"]:
        return float(names["sets"][first]), at + skip + 1 + (text[skip + 1 : skip + 2] == ["of"])
    if first in names["scales"]:
        return float(names["scales"][first]), at + skip + 1
    if skip:
        return _one(words, at, text)
    return _counting(names, text, at)


def _one(words: Sequence[Word], at: int, text: list[str]) -> tuple[float, int] | None:
    """ "a metre" is one metre; "a m", "a second ball" are not."""
    unit = _read_unit(words, at + 1)
    if unit is None or len(text[1]) < 3 or unit[0][0] in ("factor", "stop", "frames"):
        return None
    after = words[unit[1]] if unit[1] < len(words) else None
    ends = (
        after is None or after.kind != "word" or after.text in ("later", "into", "in", "and", "above", "up")
    )
    return (1.0, at + 1) if ends or text[1] != "second" else None


def _counting(names: dict, text: list[str], at: int) -> tuple[float, int] | None:
    """ "twelve", "twenty-five", "two hundred", "one and a half"."""
    if text[0] in names["tens"]:
        value, used = float(names["tens"][text[0]]), 1
        if text[1:2] and names["units"].get(text[1], 0) > 0:
            value, used = value + names["units"][text[1]], 2
    elif text[0] in names["units"]:
        value, used = float(names["units"][text[0]]), 1
    else:
        return None
    while used < len(text) and text[used] in names["scales"]:
        value, used = value * names["scales"][text[used]], used + 1
    if text[used : used + 3] == ["and", "a", "half"]:
        value, used = value + 0.5, used + 3
    return value, at + used
