"""The one file that knows c2pa-python: signing a file, and reading what a file carries.

Settings are given to each call and never loaded globally. No call fetches anything but the time stamp that the owner
configured: manifests of strangers name addresses (remote manifests, OCSP responders), and a service that follows them
can be sent anywhere.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from kinema.errors import ProvenanceError
from kinema.provenance.keys.signer import ClaimSigner

if TYPE_CHECKING:
    from c2pa import Context

SPEC_VERSION: Final = "2.4"
"""Of the C2PA specification that manifests are written by."""
OPAQUE: Final = "application/octet-stream"
EMBEDS: Final = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".avi": "video/avi",
    ".m4a": "audio/mp4",
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
}
"""Files that a manifest is embedded in. Beside all others (MKV, WebM, OpenEXR, MXF) it lies as a sidecar."""


@dataclass(frozen=True, kw_only=True)
class Input:
    """A file that went into a clip."""

    path: Path
    relationship: Literal["parentOf", "componentOf", "inputTo"]
    """`parentOf`: the clip is an edit of it. `componentOf`: it is seen in the clip. `inputTo`: it steered the work."""
    label: str
    """By which actions name it."""
    title: str
    manifest: bytes | None = None
    """Its own manifest, if that lies beside it."""


@dataclass(frozen=True)
class Stored:
    """What a file's manifests say, before anything is made of it."""

    state: str
    """The SDK's: Trusted, Valid or Invalid."""
    active: str
    """Id of the newest manifest."""
    manifests: dict[str, Any]
    """`Reader.json()`: manifests by id."""
    results: dict[str, Any]
    """Validation results of the active manifest and of its ingredients."""
    crjson: dict[str, Any]
    """`Reader.crjson()`: the form that conformance is judged by."""


class UnreadableManifestError(Exception):
    """A file, or the manifest that it carries, is too broken to be read."""


class RemoteManifestError(Exception):
    """A file carries no manifest, but the address of one. It is not fetched."""


def mime_of(path: Path) -> str:
    """The media type to sign `path` by; `OPAQUE` where a manifest cannot be embedded."""
    return EMBEDS.get(path.suffix.lower(), OPAQUE)


def sidecar_of(path: Path) -> Path:
    """Where the manifest of a file that cannot carry one lies: what C2PA calls an external manifest."""
    return path.with_suffix(".c2pa")


def sign(
    definition: Mapping[str, Any],
    inputs: Iterable[Input],
    source: Path,
    target: Path,
    *,
    signer: ClaimSigner,
    anchors: str,
    tsa: str | None,
) -> bytes:
    """Write `source` with its manifest to `target`; the manifest store's bytes.

    Where it cannot be embedded, `target` is a copy and the bytes are the sidecar. Raises `ProvenanceError`.
    """
    from c2pa import Builder, C2paError, C2paSigningAlg, Signer

    refused: list[Exception] = []

    def signature(claim: bytes) -> bytes:
        try:
            return signer.sign(claim)
        except Exception as error:  # the SDK would only say that the callback failed
            refused.append(error)
            raise

    try:
        algorithm = C2paSigningAlg[signer.algorithm]
        handle = Signer.from_callback(signature, algorithm, signer.chain.decode("ascii"), tsa)
        with handle, Builder(dict(definition), _context(anchors)) as builder:
            if mime_of(source) == OPAQUE:
                builder.set_no_embed()
            for part in inputs:
                _add(builder, part, anchors)
            with source.open("rb") as read, target.open("w+b") as write:
                return builder.sign(handle, mime_of(source), read, write)
    except (C2paError, ValueError) as error:
        if refused:
            raise refused[0] from error
        raise _unsigned(source, error, tsa) from error


def _add(builder: Any, part: Input, anchors: str) -> None:
    about: dict[str, Any] = {"title": part.title, "relationship": part.relationship, "label": part.label}
    if part.manifest is not None:
        # The SDK reads what is embedded, but not what lies beside: it takes the sidecar with our reading of it.
        stored = read(part.path, anchors, part.manifest)
        assert stored is not None  # given a manifest, the SDK reads it or raises
        builder.add_resource(part.label, io.BytesIO(part.manifest))
        about["manifest_data"] = {"format": "application/c2pa", "identifier": part.label}
        about["validation_results"] = stored.results
    with part.path.open("rb") as file:
        builder.add_ingredient(about, mime_of(part.path), file)


def read(path: Path, anchors: str, manifest: bytes | None = None) -> Stored | None:
    """What `path` carries, or what `manifest` says of it; None without a manifest.

    Raises `UnreadableManifestError`, `RemoteManifestError`; `ProvenanceError` for a file that cannot be opened.
    """
    from c2pa import C2paError, Reader

    try:
        with path.open("rb") as file:
            reader = Reader.try_create(
                mime_of(path), file, manifest, context=_context(anchors, read_only=True)
            )
            if reader is None:
                return None
            with reader:
                whole = json.loads(reader.json())
                return Stored(
                    state=reader.get_validation_state() or "Invalid",
                    active=whole.get("active_manifest") or "",
                    manifests=whole.get("manifests") or {},
                    results=whole.get("validation_results") or {},
                    crjson=json.loads(reader.crjson()),
                )
    except (C2paError, ValueError) as error:
        if str(error).startswith("NotSupported"):
            return None
        if str(error).startswith("Remote:"):
            raise RemoteManifestError from error
        raise UnreadableManifestError(str(error)[:300]) from error
    except OSError as error:
        raise unopened(path, error) from error


def unopened(path: Path, error: OSError) -> ProvenanceError:
    """A file that the operating system does not give."""
    return ProvenanceError(
        str(path),
        "must be a file that can be read",
        got=error.strerror or type(error).__name__,
        next_step="Check its name.",
    )


def _context(anchors: str, *, read_only: bool = False) -> Context:
    from c2pa import Context

    settings: dict[str, Any] = {
        "trust": {"trust_anchors": anchors},
        "verify": {"verify_trust": True, "remote_manifest_fetch": False, "ocsp_fetch": False},
        "builder": {"thumbnail": {"enabled": False}},
    }
    if read_only:
        settings["core"] = {"allowed_network_hosts": []}
    return Context.from_dict(settings)


def _unsigned(source: Path, error: Exception, tsa: str | None) -> ProvenanceError:
    where = f", or the time-stamping authority {tsa} does not answer" if tsa else ""
    return ProvenanceError(
        str(source),
        "must be a file that can be signed",
        got=str(error)[:300],
        next_step=f"Either the file is not what its name says, the keys do not fit (kinema keys show){where}.",
    )
