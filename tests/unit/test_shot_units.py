"""Quantities: exact, of the right dimension, and deaf to hostile text."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from kinema.shot.units import to_linear_rgb, to_rational, to_unit


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("250 cm", "m", 2.5),
        ("6 ft", "m", 1.8288),
        ("5 inches", "m", 0.127),
        ("8 km/h", "m/s", 8 / 3.6),
        ("30 mph", "m/s", 13.4112),
        ("2 lb", "kg", 0.90718474),
        ("2.5 g/cm³", "kg/m^3", 2500),
        ("45 MPa", "Pa", 45e6),
        ("90°", "deg", 90),
        ("0.5 turn", "deg", 180),
        ("15 rpm", "deg/s", 90),
        ("80 klx", "lux", 80_000),
        ("500 nit", "cd/m^2", 500),
        ("3200K", "K", 3200),
        ("50 %", "dimensionless", 0.5),
        ("-2 stops", "dimensionless", -2),
        ("3 kg m s^-1", "N*s", 3),
        ("24 fps", "Hz", 24),
        ("1.5e3", "m", 1500),
    ],
)
def test_reads_units(text: str, unit: str, value: float) -> None:
    # Conversion factors are products of a few doubles: a few units in the last place.
    assert to_unit(text, unit) == pytest.approx(value, rel=1e-14)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("5 kg", "m"),
        ("800 lm", "candela"),
        ("60 cd", "lumen"),
        ("100 nit", "lux"),
        ("1 Hz", "deg/s"),
        ("15 rpm", "Hz"),
        ("1 rad", "m"),
        ("3 m^2", "m"),
    ],
)
def test_refuses_what_measures_something_else(text: str, unit: str) -> None:
    with pytest.raises(PydanticCustomError, match="same dimension"):
        to_unit(text, unit)


HOSTILE = [
    "1 m; import os",
    "__import__('os').getcwd()",
    "2**9**9**9",
    "2 m**9**9",
    "1 m^99999",
    "1 (m)",
    "1 m.__class__",
    "1 m" * 30,
    "9" * 5000,
    "1 m m m m m m m m",
    "m",
    "",
    "1 \x00",
    "1 µ",
    "१ m",
    "1 km/",
    "1 @import x",
    "20 °C",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_refused(text: str) -> None:
    with pytest.raises(PydanticCustomError):
        to_unit(text, "m")


@pytest.mark.parametrize("value", [True, None, [], {}, 10**400])
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(PydanticCustomError):
        to_unit(value, "m")


@pytest.mark.parametrize(
    ("value", "exact"),
    [
        (0.1, Fraction(1, 10)),
        ("24000/1001", Fraction(24000, 1001)),
        ("1/60 s", Fraction(1, 60)),
        ("500 ms", Fraction(1, 2)),
        ("1.5 min", Fraction(90)),
        (3, Fraction(3)),
    ],
)
def test_time_is_exact(value: object, exact: Fraction) -> None:
    assert to_rational(value) == exact


@pytest.mark.parametrize(
    "value", ["1e-999999999", "0e999999999", "1e400", "1/0", float("nan"), "24 fps", "x", 10**80]
)
def test_time_of_absurd_length_is_refused(value: object) -> None:
    with pytest.raises(PydanticCustomError):
        to_rational(value)


@given(st.text(max_size=80))
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_number_or_refused(text: str) -> None:
    for read in (lambda: to_unit(text, "m"), lambda: to_rational(text)):
        try:
            read()
        except PydanticCustomError:
            continue


@given(st.fractions(max_denominator=10**9).filter(lambda f: abs(f) < 10**9))
@settings(max_examples=100, deadline=None)
def test_a_fraction_survives_being_written(exact: Fraction) -> None:
    assert to_rational(str(exact)) == exact


def test_colour_is_decoded() -> None:
    assert to_linear_rgb("#ffffff") == (1, 1, 1)
    # Mid grey of sRGB: IEC 61966-2-1.
    assert to_linear_rgb("#808080") == pytest.approx((0.215861,) * 3, abs=1e-6)
    assert to_linear_rgb([0.2, 0.3, 0.4]) == [0.2, 0.3, 0.4]
