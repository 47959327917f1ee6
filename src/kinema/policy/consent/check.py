"""Does a receipt allow this? Asked at the request, when drawing starts, and again at export.

0. It is a token of this kind, whole and signed by a key the house trusts.
1. Its terms are lawful: length, guardian (the model refuses others).
2. It is in force on the day.
3. It is of this person.
4. It covers the modality, the use, the project and every territory.
5. Its signer has not revoked it, and their list is at hand.

Not covered: whether the grantor is who they say; that is the evidence's part, which the house keeps.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from kinema.errors import PolicyError
from kinema.policy.consent.receipt import Modality, Receipt
from kinema.policy.consent.store import ConsentStore
from kinema.policy.request import Purpose
from kinema.policy.territory import covers
from kinema.policy.text.normalise import as_written


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What consent is needed for."""

    person: str
    modality: Modality
    purpose: Purpose
    day: date


@dataclass(frozen=True)
class Consent:
    """What was found for one person: a receipt that holds, or why none does."""

    receipt: Receipt | None
    why_not: str


def check(store: ConsentStore, token: str, wanted: Wanted) -> Receipt:
    """The receipt, if it allows what is wanted. Raises `PolicyError` with the step that fails."""
    signed = store.read(token)  # (0), (1)
    receipt, scope = signed.receipt, signed.receipt.scope
    if not receipt.valid_from <= wanted.day <= receipt.valid_until:  # (2)
        raise _no(
            receipt,
            "must be in force",
            f"{receipt.valid_from} to {receipt.valid_until}, and it is {wanted.day}",
        )
    if not same_person(receipt.subject.name, wanted.person):  # (3)
        raise _no(receipt, f"must be {wanted.person}'s", f"one of {receipt.subject.name}")
    if wanted.modality not in scope.modalities:  # (4)
        raise _no(receipt, f"must cover {wanted.modality}", ", ".join(scope.modalities))
    if "any" not in scope.uses and wanted.purpose.use not in scope.uses:
        raise _no(receipt, f"must cover the use {wanted.purpose.use}", ", ".join(scope.uses))
    if scope.project and scope.project != wanted.purpose.project:
        raise _no(
            receipt, f"must cover the project {wanted.purpose.project or '(not stated)'}", scope.project
        )
    uncovered = [t for t in wanted.purpose.territories or ("*",) if not covers(scope.territories, t)]
    if uncovered:
        asked = "everywhere, since no territories are stated" if uncovered == ["*"] else uncovered[0]
        raise _no(receipt, f"must cover {asked}", ", ".join(scope.territories))
    if receipt.revocation in store.revocations(signed.signer):  # (5)
        raise _no(receipt, "must not be revoked", "one that is")
    return receipt


def find(store: ConsentStore, tokens: Iterable[str], wanted: Wanted) -> Consent:
    """The first receipt that allows it; else what is wrong with the last one of this person."""
    why_not = "no receipt"
    _ = store.trusted  # keys that cannot be read are said to be that, and not that there is no receipt
    for token in tokens:
        try:
            theirs = same_person(store.read(token).receipt.subject.name, wanted.person)
        except PolicyError:
            continue
        if theirs:
            try:
                return Consent(check(store, token, wanted), "")
            except PolicyError as error:
                why_not = f"their receipt {error.rule}, and is {error.got}"
    return Consent(None, why_not)


def same_person(a: str, b: str) -> bool:
    """Names are compared without case, accents and marks."""
    return as_written(a) == as_written(b)


def _no(receipt: Receipt, rule: str, got: str) -> PolicyError:
    return PolicyError(
        f"receipt {receipt.id[:8]} of {receipt.subject.name}",
        rule,
        got=got,
        next_step="Ask for a receipt that does: `kinema consent grant`.",
    )
