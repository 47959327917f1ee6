"""The meter: what each stage of a take used, measured by the operating system's own accounting."""

from __future__ import annotations

import json
import os
import platform
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kinema.errors import MediaError

FORMAT = "kinema.meter/1"
_RAPL = Path("/sys/class/powercap")


class Meter:
    """Adds up seconds, CPU-seconds and joules per stage. A resumed take goes on from what it had used."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._stages: dict[str, dict[str, float]] = {}
        self._runs = 1

    def keep_in(self, path: Path) -> None:
        """From now on in this meter.json; what it already holds is added as the use of earlier runs."""
        self._path = path
        if path.is_file():
            try:
                self._add(json.loads(path.read_text("utf-8")))
            except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                raise MediaError(
                    str(path),
                    "must be what earlier runs have used",
                    got=str(error)[:120],
                    next_step="Remove it: the take is then charged from now on.",
                ) from error
        self.save()

    def _add(self, earlier: dict[str, Any]) -> None:
        self._runs = earlier["runs"] + 1
        for name, used in earlier["stages"].items():
            mine = self._stages.setdefault(name, {"seconds": 0.0, "cpu_seconds": 0.0})
            for unit, amount in used.items():
                mine[unit] = mine.get(unit, 0.0) + float(amount)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Charge everything inside to `name`, also when it is interrupted."""
        wall, cpu, energy = time.perf_counter(), _cpu_seconds(), _joules()
        try:
            yield
        finally:
            used = self._stages.setdefault(name, {"seconds": 0.0, "cpu_seconds": 0.0})
            used["seconds"] += time.perf_counter() - wall
            used["cpu_seconds"] += _cpu_seconds() - cpu
            if energy is not None and (now := _joules()) is not None:
                used["joules"] = used.get("joules", 0.0) + max(now - energy, 0.0)
            self.save()

    def save(self) -> None:
        """Write meter.json atomically, if there is one yet."""
        if self._path is None:
            return
        partial = self._path.with_suffix(".partial")
        partial.write_text(json.dumps(self.reading(), indent=2) + "\n", "utf-8")
        partial.replace(self._path)

    def reading(self) -> dict[str, Any]:
        """Seconds and CPU-seconds per stage and in all, peak memory [bytes], joules where readable."""
        return {
            "schema": FORMAT,
            "runs": self._runs,
            "stages": self._stages,
            "seconds": sum(s["seconds"] for s in self._stages.values()),
            "cpu_seconds": sum(s["cpu_seconds"] for s in self._stages.values()),
            "peak_memory_bytes": peak_memory(),
            "energy": "RAPL package counters" if _joules() is not None else "not readable on this machine",
            "machine": {
                "system": platform.system(),
                "processor": platform.machine(),
                "cores": os.cpu_count(),
            },
        }


def peak_memory() -> int:
    """Largest resident set of this process so far [bytes].

    `getrusage` of Linux hands the peak of whoever started a process down to it; the kernel's own `VmHWM` does not.
    """
    try:
        status = Path("/proc/self/status").read_text("ascii")
        return int(status.split("VmHWM:")[1].split()[0]) * 1024
    except (OSError, IndexError, ValueError):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # macOS counts in bytes, others in KiB
    return peak if platform.system() == "Darwin" else peak * 1024


def _cpu_seconds() -> float:
    """User and system time of all threads and of finished children [s]."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _joules() -> float | None:
    """Sum of the package energy counters, or None where the kernel does not show them to us."""
    try:
        counters = sorted(_RAPL.glob("intel-rapl:?/energy_uj"))
        return sum(int(c.read_text()) for c in counters) / 1e6 if counters else None
    except (OSError, ValueError):
        return None
