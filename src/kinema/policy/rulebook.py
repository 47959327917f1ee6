"""The rules in force: those that came along, and those a house adds. Read whole and checked, or not at all."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from kinema.errors import PolicyError

OWN: Final = "kinema."
"""Ids that begin so belong to the rules that came along."""
_ID: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
MAX_BYTES: Final = 2**20


@dataclass(frozen=True)
class Rule:
    """One Cedar policy and what it says of itself by its annotations."""

    id: str
    reason: str
    appeal: str
    shows: str
    """The fact whose members explain it to the user: a set of the schema, or `flag:` and a flag."""
    label: str
    """Of rules about `show_unlabelled`: the label that is then needed."""


@dataclass(frozen=True)
class Ruling:
    """What Cedar says of one act."""

    allowed: bool
    rules: tuple[Rule, ...]
    """Those that decided."""
    errors: tuple[str, ...]
    """Of rules that could not be evaluated: Cedar skips such a rule, so the caller must not trust the ruling."""


class RuleBook:
    """Cedar policies by id. Cedar reports `policy0`, `policy1`…, so ids are kept here beside."""

    def __init__(self, packaged: Mapping[str, str], house: Mapping[str, str]) -> None:
        """Texts by file name. Raises `PolicyError`."""
        import cedarpy

        text = "\n".join([*packaged.values(), *house.values()])
        schema = files("kinema.policy").joinpath("rules/schema.cedarschema").read_text("utf-8")
        self.hash = hashlib.sha256(f"{schema}\n{text}".encode()).hexdigest()
        self._rules = [
            rule
            for texts, of_house in ((packaged, False), (house, True))
            for name, one in texts.items()
            for rule in _read(name, one, schema, of_house=of_house)
        ]
        self._policies, self._schema = cedarpy.PolicySet.from_str(text), cedarpy.Schema.from_str(schema)
        ids = [rule.id for rule in self._rules]
        if twice := next((one for one in ids if ids.count(one) > 1), None):
            raise _broken(twice, "is the id of two rules", "Give each rule an @id of its own.")

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All of them, in the order of the files."""
        return tuple(self._rules)

    def ask(self, tenant: str, act: str, context: Mapping[str, Any]) -> Ruling:
        """Cedar's answer: a forbid wins, and what no permit covers is denied."""
        import cedarpy

        question = {
            "principal": {"type": "Tenant", "id": tenant},
            "action": {"type": "Action", "id": act},
            "resource": {"type": "Shot", "id": "requested"},
            "context": dict(context),
        }
        answer = cedarpy.is_authorized(question, self._policies, [], schema=self._schema)
        decided = tuple(self._rules[int(name.removeprefix("policy"))] for name in answer.diagnostics.reasons)
        in_order = tuple(rule for rule in self._rules if rule in decided)
        return Ruling(answer.decision == cedarpy.Decision.Allow, in_order, tuple(answer.diagnostics.errors))


def read_rules(folder: Path | None) -> RuleBook:
    """The packaged rules and the `.cedar` files of a house's folder. Raises `PolicyError`, `MachineError`."""
    own = sorted(
        p.name for p in files("kinema.policy").joinpath("rules").iterdir() if p.name.endswith(".cedar")
    )
    packaged = [(name, files("kinema.policy").joinpath("rules", name).read_text("utf-8")) for name in own]
    house = [(str(path), read_house_file(path)) for path in house_files(folder, "*.cedar")]
    return _book(tuple(packaged), tuple(house))


@lru_cache(maxsize=4)
def _book(packaged: tuple[tuple[str, str], ...], house: tuple[tuple[str, str], ...]) -> RuleBook:
    return RuleBook(dict(packaged), dict(house))


def house_files(folder: Path | None, glob: str) -> Sequence[Path]:
    """Files of a house's folder, in order of name. Raises `PolicyError` if the folder is named but not there."""
    if folder is None:
        return ()
    if not folder.is_dir():
        raise PolicyError(
            "KINEMA_POLICY",
            "must name a folder",
            got=f"{folder}: {'a file' if folder.exists() else 'nothing there'}",
            next_step="Correct it, or unset it: without its rules nothing is allowed.",
        )
    return sorted(folder.glob(glob))


def read_house_file(path: Path) -> str:
    """A text file of a house. Raises `PolicyError`."""
    try:
        raw = path.read_bytes()
        if len(raw) > MAX_BYTES:
            raise ValueError(f"{len(raw)} bytes; at most {MAX_BYTES} are read")
        return raw.decode("utf-8")
    except (OSError, ValueError) as error:
        raise _broken(str(path), f"cannot be read: {error}", "Correct the file.") from error


def _read(name: str, text: str, schema: str, *, of_house: bool) -> list[Rule]:
    """The rules of one file, in order; checked by themselves so that an error names its file."""
    import cedarpy

    try:
        parsed = json.loads(cedarpy.policies_to_json_str(text))
        checked = cedarpy.validate_policies(text, schema)
    except ValueError as error:
        raise _broken(
            name, f"is not Cedar: {error}", "Correct the file; docs/policy.md has examples."
        ) from error
    if parsed["templates"]:
        raise _broken(name, "holds a template", "Write each rule out.")
    if not checked.validation_passed:
        said = "; ".join(str(error.error) for error in checked.errors)
        raise _broken(
            name, f"asks for facts that there are not: {said}", "rules/schema.cedarschema lists them."
        )
    policies = parsed["staticPolicies"]
    return [_rule(name, policies[f"policy{i}"], of_house=of_house) for i in range(len(policies))]


def _rule(file: str, policy: Mapping[str, Any], *, of_house: bool) -> Rule:
    said = policy.get("annotations") or {}
    id_ = said.get("id") or ""
    if not _ID.fullmatch(id_) or id_.startswith(OWN) is of_house:
        raise _broken(
            file,
            f"has a rule with the @id {id_!r}",
            f"Give every rule an @id of small letters, digits, dots and dashes, not beginning with {OWN}",
        )
    if not said.get("reason"):
        raise _broken(file, f"gives no @reason for {id_}", "Say what the rule holds: users are shown it.")
    appeal = said.get("appeal") or "Ask the house that set this rule."
    return Rule(id_, said["reason"], appeal, said.get("shows") or "", said.get("label") or "")


def _broken(name: str, got: str, next_step: str) -> PolicyError:
    return PolicyError(
        f"policy file {name}", "must hold rules that can be read", got=got, next_step=next_step
    )
