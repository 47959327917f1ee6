"""From what each layer says to one verdict.

A mark says which clip the pixels carry; only what was kept of that clip says whether they show it. Where the two, laid
over each other, differ, the mark was moved onto another picture. Where they cannot be compared (a flat picture, a clip
that the registry lacks) the verdict says so and confirms nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kinema.provenance.manifest.facts import TakeFacts
from kinema.provenance.manifest.inspection import EXPIRED, UNTRUSTED, Inspection
from kinema.provenance.registry.registry import Record
from kinema.provenance.trace.likeness import Likeness, Nearness
from kinema.provenance.trace.mark import Mark
from kinema.provenance.trace.overlay import Overlay

_PICTURES: Final = {f"assertion.{part}.mismatch" for part in ("bmffHash", "dataHash", "boxesHash")}
"""Failures of a manifest that say nothing against its signature: the file is not the one that was signed."""


class Verdict(StrEnum):
    """Where a file comes from."""

    SIGNED = "signed"
    """By us, and still what we signed."""
    ANOTHERS = "signed by another"
    """By a maker whom an anchor of ours vouches for."""
    RECOVERED = "recovered"
    """No manifest, but watermark or fingerprint lead to a clip of ours, and the content is that clip's."""
    ALTERED = "altered"
    """It carries a manifest that no longer holds."""
    TRANSPLANTED = "transplanted"
    """It carries a mark or a manifest of ours, on content that we did not sign."""
    UNCONFIRMED = "unconfirmed"
    """It carries our mark; whether the content is what we signed cannot be told here."""
    UNKNOWN = "not ours"

    @property
    def origin_found(self) -> bool:
        """Whether its origin is known and its content is what was signed."""
        return self in (Verdict.SIGNED, Verdict.ANOTHERS, Verdict.RECOVERED)


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What the layers say of one file."""

    manifest: Inspection
    mark: Mark | None
    """None of a picture too small to hold one."""
    likeness: Likeness
    claimed: str
    """Id of the clip that our trusted manifest names, or else the mark, or a manifest of ours that no longer holds."""
    row: Record | None
    """Of that clip, or else of the one it looks most like."""
    overlay: Overlay | None
    """The file laid over the clip that its mark names; None without a mark, or where nothing can be compared."""
    nearness: Nearness | None
    recovered: Inspection | None
    """The registered manifest held against the file, where the file's own is lost or does not hold."""
    taken_down: bool

    @property
    def facts(self) -> TakeFacts | None:
        """What our signed manifest, the file's own or the registered one, says of the take."""
        return next((one for one in map(statement, (self.manifest, self.recovered)) if one is not None), None)

    @property
    def marked(self) -> bool:
        """Whether our watermark was found."""
        return self.mark is not None and self.mark.found

    @property
    def agrees(self) -> bool:
        """Whether the file shows the clip that it claims to be."""
        laid = self.overlay is not None and self.overlay.agrees
        return bool(self.claimed) and (laid or self.likeness.of(self.claimed) is not None)

    @property
    def recognised(self) -> bool:
        """Whether it shows a registered clip: the one that it claims to be, or, claiming none, the likest one."""
        return self.agrees or (self.row is not None and not self.claimed)

    @property
    def differs(self) -> bool:
        """Whether it shows something else, as far as that can be told."""
        if self.agrees or self.row is None:
            return False
        # Unmarked, it is whole, as its manifest claims: then the search would find it.
        whole = self.likeness.hashes > 0 and not self.marked
        return whole or self.overlay is not None or bool(self.likeness.matches)


def statement(found: Inspection | None) -> TakeFacts | None:
    """What we said of a take, if this manifest is ours; believed even where the pictures are no longer those that were
    signed, or our certificate has ended since, but not where signer or statement fail."""
    made = found.manifest if found is not None else None
    if found is None or made is None or made.signer.standing != "ours":
        return None
    codes = {one.code for one in found.failures}
    known = _PICTURES | ({EXPIRED, UNTRUSTED} if EXPIRED in codes else set())
    return made.take if codes <= known else None


def judge(evidence: Evidence) -> Verdict:
    """The one verdict."""
    state = evidence.manifest.state
    if state == "trusted":
        return Verdict.SIGNED if evidence.manifest.ours else Verdict.ANOTHERS
    if evidence.claimed and not evidence.agrees:
        if evidence.differs:
            return Verdict.TRANSPLANTED
        if evidence.marked:
            return Verdict.UNCONFIRMED
    if state == "invalid":
        return Verdict.ALTERED
    return Verdict.RECOVERED if evidence.recognised else Verdict.UNKNOWN
