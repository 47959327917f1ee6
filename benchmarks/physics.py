"""Engines against what physics knows: `python benchmarks/physics.py [--quick]`.

Prints one table and writes `benchmarks/results/physics.json`. Exits 1 if a bound is missed.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

import numpy as np

from kinema.errors import KinemaError
from kinema.physics.build import build_world
from kinema.physics.engine import engine_named
from kinema.physics.tape import Tape
from kinema.physics.trials import Trial, all_trials
from kinema.physics.trials.trial import STEPPING, shot_of
from kinema.physics.world import World
from kinema.shot.body import Body, Breaks, Pane, Plane, Sphere
from kinema.shot.files import load_shot
from kinema.shot.shot import Shot

HERE = Path(__file__).parent
GLASS = HERE.parent / "examples" / "glass.yaml"
SPEEDS = (0.1, 0.3, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Of the ball that meets the pane [m/s]."""
Verdict = Literal["ok", "MISSED", "limit"]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One scenario by one engine."""

    scenario: str
    engine: str
    measured: str
    truth: str
    error: float
    bound: float
    cpu_seconds: float
    known_limit: bool = False
    """The engine is known not to hold this, and says so; shown, not counted."""

    @property
    def verdict(self) -> Verdict:
        """`limit` where a missed bound is a known limit of the engine."""
        if self.error <= self.bound:
            return "ok"
        return "limit" if self.known_limit else "MISSED"


def timed(world: World, engine: str) -> tuple[Tape, float]:
    """A tape, and the CPU-seconds it took, of all threads."""
    start = time.process_time()
    tape = engine_named(engine).simulate(world)
    return tape, time.process_time() - start


# --- trials with one number for an answer ------------------------------------------------------------------


def trial_row(trial: Trial, engine: str) -> Row:
    """A shot whose outcome is known in closed form."""
    tape, cpu = timed(build_world(trial.shot), engine)
    measured = trial.measure(tape)
    return Row(
        scenario=trial.name,
        engine=engine,
        measured=f"{measured:.7g} {trial.unit}",
        truth=f"{trial.truth:.7g} {trial.unit}",
        error=trial.error(measured),
        bound=trial.bound,
        cpu_seconds=cpu,
        known_limit=engine not in trial.engines,
    )


# --- the pane ----------------------------------------------------------------------------------------------


def pane_shot(speed: float) -> Shot:
    """A framed pane of 1 x 1 m x 6 mm in 150 pieces; a kilogram of steel 3 mm before it, at `speed` [m/s]."""
    radius = (3 / (4 * np.pi * 7850)) ** (1 / 3)
    pane = Body(
        name="pane",
        shape=Pane(width=1.0, height=1.0, thickness=0.006),
        material="glass",
        position=(0, 0, 0.8),
        breaks=Breaks(pieces=150, held="edges", efficiency=0.02),
    )
    ball = Body(
        name="ball",
        shape=Sphere(radius=radius),
        material="steel",
        mass=1.0,
        position=(0, -radius - 0.006, 0.8),
        velocity=(0, speed, 0),
    )
    floor = Body(name="floor", shape=Plane(), material="concrete")
    return shot_of(floor, pane, ball, seconds=Fraction(1, 4))


def shards_of(tape: Tape, body: str) -> np.ndarray:
    """Pieces of a body."""
    return np.flatnonzero(tape.geometry.piece_body == tape.geometry.bodies.index(body))


def outcome(tape: Tape) -> str:
    """What became of the pane: `bounce`, `crack` or `shatter`."""
    if not len(tape.cracks.time):
        return "bounce"
    return "crack" if len(np.unique(tape.cluster[-1, shards_of(tape, "pane")])) == 1 else "shatter"


def mass_row(tape: Tape, engine: str, cpu: float) -> Row:
    """The shards weigh together what the pane weighed."""
    mine, mass = shards_of(tape, "pane"), 2500 * 1.0 * 1.0 * 0.006
    measured = float(tape.geometry.piece_mass[mine].sum())
    return Row(
        scenario="pane at 8 m/s: mass of all shards",
        engine=engine,
        measured=f"{measured:.9g} kg",
        truth=f"{mass:.9g} kg",
        error=abs(measured - mass) / mass,
        bound=1e-6,
        cpu_seconds=cpu,
    )


def lost_row(tape: Tape, engine: str, cpu: float) -> Row:
    """A shard is lost if its place is not a number, under the floor, or farther off than anything can have flown."""
    mine = shards_of(tape, "pane")
    place = tape.position[:, mine]
    bad = ~np.isfinite(place).all(axis=(0, 2)) | (place[:, :, 2].min(0) < -0.01)
    bad |= np.abs(place).max(axis=(0, 2)) > 20
    return Row(
        scenario="pane at 8 m/s: shards lost",
        engine=engine,
        measured=f"{int(bad.sum())} of {len(mine)}",
        truth="0",
        error=float(bad.sum()),
        bound=0.0,
        cpu_seconds=cpu,
    )


def threshold_rows(speeds: tuple[float, ...]) -> Iterator[Row]:
    """How fast a ball bounces, cracks the pane or shatters it: both engines must say the same."""
    by_default: list[str] = []
    for speed in speeds:
        world = build_world(pane_shot(speed))
        for engine in STEPPING:
            tape, cpu = timed(world, engine)
            said = outcome(tape)
            if engine == STEPPING[0]:
                by_default.append(said)
            pieces = len(np.unique(tape.cluster[-1, shards_of(tape, "pane")]))
            yield Row(
                scenario=f"pane at {speed:g} m/s: outcome",
                engine=engine,
                measured=f"{said} ({len(tape.cracks.time)} cracks, {pieces} pieces)",
                truth=f"{by_default[-1]} (by {STEPPING[0]})",
                error=float(said != by_default[-1]),
                bound=0.0,
                cpu_seconds=cpu,
            )
            if speed == max(speeds):
                yield mass_row(tape, engine, cpu)
                yield lost_row(tape, engine, cpu)
    # Without both ends, agreement would mean nothing.
    ends = f"{by_default[0]} to {by_default[-1]}"
    yield Row(
        scenario="pane: slowest and fastest ball",
        engine=STEPPING[0],
        measured=ends,
        truth="bounce to shatter",
        error=float(ends != "bounce to shatter"),
        bound=0.0,
        cpu_seconds=0.0,
    )


# --- the hero shot -----------------------------------------------------------------------------------------


def same_bytes_row(engine: str) -> Row:
    """The same shot twice: the tape files must be equal bit by bit."""
    world = build_world(pane_shot(8.0))
    start = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        digests = [engine_named(engine).simulate(world).save(Path(folder) / f"{k}.tape") for k in range(2)]
    return Row(
        scenario="pane at 8 m/s twice: SHA-256 of the tape",
        engine=engine,
        measured=digests[1][:16],
        truth=digests[0][:16],
        error=float(digests[0] != digests[1]),
        bound=0.0,
        cpu_seconds=time.process_time() - start,
    )


def glass_row(runs: int) -> Row:
    """Three seconds of `examples/glass.yaml` by the default engine: the quickest of `runs`."""
    world = build_world(load_shot(GLASS))
    seconds = float((world.clock.samples - 1) / (world.clock.rate * world.clock.samples_per_frame))
    cpu = min(timed(world, STEPPING[0])[1] for _ in range(runs))
    return Row(
        scenario=f"examples/glass.yaml, {seconds:.2f} s: CPU-seconds",
        engine=STEPPING[0],
        measured=f"{cpu:.2f} s",
        truth="at most 3 s",
        error=cpu,
        bound=3.0,
        cpu_seconds=cpu,
    )


# --- all of it ---------------------------------------------------------------------------------------------


def guarded(scenario: str, engine: str, rows: Callable[[], Iterable[Row]]) -> Iterator[Row]:
    """Rows, or one missed row if the engine refuses: a failed ledger is a result too."""
    try:
        yield from rows()
    except KinemaError as error:
        yield Row(
            scenario=scenario,
            engine=engine,
            measured=f"{type(error).__name__}: {error.got}",
            truth="a tape",
            error=float("inf"),
            bound=0.0,
            cpu_seconds=0.0,
        )


def all_rows(*, quick: bool) -> Iterator[Row]:
    """Every row. `quick` leaves out the speeds between and the repeats."""
    for trial in all_trials():
        for engine in dict.fromkeys((*STEPPING, *trial.engines)):
            yield from guarded(trial.name, engine, lambda t=trial, e=engine: [trial_row(t, e)])
    speeds = (SPEEDS[0], 1.0, SPEEDS[-1]) if quick else SPEEDS
    yield from guarded("pane: threshold curve", "both", lambda: threshold_rows(speeds))
    for engine in STEPPING:
        yield from guarded("pane at 8 m/s twice", engine, lambda e=engine: [same_bytes_row(e)])
    yield from guarded(GLASS.name, STEPPING[0], lambda: [glass_row(1 if quick else 3)])


def print_table(rows: list[Row]) -> None:
    """With rich."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title="Engines against what physics knows")
    for heading in ("scenario", "engine", "measured", "truth"):
        table.add_column(heading)
    for heading in ("error", "bound", "CPU s"):
        table.add_column(heading, justify="right")
    table.add_column("verdict")
    colours = {"ok": "green", "MISSED": "bold red", "limit": "yellow"}
    last = ""
    for row in rows:
        table.add_row(
            row.scenario if row.scenario != last else "",
            row.engine,
            row.measured,
            row.truth,
            f"{row.error:.1e}",
            f"{row.bound:.1e}",
            f"{row.cpu_seconds:.2f}",
            f"[{colours[row.verdict]}]{row.verdict}[/]",
        )
        last = row.scenario
    Console(width=None if sys.stdout.isatty() else 170).print(table)


def main(show: Callable[[list[Row]], None] = print_table) -> int:
    """Run, show, write; 1 if a bound is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer speeds, no repeats")
    quick = parser.parse_args().quick
    rows = list(all_rows(quick=quick))
    show(rows)
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    record = {
        "engines": [engine_named(name).name for name in STEPPING],
        "quick": quick,
        # JSON has no infinity: an engine that refused has no error to tell.
        "rows": [
            asdict(row) | {"verdict": row.verdict, "error": row.error if np.isfinite(row.error) else None}
            for row in rows
        ],
    }
    (results / "physics.json").write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    missed = [row for row in rows if row.verdict == "MISSED"]
    print(
        f"{len(rows)} rows, {len(missed)} missed, {sum(row.verdict == 'limit' for row in rows)} known limits"
    )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
