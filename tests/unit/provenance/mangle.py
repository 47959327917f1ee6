"""Run by `test_hostile.py`, in a process with the reader's limits: reads mangled copies of a signed clip.

mangle.py CLIP ANCHORS FIRST STOP. For each it prints: number, state, CPU-seconds. It may be ended by its limits.
"""

from __future__ import annotations

import random
import resource
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from kinema.provenance.manifest.apart import MEMORY
from kinema.provenance.manifest.sdk import RemoteManifestError, UnreadableManifestError, read

LENGTHS = (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\0\0\0\1", b"\x9b\x00\x00\x00\xff")
"""What breaks parsers: lengths of boxes, and of CBOR arrays."""


def mangled(whole: bytes, number: int) -> bytes:
    """Bytes changed, lengths made absurd, runs left out or said twice; most of it inside the manifest's box."""
    dice, content = random.Random(number), bytearray(whole)
    start = whole.index(b"uuid") - 4
    end = start + int.from_bytes(whole[start : start + 4], "big")
    low, high = (start, end) if dice.random() < 0.8 else (0, len(whole))
    for _ in range(dice.choice((1, 2, 5, 20))):
        kind, at = dice.random(), dice.randrange(low, min(high, len(content)))
        if kind < 0.5:
            content[at] = dice.randrange(256)
        elif kind < 0.65:
            content[at : at + 4] = dice.choice(LENGTHS)
        elif kind < 0.8 and len(content) > 2 * low + 200:
            del content[at : at + dice.randrange(1, 50)]
        else:
            content[at:at] = content[max(0, at - dice.randrange(1, 200)) : at]
    return bytes(content)


def state_of(path: Path, anchors: str) -> str:
    """As the SDK calls it."""
    try:
        stored = read(path, anchors)
    except UnreadableManifestError:
        return "unreadable"
    except RemoteManifestError:
        return "remote"
    return stored.state if stored else "none"


def main(clip: str, anchors: str, first: str, stop: str) -> None:
    """Read them all."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    whole, trusted = Path(clip).read_bytes(), Path(anchors).read_text()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "mangled.mp4"
        for number in range(int(first), int(stop)):
            path.write_bytes(mangled(whole, number))
            began = time.process_time()
            print(number, state_of(path, trusted), round(time.process_time() - began, 3), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
