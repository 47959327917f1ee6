"""Checks of what was done to a clip: specification 2.4, 18.15."""

from __future__ import annotations

from typing import Final

from kinema.provenance.manifest.conformance.active import Active, name_of, parameters_of
from kinema.provenance.manifest.conformance.vocabulary import words

_INCEPTION: Final = ("c2pa.created", "c2pa.opened")


def mandatory_dst_for_perceptible_transformations(active: Active) -> list[str]:
    """An action that changes what is seen or heard says how: by a digital source type."""
    names = [name_of(one) for one in active.actions if one.get("digitalSourceType") is None]
    return [
        n for n in names if n.startswith("c2pa.") and n not in _INCEPTION and n not in words("exempt_actions")
    ]


def mandatory_all_actions_included(active: Active) -> list[str]:
    """Each list of actions says whether it is complete."""
    return ["actions"] * sum(said.get("allActionsIncluded") is None for said in active.action_lists)


def no_dst_for_opened_action(active: Active) -> list[str]:
    """What was opened came about before: its own manifest says how."""
    opened = [one for one in active.actions if name_of(one) == "c2pa.opened"]
    return [str(one["digitalSourceType"]) for one in opened if one.get("digitalSourceType") is not None]


def inception_action_position(active: Active) -> list[str]:
    """The first created actions assertion is v2, and begins with how the clip came to be (18.15.2)."""
    first = next((url for url in active.created if "c2pa.actions" in url), "")
    names = [name_of(one) for one in active.actions]
    misplaced = "c2pa.created" in names and names[0] not in _INCEPTION
    return (
        [names[0]]
        if misplaced
        else []
        if first.endswith("c2pa.actions.v2")
        else [first or "no created actions"]
    )


def no_deprecated_actions(active: Active) -> list[str]:
    """None that the specification has withdrawn."""
    return [name_of(one) for one in active.actions if name_of(one) in words("deprecated_actions")]


def no_unsupported_actions(active: Active) -> list[str]:
    """None of C2PA's name that C2PA does not know."""
    return [
        n for n in map(name_of, active.actions) if n.startswith("c2pa.") and n not in words("known_actions")
    ]


def no_unrecognized_custom_actions(active: Active) -> list[str]:
    """Others' actions have a name in somebody's name space."""
    return [n for n in map(name_of, active.actions) if not n.startswith("c2pa.") and "." not in n]


def no_unrecognized_custom_action_parameters(active: Active) -> list[str]:
    """And so have others' parameters."""
    names = [name for one in active.actions for name in parameters_of(one)]
    return [name for name in names if name not in words("action_parameters") and "." not in name]


def discouraged_legacy_action_parameters(active: Active) -> list[str]:
    """Description and ingredient have other places since version 2 (a warning)."""
    legacy = ("description", "ingredient")
    return [
        name_of(one) or "unknown"
        for one in active.actions
        if any(parameters_of(one).get(name) is not None for name in legacy)
    ]


def mandatory_dst_for_created_action(active: Active) -> list[str]:
    """What was created says how (18.15.4.5)."""
    created = [one for one in active.actions if name_of(one) == "c2pa.created"]
    return [name_of(one) for one in created if one.get("digitalSourceType") is None]


def all_actions_included_opened(active: Active) -> list[str]:
    """Opened and saved again, with nothing done: then the list is complete, and must say so (18.15.3)."""
    alone = [name_of(one) for one in active.actions] == ["c2pa.opened"]
    complete = active.assertions.get("c2pa.actions.v2", {}).get("allActionsIncluded") is True
    return ["c2pa.opened"] if alone and not complete else []


def opened_action_ingredient_reference(active: Active) -> list[str]:
    """What was opened is one ingredient (18.15.4.7)."""
    opened = [one for one in active.actions if name_of(one) == "c2pa.opened"]
    counts = [parameters_of(one).get("ingredients") for one in opened]
    return ["c2pa.opened" for found in counts if not isinstance(found, list) or len(found) != 1]
