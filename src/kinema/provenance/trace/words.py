"""A verdict in words, with the scores that it rests on."""

from __future__ import annotations

from math import floor

from kinema.provenance.registry import Entry
from kinema.provenance.trace.likeness import begins
from kinema.provenance.trace.mark import Mark
from kinema.provenance.trace.overlay import AGREES
from kinema.provenance.trace.verdict import Evidence, Verdict


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
    lost = "metadata stripped" if evidence.manifest.state == "none" else evidence.manifest.words
    return f"{lost}; recovered {_by(evidence)}; {_differences(evidence)}"


def _altered(evidence: Evidence) -> str:
    if not evidence.recognised:
        return f"{evidence.manifest.words}; {_nothing(evidence)}"
    return f"{evidence.manifest.words}; recovered {_by(evidence)}; {_differences(evidence)}"


def _transplanted(evidence: Evidence) -> str:
    laid = evidence.overlay
    apart = f"; laid over that clip, {laid.bits:.0f} of 256 bits differ ({AGREES:.0f} may)" if laid else ""
    what = f"our watermark ({_p(evidence.mark)})" if evidence.mark and evidence.marked else "our manifest"
    others = [m for m in evidence.likeness.matches if f"{m.id:016x}" != evidence.claimed]
    shows = f"clip {others[0].id:016x} (score {others[0].score:.2f})" if others else "no clip of ours"
    lead = f"carries {what} of clip {evidence.claimed}, but the content is not what we signed"
    return f"{lead}: it looks like {shows}{apart}"


def _unconfirmed(evidence: Evidence) -> str:
    assert evidence.mark is not None  # it was found
    flat = "nothing is seen that could be compared with what is kept of that clip"
    why = "this registry does not know that clip" if evidence.row is None else flat
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
    compared = near if near is not None and not shape else evidence.overlay
    apart = f" ({compared.bits:.0f} of 256 bits differ)" if compared is not None else ""
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
