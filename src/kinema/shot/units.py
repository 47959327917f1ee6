"""Numbers with units, rational time and colour, as fields of a shot.

A field states its canonical unit. It takes a plain number in that unit (`2.5`) or text with any unit of the
same dimension (`"250 cm"`, `"8 km/h"`, `"2 lb"`), parsed by pint. What is stored is always the number in the
canonical unit. In a shot, which people read and write, angles are degrees; everything computed from it
(`physics.World` onwards) is in radians.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, partial
from importlib.resources import files
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_RATIO = re.compile(r"([+-]?[0-9]+)\s*/\s*([0-9]+)")
# Units of at most five factors. pint evaluates arithmetic, so only names and small whole powers reach it.
_NAME = r"[A-Za-zµμ°%Ω][A-Za-z_µμ]*[0-9]?"
_FACTOR = rf"{_NAME}((\^|\*\*)-?[1-9]|[²³])?"
_UNIT = re.compile(rf"{_FACTOR}(\s*[ */·]\s*{_FACTOR}){{0,4}}")
_MAX_TEXT = 64


@lru_cache(maxsize=1)
def registry() -> Any:
    """pint's registry of the units in `units.txt`. Built once, on first text.

    Not pint's own list: SI counts the radian as the number one, so that there lumen and candela, lux and nit,
    Hz and rad/s pass for one another. As quantities of a shot they do not.
    """
    import pint

    return pint.UnitRegistry(str(files("kinema.shot").joinpath("units.txt")), cache_folder=None)


def to_unit(value: object, unit: str) -> float:
    """`value` as a float in `unit`. Text is parsed; a wrong dimension is refused, never reinterpreted."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError as error:
            raise PydanticCustomError("quantity", "must be below 1e308", {}) from error
    if not isinstance(value, str):
        raise PydanticCustomError(
            "quantity", "must be a number in {unit}, or text with a unit", {"unit": unit}
        )
    text = value.strip()
    if len(text) > _MAX_TEXT:
        raise PydanticCustomError("quantity", "must be at most 64 characters of number and unit", {})
    number = _NUMBER.match(text)
    if number is None:
        raise PydanticCustomError(
            "unit", "must be a number with a known unit, such as '1 {unit}'", {"unit": unit}
        )
    name = text[number.end() :].strip()
    return float(number[0]) if not name else float(number[0]) * _factor(name, unit)


@lru_cache(maxsize=4096)
def _factor(name: str, unit: str) -> float:
    """How many `unit` the unit of that name is."""
    import pint

    unknown = PydanticCustomError(
        "unit", "must be a number with a known unit, such as '1 {unit}'", {"unit": unit}
    )
    if not _UNIT.fullmatch(name):
        raise unknown
    plain = name.replace("°", "degree").replace("²", "^2").replace("³", "^3").replace("·", "*")
    try:
        return float(registry().Quantity(1.0, registry().parse_units(plain)).to(unit).magnitude)
    except pint.DimensionalityError as error:
        raise PydanticCustomError(
            "unit", "must be in {unit} or a unit of the same dimension", {"unit": unit}
        ) from error
    except Exception as error:  # pint raises a dozen kinds, among them tokenizer and assertion errors
        raise unknown from error


@dataclass(frozen=True)
class In:
    """Field metadata: a finite float in `unit`, given as number or text, within the bounds."""

    unit: str
    gt: float | None = None
    ge: float | None = None
    lt: float | None = None
    le: float | None = None

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        bounds = {k: v for k in ("gt", "ge", "lt", "le") if (v := getattr(self, k)) is not None}
        number = core_schema.float_schema(allow_inf_nan=False, **bounds)
        return core_schema.no_info_before_validator_function(partial(to_unit, unit=self.unit), number)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        number = handler(schema)
        return {"anyOf": [number, {"type": "string"}], "unit": self.unit}


Length = Annotated[float, In("m")]
PositiveLength = Annotated[float, In("m", gt=0)]
Millimetres = Annotated[float, In("mm", gt=0)]
Speed = Annotated[float, In("m/s")]
Spin = Annotated[float, In("deg/s")]
Angle = Annotated[float, In("deg")]
Mass = Annotated[float, In("kg", gt=0)]
Density = Annotated[float, In("kg/m^3", gt=0)]
Pascals = Annotated[float, In("Pa", gt=0)]
FractureEnergy = Annotated[float, In("J/m^2", gt=0)]
Acceleration = Annotated[float, In("m/s^2")]
Impulse = Annotated[float, In("N*s")]
Stiffness = Annotated[float, In("N/m", gt=0)]
Damping = Annotated[float, In("N*s/m", ge=0)]
Kelvin = Annotated[float, In("K", ge=1000, le=40000)]
Number = Annotated[float, In("dimensionless")]

Vec3 = tuple[Length, Length, Length]
Velocity3 = tuple[Speed, Speed, Speed]
Spin3 = tuple[Spin, Spin, Spin]


def to_rational(value: object, unit: str = "s") -> Fraction:
    """Exact: `0.1` is one tenth, not the nearest double. Takes int, decimal, "n/d" and text with a unit."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Fraction)):
        raise PydanticCustomError("rational", "must be a number, or a ratio such as 24000/1001", {})
    try:
        exact = value if isinstance(value, Fraction) else _exact(str(value).strip(), unit)
        if len(str(exact)) <= _MAX_TEXT:  # what cannot be read back must not be stored
            return exact
    except PydanticCustomError:
        raise
    except (ArithmeticError, ValueError) as error:
        raise PydanticCustomError(
            "rational", "must be a finite number of at most 64 characters", {}
        ) from error
    raise PydanticCustomError("rational", "must be a finite number of at most 64 characters", {})


def _exact(text: str, unit: str) -> Fraction:
    if len(text) > _MAX_TEXT:
        raise ValueError
    if ratio := _RATIO.match(text):
        number, name = Fraction(int(ratio[1]), int(ratio[2])), text[ratio.end() :].strip()
    elif decimal := _NUMBER.match(text):
        # Three digits of exponent at most: Fraction("1e999999999") would build a thousand million digits.
        number, name = Fraction(decimal[0]), text[decimal.end() :].strip()
    else:
        raise ValueError
    if not name:
        return number
    # Factors between units of time are short decimals or sixtieths; the nearest such is the exact one.
    return number * Fraction(repr(_factor(name, unit))).limit_denominator(1_000_000)


def _rational_out(value: Fraction) -> int | str:
    return value.numerator if value.denominator == 1 else f"{value.numerator}/{value.denominator}"


@dataclass(frozen=True)
class RationalIn:
    """Field metadata: an exact fraction in `unit`, written as an integer or "n/d"."""

    unit: str
    low: int
    high: int
    low_allowed: bool = False

    def _parse(self, value: object) -> Fraction:
        parsed = to_rational(value, self.unit)
        if not (self.low <= parsed <= self.high) or (parsed == self.low and not self.low_allowed):
            relation = "at least" if self.low_allowed else "above"
            rule = f"must be {relation} {self.low} and at most {self.high} {self.unit}"
            raise PydanticCustomError("rational_range", "{rule}", {"rule": rule})
        return parsed

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self._parse,
            serialization=core_schema.plain_serializer_function_ser_schema(
                _rational_out,
                return_schema=core_schema.union_schema([core_schema.int_schema(), core_schema.str_schema()]),
            ),
        )

    def __get_pydantic_json_schema__(
        self, _schema: CoreSchema, _handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"anyOf": [{"type": "number"}, {"type": "string"}], "unit": self.unit}


Seconds = Annotated[Fraction, RationalIn("s", 0, 86400, low_allowed=True)]
Rate = Annotated[Fraction, RationalIn("Hz", 0, 1000)]
Factor = Annotated[Fraction, RationalIn("dimensionless", 0, 10000)]


def to_linear_rgb(value: object) -> object:
    """`"#c08040"` or a CSS name (sRGB-encoded) to scene-linear Rec.709; a triple is linear already."""
    if not isinstance(value, str):
        return value
    from PIL import ImageColor

    try:
        encoded = [c / 255 for c in ImageColor.getrgb(value)[:3]]
    except ValueError as error:
        raise PydanticCustomError(
            "colour", "must be [r, g, b] linear, '#rrggbb' or a CSS colour name", {}
        ) from error
    # IEC 61966-2-1, the sRGB decoding function.
    return tuple(round(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4, 6) for c in encoded)


_Channel = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Colour = Annotated[tuple[_Channel, _Channel, _Channel], BeforeValidator(to_linear_rgb)]
"""Scene-linear Rec.709 reflectance, 0 to 1."""
