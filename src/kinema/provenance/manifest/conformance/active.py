"""The active manifest of a crJSON document, as the checks look at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kinema.provenance.manifest.foreign import items, table


@dataclass(frozen=True)
class Active:
    """Parts that are missing, or are not what they should be, are empty: a stranger wrote them."""

    label: str
    assertions: dict[str, dict[str, Any]]
    claim: dict[str, Any]
    results: dict[str, Any]

    @classmethod
    def of(cls, crjson: dict[str, Any]) -> Active:
        """The first manifest is the active one."""
        manifests = items(crjson.get("manifests"))
        first = table(manifests[0]) if manifests else {}
        return cls(
            label=str(first.get("label") or ""),
            assertions={label: table(said) for label, said in table(first.get("assertions")).items()},
            claim=table(first.get("claim.v2")),
            results=table(first.get("validationResults")),
        )

    @property
    def actions(self) -> list[dict[str, Any]]:
        """Of all actions assertions, in order."""
        return [table(one) for said in self.action_lists for one in items(said.get("actions"))]

    @property
    def action_lists(self) -> list[dict[str, Any]]:
        """Assertions that hold actions."""
        return [said for said in self.assertions.values() if said.get("actions") is not None]

    @property
    def ingredients(self) -> list[dict[str, Any]]:
        """Assertions that state a relationship."""
        return [said for said in self.assertions.values() if said.get("relationship") is not None]

    @property
    def created(self) -> list[str]:
        """Addresses of assertions that the claim generator itself made."""
        return [str(table(one).get("url") or "") for one in items(self.claim.get("created_assertions"))]

    @property
    def failed(self) -> set[str]:
        """Status codes that validation failed with."""
        return {str(table(one).get("code")) for one in items(self.results.get("failure"))}


Check = Callable[[Active], list[str]]


def base(label: str) -> str:
    """A label without the number of its instance."""
    return label.split("__")[0]


def name_of(action: dict[str, Any]) -> str:
    """`c2pa.created`…"""
    return str(action.get("action") or "")


def parameters_of(action: dict[str, Any]) -> dict[str, Any]:
    """Of one action."""
    return table(action.get("parameters"))
