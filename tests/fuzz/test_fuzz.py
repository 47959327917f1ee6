"""Every parser of outside files, on thousands of damaged ones: it reads them or says what is wrong, and nothing else.

The damage is the same on every run. For more of it, the environment says how many times as much, and new numbers:

    KINEMA_FUZZ=50 pytest tests/fuzz

C2PA manifests have two thousand of their own: tests/unit/provenance/test_hostile.py.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from families import FAMILIES

HERE = Path(__file__).parent
TIMES = int(os.environ.get("KINEMA_FUZZ", "1"))
HEIGHT = 2048
"""MiB at most, libraries included."""


@pytest.mark.parametrize("name", FAMILIES)
def test_damaged_files_are_read_or_refused(name: str, tmp_path: Path) -> None:
    family = FAMILIES[name]
    seen = read_all(name, tmp_path, TIMES * family.inputs)
    wrong = [one for one in seen if ":" in one["said"]]
    assert not wrong, "\n".join(f"number {one['number']}: {one['said']}" for one in wrong[:20])
    assert max(one["height"] for one in seen) < HEIGHT
    refused = sum(one["said"] != "read" for one in seen)
    assert refused > family.floor * len(seen), f"only {refused} of {len(seen)} were refused"


def read_all(name: str, folder: Path, count: int) -> list[dict[str, Any]]:
    """What came of each; the process is started again after it died."""
    seen: list[dict[str, Any]] = []
    while len(seen) < count:
        command = [HERE / "batch.py", name, folder / "seeds", len(seen), count]
        done = subprocess.run(
            [sys.executable, *map(str, command)],
            capture_output=True,
            text=True,
            timeout=1800 * TIMES,
            check=False,
            env=os.environ | {"TMPDIR": str(folder)},
        )
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        seen += [line for line in lines if "said" in line]
        if done.returncode:
            assert lines, done.stderr[-4000:]
            killed = {
                "number": len(seen),
                "said": f"died: {done.returncode} {done.stderr[-800:]}",
                "height": 0,
            }
            seen.append(killed)
    return seen
