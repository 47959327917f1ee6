"""Looks: grades as ASC CDL, applied in ACEScct before the view transform.

slope, offset and power act per channel, `out = (in * slope + offset) ** power`, then saturation about the
Rec.709 luma (ASC CDL 1.2, without its clamp). ACEScct is a log space, made for grading (Academy S-2016-001):
slope is contrast, offset is exposure and tint, and a grade reaches into shadows without crushing them. One
stop is 1/17.52.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

from kinema.errors import UsageError

# ACEScct of 0.18: a contrast must leave middle grey where the camera's exposure put it.
_GREY = 0.4135884
_STOP = 1 / 17.52

_RGB = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class Grade:
    """One ASC CDL."""

    name: str
    title: str
    """What it is, in a line."""
    slope: _RGB = (1.0, 1.0, 1.0)
    offset: _RGB = (0.0, 0.0, 0.0)
    power: _RGB = (1.0, 1.0, 1.0)
    saturation: float = 1.0


def _graded(
    name: str,
    title: str,
    *,
    contrast: float = 1.0,
    stops: _RGB = (0.0, 0.0, 0.0),
    shadows: _RGB = (0.0, 0.0, 0.0),
    saturation: float = 1.0,
) -> Grade:
    """A grade in a colourist's terms: contrast about middle grey; stops over all; stops in the blacks, fading
    to nothing at middle grey and reversing above it (a split tone)."""
    slope, offset = [], []
    for stop, shadow in zip(stops, shadows, strict=True):
        # A lift of `shadow` at ACEScct 0 that is nothing at grey is a line through (grey, grey).
        s = contrast - shadow * _STOP / _GREY
        slope.append(s)
        offset.append(_GREY * (1 - s) + stop * _STOP)
    return Grade(
        name=name,
        title=title,
        slope=(slope[0], slope[1], slope[2]),
        offset=(offset[0], offset[1], offset[2]),
        saturation=saturation,
    )


_GRADES: dict[str, Grade] = {
    grade.name: grade
    for grade in (
        Grade(name="natural", title="The ACES rendering as it is"),
        _graded(
            "noir",
            "Black and white, hard contrast",
            contrast=1.22,
            stops=(-0.15, -0.15, -0.15),
            saturation=0.0,
        ),
        _graded(
            "warm", "Late sun: golden lights, neutral shadows", stops=(0.16, 0.02, -0.24), saturation=1.05
        ),
        _graded(
            "cool", "Blue hour: cold lights, bluer shadows", stops=(-0.2, 0.0, 0.2), shadows=(-0.2, 0.0, 0.25)
        ),
        _graded("bleach", "Bleach bypass: silver kept in the print", contrast=1.16, saturation=0.45),
        _graded(
            "vintage",
            "Faded print: lifted warm blacks, soft contrast",
            contrast=0.9,
            stops=(0.08, 0.0, -0.1),
            shadows=(0.5, 0.25, 0.15),
            saturation=0.82,
        ),
        _graded(
            "teal",
            "Teal shadows against warm skin and fire",
            contrast=1.06,
            stops=(0.06, 0.0, -0.06),
            shadows=(-0.5, 0.05, 0.3),
            saturation=1.08,
        ),
        _graded("vivid", "More contrast and colour", contrast=1.1, saturation=1.25),
        _graded("soft", "Low contrast, pastel", contrast=0.88, stops=(0.1, 0.1, 0.1), saturation=0.9),
    )
}


def looks() -> tuple[str, ...]:
    """Names of all looks."""
    return tuple(_GRADES)


def grade_named(name: str) -> Grade:
    """The grade of that name. Raises `UsageError`."""
    if name in _GRADES:
        return _GRADES[name]
    near = get_close_matches(name, _GRADES, n=1)
    raise UsageError(
        "look",
        f"must be one of {', '.join(_GRADES)}",
        got=repr(name),
        next_step=f"Did you mean {near[0]}?" if near else "Choose one of them.",
    )
