"""Provenance by reproduction: make a clip again from its shot and seeds, and say how near it comes.

The signed manifest names the hashes of shot and tape, the seeds and the versions. The shot itself is in the take's
folder, or in a file whose hash must be the one that was signed. Then the same path as ever: world, tape, frames, clip;
in a temporary folder, neither signed nor registered.

The tape must be equal to the bit. Pictures are equal to the bit where versions and processor are the same; elsewhere
rounding differs, so they agree from 45 dB on, which is the strength of the watermark itself.

Not covered: that no other shot gives the same clip.
"""

from __future__ import annotations

import hashlib
import math
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

from kinema.errors import ProvenanceError, UsageError
from kinema.folder import TakeFolder, versions
from kinema.footage import film, ingredients_of, refuse_impossible
from kinema.job import Job
from kinema.media.decode import read_clip
from kinema.media.distance import Distance, between
from kinema.physics.build import build_world, world_hash
from kinema.physics.tape import file_hash
from kinema.policy.decide import decide
from kinema.policy.gather import request_of
from kinema.policy.label import Label, Stamp, label_for
from kinema.progress import Progress, Quiet
from kinema.provenance.keys import open_keyring
from kinema.provenance.manifest.facts import Size, TakeFacts
from kinema.provenance.manifest.inspection import inspect
from kinema.provenance.origin import id_of
from kinema.provenance.registry import open_registry
from kinema.provenance.trace import trace
from kinema.provenance.trace.mark import look
from kinema.provenance.watermark import Watermark
from kinema.shot.files import dump_shot, load_shot
from kinema.shot.shot import Shot
from kinema.take import simulate

_CODECS: Final[dict[str, Literal["h264", "prores_hq", "av1"]]] = {
    "h264": "h264",
    "prores": "prores_hq",
    "libdav1d": "av1",
    "av1": "av1",
}


@dataclass(frozen=True, kw_only=True)
class Reproduction:
    """A clip made again, held against what was signed."""

    id: str
    same_shot: bool
    same_tape: bool
    same_request: bool
    """Whether shot, tape, job and the signed versions together have the signed id."""
    distance: Distance
    versions: Mapping[str, tuple[str, str]]
    """Packages that differ: as signed, and now."""

    @property
    def equal(self) -> bool:
        """Whether it is the same clip."""
        return self.same_shot and self.same_tape and self.distance.agrees

    @property
    def words(self) -> str:
        """For a person."""
        verdict = "reproduced" if self.equal else "not reproduced"
        tape = "equal to the bit" if self.same_tape else "not the one that was signed"
        return f"{verdict}: the tape is {tape}; the pictures {self.distance.words}"

    @property
    def lines(self) -> list[tuple[str, str]]:
        """What else there is to know, a line each."""
        same = {True: "as signed", False: "not as signed"}
        out = [("clip", self.id), ("shot", same[self.same_shot]), ("tape", same[self.same_tape])]
        out.append(("request", same[self.same_request]))
        differ = ", ".join(f"{name} {now} (was {then})" for name, (then, now) in self.versions.items())
        return [*out, ("versions", differ or "as signed")]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        psnr = self.distance.psnr
        return {
            "schema": "kinema.reproduction/1",
            "id": self.id,
            "equal": self.equal,
            "words": self.words,
            "same_shot": self.same_shot,
            "same_tape": self.same_tape,
            "same_request": self.same_request,
            "frames": self.distance.frames,
            "psnr": round(psnr, 2) if math.isfinite(psnr) else None,
            "greatest_difference": self.distance.greatest,
            "versions": {name: list(pair) for name, pair in self.versions.items()},
        }


@dataclass(frozen=True, kw_only=True)
class _Source:
    """What is to be made again."""

    clip: Path
    shot: Shot
    assets: Path
    facts: TakeFacts
    job: Job
    label: Label | None
    generation: int
    """Of the key that marked it: 0 = the newest."""


def reproduce(
    source: str | Path, *, shot: str | Path | None = None, progress: Progress | None = None
) -> Reproduction:
    """Make the clip of a take, or a clip whose `shot` is named, again. Raises `UsageError` for a clip without its shot,
    or with another one than was signed, and `ProvenanceError` for a clip that no manifest of ours can be found for."""
    asked = _asked(Path(source), Path(shot) if shot else None)
    facts, job = asked.facts, asked.job
    refuse_impossible(asked.shot, job)
    ingredients = ingredients_of(asked.shot, job)
    decision = decide(request_of(asked.shot, job, assets=asked.assets, ingredients=ingredients))
    decision.require()
    label = asked.label or label_for(decision.required_labels)
    with tempfile.TemporaryDirectory(prefix="kinema-") as folder:
        take = TakeFolder(folder)
        take.shot.write_text(dump_shot(asked.shot), "utf-8")
        world = build_world(asked.shot, folder=str(asked.assets))
        tape = simulate(world, job, progress or Quiet())
        tape.save(take.tape)
        stamp = Stamp(label, job.width, job.height) if label else None
        mark = None
        if facts.binding is not None:
            key = open_keyring().keyring.watermarks()[asked.generation]
            mark = Watermark(key, int(facts.id, 16))
        made = film(asked.shot, tape, take, job, asked.assets, progress or Quiet(), stamp=stamp, mark=mark)
        wanted = world_hash(asked.shot, folder=str(asked.assets))
        request = job.asked(world=wanted, ingredients=ingredients, label=label and asdict(label))
        return Reproduction(
            id=facts.id,
            same_shot=file_hash(take.shot) == facts.shot,
            same_tape=file_hash(take.tape) == facts.tape,
            same_request=id_of(take, request, facts.versions) == facts.id,
            distance=between(asked.clip, made.clip),
            versions=_changed(facts.versions),
        )


def _asked(source: Path, shot: Path | None) -> _Source:
    take = TakeFolder(source)
    record = take.read_record()
    if record and not record.get("clip"):
        raise UsageError(str(source), "must be a finished take", got="none yet", next_step="Finish it first.")
    clip = source / record["clip"] if record else source
    facts, generation = _signed(clip)
    if record:
        job, label = _job_and_label(take)
        return _Source(
            clip=clip,
            shot=load_shot(take.shot),
            assets=take.assets,
            facts=facts,
            job=job,
            label=label,
            generation=generation,
        )
    if shot is None:
        raise UsageError(
            "--shot",
            "must name the shot of a clip that lies outside its take",
            got="none",
            next_step=f"The manifest knows it by its hash alone, {facts.shot[:16]}…",
        )
    known = load_shot(shot)
    if (found := hashlib.sha256(dump_shot(known).encode()).hexdigest()) != facts.shot:
        raise UsageError(
            "--shot",
            f"must be the one that was signed, {facts.shot[:16]}…",
            got=f"{found[:16]}…",
            next_step="Find the shot.yaml of its take.",
        )
    return _Source(
        clip=clip,
        shot=known,
        assets=shot.parent,
        facts=facts,
        job=_job_of(clip, known, facts),
        label=None,
        generation=generation,
    )


def _job_and_label(take: TakeFolder) -> tuple[Job, Label | None]:
    """As they were asked for."""
    try:
        asked = take.read_record()["asked"]
        return Job.of(asked), Label(**asked["label"]) if asked["label"] else None
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(
            str(take.record),
            "must be what kinema wrote",
            got=repr(error)[:160],
            next_step="Name its clip and --shot.",
        ) from error


def _signed(clip: Path) -> tuple[TakeFacts, int]:
    """What was signed of this clip, stripped or not, and which key marked it."""
    keyring = open_keyring().keyring
    own = inspect(clip, keyring)
    if own.ours and own.manifest is not None and own.manifest.take is not None:
        mark = look(clip, keyring.watermarks(), list) if len(keyring.watermarks()) > 1 else None
        return own.manifest.take, mark.generation if mark is not None and mark.found else 0
    with open_registry() as registry:
        found = trace(clip, keyring, registry)
    if found.facts is None:
        raise ProvenanceError(
            str(clip), "must lead to a manifest of a take", got=found.words, next_step="Try kinema trace."
        )
    mark = found.evidence.mark
    return found.facts, mark.generation if mark is not None and mark.found else 0


def _job_of(clip: Path, shot: Shot, facts: TakeFacts) -> Job:
    """As far as clip and manifest tell: not the noise of a path traced clip, nor which frames of the shot it shows."""
    seen = read_clip(clip)
    if seen.frames != shot.timing.frames:
        raise UsageError(
            str(clip),
            f"must show all {shot.timing.frames} frames of its shot",
            got=seen.frames,
            next_step="Reproduce its take: it knows which frames were asked for.",
        )
    size = facts.size or Size(width=seen.width, height=seen.height)
    engine = facts.engine.split(" ")[0].removesuffix("3d").lower()
    return Job.of(
        {
            "quality": "draft" if facts.drawn_by == "preview" else "final",
            "width": size.width,
            "height": size.height,
            "engine": engine,
            "codec": _CODECS.get(seen.codec, "h264"),
        }
    )


def _changed(signed: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    now = versions()
    return {name: (then, now.get(name, "absent")) for name, then in signed.items() if now.get(name) != then}
