"""policy.yaml of a house: its contact, subjects, persons, election days, and how long evidence of consent is kept. It
adds; it cannot take away."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kinema.errors import PolicyError
from kinema.policy.elections import Election
from kinema.policy.rulebook import house_files, read_house_file
from kinema.policy.text.gazetteer import WordList, packaged_text, pattern, read_packaged

_LISTS = ("words.yaml", "rules.yaml", "figures.yaml")


class _ElectionDay(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    territory: str = Field(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")
    day: date


EVIDENCE_DAYS = 1095
"""Days after its term that evidence of consent is kept, if the house does not say: three years."""


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    contact: str = Field(default="", max_length=200)
    subjects: dict[str, list[str]] = Field(default_factory=dict)
    figures: list[str] = Field(default_factory=list)
    elections: list[_ElectionDay] = Field(default_factory=list)
    evidence_days: int = Field(default=EVIDENCE_DAYS, ge=0, le=3650)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the rules are asked with, beyond the request."""

    contact: str
    """Whom to appeal to."""
    subjects: Mapping[str, WordList]
    figures: WordList
    """Names of persons known to be real."""
    elections: tuple[Election, ...]
    evidence_days: int
    """So long after its term is evidence of consent kept."""
    hash: str
    """SHA-256 of this file and of the lists of words that came along."""


def read_settings(folder: Path | None) -> Settings:
    """What came along, and the policy.yaml of the house if there is one. Raises `PolicyError`."""
    found = house_files(folder, "policy.yaml")
    return _settings(str(found[0]) if found else "", read_house_file(found[0]) if found else "{}")


@lru_cache(maxsize=4)
def _settings(name: str, text: str) -> Settings:
    import yaml

    try:
        said = _File.model_validate(yaml.load(text, Loader=yaml.CSafeLoader) or {})
        names = [*(n for group in read_packaged("figures.yaml").values() for n in group), *said.figures]
        return Settings(
            contact=said.contact,
            subjects={key: _plain_list(key, words) for key, words in said.subjects.items()},
            figures=_plain_list("figures", names),
            hash=hashlib.sha256("\n".join([*map(packaged_text, _LISTS), text]).encode()).hexdigest(),
            elections=tuple(Election(one.territory, one.day) for one in said.elections),
            evidence_days=said.evidence_days,
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise _broken(name, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _broken(name, str(error)[:200]) from error


def _plain_list(name: str, words: list[str]) -> WordList:
    """Words of a house are words: none is read as a regular expression."""
    return WordList(name, pattern(word.strip("/") for word in words), None)


def _broken(name: str, got: str) -> PolicyError:
    return PolicyError(
        f"policy file {name}",
        "must hold contact, subjects, figures, elections and evidence_days as docs/policy.md says",
        got=got,
        next_step="Correct it: until then nothing is allowed.",
    )
