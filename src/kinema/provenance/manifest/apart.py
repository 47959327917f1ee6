"""Strangers' files are read in a process of their own, with an end to its time and its memory.

One changed byte, the length of a text in an assertion, made c2pa-python 0.38.1 take 1.8 GB and 3 to 12 s for a file
of 17 kB. There the limit ends a process that holds nothing; here it would end the job or the service. It also ends
crashes of native code there. The process gets the file, the anchors, and none of our secrets.

`python -m kinema.provenance.manifest.apart` is that process: one request as JSON on stdin, one answer on stdout.
"""

from __future__ import annotations

import base64
import json
import os
import resource
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from kinema.errors import ProvenanceError
from kinema.provenance.manifest.sdk import (
    RemoteManifestError,
    Stored,
    UnreadableManifestError,
    read,
    unopened,
)

MEMORY: Final = 1536 * 2**20
"""Address space of the process [bytes]. A sound file of 0.9 GB takes 1.0 GiB of it and 0.6 GiB of memory, and a longer
one no more: the SDK hashes 256 MiB at a time."""
SECONDS: Final = 10
"""Of processor time, for any file; and then one for each `_PACE`."""
PATIENCE: Final = 6.0
"""How much longer that may take on a busy machine."""
_PACE: Final = 20e6
"""Bytes that a slow disk gives and a slow processor hashes in a second."""


def read_apart(path: Path, anchors: str, manifest: bytes | None = None) -> Stored | None:
    """As `sdk.read`, and safe of any file. Raises what that raises."""
    asked: dict[str, Any] = {
        "path": str(path),
        "anchors": anchors,
        "manifest": None if manifest is None else base64.b64encode(manifest).decode(),
    }
    limit = SECONDS
    try:
        limit += int(path.stat().st_size / _PACE)
        asked["seconds"] = limit
        done = subprocess.run(
            [sys.executable, "-P", "-m", __spec__.name],
            input=json.dumps(asked).encode(),
            capture_output=True,
            env={name: value for name, value in os.environ.items() if not name.startswith("KINEMA_")},
            timeout=PATIENCE * limit,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UnreadableManifestError(f"reading it takes longer than {PATIENCE * limit:.0f} s") from error
    except OSError as error:
        raise unopened(path, error) from error
    if done.returncode:
        raise UnreadableManifestError("reading it takes too much time or memory, or crashes the reader")
    return _understood(json.loads(done.stdout))


def _understood(answer: dict[str, Any]) -> Stored | None:
    if "refused" in answer:
        raise ProvenanceError(**answer["refused"])
    if "unreadable" in answer:
        raise UnreadableManifestError(answer["unreadable"])
    if "remote" in answer:
        raise RemoteManifestError
    return Stored(**answer["stored"]) if answer["stored"] else None


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    manifest = None if asked["manifest"] is None else base64.b64decode(asked["manifest"])
    try:
        stored = read(Path(asked["path"]), asked["anchors"], manifest)
    except ProvenanceError as error:
        told = {"name": error.name, "rule": error.rule, "got": str(error.got), "next_step": error.next_step}
        return {"refused": told}
    except UnreadableManifestError as error:
        return {"unreadable": str(error)}
    except RemoteManifestError:
        return {"remote": True}
    return {"stored": asdict(stored) if stored else None}


def _serve() -> None:
    asked = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (asked["seconds"], asked["seconds"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    json.dump(_answer(asked), sys.stdout)


if __name__ == "__main__":
    _serve()
