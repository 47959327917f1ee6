"""The evidence of each layer, a line each: what was asked, and the score that answered."""

from __future__ import annotations

from kinema.provenance.registry import Entry
from kinema.provenance.trace.verdict import Evidence
from kinema.provenance.trace.words import power


def lines_of(evidence: Evidence) -> list[tuple[str, str]]:
    """Layer and words, in the order in which they are asked."""
    return [
        ("manifest", evidence.manifest.words),
        ("watermark", _mark(evidence)),
        ("fingerprint", _likeness(evidence)),
        ("laid over", _overlay(evidence)),
        ("registry", _row(evidence)),
    ]


def _mark(evidence: Evidence) -> str:
    mark = evidence.mark
    if mark is None:
        return "the picture is too small to hold one"
    p = f"p = {power(mark.log10_p)}, bound 1e-6, over {mark.frames} frames"
    if not mark.found:
        return f"none of ours ({p})"
    which = (
        "the key in use" if mark.generation == 0 else f"an older key, {mark.generation} before the one in use"
    )
    changes = f"; {', '.join(mark.changes)}" if mark.changes else ""
    return f"id {mark.id} ({p}), by {which}{changes}"


def _likeness(evidence: Evidence) -> str:
    seen = evidence.likeness
    if not seen.hashes:
        return "the picture is too flat to have one"
    told = (
        f"{m.id:016x} (score {m.score:.2f} over {m.quarters} quarter seconds{f', {m.change}' if m.change else ''})"
        for m in seen.matches[:3]
    )
    more = f", and {len(seen.matches) - 3} more" if len(seen.matches) > 3 else ""
    return (
        f"looks like {', '.join(told)}{more}"
        if seen.matches
        else f"like no registered clip ({seen.hashes} hashes asked)"
    )


def _overlay(evidence: Evidence) -> str:
    laid = evidence.overlay
    if laid is None:
        return "not compared: no mark that leads to a registered clip, or nothing in sight that is kept of it"
    verdict = "the same picture" if laid.agrees else "another picture"
    return f"{verdict}: {laid.bits:.1f} of 256 bits differ over {laid.hashes} hashes (unrelated pictures: about 128)"


def _row(evidence: Evidence) -> str:
    row = evidence.row
    if row is None or not isinstance(row.content, Entry):
        return "no row"
    state = "; TAKEN DOWN" if evidence.taken_down else ""
    return (
        f"leaf {row.leaf} of the log, registered {row.registered}, manifest {row.content.manifest_id}{state}"
    )
