"""Trace a file: ask the four layers in order, and say what they add up to.

    1. Manifest: what does it carry, and does that hold?
    2. Watermark: which id lies under its pixels, with what p-value?
    3. Fingerprint: which registered clips does it look like, with what score?
    4. Registry: the row of the clip that was named, proved by the log; its takedowns; its manifest and its pictures,
       held against the file.

Nothing leaves the machine, and nothing of the file is kept: it is read where it lies.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kinema.errors import UsageError
from kinema.provenance.keys.keyring import Keyring
from kinema.provenance.manifest.facts import TakeFacts
from kinema.provenance.manifest.inspection import Inspection, inspect
from kinema.provenance.registry import Entry, Registry
from kinema.provenance.registry.registry import Record
from kinema.provenance.trace.likeness import Likeness, likeness, nearness
from kinema.provenance.trace.mark import Mark, look
from kinema.provenance.trace.overlay import Overlay, overlay
from kinema.provenance.trace.verdict import Evidence, Verdict, judge, statement
from kinema.provenance.trace.words import explain

FORMAT = "kinema.trace/1"
_ID = 16
"""Hex digits."""


@dataclass(frozen=True)
class Trace:
    """Where a file comes from, and on what evidence."""

    file: str
    verdict: Verdict
    words: str
    evidence: Evidence

    @property
    def id(self) -> str:
        """Of the clip that it comes from or claims to; empty if there is none."""
        entry = _entry(self.evidence.row)
        return self.evidence.claimed or (f"{entry.id:016x}" if entry else "")

    @property
    def facts(self) -> TakeFacts | None:
        """What the signed manifest, its own or the registered one, says of the take."""
        return self.evidence.facts

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        seen, facts = self.evidence, self.facts
        return {
            "schema": FORMAT,
            "file": self.file,
            "verdict": self.verdict.value,
            "origin_found": self.verdict.origin_found,
            "words": self.words,
            "id": self.id or None,
            "taken_down": seen.taken_down,
            "manifest": _told(seen.manifest),
            "watermark": seen.mark.as_dict() if seen.mark else None,
            "fingerprint": seen.likeness.as_dict(),
            "laid_over": vars(seen.overlay) if seen.overlay else None,
            "registry": _row(seen),
            "take": facts.model_dump(mode="json", by_alias=True, exclude_defaults=True) if facts else None,
        }


def trace(path: str | Path, keyring: Keyring, registry: Registry) -> Trace:
    """Ask everything. Raises `MediaError` for what is no clip, `ProvenanceError` for a registry that was altered."""
    path = Path(path)
    if not path.is_file():
        raise UsageError(str(path), "must be a file", got="nothing there", next_step="Check its name.")
    own = inspect(path, keyring)
    mark = look(path, keyring.watermarks(), registry.ids)
    alike = likeness(path, registry)
    evidence = _weighed(path, keyring, registry, own, mark, alike)
    verdict = judge(evidence)
    return Trace(path.name, verdict, explain(verdict, evidence), evidence)


def _weighed(
    path: Path, keyring: Keyring, registry: Registry, own: Inspection, mark: Mark | None, alike: Likeness
) -> Evidence:
    """The row that the layers lead to, and what it adds."""
    said = statement(own)
    named = said.id if said is not None else ""
    claimed = mark.id if mark is not None and mark.found and not (own.ours and named) else named
    alone = f"{alike.matches[0].id:016x}" if alike.matches else ""
    row = _by_id(registry, claimed or alone)
    entry = _entry(row)
    recovered = inspect(path, keyring, manifest=entry.manifest) if entry and own.state != "trusted" else None
    evidence = Evidence(
        manifest=own,
        mark=mark,
        likeness=alike,
        claimed=claimed,
        row=row,
        nearness=nearness(path, entry.fingerprint) if entry and alike.of(f"{entry.id:016x}") else None,
        overlay=None,
        recovered=recovered,
        taken_down=False,
    )
    evidence = replace(evidence, overlay=_laid(path, evidence))
    return replace(evidence, taken_down=any(registry.taken_down(one) for one in _clips(evidence)))


def _laid(path: Path, seen: Evidence) -> Overlay | None:
    """Over the clip that the mark names, if its manifest says how large it is."""
    entry, mark, facts = _entry(seen.row), seen.mark, seen.facts
    if mark is None or not mark.found or entry is None or facts is None or facts.size is None:
        return None
    return overlay(path, mark, entry.fingerprint, facts.size) if mark.id == f"{entry.id:016x}" else None


def _by_id(registry: Registry, id_: str) -> Record | None:
    """Ids of other makers may be longer than ours."""
    return registry.by_id(int(id_, 16)) if len(id_) == _ID and int(id_, 16) else None


def _clips(seen: Evidence) -> list[int]:
    """Whose takedown is this file's too: its own clip's; unless its content is certainly that, all that it is like."""
    entry = _entry(seen.row)
    own = [entry.id] if entry else []
    certain = seen.manifest.ours or (seen.marked and seen.agrees)
    return own if certain else [*own, *(match.id for match in seen.likeness.matches)]


def _entry(row: Record | None) -> Entry | None:
    return row.content if row is not None and isinstance(row.content, Entry) else None


def _told(found: Inspection) -> dict[str, Any]:
    made = found.manifest
    return {
        "state": found.state,
        "says": found.words,
        "failures": [one.code for one in found.failures],
        "id": made.id if made else None,
        "signer": made.signer.organisation if made else None,
        "standing": made.signer.standing if made else None,
        "source_type": made.source_type if made else None,
        "ingredients": [vars(one) for one in made.ingredients] if made else [],
    }


def _row(seen: Evidence) -> dict[str, Any] | None:
    entry, near = _entry(seen.row), seen.nearness
    if entry is None or seen.row is None:
        return None
    return {
        "id": f"{entry.id:016x}",
        "manifest": entry.manifest_id,
        "leaf": seen.row.leaf,
        "registered": seen.row.registered,
        "hashes_compared": near.hashes if near else 0,
        "bits_apart": round(near.bits, 2) if near else None,
        "same_pictures": near.same if near else False,
        "its_manifest": _told(seen.recovered) if seen.recovered else None,
    }
