"""The one visible path: shot → world → tape → frames → report → signed clip. CLI, API and library all come here."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from kinema.cost.meter import Meter
from kinema.errors import MediaError
from kinema.folder import TakeFolder, write_atomically
from kinema.footage import Footage, film, ingredients_of, refuse_impossible
from kinema.interruption import deferred
from kinema.job import Job
from kinema.physics.build import build_world, world_hash
from kinema.physics.engine import engine_named
from kinema.physics.tape import Tape, file_hash
from kinema.physics.world import World
from kinema.policy.decide import decide
from kinema.policy.gather import request_of
from kinema.policy.label import Label, Stamp, label_for
from kinema.policy.request import LOCAL, Purpose, Request
from kinema.progress import Progress, Quiet
from kinema.provenance.origin import Origin, facts_of, id_of, seen_files
from kinema.shot.shot import Shot
from kinema.verify.page import report_page
from kinema.verify.report import Report, read_report
from kinema.verify.verify import verify


@dataclass(frozen=True)
class Take:
    """The folder that holds one finished job."""

    folder: TakeFolder
    report: Report
    record: dict[str, Any]

    @property
    def clip(self) -> Path:
        """The delivered clip."""
        return self.folder.path / self.record["clip"]


def make_take(
    shot: Shot,
    folder: str | Path,
    job: Job | None = None,
    *,
    assets: str | Path = ".",
    tape_from: str | Path | None = None,
    purpose: Purpose = LOCAL,
    label: Label | None = None,
    overwrite: bool = False,
    resume: bool = True,
    progress: Progress | None = None,
) -> Take:
    """Make, resume or return the take of `shot` in `folder`.

    `assets` is where the shot's mesh and HDRI files are; `tape_from` another take, whose tape is used if it
    is of the same world. Raises `KinemaError`; a clip that breaks physics or its brief is no error: see
    `Take.report`.
    """
    job, progress = job or Job(), progress or Quiet()
    take, meter = TakeFolder(folder), Meter()
    # All that can refuse the request comes before the folder is touched: nothing half-written, nothing lost.
    refuse_impossible(shot, job)
    ingredients = ingredients_of(shot, job)
    request = request_of(shot, job, purpose=purpose, assets=assets, ingredients=ingredients)
    decision = decide(request)
    decision.require()
    origin = Origin.opened()
    label = label_for(decision.required_labels) or label
    stamp = Stamp(label, job.width, job.height) if label else None
    wanted = world_hash(shot, folder=str(assets))
    tape = taped(wanted, take, tape_from)
    with meter.stage("world"):
        world = None if tape else build_world(shot, folder=str(assets))
    asked = job.asked(world=wanted, ingredients=ingredients, label=label and asdict(label))
    with take.opened(shot, asked, overwrite=overwrite, resume=resume) as record:
        if record["complete"] and (take.path / record["clip"]).is_file():
            _refuse_export(request, take.clip_id)
            return Take(take, read_report(take.report), record)
        meter.keep_in(take.meter)
        take.keep_assets(shot, assets)
        with meter.stage("simulate"):
            tape = tape or simulate(world, job, progress)
            tape.save(take.tape)
        with meter.stage("draw"):
            id_ = id_of(take, asked, record["versions"])
            decide(replace(request, clip=id_)).require()  # made here before, it may have been taken down
            mark = origin.watermark(id_, job)
            footage = film(shot, tape, take, job, assets, progress, stamp=stamp, mark=mark)
        with meter.stage("verify"):
            report = verify(shot, tape, footage.drawn, footage.clip)
            file_report(shot, tape, take, footage, report, meter)
        _refuse_export(request, id_)
        facts: dict[str, Any] = {
            "clip": footage.clip.name,
            "engine": tape.engine,
            "renderer": footage.renderer,
            "ingredients": ingredients,
            "policy": decision.as_record(),
            "seeds": {"shot": shot.seed, "tape": tape.seed},
            "hashes": {"tape": file_hash(take.tape), "clip": file_hash(footage.clip)},
            "passed": report.passed,
        }
        with deferred():  # what is signed and registered is recorded, too
            with meter.stage("sign"):
                stated = facts_of(
                    id_, shot, job, take, record | facts, report, meter.reading(), marked=mark is not None
                )
                facts["origin"] = origin.certify(footage.clip, stated, seen_files(shot, job, assets))
            take.sweep()
            return Take(take, report, take.write_record(complete=True, **facts))


def _refuse_export(request: Request, id_: str) -> None:
    """Consent and takedowns may be of today, however long ago the clip was asked for. Raises `PolicyError`."""
    decide(replace(request, act="export", clip=id_, day=date.today())).require()


def taped(wanted: str, take: TakeFolder, tape_from: str | Path | None) -> Tape | None:
    """The tape of this world that the take, or another one, already holds; a damaged one is as good as none."""
    for source in (take, TakeFolder(tape_from) if tape_from else None):
        if source and source.tape.is_file():
            try:
                tape = Tape.load(source.tape)
            except MediaError:
                continue
            if tape.world_hash == wanted:
                return tape
    return None


def simulate(world: World | None, job: Job, progress: Progress) -> Tape:
    """What happens."""
    assert world is not None  # built unless a tape was found
    with progress.stage("simulate", "sample") as report:
        return engine_named(job.engine).simulate(world, report)


def file_report(
    shot: Shot, tape: Tape, take: TakeFolder, footage: Footage, report: Report, meter: Meter
) -> None:
    """report.json and report.html."""
    write_atomically(take.report, report.model_dump_json(indent=2, by_alias=True) + "\n")
    write_atomically(
        take.page, report_page(shot, tape, footage.drawn, report, footage.stills, meter.reading())
    )
