"""Checks of the claim and of the assertions in it: which there may be, and what they may hold."""

from __future__ import annotations

from typing import Final

from kinema.provenance.manifest.conformance.active import Active, base
from kinema.provenance.manifest.conformance.vocabulary import words
from kinema.provenance.manifest.sdk import SPEC_VERSION

_UNREFERABLE: Final = ("c2pa.actions", "c2pa.actions.v2", "c2pa.cloud-data", "c2pa.external-reference")
_HUMAN: Final = ("humanEntry.anonymous", "humanEntry.credentialed")
_PRESERVED: Final = "exif.originalPreservationImage"
_TIFF: Final = ("image/tiff", "image/x-adobe-dng")


def mandatory_spec_version(active: Active) -> list[str]:
    """The generator names the version it wrote by (10.2.3.2)."""
    info = active.claim.get("claim_generator_info")
    first = info[0] if isinstance(info, list) and info else info
    stated = first.get("specVersion") if isinstance(first, dict) else None
    return [] if stated == SPEC_VERSION else [str(stated)]


def no_deprecated_claim_fields(active: Active) -> list[str]:
    """And names it there, not in the claim."""
    return ["specVersion"] if active.claim.get("specVersion") is not None else []


def active_manifest_urn(active: Active) -> list[str]:
    """Manifests are named `urn:c2pa:` since 2.2 (8.1)."""
    return [] if active.label.startswith("urn:c2pa:") else [active.label or "no label"]


def no_deprecated_assertions(active: Active) -> list[str]:
    """None that the specification has withdrawn."""
    return [
        label
        for label in active.assertions
        if label.startswith("stds.") or base(label) in words("deprecated_assertions")
    ]


def no_unsupported_assertions(active: Active) -> list[str]:
    """None of C2PA's name that C2PA does not know."""
    known = words("known_assertions") | words("deprecated_assertions")
    return [label for label in active.assertions if label.startswith("c2pa.") and base(label) not in known]


def no_unrecognized_custom_assertions(active: Active) -> list[str]:
    """Others' assertions have a label in somebody's name space (6.2.2)."""
    return [label for label in active.assertions if not label.startswith("c2pa.") and "." not in label]


def review_ratings_datasource(active: Active) -> list[str]:
    """What a person typed in is not rated as if it were measured (18.3.3)."""
    return [
        label
        for label, said in active.assertions.items()
        if said.get("reviewRatings") is not None
        and isinstance(source := said.get("dataSource"), dict)
        and source.get("type") in _HUMAN
    ]


def alternative_content_representation_choice(active: Active) -> list[str]:
    """An original is preserved in one place: in another part, or embedded (15.10.3.2.7)."""
    wrong = []
    for label, said in active.assertions.items():
        place = said.get("parameters")
        place = place if isinstance(place, dict) else {}
        ways = [
            place.get(way) is not None for way in ("multiAssetPartIndex", "embeddedOriginalPreservationImage")
        ]
        if _PRESERVED in (said.get("type"), place.get("type")) and sum(ways) != 1:
            wrong.append(label)
    return wrong


def forbidden_labels_in_external_references(active: Active) -> list[str]:
    """What binds and what tells history is in the manifest, not at an address (18.24.1)."""
    found = (
        str(said["label"])
        for said in active.assertions.values()
        if said.get("label") is not None and said.get("url") is not None and said.get("relationship") is None
    )
    return [
        label
        for label in found
        if label in _UNREFERABLE or label.startswith(("c2pa.hash", "c2pa.ingredient"))
    ]


def no_url_in_hashes(active: Active) -> list[str]:
    """What is hashed is this file, not one at an address (18.5, 18.6)."""
    hashes = ("c2pa.hash.data", "c2pa.hash.bmff.v3")
    return [
        label
        for label, said in active.assertions.items()
        if base(label) in hashes and said.get("url") is not None
    ]


def no_box_hash_for_tiff(active: Active) -> list[str]:
    """TIFF has no boxes (18.7.3.3)."""
    kind = active.assertions.get("c2pa.asset-type.v2", {}).get("dc:format")
    return ["c2pa.hash.boxes"] if "c2pa.hash.boxes" in active.assertions and kind in _TIFF else []
