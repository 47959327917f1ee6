"""The 31 checks of C2PA's Conformance Programme 0.2 for specification 2.4 (asset rubric of 2026-08-06), own code.

Each is one small function from the active manifest, in the form of `Reader.crjson()`, to what offends: an empty list
is a pass. Names and rules are the rubric's (CC BY 4.0). Where its expressions look at a label as it stands, these look
at it without the `__2` of a second instance, which is stricter.
"""

from __future__ import annotations

from typing import Any, Final

from kinema.provenance.manifest.conformance import actions, assertions, ingredients, validation
from kinema.provenance.manifest.conformance.active import Active, Check

CHECKS: Final[dict[str, Check]] = {
    check.__name__: check
    for check in (
        actions.mandatory_dst_for_perceptible_transformations,
        assertions.mandatory_spec_version,
        actions.mandatory_all_actions_included,
        actions.no_dst_for_opened_action,
        validation.well_formed_data_present,
        validation.well_formed_success,
        validation.valid_data_present,
        validation.valid_success,
        actions.inception_action_position,
        assertions.no_deprecated_assertions,
        assertions.no_unsupported_assertions,
        actions.no_deprecated_actions,
        actions.no_unsupported_actions,
        assertions.no_unrecognized_custom_assertions,
        actions.no_unrecognized_custom_actions,
        actions.no_unrecognized_custom_action_parameters,
        actions.discouraged_legacy_action_parameters,
        assertions.active_manifest_urn,
        assertions.review_ratings_datasource,
        ingredients.ingredient_v3_no_active_manifest,
        ingredients.ingredient_v3_mandatory_validation_results,
        ingredients.ingredient_relationship_values,
        actions.mandatory_dst_for_created_action,
        assertions.no_deprecated_claim_fields,
        ingredients.ingredient_v3_choice,
        assertions.alternative_content_representation_choice,
        assertions.forbidden_labels_in_external_references,
        assertions.no_url_in_hashes,
        actions.all_actions_included_opened,
        actions.opened_action_ingredient_reference,
        assertions.no_box_hash_for_tiff,
    )
}
WARNINGS: Final = frozenset({"discouraged_legacy_action_parameters"})
"""Checks that advise and do not fail."""


def judge(crjson: dict[str, Any]) -> dict[str, list[str]]:
    """What offends each check, by the check's name; empty lists are passes."""
    active = Active.of(crjson)
    return {name: check(active) for name, check in CHECKS.items()}


def failures_of(crjson: dict[str, Any]) -> tuple[str, ...]:
    """Names of checks that fail; warnings do not."""
    return tuple(name for name, offends in judge(crjson).items() if offends and name not in WARNINGS)
