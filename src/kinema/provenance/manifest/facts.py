"""`TakeFacts`: what a signed clip says of the take it came from. Written into its manifest, and read back from it.

No prompt, no title, no name of a person and no path: a title is made of the prompt's first words, and a clip travels
further than its maker thinks. Hashes tie the clip to the take's folder, where all of that is.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PureWindowsPath
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from kinema.provenance.manifest.source_type import DrawnBy
from kinema.verify.report import Report

LABEL: Final = "org.kinema.take"
"""Label of our assertion: reverse DNS, as C2PA asks of assertions that are not its own."""
WATERMARK_ALG: Final = "org.kinema.watermark.1"
"""Name of kinema's watermark among soft bindings."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Identity = Annotated[str, Field(pattern=r"^[0-9a-f]{16,32}$")]
Word = Annotated[str, Field(max_length=500)]


class _Stated(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Verdict(_Stated):
    """How the checks of the take went."""

    passed: bool
    checks: int = Field(ge=0)
    failed: tuple[Word, ...] = ()
    """Names of those that failed."""

    @classmethod
    def of(cls, report: Report) -> Self:
        """Names of checks alone: what was checked has names that its maker gave."""
        failed = dict.fromkeys(finding.check for finding in report.failures)
        return cls(passed=report.passed, checks=len(report.findings), failed=tuple(failed))


def _without_folder(name: str) -> str:
    """A model by its id; of one that lies in a folder the last part, because a path tells of its user."""
    return PureWindowsPath(name).name if name.startswith(("/", "~", ".")) or "\\" in name else name


class Model(_Stated):
    """Weights that drew, and on what terms they may."""

    name: Annotated[Word, AfterValidator(_without_folder)]
    licence: Word
    sha256: Sha256
    pipeline: Word = ""
    revision: Word | None = None

    @classmethod
    def of(cls, ingredient: Mapping[str, Any]) -> Model:
        """Of an ingredient as a take records it, which knows more."""
        return cls(**{name: value for name, value in ingredient.items() if name in cls.model_fields})


class SoftBinding(_Stated):
    """A mark in the pixels that finds this manifest again when it was stripped."""

    alg: Word = WATERMARK_ALG
    value: Word
    """The mark's identity, base64: as `/matches/byBinding` of the Soft Binding Resolution API is asked for it."""


class Size(_Stated):
    """Of a picture [px]. By name: c2pa-python 0.38.1 takes a list of small numbers for bytes."""

    width: int = Field(gt=0)
    height: int = Field(gt=0)


class Permission(_Stated):
    """What the policy decided before the work."""

    decision: Literal["allow", "forbid"]
    rules: tuple[Word, ...] = ()
    """Ids of the rules that decided."""


class TakeFacts(_Stated):
    """One take. Ids that the take does not have are left out."""

    format: Literal["kinema.take/1"] = Field(default="kinema.take/1", alias="schema")
    id: Identity
    """64 to 128 bits in hexadecimal: ties manifest, watermark, fingerprint and log leaf together."""
    drawn_by: DrawnBy
    renderer: Word
    engine: Word
    shot: Sha256
    """Of shot.yaml."""
    tape: Sha256
    clip: Sha256
    """Of the clip before it was signed."""
    size: Size | None = None
    """Of the picture: what a cut-out of it is laid over."""
    seeds: dict[str, int]
    versions: dict[str, Word]
    verdict: Verdict
    cost: dict[str, float] = Field(default_factory=dict)
    """What was quoted and what was used: seconds, CPU-seconds, joules, money."""
    models: tuple[Model, ...] = ()
    binding: SoftBinding | None = None
    consents: tuple[Word, ...] = ()
    """Ids of receipts."""
    permission: Permission | None = None
    mining: Literal["allowed", "notAllowed", "constrained"] = "notAllowed"
    """Whether others may train on the clip. Not, unless its owner says so: that can be undone, the other cannot."""

    @model_validator(mode="after")
    def _names_its_models(self) -> Self:
        if bool(self.models) != (self.drawn_by in ("painter", "open weights")):
            raise ValueError(
                f"models must be named exactly where a network drew (drawn_by {self.drawn_by!r})"
            )
        return self
