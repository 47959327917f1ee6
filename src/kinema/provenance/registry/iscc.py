"""Clips by their ISCC: what manifests state of them, held against what is asked.

The registry has no column for it. The code is in the signed manifest, and the manifest is in a row that the log proves:
a second copy could only differ. All of them are read at the first question, and then those that came since.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from kinema.errors import ProvenanceError
from kinema.provenance.iscc.code import video_code_of
from kinema.provenance.iscc.units import ALG, Unit, units_of
from kinema.provenance.registry.binding import Binding, Candidate
from kinema.provenance.registry.jumbf import assertions
from kinema.provenance.registry.registry import Registry

RADIUS: Final = 40
"""Bits of 256 by which Video-Codes of one clip may differ. See docs/provenance.md for what was measured."""
MOST_ASKED: Final = 4096
"""Bytes of a stranger's value: over a hundred codes."""
_BITS: Final = 256
_SURE: Final = 0.99
"""The most that looks alone score; 1 is for the same bytes, as the ISCC Foundation's own resolver has it."""


@dataclass
class _Known:
    """Units of all registered clips, by kind."""

    last: int = -1
    """Leaf of the last clip that was looked at."""
    ids: list[int] = field(default_factory=list)
    bodies: np.ndarray = field(default_factory=lambda: np.zeros((0, 4), np.uint64))
    """Of Video-Codes, one row each, as `ids` are."""
    instances: dict[bytes, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def catch_up(self, registry: Registry) -> None:
        """Read what was registered since. Not proved here: whoever names a clip that was found proves its row."""
        read = [(leaf, id_, [*_stated(store)]) for leaf, id_, store in registry.manifests(self.last)]
        new = [(id_, unit) for _, id_, units in read for unit in units]
        videos = [(id_, unit.body) for id_, unit in new if unit.kind == "video"]
        self.bodies = np.concatenate([self.bodies, *(_row(body) for _, body in videos)])
        self.ids += [id_ for id_, _ in videos]
        self.instances |= {unit.body: id_ for id_, unit in new if unit.kind == "instance"}
        self.last = read[-1][0] if read else self.last

    def like(self, units: Sequence[Unit]) -> Iterator[Candidate]:
        """Clips with the same Instance-Code or a Video-Code within the radius."""
        for unit in units:
            if unit.kind == "instance" and unit.body in self.instances:
                yield Candidate(self.instances[unit.body], 1.0)
            if unit.kind == "video" and any(unit.body):
                apart = np.bitwise_count(self.bodies ^ _row(unit.body)).sum(1)
                for row in np.flatnonzero(apart <= RADIUS):
                    yield Candidate(self.ids[row], min(_SURE, 1 - int(apart[row]) / _BITS))


def iscc_binding(registry: Registry) -> Binding:
    """`io.iscc.v0`; its value is an ISCC-SEQ (IEP-0020)."""
    known = _Known()

    def like(units: Sequence[Unit]) -> list[Candidate]:
        with known.lock:
            known.catch_up(registry)
            return list(known.like(units))

    def resolve(value: bytes) -> list[Candidate]:
        if len(value) > MOST_ASKED:
            raise ProvenanceError(
                "ISCC", f"must have at most {MOST_ASKED} bytes", got=len(value), next_step="Send a part."
            )
        return like(units_of(value))

    def recognise(path: Path) -> list[Candidate]:
        code = video_code_of(path)
        return like(units_of(code)) if code else []

    return Binding(alg=ALG, kind="fingerprint", resolve=resolve, recognise=recognise)


def _row(body: bytes) -> np.ndarray:
    return np.frombuffer(body, np.uint64)[None]


def _stated(store: bytes) -> Iterator[Unit]:
    """What the active manifest of a store states of its clip. A value that is no ISCC-SEQ states nothing."""
    for value in iscc_in(store):
        with suppress(ProvenanceError):
            yield from units_of(value)


def iscc_in(store: bytes) -> Iterator[bytes]:
    """The ISCC-SEQs that the active manifest of a store states of the whole clip. Needs cbor2, of the extra `iscc`."""
    import cbor2

    for raw in assertions(store, "c2pa.soft-binding"):
        try:
            said = cbor2.loads(raw)
            values = [block["value"] for block in said["blocks"]] if said["alg"] == ALG else []
            yield from [bytes(value) for value in values if isinstance(value, bytes | list)]
        except (cbor2.CBORError, ValueError, TypeError, KeyError):
            continue
