"""Each of the 31 checks: passed by a real manifest, and failed by the same one with one thing wrong.

Documents to fail by are made from crJSON that the SDK wrote of a sealed file, so that a check cannot pass them by
looking for something in a place where the SDK never puts it.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from kinema.provenance.keys import Keyring
from kinema.provenance.manifest.conformance import CHECKS, WARNINGS, failures_of, judge
from kinema.provenance.manifest.sdk import read
from kinema.provenance.manifest.seal import seal_child

Document = dict[str, Any]


@pytest.fixture(scope="module")
def created(seal, keyring: Keyring) -> Document:
    """crJSON of a take."""
    found = read(seal().sealed.clip, keyring.anchors)
    assert found is not None
    return found.crjson


@pytest.fixture(scope="module")
def opened(take, keyring: Keyring, tmp_path_factory: pytest.TempPathFactory) -> Document:
    """crJSON of a clip that was sealed as it was found."""
    target = tmp_path_factory.mktemp("child") / "child.mp4"
    seal_child(take.sealed.clip, target, keyring)
    found = read(target, keyring.anchors)
    assert found is not None
    return found.crjson


def active(document: Document) -> Document:
    return document["manifests"][0]


def said(document: Document, label: str) -> Document:
    return active(document)["assertions"][label]


def actions(document: Document) -> list[Document]:
    return said(document, "c2pa.actions.v2")["actions"]


def act(name: str, **more: Any) -> Callable[[Document], object]:
    """One action more."""
    return lambda document: actions(document).append({"action": name, **more})


def assertion(label: str, /, **content: Any) -> Callable[[Document], object]:
    """One assertion more."""
    return lambda document: active(document)["assertions"].update({label: content})


def ingredient(**changes: Any) -> Callable[[Document], object]:
    """The parent said otherwise; None takes away."""

    def change(document: Document) -> None:
        parent = said(document, "c2pa.ingredient.v3")
        parent.update(changes)
        for name in [name for name, value in changes.items() if value is None]:
            del parent[name]

    return change


def failure(code: str) -> Callable[[Document], object]:
    """Validation that found something."""
    return lambda document: active(document)["validationResults"]["failure"].append({"code": code})


def dropped(*path: str) -> Callable[[Document], object]:
    """Something taken out of the active manifest."""

    def drop(document: Document) -> None:
        part = active(document)
        for name in path[:-1]:
            part = part[name]
        del part[path[-1]]

    return drop


def swap_actions(document: Document) -> None:
    actions(document).reverse()


def unnamed_version(document: Document) -> None:
    del active(document)["claim.v2"]["claim_generator_info"]["specVersion"]


def other_version(document: Document) -> None:
    active(document)["claim.v2"]["claim_generator_info"]["specVersion"] = "2.2"


def gathered_actions(document: Document) -> None:
    claim = active(document)["claim.v2"]
    claim["created_assertions"] = [one for one in claim["created_assertions"] if "actions" not in one["url"]]


def old_actions(document: Document) -> None:
    for one in active(document)["claim.v2"]["created_assertions"]:
        one["url"] = one["url"].replace("c2pa.actions.v2", "c2pa.actions")


TIFF = {"dc:format": "image/tiff"}
ORIGINAL = "exif.originalPreservationImage"

WRONG: list[tuple[str, str, Callable[[Document], object]]] = [
    ("mandatory_dst_for_perceptible_transformations", "created", act("c2pa.cropped")),
    ("mandatory_dst_for_perceptible_transformations", "created", act("c2pa.unknown")),
    ("mandatory_spec_version", "created", unnamed_version),
    ("mandatory_spec_version", "created", other_version),
    (
        "mandatory_all_actions_included",
        "created",
        dropped("assertions", "c2pa.actions.v2", "allActionsIncluded"),
    ),
    ("no_dst_for_opened_action", "opened", lambda d: actions(d)[0].update(digitalSourceType="x")),
    ("well_formed_data_present", "created", dropped("validationResults")),
    ("well_formed_success", "created", failure("assertion.bmffHash.malformed")),
    ("well_formed_success", "created", failure("claim.hardBindings.missing")),
    ("valid_data_present", "created", dropped("validationResults")),
    ("valid_success", "created", failure("assertion.bmffHash.mismatch")),
    ("valid_success", "created", failure("ingredient.claimSignature.mismatch")),
    ("inception_action_position", "created", swap_actions),
    ("inception_action_position", "created", gathered_actions),
    ("inception_action_position", "created", old_actions),
    ("no_deprecated_assertions", "created", assertion("stds.exif", x=1)),
    ("no_deprecated_assertions", "created", assertion("c2pa.hash.bmff.v2__1", x=1)),
    ("no_unsupported_assertions", "created", assertion("c2pa.made-up", x=1)),
    ("no_deprecated_actions", "created", act("c2pa.watermarked")),
    ("no_unsupported_actions", "created", act("c2pa.made_up", digitalSourceType="x")),
    ("no_unrecognized_custom_assertions", "created", assertion("kinema", x=1)),
    ("no_unrecognized_custom_actions", "created", act("made_up")),
    ("no_unrecognized_custom_action_parameters", "created", act("c2pa.placed", parameters={"speed": 1})),
    ("discouraged_legacy_action_parameters", "created", act("c2pa.placed", parameters={"description": "x"})),
    ("discouraged_legacy_action_parameters", "created", act("c2pa.placed", parameters={"ingredient": {}})),
    ("active_manifest_urn", "created", lambda d: active(d).update(label="urn:uuid:1")),
    (
        "review_ratings_datasource",
        "created",
        assertion("org.x", reviewRatings=[1], dataSource={"type": "humanEntry.anonymous"}),
    ),
    ("ingredient_v3_no_active_manifest", "opened", ingredient(activeManifest=None)),
    ("ingredient_v3_mandatory_validation_results", "opened", ingredient(validationResults=None)),
    ("ingredient_relationship_values", "opened", ingredient(relationship="cousinOf")),
    ("mandatory_dst_for_created_action", "created", lambda d: actions(d)[0].pop("digitalSourceType")),
    ("no_deprecated_claim_fields", "created", lambda d: active(d)["claim.v2"].update(specVersion="2.4")),
    ("ingredient_v3_choice", "opened", ingredient(digitalSourceType="x")),
    (
        "alternative_content_representation_choice",
        "created",
        assertion("org.x", type=ORIGINAL, parameters={}),
    ),
    (
        "alternative_content_representation_choice",
        "created",
        assertion(
            "org.x",
            parameters={"type": ORIGINAL, "multiAssetPartIndex": 1, "embeddedOriginalPreservationImage": {}},
        ),
    ),
    (
        "forbidden_labels_in_external_references",
        "created",
        assertion("c2pa.external-reference", label="c2pa.hash.data", url="https://x.example"),
    ),
    ("no_url_in_hashes", "created", lambda d: said(d, "c2pa.hash.bmff.v3").update(url="https://x.example")),
    (
        "all_actions_included_opened",
        "opened",
        lambda d: said(d, "c2pa.actions.v2").update(allActionsIncluded=False),
    ),
    ("opened_action_ingredient_reference", "opened", lambda d: actions(d)[0].update(parameters={})),
    (
        "opened_action_ingredient_reference",
        "opened",
        lambda d: actions(d)[0]["parameters"]["ingredients"].append({}),
    ),
    (
        "no_box_hash_for_tiff",
        "created",
        lambda d: active(d)["assertions"].update({"c2pa.hash.boxes": {}, "c2pa.asset-type.v2": TIFF}),
    ),
]

RESULTS_MISSING = {"well_formed_data_present", "well_formed_success", "valid_data_present", "valid_success"}
"""The rubric asks for the results twice, for the form and for the content, and looks into them twice."""


def test_there_are_31_checks_and_each_has_a_document_that_fails_it() -> None:
    assert len(CHECKS) == 31
    assert {name for name, _, _ in WRONG} == set(CHECKS)


@pytest.mark.parametrize("kind", ["created", "opened"])
def test_real_manifests_pass(kind: str, request: pytest.FixtureRequest) -> None:
    assert judge(request.getfixturevalue(kind)) == {name: [] for name in CHECKS}


@pytest.mark.parametrize(
    ("check", "kind", "spoil"), WRONG, ids=[f"{n}-{i}" for i, (n, _, _) in enumerate(WRONG)]
)
def test_one_thing_wrong_fails_its_check_alone(
    check: str, kind: str, spoil: Callable[[Document], object], request: pytest.FixtureRequest
) -> None:
    document = deepcopy(request.getfixturevalue(kind))
    spoil(document)
    found = {name for name, offends in judge(document).items() if offends}
    assert check in found
    assert found == {check} or found == RESULTS_MISSING
    assert set(failures_of(document)) == found - WARNINGS


@pytest.mark.parametrize(
    "document",
    [{}, {"manifests": []}, {"manifests": ["x"]}, {"manifests": [{"assertions": [1], "claim.v2": 3}]}],
)
def test_document_of_a_stranger_fails_and_does_not_crash(document: Document) -> None:
    assert len(failures_of(document)) >= 5  # no results (twice two), no version, no name, no actions


def test_every_part_may_be_of_a_wrong_type(created: Document) -> None:
    """Every value in the active manifest, one after the other, replaced by a number, a text and a list."""
    paths = list(_paths(active(created)))
    for path in paths:
        for value in (0, "x", [None]):
            document = deepcopy(created)
            part = active(document)
            for step in path[:-1]:
                part = part[step]
            part[path[-1]] = value
            judge(document)


def _paths(value: Any, above: tuple = ()) -> Any:
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, below in steps:
        yield (*above, step)
        yield from _paths(below, (*above, step))
