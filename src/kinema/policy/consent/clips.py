"""Clips made under a receipt: who takes consent back must be told what is already there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from kinema.folder import TakeFolder
from kinema.provenance.registry import Registry
from kinema.provenance.registry.entry import id_text


@dataclass(frozen=True)
class MadeClip:
    """A clip that leans on a receipt."""

    id: str
    """In the registry: sixteen hex digits; of a take that says none, its path."""
    where: str
    """Path of the clip; the id of its manifest, for one that only the registry knows."""


class FindsClips(Protocol):
    """Whoever knows clips by receipt: the registry, or the takes of a folder."""

    def __call__(self, receipt_id: str) -> Iterable[MadeClip]:
        """All clips made under that receipt."""
        ...


@dataclass(frozen=True)
class TakesIn:
    """Takes in a folder and below it, by `policy.receipts` of their records."""

    folder: Path

    def __call__(self, receipt_id: str) -> Iterator[MadeClip]:
        """Takes whose record cannot be read are passed over: they hold no finished clip."""
        for record in sorted(self.folder.rglob("take.json")):
            take = TakeFolder(record.parent)
            try:
                said = take.read_record()
                receipts = said.get("policy", {}).get("receipts", [])
                id_ = said.get("origin", {}).get("id", str(take.path))
            except (OSError, ValueError, AttributeError, json.JSONDecodeError):
                continue
            if receipt_id in receipts:
                yield MadeClip(str(id_), str(take.path / str(said.get("clip", ""))))


@dataclass(frozen=True)
class InRegistry:
    """Clips of the registry, by what their manifests say: made under the receipt, or from one that was.

    Not found: what was never registered here, and rows whose manifest another kinema wrote without receipts.
    """

    registry: Registry

    def __call__(self, receipt_id: str) -> Iterator[MadeClip]:
        """Raises `ProvenanceError` if a row was altered: it may be the one that is looked for."""
        for entry in self.registry.naming(receipt_id):
            yield MadeClip(id_text(entry.id), entry.manifest_id)


def made_under(receipt_id: str, *finders: FindsClips) -> list[MadeClip]:
    """What all of them find; a clip that an earlier one knows is not told again."""
    found: list[MadeClip] = []
    for finder in finders:
        known = {clip.id for clip in found}
        found += [clip for clip in finder(receipt_id) if clip.id not in known]
    return found
