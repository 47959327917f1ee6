"""An encoder that takes the machine for itself.

SVT-AV1, run by root as in most containers, gives the thread that opens it and all of its own real-time priority
(SCHED_FIFO 99): while two such encodes ran, everything else had a twentieth of the processors (measured).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_THREADS = Path("/proc/self/task")


@contextmanager
def ordinary() -> Iterator[None]:
    """Threads that become real-time inside are made ordinary again on leaving. Where there is no /proc, nothing is
    done: only Linux lets a process do this to itself."""
    if not _THREADS.is_dir():
        yield
        return
    before = _real_time()
    try:
        yield
    finally:
        for thread in _real_time() - before:
            with suppress(ProcessLookupError):
                os.sched_setscheduler(thread, os.SCHED_OTHER, os.sched_param(0))


def _real_time() -> set[int]:
    found = set()
    for entry in _THREADS.iterdir():
        with suppress(ProcessLookupError):
            if os.sched_getscheduler(int(entry.name)) in (os.SCHED_FIFO, os.SCHED_RR):
                found.add(int(entry.name))
    return found
