"""From what each layer says to one verdict, in words.

A mark says which clip the pixels carry; only what was kept of that clip says whether they show it. Where the two, laid
over each other, differ, the mark was moved onto another picture. Where they cannot be compared (a flat picture, a clip
that the registry lacks) the verdict says so and confirms nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import floor
from typing import Final

from kinema.provenance.manifest.facts import TakeFacts
from kinema.provenance.manifest.inspection import EXPIRED, UNTRUSTED, Inspection
from kinema.provenance.registry import Entry
from kinema.provenance.registry.registry import Record
from kinema.provenance.trace.likeness import Likeness, Nearness, begins
from kinema.provenance.trace.mark import Mark
from kinema.provenance.trace.overlay import AGREES, Overlay

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
    def differs(self) -> bool:
        """Whether it shows something else, as far as that can be told."""
        if self.agrees or self.row is None:
            return False
        whole = (
            self.likeness.hashes > 0 and not self.marked
        )  # as its manifest claims: the search would find it
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
    # Either what is claimed agrees, or nothing is claimed and the row is that of the likest clip.
    recovered = evidence.agrees or (evidence.row is not None and not evidence.claimed)
    return Verdict.RECOVERED if recovered else Verdict.UNKNOWN


def explain(verdict: Verdict, evidence: Evidence) -> str:
    """For a person who reads no scores; with them all the same."""
    said = {
        Verdict.SIGNED: lambda: evidence.manifest.words,
        Verdict.ANOTHERS: lambda: f"not ours; {evidence.manifest.words}",
        Verdict.RECOVERED: lambda: _recovered(evidence),
        Verdict.ALTERED: lambda: _altered(evidence),
        Verdict.TRANSPLANTED: lambda: _transplanted(evidence),
        Verdict.UNCONFIRMED: lambda: _unconfirmed(evidence),
        Verdict.UNKNOWN: lambda: _unknown(evidence),
    }[verdict]()
    return f"{said}. TAKEN DOWN: it must not be shown" if evidence.taken_down else said


def _recovered(evidence: Evidence) -> str:
    lost = {
        "none": "metadata stripped",
        "untrusted": evidence.manifest.words,
    }[evidence.manifest.state]
    return f"{lost}; recovered {_by(evidence)}; {_differences(evidence)}"


def _altered(evidence: Evidence) -> str:
    if not evidence.agrees:
        return f"{evidence.manifest.words}; {_nothing(evidence)}"
    return f"{evidence.manifest.words}; recovered {_by(evidence)}; {_differences(evidence)}"


def _transplanted(evidence: Evidence) -> str:
    laid = evidence.overlay
    apart = f"; laid over that clip, {laid.bits:.0f} of 256 bits differ ({AGREES:.0f} may)" if laid else ""
    what = f"our watermark ({_p(evidence.mark)})" if evidence.mark and evidence.marked else "our manifest"
    others = [m for m in evidence.likeness.matches if f"{m.id:016x}" != evidence.claimed]
    shows = (
        f"it looks like clip {others[0].id:016x} (score {others[0].score:.2f})"
        if others
        else "it looks like no clip of ours"
    )
    return f"carries {what} of clip {evidence.claimed}, but the content is not what we signed: {shows}{apart}"


def _unconfirmed(evidence: Evidence) -> str:
    assert evidence.mark is not None  # it was found
    unknown = "this registry does not know that clip"
    why = (
        unknown
        if evidence.row is None
        else "nothing is seen that could be compared with what is kept of that clip"
    )
    changes = "".join(f", {one}" for one in evidence.mark.changes)
    return (
        f"carries our watermark ({_p(evidence.mark)}) of clip {evidence.claimed}{changes}; "
        f"whether the content is what we signed cannot be told: {why}"
    )


def _unknown(evidence: Evidence) -> str:
    known = "" if evidence.manifest.state == "none" else f"; {evidence.manifest.words}"
    return f"not ours{known}; {_nothing(evidence)}"


def _nothing(evidence: Evidence) -> str:
    """What was looked for and not found."""
    mark = f"no watermark of ours ({_p(evidence.mark)})" if evidence.mark else "too small for a watermark"
    return f"{mark}, and it looks like no registered clip"


def _by(evidence: Evidence) -> str:
    """Which layer led to the row."""
    if evidence.mark and evidence.marked:
        return f"by watermark ({_p(evidence.mark)})"
    assert evidence.row is not None
    assert isinstance(evidence.row.content, Entry)
    match = evidence.likeness.of(f"{evidence.row.content.id:016x}")
    assert match is not None  # neither mark nor manifest led there, or it agrees with them
    none = f"; no watermark ({_p(evidence.mark)})" if evidence.mark else ""
    return f"by fingerprint (score {match.score:.2f} over {match.quarters} quarter seconds{none})"


def _differences(evidence: Evidence) -> str:
    """What became of the pictures."""
    assert evidence.row is not None
    assert isinstance(evidence.row.content, Entry)
    match = evidence.likeness.of(f"{evidence.row.content.id:016x}")
    near = evidence.nearness
    if near is not None and near.same:
        return f"the pictures are those that were signed ({near.hashes} hashes agree to the bit)"
    shape = _shape(evidence) or ([match.change] if match and match.change else [])
    if match and (cut := begins(match)):
        shape.append(cut)
    bits = (
        near.bits if near is not None and not shape else evidence.overlay.bits if evidence.overlay else None
    )
    apart = f" ({bits:.0f} of 256 bits differ)" if bits is not None else ""
    return f"pixels differ from the signed original: {', '.join([*shape, 're-encoded'])}{apart}"


def _shape(evidence: Evidence) -> list[str]:
    """What the mark says of the picture's shape and size."""
    if evidence.mark is None or not evidence.marked:
        return []
    size = evidence.facts.size if evidence.facts is not None else None
    scaled = evidence.mark.scaled(min(size.width, size.height)) if size is not None else ""
    return [*evidence.mark.changes, *([scaled] if scaled else [])]


def _p(mark: Mark | None) -> str:
    return "" if mark is None else f"p = {power(mark.log10_p)}"


def power(log10_p: float) -> str:
    """A probability that may be smaller than any float, rounded up: 3e-15."""
    if log10_p > -3:
        return f"{10**log10_p:.2g}"
    exponent = floor(log10_p)
    digit = -int(-(10 ** (log10_p - exponent)) // 1)
    return f"1e{exponent + 1}" if digit > 9 else f"{digit}e{exponent}"
