"""`Report`: the findings of all checks. No findings is a failure, not a success."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kinema.errors import MediaError


class Finding(BaseModel):
    """One check's answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    check: str
    """Name of the check: `energy`, `momentum`, `presence`…"""
    subject: str
    """What was checked: `all bodies`, a body, the clip."""
    rule: str
    """What must hold, in words."""
    measured: float
    bound: float
    unit: str
    verdict: Literal["pass", "fail"]
    detail: str = ""
    """When, where and what, in words; for a failure also what to do."""
    not_covered: str = ""
    """What this check cannot see."""


class Report(BaseModel):
    """`report.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["kinema.report/1"] = Field(default="kinema.report/1", alias="schema")
    title: str
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Zero findings is a failure."""
        return bool(self.findings) and all(finding.verdict == "pass" for finding in self.findings)

    @property
    def failures(self) -> tuple[Finding, ...]:
        """Those that failed."""
        return tuple(finding for finding in self.findings if finding.verdict == "fail")


def read_report(path: Path) -> Report:
    """The report of a finished take. Raises `MediaError` for a file that is none."""
    try:
        return Report.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise MediaError(
            str(path),
            "must be a report of kinema's",
            got=getattr(error, "strerror", None) or "something else",
            next_step="Make the take again, with --overwrite.",
        ) from error
