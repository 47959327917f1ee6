"""Where consent lies on this machine.

consent/
  trusted/*.pem       public keys of others whose receipts count here
  receipts/ID.jws     receipts
  evidence/           what they were granted on, locked: consent/evidence.py
  revocations/KID.jws what each signer has revoked, by the thumbprint of the key that signed the receipts

The house signs with its keyring's key of consent. A generation that was succeeded signs nothing more, but its receipts
hold; what is revoked of them is signed by the newest. What was granted and revoked is written to the registry.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from kinema.errors import PolicyError
from kinema.folder import write_atomically
from kinema.policy.consent.audit import Audit, event, in_registry
from kinema.policy.consent.jws import sign, thumbprint, verified
from kinema.policy.consent.receipt import Receipt
from kinema.policy.consent.status_list import SIZE, StatusList
from kinema.provenance.keys import open_keyring, read_keyring
from kinema.provenance.keys.signing_key import SigningKey
from kinema.provenance.private_file import alone, folder_for

RECEIPT: Final = "kinema-consent+jws"
REVOCATIONS: Final = "kinema-revocations+jws"
MAX_RECEIPTS: Final = 100_000


@dataclass(frozen=True)
class Signed:
    """A receipt whose signature fits, and who signed it."""

    receipt: Receipt
    signer: str


class ConsentStore:
    """Receipts and revocations in one folder."""

    def __init__(self, folder: Path, keys: Path, audit: Audit = in_registry) -> None:
        """`keys` is the keyring's folder; `audit` is told of grants and revocations."""
        self.folder = folder
        self._keys = keys
        self._audit = audit

    # --- reading: never makes anything -----------------------------------------------------------------------

    @cached_property
    def own(self) -> dict[str, bytes]:
        """The house's public keys that count, newest first, by thumbprint; none before the first grant."""
        if not (self._keys / "consent").is_dir():
            return {}
        return {thumbprint(public): public for public in read_keyring(self._keys).consent.publics}

    @cached_property
    def trusted(self) -> dict[str, bytes]:
        """Raw public keys by thumbprint: the house's own and those it trusts. Raises `PolicyError`."""
        others = [_public(path) for path in sorted((self.folder / "trusted").glob("*.pem"))]
        return {**{thumbprint(public): public for public in others}, **self.own}

    def read(self, token: str) -> Signed:
        """A receipt out of a token. Raises `PolicyError` for what is none."""
        payload, signer = verified(token, self.trusted, kind=RECEIPT)
        try:
            return Signed(Receipt.model_validate_json(payload), signer)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(map(str, first["loc"])) or "the receipt"
            raise PolicyError(
                where, first["msg"].removeprefix("Value error, "), got="a receipt that breaks it",
                next_step="Ask who signed it for one within the law's terms.",
            ) from error  # fmt: skip

    def tokens(self) -> Iterator[str]:
        """All receipts that are kept, in order of id."""
        paths = sorted((self.folder / "receipts").glob("*.jws"))
        if len(paths) > MAX_RECEIPTS:
            raise PolicyError("consent receipts", f"must be at most {MAX_RECEIPTS}", got=len(paths),
                              next_step="Move expired ones away.")  # fmt: skip
        return (path.read_text("ascii", errors="replace") for path in paths)

    def token(self, receipt_id: str) -> str:
        """One by its id. Raises `PolicyError`."""
        path = self.folder / "receipts" / f"{receipt_id}.jws"
        if not receipt_id.isalnum() or not path.is_file():
            raise PolicyError("the receipt", "must be one that is kept here", got=repr(receipt_id),
                              next_step="`kinema consent list` shows all.")  # fmt: skip
        return path.read_text("ascii", errors="replace")

    def revocations(self, signer: str) -> StatusList:
        """What a signer has revoked. Raises `PolicyError` without a list: not to know is not to be allowed."""
        path = self._list_of(signer)
        try:
            token = path.read_text("ascii")
        except (OSError, ValueError) as error:
            raise PolicyError(
                "the list of revoked receipts", "must be at hand", got=f"none of the signer {signer}",
                next_step=f"Put their list into {path.parent}.",
            ) from error  # fmt: skip
        payload, by = verified(token, self.trusted, kind=REVOCATIONS)
        try:
            said = json.loads(payload)
        except (ValueError, RecursionError):
            said = None
        ours = {by, signer} <= self.own.keys()
        if not isinstance(said, dict) or said.get("issuer", by) != signer or not (by == signer or ours):
            raise PolicyError("the list of revoked receipts", "must be the signer's own", got=f"one of {by}",
                              next_step="Fetch it again.")  # fmt: skip
        return StatusList.decoded(str(said.get("encodedList")))

    # --- writing ---------------------------------------------------------------------------------------------

    def signing_key(self) -> SigningKey:
        """The house's key of consent; the keyring is made when first needed."""
        key = open_keyring(self._keys).keyring.consent
        for cached in ("own", "trusted"):
            self.__dict__.pop(cached, None)
        return key

    def keep(self, receipt: Receipt) -> str:
        """Sign and file a receipt; its token."""
        key = self.signing_key()
        token = sign(receipt.model_dump_json().encode(), key, kind=RECEIPT)
        self._audit(event("granted", receipt.id, token, thumbprint(key.public)))
        write_atomically(folder_for(self.folder / "receipts") / f"{receipt.id}.jws", token)
        return token

    def free_index(self) -> int:
        """A bit of the house's list that no receipt has, drawn at random: order would tell when. With the first receipt
        of a key its list begins; one that is lost later is not begun again, which would give back what was taken."""
        key = self.signing_key()
        signer = thumbprint(key.public)
        taken = {receipt.revocation for receipt in self._signed_by(signer)}
        if len(taken) > SIZE // 2:
            raise PolicyError("consent receipts", f"must be at most {SIZE // 2} of one key", got=len(taken),
                              next_step="Go on with a new key: kinema keys rotate consent")  # fmt: skip
        if not taken:
            with alone(folder_for(self.folder)):
                if not self._list_of(signer).is_file():
                    self._publish(key, signer, StatusList.empty())
        while (index := secrets.randbelow(SIZE)) in taken:
            pass
        return index

    def revoke(self, receipt_id: str) -> Signed:
        """Take a receipt back, for good. Raises `PolicyError` for one of another signer: only they can."""
        token = self.token(receipt_id)
        signed = self.read(token)
        if signed.signer not in self.own:
            raise PolicyError("the receipt", "is revoked by its signer", got=f"one signed by {signed.signer}",
                              next_step="Ask them for a new list of revocations.")  # fmt: skip
        with alone(folder_for(self.folder)):  # two revocations at once must both count
            revoked = self.revocations(signed.signer).with_revoked(signed.receipt.revocation)
            self._publish(self.signing_key(), signed.signer, revoked)
        self._audit(event("revoked", receipt_id, token, signed.signer))
        return signed

    def _signed_by(self, signer: str) -> Iterator[Receipt]:
        for token in self.tokens():
            try:
                signed = self.read(token)
            except PolicyError:  # of a signer who is not trusted, or no longer
                continue
            if signed.signer == signer:
                yield signed.receipt

    def _list_of(self, signer: str) -> Path:
        return self.folder / "revocations" / f"{signer}.jws"

    def _publish(self, key: SigningKey, signer: str, revoked: StatusList) -> None:
        said = {
            "schema": "kinema.revocations/1",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "issuer": signer,
            "encodedList": revoked.encoded(),
        }
        folder_for(self._list_of(signer).parent)
        token = sign(json.dumps(said, sort_keys=True).encode(), key, kind=REVOCATIONS)
        write_atomically(self._list_of(signer), token)


def _public(path: Path) -> bytes:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise _bad_key(path, "something else", "Export it with `openssl pkey -pubout`.") from error
    if not isinstance(key, Ed25519PublicKey):
        raise _bad_key(path, type(key).__name__, "Use an Ed25519 key.")
    return key.public_bytes_raw()


def _bad_key(path: Path, got: str, next_step: str) -> PolicyError:
    return PolicyError(f"consent/trusted/{path.name}", "must be a public Ed25519 key in PEM", got=got,
                       next_step=next_step)  # fmt: skip
