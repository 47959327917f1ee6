"""The one question: may this be made? Asked before any work, at export again, and closed whenever something is amiss.

1. Hard forbids, in code: no rule is read before them, and none can open them.
2. The facts: words, persons and their receipts, licences, faces, dates.
3. Cedar: a forbid wins, and what no permit covers is denied. A rule that cannot be evaluated closes.
4. Labels: may it be shown without one?
"""

from __future__ import annotations

import hashlib

from kinema.config import Config, read_config
from kinema.errors import KinemaError
from kinema.policy.decision import Decision, Reason
from kinema.policy.facts import Facts, facts_of, flags_of, persons_of
from kinema.policy.hard import forbidden
from kinema.policy.request import Request
from kinema.policy.rulebook import Rule, Ruling, read_rules
from kinema.policy.settings import read_settings

CLOSED = "kinema.closed"
"""Rule id of a refusal because the policy itself could not be asked."""
NO_AGREEMENT = "kinema.agreement.none"
NOBODY = "whoever runs this installation"


def decide(request: Request, config: Config | None = None) -> Decision:
    """Allowed or not, and why. Never raises for what is wrong with rules, keys, packages or a classifier: it denies."""
    try:
        return _decide(request, config or read_config())
    except KinemaError as error:
        return _closed(str(error), error.next_step)
    except ImportError as error:
        return _closed(
            f"a package is missing: {error}", "Install kinema again: its rules need cedarpy and cryptography."
        )
    except Exception as error:  # whatever it is, nothing may be made that was not allowed
        return _closed(
            f"{type(error).__name__}: {error}", "Report this: the policy failed, so nothing is allowed."
        )


def _decide(request: Request, config: Config) -> Decision:
    settings = read_settings(config.policy)
    contact = settings.contact or NOBODY
    flags = flags_of(request, config)
    persons = persons_of(request, settings)
    if hard := forbidden(flags, persons, contact):  # (1)
        return Decision(allowed=False, rule_ids=tuple(reason.rule for reason in hard), reasons=hard)
    book = read_rules(config.policy)
    facts = facts_of(request, flags, persons, settings, config)  # (2)
    ruling = book.ask(request.purpose.tenant, request.act, facts.context)  # (3)
    labels = book.ask(request.purpose.tenant, "show_unlabelled", facts.context)  # (4)
    if errors := [*ruling.errors, *labels.errors]:
        return _closed(f"a rule could not be evaluated: {'; '.join(errors)}", "Correct the rule.")
    return Decision(
        allowed=ruling.allowed,
        rule_ids=tuple(rule.id for rule in ruling.rules) or (NO_AGREEMENT,),
        reasons=() if ruling.allowed else _reasons(ruling, facts, request, contact),
        required_labels=_labels(labels),
        receipts=facts.receipts,
        rules_hash=hashlib.sha256(f"{book.hash}{settings.hash}".encode()).hexdigest(),
    )


def _reasons(ruling: Ruling, facts: Facts, request: Request, contact: str) -> tuple[Reason, ...]:
    if not ruling.rules:
        text = f"No agreement covers the tenant {request.purpose.tenant!r} for this"
        return (
            Reason(NO_AGREEMENT, text, f"Ask {contact} for one; docs/policy.md shows how it is written."),
        )
    return tuple(
        Reason(rule.id, _explained(rule, facts), f"{rule.appeal} To appeal: {contact}.")
        for rule in ruling.rules
    )


def _explained(rule: Rule, facts: Facts) -> str:
    shown = facts.shown(rule.shows) if rule.shows else ""
    return f"{rule.reason}: {shown}" if shown else rule.reason


def _labels(ruling: Ruling) -> tuple[str, ...]:
    if ruling.allowed:
        return ()
    return tuple(dict.fromkeys(rule.label or "generated" for rule in ruling.rules)) or ("generated",)


def _closed(got: str, next_step: str) -> Decision:
    text = f"The policy could not be asked, so nothing is allowed: {got}"
    return Decision(allowed=False, rule_ids=(CLOSED,), reasons=(Reason(CLOSED, text, next_step),))
