"""A consent receipt: who may be shown, by whose word, for what, where, and for how long.

Terms follow the NO FAKES bill as introduced in 2025: at most ten years; for minors at most five, by a guardian.
Personal data are kept to what a check needs; evidence (a recording of the liveness challenge, a contract) stays with
the house, which may keep it encrypted beside its receipts (`evidence.py`), and only its hash is here.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from kinema.policy.consent.status_list import SIZE

Use = Literal["any", "personal", "film", "advertising", "news", "political", "research"]
Modality = Literal["likeness", "voice", "performance", "training"]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
_Name = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,120}$", strip_whitespace=True)]
_Territory = Annotated[str, StringConstraints(pattern=r"^(\*|EU|[A-Z]{2}(-[A-Z0-9]{1,3})?)$")]
LONGEST = 10
"""Years of a receipt."""
LONGEST_MINOR = 5


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Subject(_Part):
    """The person who is shown."""

    name: _Name
    minor: bool = False
    """On the day of signing. No date of birth is kept."""
    verified: Literal["in_person", "video_call", "document", "notary", "agency"]
    """How it was made sure that it is they who consent."""
    verified_on: date


class Grantor(_Part):
    """Who consents."""

    name: _Name
    role: Literal["self", "guardian", "estate", "agent"] = "self"


class Scope(_Part):
    """What for."""

    project: str = Field(default="", max_length=120)
    """Empty = any project of the house."""
    uses: tuple[Use, ...] = Field(min_length=1, max_length=8)
    modalities: tuple[Modality, ...] = Field(min_length=1, max_length=4)
    territories: tuple[_Territory, ...] = Field(min_length=1, max_length=300)
    """ISO 3166, `EU`, or `*` for everywhere."""


class Receipt(_Part):
    """The payload that is signed."""

    format: Literal["kinema.consent/1"] = Field(default="kinema.consent/1", alias="schema")
    id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
    subject: Subject
    grantor: Grantor
    scope: Scope
    valid_from: date
    valid_until: date
    """The last day."""
    revocation: Annotated[int, Field(ge=0, lt=SIZE)]
    """Index in the signer's status list."""
    evidence: Sha256
    pictures: tuple[Sha256, ...] = Field(default=(), max_length=1000)
    """Uploaded pictures and clips that show the person."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)

    @model_validator(mode="after")
    def _term(self) -> Self:
        if self.valid_until < self.valid_from:
            raise ValueError("must end after it begins")
        longest = LONGEST_MINOR if self.subject.minor else LONGEST
        if self.valid_until > years_after(self.valid_from, longest):
            raise ValueError(f"must end within {longest} years{' for a minor' if self.subject.minor else ''}")
        return self

    @model_validator(mode="after")
    def _who_may_grant(self) -> Self:
        if self.subject.minor and self.grantor.role != "guardian":
            raise ValueError("must be granted by a guardian for a minor")
        if self.grantor.role == "self" and self.grantor.name != self.subject.name:
            raise ValueError("must name a grantor with another role where it is not the person themselves")
        if self.subject.verified_on > self.valid_from:
            raise ValueError("must begin after the person was verified")
        return self


def years_after(day: date, years: int) -> date:
    """The same day so many years on; 29 February becomes 28."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
