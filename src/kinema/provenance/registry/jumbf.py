"""As much of JUMBF (ISO 19566-5) as it takes to cut the active manifest out of a C2PA manifest store."""

from __future__ import annotations

from collections.abc import Iterator

from kinema.errors import ProvenanceError


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
