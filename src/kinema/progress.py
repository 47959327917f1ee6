"""How far the work is: a bar on a terminal, plain lines elsewhere, nothing for callers who want silence."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

Stage = Callable[[int, int], None]
"""One stage under way: called with units done and units in all."""


class Progress(Protocol):
    """Somebody who wants to know."""

    @contextmanager
    def stage(self, name: str, unit: str) -> Iterator[Stage]:
        """Enter a stage counted in `unit` (frame, sample)."""
        ...


class Quiet:
    """Says nothing."""

    @contextmanager
    def stage(self, name: str, unit: str) -> Iterator[Stage]:  # noqa: ARG002 - the protocol's signature
        """A stage nobody watches."""
        yield lambda _done, _total: None


class Pace:
    """Units a second since the first report: what came before it was compiling, or is kept from an earlier run."""

    def __init__(self) -> None:
        self._first: tuple[int, float] | None = None

    def at(self, done: int, now: float) -> float | None:
        """[1/s] with `done` units at `now` [s]; None while there is nothing to tell it from."""
        first, start = self._first = self._first or (done, now)
        return (done - first) / (now - start) if done > first and now > start else None


class Bar:
    """A rich progress bar: stage, count, rate, time left."""

    @contextmanager
    def stage(self, name: str, unit: str) -> Iterator[Stage]:
        """One bar per stage, left on screen when it is finished."""
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )
        from rich.progress import Progress as RichProgress

        columns = (
            TextColumn("{task.description:>9}"),
            BarColumn(bar_width=32),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
        )
        with RichProgress(*columns, console=Console(stderr=True)) as bars:
            task = bars.add_task(name, total=None, rate="")
            pace = Pace()

            def report(done: int, total: int) -> None:
                rate = pace.at(done, time.perf_counter())
                bars.update(task, completed=done, total=total, rate=f"{rate:.2f} {unit}/s" if rate else "")

            yield report


class Lines:
    """A line when a stage starts and ends, and at most one every `every` seconds between."""

    def __init__(self, *, every: float = 10.0) -> None:
        self._every = every

    @contextmanager
    def stage(self, name: str, unit: str) -> Iterator[Stage]:
        """Lines on stderr, one clock reading per report."""
        start = last = time.perf_counter()
        seen, pace = (0, 0), Pace()

        def report(done: int, total: int) -> None:
            nonlocal last, seen
            seen = (done, total)
            now = time.perf_counter()
            rate = pace.at(done, now)
            if now - last >= self._every:
                last = now
                left = f", {rate:.2f}/s, {(total - done) / rate:.0f} s left" if rate else ""
                _line(f"{name}: {unit} {done} of {total}{left}")

        yield report
        _line(f"{name}: {seen[0]} of {seen[1]} {unit}s in {time.perf_counter() - start:.1f} s")


def _line(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def for_this_terminal() -> Progress:
    """A bar if people watch, lines if a log does."""
    return Bar() if sys.stderr.isatty() else Lines()
