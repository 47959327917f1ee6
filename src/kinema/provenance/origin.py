"""The origin of a clip, as a take gives it: one id, a signed manifest, a fingerprint, a row in the registry.

The id is the first 64 bits of a hash of what the clip is made from and by which versions, so the same shot made twice
with the same keys is the same to the bit, watermark included. A clip made again is signed again and keeps the row of
the first: its pixels are the same.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kinema.folder import TakeFolder
from kinema.job import Job
from kinema.physics.tape import file_hash
from kinema.provenance.fingerprint.fingerprint import kept
from kinema.provenance.iscc.code import iscc_of
from kinema.provenance.keys import Keyring, open_keyring
from kinema.provenance.manifest.facts import Model, Permission, Size, SoftBinding, TakeFacts, Verdict
from kinema.provenance.manifest.seal import Sealed, seal_take
from kinema.provenance.manifest.source_type import drawn_by
from kinema.provenance.registry import Entry, open_registry
from kinema.provenance.watermark import SMALLEST, Watermark
from kinema.shot.shot import Shot
from kinema.verify.report import Report


@dataclass(frozen=True)
class Origin:
    """Who makes clips here."""

    keyring: Keyring

    @classmethod
    def opened(cls) -> Origin:
        """With the keys of this machine, made on the first run. Raises `ProvenanceError` before any work is done if
        they cannot sign, or the log is not as it was left."""
        keyring = open_keyring().keyring
        _ = keyring.claim
        with open_registry() as registry:
            registry.refuse_altered()
        return cls(keyring)

    def watermark(self, id_: str, job: Job) -> Watermark | None:
        """What marks the pixels with this id; None for pictures too small to hold it."""
        if min(job.width, job.height) < SMALLEST:
            return None
        return Watermark(self.keyring.watermark(), int(id_, 16))

    def certify(self, clip: Path, facts: TakeFacts, assets: Sequence[Path]) -> dict[str, Any]:
        """Sign the clip in its place and register it; what take.json says of that. Nothing may touch the clip after."""
        sealed = seal_take(clip, facts, self.keyring, assets=assets, iscc=iscc_of(clip))
        return {
            "id": facts.id,
            "manifest": sealed.manifest_id,
            "signed": file_hash(clip),
            "development_keys": self.keyring.development,
            "leaf": registered(sealed, int(facts.id, 16)),
        }


def id_of(take: TakeFolder, asked: Mapping[str, Any], versions: Mapping[str, str]) -> str:
    """Sixteen hex digits, never all 0: of the shot, what happened, how it was asked for, and by what it was drawn."""
    text = json.dumps([file_hash(take.shot), file_hash(take.tape), asked, versions], sort_keys=True)
    return f"{int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], 'big') or 1:016x}"


def facts_of(
    id_: str,
    shot: Shot,
    job: Job,
    take: TakeFolder,
    record: Mapping[str, Any],
    report: Report,
    used: Mapping[str, Any],
    *,
    marked: bool,
) -> TakeFacts:
    """What the manifest says of a take: of `record`, as take.json will have it, what may travel."""
    policy = record["policy"]
    return TakeFacts(
        id=id_,
        drawn_by=drawn_by(shot.look, job.quality),
        renderer=record["renderer"],
        engine=record["engine"],
        shot=file_hash(take.shot),
        tape=record["hashes"]["tape"],
        clip=record["hashes"]["clip"],
        size=Size(width=job.width, height=job.height),
        seeds=record["seeds"],
        versions=record["versions"],
        verdict=Verdict.of(report),
        cost={name: used[name] for name in ("seconds", "cpu_seconds")},
        models=tuple(map(Model.of, record["ingredients"])),
        binding=SoftBinding(value=b64encode(bytes.fromhex(id_)).decode()) if marked else None,
        consents=policy["receipts"],
        permission=Permission(decision="allow", rules=policy["rules"]),
    )


def seen_files(shot: Shot, job: Job, assets: str | Path) -> list[Path]:
    """Meshes and pictures that the shot names, and what a dream was given: each an ingredient with its own history."""
    given = {placed.file for placed in job.given.pictures} | ({job.given.mask} if job.given.mask else set())
    return [*(Path(assets) / name for name in sorted(shot.files)), *map(Path, sorted(given))]


def registered(sealed: Sealed, id_: int) -> int:
    """The log's leaf of this clip, appended unless it has one."""
    with open_registry() as registry:
        if (known := registry.by_id(id_)) is not None:
            return known.leaf
        entry = Entry(
            id=id_,
            manifest_id=sealed.manifest_id,
            manifest=sealed.manifest_bytes,
            clip_hash=bytes.fromhex(file_hash(sealed.clip)),
            fingerprint=kept(sealed.clip).to_bytes(),
        )
        return registry.register(entry).index
