"""How a check states what it found."""

from __future__ import annotations

import math
from typing import TypedDict, Unpack

from kinema.verify.report import Finding

# JSON has no infinity; what is not a number fails anyway, and reads as this.
_UNBOUNDED = 1.7e308


class Statement(TypedDict, total=False):
    """What a finding says besides its numbers."""

    unit: str
    detail: str
    not_covered: str
    remedy: str
    """Added to the detail of a failure: what to do."""


def at_most(
    check: str, subject: str, rule: str, measured: float, bound: float, **words: Unpack[Statement]
) -> Finding:
    """Passes if `measured` is a number not above `bound`."""
    return _found(check, subject, rule, measured, bound, measured <= bound, words)


def at_least(
    check: str, subject: str, rule: str, measured: float, bound: float, **words: Unpack[Statement]
) -> Finding:
    """Passes if `measured` is a number not below `bound`."""
    return _found(check, subject, rule, measured, bound, measured >= bound, words)


def _found(
    check: str, subject: str, rule: str, measured: float, bound: float, holds: bool, words: Statement
) -> Finding:
    passed = holds and math.isfinite(measured)
    detail = words.get("detail", "")
    return Finding(
        check=check,
        subject=subject,
        rule=rule,
        measured=float(measured) if math.isfinite(measured) else _UNBOUNDED,
        bound=float(bound) if math.isfinite(bound) else _UNBOUNDED,
        unit=words.get("unit", ""),
        verdict="pass" if passed else "fail",
        detail=detail if passed else f"{detail} {words.get('remedy', '')}".strip(),
        not_covered=words.get("not_covered", ""),
    )
