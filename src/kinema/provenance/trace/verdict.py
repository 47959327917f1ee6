"""From what each layer says to one verdict, in words.

A mark says which clip the pixels carry; only the fingerprint says whether they show it. Where the fingerprint would have
to agree and does not, the mark was moved onto another picture. Where it cannot be asked (a flat picture, one turned or
cut further than it follows, a clip that the registry lacks) the verdict says so and confirms nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import floor

from kinema.provenance.manifest.inspection import Inspection
from kinema.provenance.registry import Entry
from kinema.provenance.registry.registry import Record
from kinema.provenance.trace.likeness import Likeness, Nearness, begins
from kinema.provenance.trace.mark import Mark


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
    """Id of the clip that mark or manifest name, the mark first; empty if neither does."""
    row: Record | None
    """Of that clip, or else of the one it looks most like."""
    nearness: Nearness | None
    recovered: Inspection | None
    """The registered manifest held against the file, where the file's own is lost or does not hold."""
    taken_down: bool

    @property
    def marked(self) -> bool:
        """Whether our watermark was found."""
        return self.mark is not None and self.mark.found

    @property
    def agrees(self) -> bool:
        """Whether the file looks like the clip that it claims to be."""
        return bool(self.claimed) and self.likeness.of(self.claimed) is not None

    @property
    def comparable(self) -> bool:
        """Whether it would look like that clip, if it were."""
        known = self.row is not None and isinstance(self.row.content, Entry) and bool(self.row.content.fingerprint)
        lies = self.mark is None or not self.mark.found or self.mark.followed
        return known and lies and self.likeness.hashes > 0


def judge(evidence: Evidence) -> Verdict:
    """The one verdict."""
    state = evidence.manifest.state
    if state == "trusted":
        return Verdict.SIGNED if evidence.manifest.ours else Verdict.ANOTHERS
    if evidence.claimed and not evidence.agrees:
        if evidence.comparable or (evidence.row is not None and evidence.likeness.matches):
            return Verdict.TRANSPLANTED
        return Verdict.UNCONFIRMED if evidence.marked else Verdict.ALTERED
    if state == "invalid":
        return Verdict.ALTERED
    return Verdict.RECOVERED if evidence.row is not None else Verdict.UNKNOWN


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
    what = f"our watermark ({_p(evidence.mark)})" if evidence.mark and evidence.marked else "our manifest"
    others = [m for m in evidence.likeness.matches if f"{m.id:016x}" != evidence.claimed]
    shows = f"it looks like clip {others[0].id:016x} (score {others[0].score:.2f})" if others else "it looks like no clip of ours"
    return (
        f"carries {what} of clip {evidence.claimed}, but the content is not what we signed: {shows}"
    )


def _unconfirmed(evidence: Evidence) -> str:
    assert evidence.mark is not None  # it was found
    why = (
        "this registry does not know that clip"
        if evidence.row is None
        else "the picture was changed further than the fingerprint follows"
        if not evidence.mark.followed
        else "the picture is too flat to tell it from others"
    )
    changes = "".join(f", {one}" for one in evidence.mark.changes)
    return (
        f"carries our watermark ({_p(evidence.mark)}) of clip {evidence.claimed}{changes}; whether the content is what we "
        f"signed cannot be told: {why}"
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
    by_mark = evidence.mark.changes if evidence.mark and evidence.marked else ()
    shape = list(by_mark or ([match.change] if match and match.change else []))
    if match and (cut := begins(match)):
        shape.append(cut)
    apart = f" ({near.bits:.1f} of 256 bits differ)" if near is not None and not shape else ""
    return f"pixels differ from the signed original: {', '.join([*shape, 're-encoded'])}{apart}"


def _p(mark: Mark | None) -> str:
    return "" if mark is None else f"p = {power(mark.log10_p)}"


def power(log10_p: float) -> str:
    """A probability that may be smaller than any float, rounded up: 3e-15."""
    if log10_p > -3:
        return f"{10**log10_p:.2g}"
    exponent = floor(log10_p)
    digit = -int(-(10 ** (log10_p - exponent)) // 1)
    return f"1e{exponent + 1}" if digit > 9 else f"{digit}e{exponent}"
