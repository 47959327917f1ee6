"""What nothing opens: no rule file, no agreement, no receipt. Code, before any rule is read.

Law: Directive 2011/93/EU Art. 5, 18 U.S.C. 2252A and 1466A (minors); Directive (EU) 2024/1385 Art. 5, TAKE IT DOWN
Act of 2025, Regulation (EU) 2024/1689 Art. 5 as amended (intimate pictures without consent).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from kinema.policy.decision import Reason
from kinema.policy.text.moderate import Flag

_TEXT: Final = {
    "csam": ("kinema.hard.csam", "Sexual abuse material of children is never made"),
    "minor_sexual": ("kinema.hard.minors", "Minors are never shown sexually or undressed"),
    "ncii": ("kinema.hard.ncii", "No intimate picture of a real person is made without their consent"),
}
_NAMED: Final = (
    "kinema.hard.ncii",
    "No intimate picture of a real person is made: {} with {}. No receipt opens this",
)
_APPEAL: Final = (
    "No licence, receipt or rule opens this. If the words were misread, say it in other words, or report the misreading"
    " to {} with the rule's id: the lists are corrected."
)


def forbidden(flags: Iterable[Flag], persons: Iterable[str], contact: str) -> tuple[Reason, ...]:
    """The hard forbids that a text raises, alone or with the real persons whom the request shows."""
    appeal = _APPEAL.format(contact)
    found = {flag.name: flag for flag in flags}
    reasons = [
        Reason(rule, f"{text} (read: {', '.join(map(repr, found[name].words))})", appeal)
        for name, (rule, text) in _TEXT.items()
        if name in found
    ]
    shown = sorted(set(persons))
    intimate = found.get("sexual") or found.get("undressed")
    if shown and intimate and "ncii" not in found:
        rule, text = _NAMED
        reasons.append(Reason(rule, text.format(", ".join(shown), repr(intimate.words[0])), appeal))
    return tuple(reasons)
