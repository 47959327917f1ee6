"""What the policy says of a request, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from kinema.errors import PolicyError

FORMAT: Final = "kinema.decision/1"


@dataclass(frozen=True)
class Reason:
    """One rule that forbids it."""

    rule: str
    """Id of the rule."""
    text: str
    """What the rule holds, and what of the request it met."""
    appeal: str
    """What the user can do: license, grant, change or appeal."""

    def __str__(self) -> str:
        return f"{self.rule}: {self.text}"


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Allowed or not, by which rules."""

    allowed: bool
    rule_ids: tuple[str, ...]
    """Of the rules that decided: those that forbid it, or else those that permit it."""
    reasons: tuple[Reason, ...] = ()
    """One for each rule that forbids it; none when it is allowed."""
    required_labels: tuple[str, ...] = ()
    """Visible labels that must be burned in: `policy.label`."""
    receipts: tuple[str, ...] = ()
    """Ids of the consent receipts it leans on: goes into the record of the take, so that a revocation finds it."""
    rules_hash: str = ""
    """SHA-256 of the rules, words and settings in force; empty where they were not needed or could not be read."""

    @property
    def appeal(self) -> str:
        """What the user can do, all reasons together."""
        return " ".join(dict.fromkeys(reason.appeal for reason in self.reasons))

    def require(self) -> None:
        """Raise `PolicyError` unless allowed."""
        if not self.allowed:
            raise PolicyError(
                "the request",
                "must be allowed by policy",
                got="; ".join(map(str, self.reasons)),
                next_step=self.appeal,
            )

    def as_record(self) -> dict[str, Any]:
        """For take.json and the manifest. Holds no word of the prompt and no name of a person."""
        return {
            "schema": FORMAT,
            "allowed": self.allowed,
            "rules": list(self.rule_ids),
            "labels": list(self.required_labels),
            "receipts": list(self.receipts),
            "rules_hash": self.rules_hash,
        }
