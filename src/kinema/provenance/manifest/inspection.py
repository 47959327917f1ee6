"""What a file's manifest says, and how far to believe it; in words.

`untrusted` is not `invalid`: the clip is what was signed, but by a signer whom our anchors do not know, or whose
certificate has ended without a time stamp from before. `none` is not `invalid` either: nothing was forged, the
manifest was lost, as any remux loses it. A `trusted` manifest tells the truth as its signer told it; whether that
signer is us is `Signer.standing`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from kinema.provenance.keys.keyring import Keyring, Standing
from kinema.provenance.manifest.apart import read_apart
from kinema.provenance.manifest.facts import LABEL, SoftBinding, TakeFacts
from kinema.provenance.manifest.foreign import items, table, text
from kinema.provenance.manifest.sdk import (
    RemoteManifestError,
    Stored,
    UnreadableManifestError,
    sidecar_of,
)

State = Literal["trusted", "untrusted", "invalid", "none"]
Place = Literal["embedded", "sidecar", "given"]
UNTRUSTED = "signingCredential.untrusted"
EXPIRED = "signingCredential.expired"

_WORDS = {
    "assertion.bmffHash.mismatch": "the picture or sound is not what was signed",
    "assertion.dataHash.mismatch": "the file is not what was signed",
    "assertion.boxesHash.mismatch": "the file is not what was signed",
    "assertion.hashedURI.mismatch": "a statement in the manifest was changed after signing",
    "claimSignature.mismatch": "the signature does not fit the manifest",
    "claimSignature.missing": "the manifest is not signed",
    EXPIRED: "the signer's certificate has ended, and no time stamp proves that it had not",
    "signingCredential.invalid": "the signer's certificate may not sign claims",
    UNTRUSTED: "the signer is unknown here",
    "timeStamp.mismatch": "the time stamp is of something else",
    "timeStamp.untrusted": "the time-stamping authority is unknown here",
}


@dataclass(frozen=True)
class Failure:
    """One thing that does not hold."""

    code: str
    """C2PA's status code, specification 2.4, 15.2; `unreadable` for a file or manifest that cannot be parsed."""
    detail: str

    def __str__(self) -> str:
        return _WORDS.get(self.code, self.detail or self.code)


@dataclass(frozen=True)
class Signer:
    """Who signed, by the certificate."""

    organisation: str
    name: str
    serial: int
    standing: Standing
    """Whose it is; certain only of a manifest that is trusted."""


@dataclass(frozen=True)
class Ingredient:
    """A file that went in, and how far its own manifest was believed when it did."""

    title: str
    relationship: str
    manifest_id: str
    """Empty for a file without a manifest."""
    state: State


@dataclass(frozen=True)
class Manifest:
    """The newest manifest of a file."""

    id: str
    generator: str
    signer: Signer
    stamped: str
    """Time by a time-stamping authority; empty without one."""
    source_type: str
    """IPTC's term, the last part of its address; empty for an edit."""
    bindings: tuple[SoftBinding, ...]
    take: TakeFacts | None
    """kinema's own statement, if there is one that can be read."""
    ingredients: tuple[Ingredient, ...]


@dataclass(frozen=True)
class Inspection:
    """A file's manifest, judged."""

    state: State
    failures: tuple[Failure, ...]
    place: Place
    manifest: Manifest | None
    history: tuple[str, ...]
    """Ids of all manifests in the store, newest first."""

    @property
    def ours(self) -> bool:
        """Whether it is trusted, and signed by a key of this keyring."""
        return (
            self.state == "trusted" and self.manifest is not None and self.manifest.signer.standing == "ours"
        )

    def by_another(self) -> Inspection:
        """The same, of a signer who is not us."""
        assert self.manifest is not None
        signer = replace(self.manifest.signer, standing="another's")
        return replace(self, manifest=replace(self.manifest, signer=signer))

    @property
    def words(self) -> str:
        """For a person who reads no status codes."""
        why = _reasons(self.failures)
        if self.manifest is None:
            return (
                f"cannot be read: {why}"
                if self.state == "invalid"
                else f"no manifest{why and f', but {why}'}"
            )
        who = f"{self.manifest.signer.organisation or 'an unnamed signer'} ({self.manifest.signer.standing})"
        when = f", at {self.manifest.stamped}" if self.manifest.stamped else ""
        lead = {
            "trusted": f"signature valid: signed by {who}{when}",
            "untrusted": f"signature intact, but of {who}: {why}",
            "invalid": f"not as signed by {who}: {why}",
        }[self.state]
        return lead if self.place == "embedded" else f"{lead} (by a manifest that is not in the file)"


def _reasons(failures: tuple[Failure, ...]) -> str:
    """Each once. That a signer is unknown says nothing more where the certificate has ended: nobody vouches for it."""
    ended = any(failure.code == EXPIRED for failure in failures)
    told = (str(failure) for failure in failures if not (ended and failure.code == UNTRUSTED))
    return "; ".join(dict.fromkeys(told))


def inspect(path: str | Path, keyring: Keyring, manifest: bytes | None = None) -> Inspection:
    """Judge `path` by the manifest in it, or else in the sidecar beside it.

    A `manifest` that was found elsewhere, such as in the registry, goes before both. Raises `ProvenanceError` for a
    file that cannot be opened.
    """
    path = Path(path)
    sidecar = sidecar_of(path)
    places: list[tuple[Place, bytes | None]] = [("embedded", None)]
    if sidecar.is_file() and sidecar != path:
        places.append(("sidecar", sidecar.read_bytes()))
    if manifest is not None:
        places = [("given", manifest)]
    elsewhere: tuple[Failure, ...] = ()
    for place, given in places:
        try:
            stored = read_apart(path, keyring.anchors, given)
        except RemoteManifestError:
            elsewhere = (Failure("manifest.inaccessible", "the address of one, which is not fetched"),)
            continue
        except UnreadableManifestError as error:
            return Inspection("invalid", (Failure("unreadable", text(str(error))),), place, None, ())
        if stored is not None:
            found = judged(stored, keyring, place)
            return found if _by_own_root(found, path, keyring, given) else found.by_another()
    return Inspection("none", elsewhere, "embedded", None, ())


def _by_own_root(found: Inspection, path: Path, keyring: Keyring, given: bytes | None) -> bool:
    """A serial number is anybody's to choose: another maker's may be ours, but no root of ours vouches for it."""
    if not found.ours or keyring.anchors == keyring.own_anchors:
        return True
    stored = read_apart(path, keyring.own_anchors, given)
    codes = _codes(stored.results, "success") if stored else []
    return "signingCredential.trusted" in codes


def judged(stored: Stored, keyring: Keyring, place: Place) -> Inspection:
    """Make an `Inspection` of what the SDK read. What a stranger wrote has any shape and any size."""
    own = table(stored.results.get("activeManifest"))
    found = map(table, items(own.get("failure")))
    failures = tuple(Failure(text(one.get("code")), text(one.get("explanation"))) for one in found)
    chain = (text(table(one).get("label")) for one in items(stored.crjson.get("manifests")))
    manifest = _manifest(table(stored.manifests.get(stored.active)), keyring)
    return Inspection(_state(stored.state, failures), failures, place, manifest, tuple(filter(None, chain)))


def _codes(results: dict[str, Any], kind: Literal["success", "failure"]) -> list[str]:
    """Status codes of an active manifest."""
    found = items(table(results.get("activeManifest")).get(kind))
    return [text(table(one).get("code")) for one in found]


def _state(said: str, failures: tuple[Failure, ...]) -> State:
    """Trusted needs no failure at all. Where only the signer fails, the clip is still what was signed."""
    codes = {failure.code for failure in failures}
    if said == "Trusted" and not codes:
        return "trusted"
    return "untrusted" if codes and codes <= {UNTRUSTED, EXPIRED} else "invalid"


def _manifest(active: dict[str, Any], keyring: Keyring) -> Manifest:
    said = [table(one) for one in items(active.get("assertions"))]
    assertions = {text(one.get("label")): one.get("data") for one in said}
    actions = items(table(assertions.get("c2pa.actions.v2")).get("actions"))
    first = table(actions[0]) if actions else {}
    signature = table(active.get("signature_info"))
    generators = items(active.get("claim_generator_info"))
    generator = table(generators[0]) if generators else {}
    serial = text(signature.get("cert_serial_number"))
    number = int(serial) if serial.isascii() and serial.isdigit() else 0
    return Manifest(
        id=text(active.get("label")),
        generator=f"{text(generator.get('name'))} {text(generator.get('version'))}".strip(),
        signer=Signer(
            organisation=text(signature.get("issuer")),
            name=text(signature.get("common_name")),
            serial=number,
            standing=keyring.standing(number),
        ),
        stamped=text(signature.get("time")),
        source_type=text(first.get("digitalSourceType")).rpartition("/")[2],
        bindings=tuple(_bindings(said)),
        take=_take(assertions.get(LABEL)),
        ingredients=tuple(_ingredient(table(one)) for one in items(active.get("ingredients"))),
    )


def _take(statement: Any) -> TakeFacts | None:
    """A statement that does not parse states nothing."""
    try:
        return TakeFacts.model_validate(statement)
    except ValidationError:
        return None


def _bindings(assertions: list[dict[str, Any]]) -> list[SoftBinding]:
    """Several have one label. A value of bytes comes from the SDK in base64."""
    found = []
    for one in assertions:
        if text(one.get("label")).split("__")[0] == "c2pa.soft-binding":
            said = table(one.get("data"))
            alg = text(said.get("alg"))
            values = (text(table(block).get("value")) for block in items(said.get("blocks")))
            found += [SoftBinding(alg=alg, value=value) for value in values if alg and value]
    return found


def _ingredient(said: dict[str, Any]) -> Ingredient:
    active, results = text(said.get("active_manifest")), table(said.get("validation_results"))
    failures = tuple(Failure(code, "") for code in _codes(results, "failure"))
    trusted = "signingCredential.trusted" in _codes(results, "success")
    state = _state("Trusted" if trusted else "Valid", failures) if active else "none"
    return Ingredient(text(said.get("title")), text(said.get("relationship")), active, state)
