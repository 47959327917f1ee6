"""Checks of what went into a clip: specification 2.4, 18.16."""

from __future__ import annotations

from typing import Any, Final

from kinema.provenance.manifest.conformance.active import Active

_RELATIONSHIPS: Final = ("parentOf", "inputTo", "componentOf")


def ingredient_v3_no_active_manifest(active: Active) -> list[str]:
    """Where there was no manifest, nothing was validated."""
    return [_title(one) for one in active.ingredients if _has(one) == (False, True)]


def ingredient_v3_mandatory_validation_results(active: Active) -> list[str]:
    """Where there was one, how it was found is stated."""
    return [_title(one) for one in active.ingredients if _has(one) == (True, False)]


def ingredient_relationship_values(active: Active) -> list[str]:
    """One of three."""
    stated = [str(one["relationship"]) for one in active.ingredients]
    return [relationship for relationship in stated if relationship not in _RELATIONSHIPS]


def ingredient_v3_choice(active: Active) -> list[str]:
    """A source type is for an ingredient that cannot speak for itself."""
    return [
        _title(one)
        for one in active.ingredients
        if one.get("activeManifest") is not None and one.get("digitalSourceType") is not None
    ]


def _has(one: dict[str, Any]) -> tuple[bool, bool]:
    return one.get("activeManifest") is not None, one.get("validationResults") is not None


def _title(one: dict[str, Any]) -> str:
    return str(one.get("dc:title") or one["relationship"])
