"""Making a data set: shards side by side, each whole or absent, so that a stopped run goes on where it was."""

from __future__ import annotations

import json
import multiprocessing
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from kinema.diffusion.dataset.clip import Format
from kinema.diffusion.dataset.distribution import SPLITS, Split
from kinema.diffusion.dataset.shard import shard_name, write_shard
from kinema.errors import MediaError, UsageError
from kinema.progress import Progress, Quiet

SCHEMA: Final = "kinema.dataset/1"
WORLDS_PER_SHARD: Final = 16
RECORD: Final = "dataset.json"


@dataclass(frozen=True)
class Order:
    """What data set is wanted."""

    format: Format
    worlds: dict[Split, int]
    """How many of each split."""
    seed: int = 0
    shard: int = field(default=WORLDS_PER_SHARD)
    """Worlds in a shard."""


def make_dataset(
    order: Order, folder: str | Path, *, workers: int = 1, progress: Progress | None = None
) -> list[Path]:
    """Make, or go on with, the data set in `folder`; all its shards. What is there is not made again; more worlds
    than before are added. Raises `UsageError` if the folder holds another data set."""
    folder, progress = Path(folder), progress or Quiet()
    _claim(folder, order)
    with _lock(folder):
        for partial in folder.glob("*.partial"):
            partial.unlink()
        wanted = list(_shards(order))
        _drop_strays(folder, wanted)
        missing = [
            job for job in wanted if not (folder / shard_name(job[0], job[1].start, job[1].stop)).is_file()
        ]
        # Small splits first: whoever trains while the rest is made can already test.
        missing.sort(key=lambda job: order.worlds[job[0]])
        total = sum(len(worlds) for _, worlds in missing)
        with progress.stage("make", "world") as report:
            done = 0
            for count in _made(order, folder, missing, workers):
                done += count
                report(done, total)
    return [folder / shard_name(split, worlds.start, worlds.stop) for split, worlds in wanted]


def _shards(order: Order) -> Iterator[tuple[Split, range]]:
    for split in SPLITS:
        count = order.worlds.get(split, 0)
        for start in range(0, count, order.shard):
            yield split, range(start, min(start + order.shard, count))


def _made(order: Order, folder: Path, missing: list[tuple[Split, range]], workers: int) -> Iterator[int]:
    """Make shards; yields how many worlds each had."""
    jobs: list[_Job] = [(folder, split, worlds, order.seed, order.format) for split, worlds in missing]
    if workers == 1 or len(jobs) <= 1:
        for job in jobs:
            yield _work(job)
        return
    # Spawned, not forked: the parent may run threads. Leaving the block ends the workers, whatever they do.
    with multiprocessing.get_context("spawn").Pool(min(workers, len(jobs)), _quiet) as pool:
        yield from pool.imap_unordered(_work, jobs)


_Job = tuple[Path, Split, range, int, Format]


def _work(job: _Job) -> int:
    write_shard(*job)
    return len(job[2])


def _quiet() -> None:
    """In a worker: Ctrl-C is the parent's to answer, and one thread each is enough."""
    import numba

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    numba.set_num_threads(1)


def _claim(folder: Path, order: Order) -> None:
    record = {"schema": SCHEMA, "seed": order.seed, "shard": order.shard, **asdict(order.format)}
    record["styles"] = list(order.format.styles)
    known = read_record(folder) if (folder / RECORD).is_file() else None
    if known is None and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            str(folder), "must be empty or a data set", got="other files", next_step="Choose another -o."
        )
    if known is not None and known != record:
        other = ", ".join(f"{key} {known.get(key)}" for key in record if known.get(key) != record[key])
        raise UsageError(
            str(folder),
            "must hold the data set that is asked for",
            got=f"one of {other}",
            next_step="Ask for the same, or choose another -o.",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / f"{RECORD}.partial"
        partial.write_text(json.dumps(record, indent=1) + "\n", "utf-8")
        partial.replace(folder / RECORD)
    except OSError as error:
        raise MediaError(
            str(folder), "must be writable", got=str(error), next_step="Check the folder and the disk."
        ) from error


def read_record(folder: Path) -> dict[str, Any]:
    """dataset.json. Raises `MediaError`."""
    try:
        record = json.loads((folder / RECORD).read_text("utf-8"))
        if record.get("schema") != SCHEMA:
            raise ValueError(f"schema {record.get('schema')!r}")
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        raise MediaError(
            str(folder),
            f"must be a data set ({SCHEMA})",
            got=str(error)[:120],
            next_step="Make one: `kinema dataset make -o FOLDER`.",
        ) from error
    return record


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """One process at a time; the kernel drops the lock when it dies."""
    import fcntl

    with (folder / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError(
                str(folder),
                "must not be in use",
                got="another process making it",
                next_step="Wait for it, or choose another -o.",
            ) from error
        yield


def _drop_strays(folder: Path, wanted: list[tuple[Split, range]]) -> None:
    """A last shard of fewer worlds, from when fewer were asked for: the whole one takes its place."""
    starts = {(split, worlds.start): worlds.stop for split, worlds in wanted}
    for path in folder.glob("*-*-*.tar"):
        split, start, stop = path.stem.split("-")
        if starts.get((split, int(start)), 0) > int(stop):  # type: ignore[arg-type]
            path.unlink()
