"""Sealing: the last thing done to a clip. Any later remux strips the manifest, so nothing comes after it.

A sealed file is read back before it takes the place of the unsealed one: it must be trusted by our own anchors, carry
a time stamp if one is configured, and pass all checks of the conformance rubric. Otherwise there is no file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kinema.config import read_config
from kinema.errors import ProvenanceError, UsageError
from kinema.folder import write_atomically
from kinema.physics.tape import file_hash
from kinema.provenance.keys.keyring import Keyring
from kinema.provenance.manifest.conformance import failures_of
from kinema.provenance.manifest.conformance.vocabulary import words
from kinema.provenance.manifest.definition import Editor, of_child, of_take
from kinema.provenance.manifest.facts import TakeFacts
from kinema.provenance.manifest.inspection import Inspection, inspect, judged
from kinema.provenance.manifest.sdk import OPAQUE, Input, mime_of, read, sidecar_of, sign


@dataclass(frozen=True)
class Sealed:
    """A signed clip."""

    clip: Path
    manifest_id: str
    manifest_bytes: bytes = field(repr=False)
    """The manifest store, for the registry: what finds it again gives it to `inspect`."""
    sidecar: Path | None
    """Where the manifest lies, if the clip's format cannot carry it."""


def seal_take(
    clip: str | Path,
    facts: TakeFacts,
    keyring: Keyring,
    *,
    assets: Sequence[Path] = (),
    iscc: bytes | None = None,
) -> Sealed:
    """Sign the clip of a take, in its place. `assets` are files that are seen in it or lit it; `iscc` is stated of it.

    Raises `ProvenanceError` if the clip is not the one that `facts` are of, or cannot be signed so that it is trusted.
    """
    clip = Path(clip)
    found = file_hash(clip)
    if found != facts.clip:
        raise ProvenanceError(
            str(clip),
            f"must have SHA-256 {facts.clip}, as the take records it",
            got=found,
            next_step="Make the take again: something changed its clip.",
        )
    inputs = [_input(path, "componentOf", n, keyring) for n, path in enumerate(assets)]
    return _seal(clip, clip, of_take(facts, inputs, datetime.now(UTC), iscc=iscc), inputs, keyring)


def seal_child(
    clip: str | Path,
    target: str | Path,
    keyring: Keyring,
    *,
    parent: Path | None = None,
    components: Sequence[Path] = (),
    shot: Path | None = None,
    marks: Mapping[Path, Mapping[str, Any]] | None = None,
    editor: Editor = "human",
) -> Sealed:
    """Sign a clip that others edited or drew, as a child of what it was made from.

    Without a `parent` the clip itself is the parent: it is sealed as it was found, and nothing is claimed of how it
    came about. A manifest that the clip carries is never thrown away: it becomes the parent's, or a component's.
    `shot` is the shot it was drawn from; its hash is stated. `marks` says which watermark lies under the pixels of the
    clip and of its inputs; it stays there, whatever a manifest says. Raises `UsageError`, `ProvenanceError`.
    """
    clip, target = Path(clip), Path(target)
    _refuse_target(clip, target, [clip, *filter(None, (parent, shot)), *components])
    first = _input(parent or clip, "parentOf", 0, keyring)
    carries = parent is not None and inspect(clip, keyring).state != "none"
    kept = [clip] if carries else []
    others = [_input(p, "componentOf", n, keyring) for n, p in enumerate([*kept, *components], start=1)]
    told = {path: {"watermark": dict(mark)} for path, mark in (marks or {}).items()}
    statement: dict[str, Any] = {
        "schema": "kinema.seal/1",
        "clip": file_hash(clip),
        "inputs": [
            {"sha256": file_hash(part.path), "relationship": part.relationship, **told.get(part.path, {})}
            for part in (first, *others)
        ],
        **told.get(clip, {}),
    }
    if shot is not None:
        statement["shot"] = file_hash(shot)
    edited = editor if parent is not None else None
    definition = of_child(first, others, statement, edited=edited, now=datetime.now(UTC))
    return _seal(clip, target, definition, [first, *others], keyring)


def _seal(
    source: Path, target: Path, definition: dict[str, Any], inputs: Sequence[Input], keyring: Keyring
) -> Sealed:
    """Sign beside, read back, rename over."""
    tsa = read_config().tsa
    partial = target.with_name(f".{target.stem}.partial{target.suffix}")
    opaque = mime_of(source) == OPAQUE
    try:
        made = sign(
            definition, inputs, source, partial, signer=keyring.claim, anchors=keyring.anchors, tsa=tsa
        )
        found = _trusted(partial, made if opaque else None, keyring, stamped=tsa is not None)
        sidecar = sidecar_of(target) if opaque else None
        if sidecar is not None:
            write_atomically(sidecar, made)
        partial.replace(target)
    except OSError as error:
        raise ProvenanceError(
            str(source),
            "must be readable, and its folder writable",
            got=error.strerror or type(error).__name__,
            next_step="Look at the rights and the free space there.",
        ) from error
    finally:
        partial.unlink(missing_ok=True)
    assert found.manifest is not None
    return Sealed(target, found.manifest.id, made, sidecar)


def _trusted(path: Path, manifest: bytes | None, keyring: Keyring, *, stamped: bool) -> Inspection:
    """Read back what was written. Raises `ProvenanceError` for anything less than trusted and conforming."""
    stored = read(path, keyring.anchors, manifest)
    if stored is None:
        raise _unfit("a file without a manifest")
    found = judged(stored, keyring, "embedded" if manifest is None else "sidecar")
    if found.state != "trusted":
        raise _unfit(found.words)
    codes = {one.get("code") for one in stored.results["activeManifest"].get("success", ())}
    if stamped and "timeStamp.trusted" not in codes:
        raise _unfit("no trusted time stamp; trust the authority's root (kinema keys trust)")
    if broken := failures_of(stored.crjson):
        raise _unfit(f"it breaks {', '.join(broken)}")
    return found


def _unfit(got: str) -> ProvenanceError:
    return ProvenanceError(
        "the signed clip",
        "must be trusted and conform to C2PA when it is read back",
        got=got,
        next_step="Look at the keys: kinema keys show",
    )


def _refuse_target(clip: Path, target: Path, inputs: Sequence[Path]) -> None:
    """Raise `UsageError` for an output that would destroy an input, or that is another kind of file."""
    for path in inputs:
        if not path.is_file():
            raise UsageError("input", "must be a file", got=str(path), next_step="Check its name.")
        lost = [(target, path)]
        if mime_of(target) == OPAQUE:
            lost.append((sidecar_of(target), sidecar_of(path)))
        if any(new.exists() and old.exists() and new.samefile(old) for new, old in lost):
            raise UsageError(
                "output", "must be another file", got=str(target), next_step="Choose another -o."
            )
    if target.suffix.lower() != clip.suffix.lower():
        raise UsageError(
            "output",
            f"must be a {clip.suffix} file, as the clip is",
            got=target.name,
            next_step="Sealing changes no container: convert first, and seal last.",
        )


def _input(path: Path, relationship: Any, n: int, keyring: Keyring) -> Input:
    """A file and the sidecar beside it, if it has one and nothing embedded.

    A malformed manifest is refused. Signing reads it in this process, which `inspect` does not; and to leave it out
    would be to throw away what somebody said of the file.
    """
    found = inspect(path, keyring)
    if any(failure.code in words("malformed") | {"unreadable"} for failure in found.failures):
        raise ProvenanceError(
            str(path),
            "must carry a manifest that can be read, or none",
            got=found.words,
            next_step="Seal a copy without it, such as ffmpeg -c copy makes, if that history may be lost.",
        )
    beside = found.place == "sidecar" and found.manifest is not None
    manifest = sidecar_of(path).read_bytes() if beside else None
    return Input(path=path, relationship=relationship, label=f"input{n}", title=path.name, manifest=manifest)
