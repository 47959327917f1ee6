"""Run by `test_fuzz.py`, in a process with an end to its memory and time: reads damaged files of one family.

batch.py FAMILY SEEDS FIRST STOP. It prints a line of JSON for each number before it is read and one after: what came
of it, in how many seconds, and at what height of memory. It may die; then the last number without an end is what
killed it.
"""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import signal
import sys
import time
import traceback
from pathlib import Path
from tempfile import TemporaryDirectory

from families import FAMILIES, Family
from mutate import mutated

from kinema.errors import KinemaError

MEMORY = 2 * 2**30
"""Address space beyond what the libraries take when they are loaded [bytes]."""
SECONDS = 10
_forbidden: list[str] = []


def watch(event: str, arguments: tuple[object, ...]) -> None:
    """What no parser has any business to do. Native code is not seen here: see test_clips.py, test_stages.py."""
    if event in ("socket.connect", "socket.getaddrinfo", "os.system", "pickle.find_class"):
        _forbidden.append(f"{event} {arguments[1:]}")


def outcome(family: Family, folder: Path) -> str:
    """`read`, the name of the `KinemaError`, or what should not have happened."""
    before = sorted(path.name for path in folder.rglob("*"))
    try:
        family.read(folder)
        said = "read"
    except KinemaError as error:
        whole = bool(error.name and error.rule and error.next_step) and len(str(error)) < 2000
        said = type(error).__name__ if whole else f"bare message: {error!r}"
    except Exception:
        said = f"bare: {traceback.format_exc(limit=-6)}"
    if _forbidden:
        said = f"forbidden: {_forbidden.pop()}"
    if sorted(path.name for path in folder.rglob("*")) != before and not family.writes:
        said = "left behind: other files than before"
    return said


def main(name: str, seeds: str, first: str, stop: str) -> None:
    """Make sound files where there are none, read them, and then their damaged copies."""
    report = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print goes elsewhere
    family, field = FAMILIES[name], Path(seeds)
    if not field.exists():
        field.mkdir()
        family.make(field)
    sources = sorted(field.iterdir())
    files = {source: sorted(path for path in source.rglob("*") if path.is_file()) for source in sources}
    others = [path.read_bytes() for paths in files.values() for path in paths]
    with TemporaryDirectory() as scratch:
        case = Path(scratch) / "case"
        for source in sources:  # a sound file is read, and libraries are loaded before memory is limited
            family.read(Path(shutil.copytree(source, case)))
            shutil.rmtree(case)
        limit()
        for number in range(int(first), int(stop)):
            source = sources[number % len(sources)]
            shutil.copytree(source, case)
            hurt = random.Random(-1 - number).choice(files[source]).relative_to(source)
            (case / hurt).write_bytes(mutated((source / hurt).read_bytes(), number, others))
            print(json.dumps({"number": number}), file=report)
            print(json.dumps({"number": number, **read(family, case)}), file=report)
            shutil.rmtree(case)


def limit() -> None:
    """From now on."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    room = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (room, room))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.addaudithook(watch)


def read(family: Family, case: Path) -> dict[str, object]:
    """One, with an end to its time."""
    began, used = time.monotonic(), time.process_time()
    signal.alarm(SECONDS)  # what it does by default ends the process, native code too
    said = outcome(family, case)
    signal.alarm(0)
    height = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    return {
        "said": said,
        "seconds": time.monotonic() - began,
        "cpu": time.process_time() - used,
        "height": height,
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
