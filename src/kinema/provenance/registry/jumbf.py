"""As much of JUMBF (ISO 19566-5) as it takes to cut the active manifest, or its assertions, out of a C2PA manifest
store."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from kinema.errors import ProvenanceError

_UUID: Final = 16
"""Bytes of a box's type, before one byte of toggles and its label."""


def active_manifest(store: bytes) -> bytes:
    """The last manifest box of a store, which C2PA says is the active one. Raises `ProvenanceError` for other bytes."""
    kind, inside = next(_boxes(store), ("", b""))
    if kind == "jumb":
        description, *manifests = [*_boxes(inside, whole=True)] or [("", b"")]
        if description[0] == "jumd" and manifests and manifests[-1][0] == "jumb":
            return manifests[-1][1]
    raise ProvenanceError(
        "manifest store",
        "must hold manifests in JUMBF boxes",
        got=f"{len(store)} bytes",
        next_step="Is it C2PA?",
    )


def assertions(store: bytes, name: str) -> Iterator[bytes]:
    """The CBOR of each assertion of this name in the active manifest, in order; none of bytes that are no store."""
    try:
        manifest = active_manifest(store)
    except ProvenanceError:
        return
    for _, assertion_store in _labelled(manifest, "c2pa.assertions"):
        for label, one in _labelled(assertion_store, name):
            if label.split("__")[0] == name:
                yield from (content for kind, content in _boxes(_inside(one)) if kind == "cbor")


def _labelled(superbox: bytes, prefix: str) -> Iterator[tuple[str, bytes]]:
    """Label and bytes of the superboxes in a superbox whose label begins so."""
    for kind, box in _boxes(_inside(superbox), whole=True):
        described = next(_boxes(_inside(box)), ("", b"")) if kind == "jumb" else ("", b"")
        label = described[1][_UUID + 1 :].partition(b"\x00")[0].decode("latin-1")
        if described[0] == "jumd" and label.startswith(prefix):
            yield label, box


def _inside(box: bytes) -> bytes:
    return next(_boxes(box), ("", b""))[1]


def _boxes(raw: bytes, *, whole: bool = False) -> Iterator[tuple[str, bytes]]:
    """Type and content of each box in a row; `whole`: with its header. Stops at what is no box."""
    place = 0
    while place + 8 <= len(raw):
        length, header = int.from_bytes(raw[place : place + 4], "big"), 8
        kind = raw[place + 4 : place + 8].decode("latin-1")
        if length == 1:  # the length follows, in eight bytes
            length, header = int.from_bytes(raw[place + 8 : place + 16], "big"), 16
        if length == 0:  # to the end
            length = len(raw) - place
        if length < header or place + length > len(raw):
            return
        yield kind, raw[place + (0 if whole else header) : place + length]
        place += length
