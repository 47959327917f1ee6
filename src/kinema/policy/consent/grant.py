"""Consent given: a receipt is made and signed."""

from __future__ import annotations

import secrets
from datetime import date

from pydantic import ValidationError

from kinema.errors import PolicyError
from kinema.policy.consent.receipt import Grantor, Receipt, Scope, Subject
from kinema.policy.consent.store import ConsentStore


def grant(
    store: ConsentStore,
    *,
    subject: Subject,
    grantor: Grantor,
    scope: Scope,
    valid_from: date,
    valid_until: date,
    evidence: str,
    pictures: tuple[str, ...] = (),
) -> tuple[Receipt, str]:
    """The receipt and its token, filed in `store`. `evidence` and `pictures` are SHA-256, in hex.

    Raises `PolicyError` for terms the law does not allow.
    """
    try:
        receipt = Receipt(
            id=secrets.token_hex(16),
            subject=subject,
            grantor=grantor,
            scope=scope,
            valid_from=valid_from,
            valid_until=valid_until,
            revocation=store.free_index(),
            evidence=evidence,
            pictures=pictures,
        )
    except ValidationError as error:
        raise refused_terms(error) from error
    return receipt, store.keep(receipt)


def refused_terms(error: ValidationError) -> PolicyError:
    """The first rule that a receipt's fields break."""
    first = error.errors(include_url=False)[0]
    where = ".".join(map(str, first["loc"])) or "the receipt"
    return PolicyError(
        where,
        first["msg"].removeprefix("Value error, "),
        got=repr(first.get("input"))[:80] if first["loc"] else "the fields given",
        next_step="`kinema consent grant --help` says what each field means.",
    )
