"""Checks of what validation found: first whether the manifest is well formed, then whether it is of this file."""

from __future__ import annotations

from typing import Final

from kinema.provenance.manifest.conformance.active import Active

_MALFORMED: Final = frozenset(
    (
        "assertion.action.malformed assertion.bmffHash.malformed assertion.boxesHash.malformed"
        " assertion.collectionHash.malformed assertion.dataHash.malformed assertion.external-reference.malformed"
        " assertion.external-reference.labelMismatch assertion.external-reference.created"
        " assertion.ingredient.malformed assertion.alternativeContentRepresentation.malformed"
        " assertion.alternativeContentRepresentation.missing assertion.multiAssetHash.malformed"
        " assertion.cbor.invalid assertion.json.invalid claim.cbor.invalid claim.hardBindings.missing"
        " claim.malformed claim.missing claim.multiple hashedURI.missing ingredient.manifest.missing"
        " assertion.boxesHash.unknownBox assertion.multipleHardBindings manifest.compressed.invalid"
        " manifest.html.multipleManifests manifest.inaccessible manifest.multipleParents"
        " manifest.structuredText.emptyReference manifest.structuredText.malformedReference"
        " manifest.structuredText.multipleReferences manifest.structuredText.noManifest"
        " manifest.structuredText.noResolutionPath manifest.timestamp.invalid manifest.timestamp.wrongParents"
        " manifest.update.invalid manifest.update.wrongParents"
    ).split()
)
_MISMATCHED: Final = frozenset(
    (
        "assertion.action.ingredientMismatch assertion.action.redactionMismatch assertion.bmffHash.mismatch"
        " assertion.boxesHash.mismatch assertion.collectionHash.mismatch assertion.dataHash.mismatch"
        " assertion.external-reference.hashMismatch assertion.alternativeContentRepresentation.hashMismatch"
        " assertion.multiAssetHash.mismatch assertion.hashedURI.mismatch assertion.hardBinding.redacted"
        " hashedURI.mismatch ingredient.manifest.mismatch ingredient.claimSignature.missing"
        " ingredient.claimSignature.mismatch claimSignature.missing"
    ).split()
)
_NONE: Final = "no validation results"


def well_formed_data_present(active: Active) -> list[str]:
    """There is something to judge the form by."""
    return [] if active.results else [_NONE]


def well_formed_success(active: Active) -> list[str]:
    """Nothing is malformed."""
    return sorted(active.failed & _MALFORMED) if active.results else [_NONE]


def valid_data_present(active: Active) -> list[str]:
    """There is something to judge the content by."""
    return [] if active.results else [_NONE]


def valid_success(active: Active) -> list[str]:
    """Nothing is other than it was signed."""
    return sorted(active.failed & _MISMATCHED) if active.results else [_NONE]
