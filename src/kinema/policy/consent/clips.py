"""Clips made under a receipt: who takes consent back must be told what is already there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from kinema.errors import MediaError
from kinema.folder import TakeFolder


@dataclass(frozen=True)
class MadeClip:
    """A clip that leans on a receipt."""

    id: str
    """In the registry; of a take on disk, its path."""
    where: str


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
            except (MediaError, AttributeError):
                continue
            if receipt_id in receipts:
                yield MadeClip(str(take.path), str(take.path / str(said.get("clip", ""))))
