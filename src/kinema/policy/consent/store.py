"""Where consent lies on this machine.

consent/
  key.pem             the house's signing key, PKCS#8, 0600
  trusted/*.pem       public keys of others whose receipts count here
  receipts/ID.jws     receipts
  revocations/KID.jws what each signer has revoked
  events.jsonl        what was granted and revoked here, without names
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from kinema.errors import PolicyError
from kinema.folder import write_atomically
from kinema.policy.consent.audit import Audit, EventFile, event
from kinema.policy.consent.jws import sign, thumbprint, verified
from kinema.policy.consent.receipt import Receipt
from kinema.policy.consent.status_list import SIZE, StatusList

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

RECEIPT: Final = "kinema-consent+jws"
REVOCATIONS: Final = "kinema-revocations+jws"
MAX_RECEIPTS: Final = 100_000


@dataclass(frozen=True)
class Signed:
    """A receipt whose signature fits, and who signed it."""

    receipt: Receipt
    signer: str


class ConsentStore:
    """Receipts, keys and revocations in one folder."""

    def __init__(self, folder: Path, audit: Audit | None = None) -> None:
        """`audit` is told of grants and revocations; None = the folder's own events.jsonl."""
        self.folder = folder
        self._audit = audit or EventFile(folder / "events.jsonl")

    # --- reading: never makes anything -----------------------------------------------------------------------

    @cached_property
    def trusted(self) -> dict[str, Ed25519PublicKey]:
        """Public keys by thumbprint: the house's own and those it trusts. Raises `PolicyError`."""
        keys = [_public(path) for path in sorted((self.folder / "trusted").glob("*.pem"))]
        own = self._own_key()
        return {thumbprint(key): key for key in [*keys, *([own.public_key()] if own else [])]}

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
        path = self.folder / "revocations" / f"{signer}.jws"
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
        if by != signer or not isinstance(said, dict):
            raise PolicyError("the list of revoked receipts", "must be the signer's own", got=f"one of {by}",
                              next_step="Fetch it again.")  # fmt: skip
        return StatusList.decoded(str(said.get("encodedList")))

    # --- writing ---------------------------------------------------------------------------------------------

    def key(self) -> Ed25519PrivateKey:
        """The house's signing key; made when first needed, with an empty list of revocations."""
        if own := self._own_key():
            return own
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        key = Ed25519PrivateKey.generate()
        text = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        for name in ("", "receipts", "revocations", "trusted"):
            (self.folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._alone():
            if own := self._own_key():  # another process was quicker
                return own
            handle = os.open(self.folder / "key.pem", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(text)
        self.__dict__.pop("trusted", None)
        self._publish(key, StatusList.empty())
        return key

    def keep(self, receipt: Receipt) -> str:
        """Sign and file a receipt; its token."""
        token = sign(receipt.model_dump_json().encode(), self.key(), kind=RECEIPT)
        write_atomically(self.folder / "receipts" / f"{receipt.id}.jws", token)
        self._audit(event("granted", receipt.id, token, thumbprint(self.key().public_key())))
        return token

    def free_index(self) -> int:
        """A bit of the house's list that no receipt has, drawn at random: order would tell when."""
        signer = thumbprint(self.key().public_key())
        taken = {s.receipt.revocation for s in map(self.read, self.tokens()) if s.signer == signer}
        if len(taken) > SIZE // 2:
            raise PolicyError("consent receipts", f"must be at most {SIZE // 2} of one key", got=len(taken),
                              next_step="Begin a new consent folder with a key of its own.")  # fmt: skip
        while (index := secrets.randbelow(SIZE)) in taken:
            pass
        return index

    def revoke(self, receipt_id: str) -> Signed:
        """Take a receipt back, for good. Raises `PolicyError` for one of another signer: only they can."""
        token = self.token(receipt_id)
        signed = self.read(token)
        with self._alone():
            key = self.key()
            own = thumbprint(key.public_key())
            if signed.signer != own:
                raise PolicyError("the receipt", "is revoked by its signer", got=f"one signed by {signed.signer}",
                                  next_step="Ask them for a new list of revocations.")  # fmt: skip
            self._publish(key, self.revocations(own).with_revoked(signed.receipt.revocation))
            self._audit(event("revoked", receipt_id, token, own))
        return signed

    def _publish(self, key: Ed25519PrivateKey, revoked: StatusList) -> None:
        said = {
            "schema": "kinema.revocations/1",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": revoked.encoded(),
        }
        path = self.folder / "revocations" / f"{thumbprint(key.public_key())}.jws"
        write_atomically(path, sign(json.dumps(said, sort_keys=True).encode(), key, kind=REVOCATIONS))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Two revocations at once must both count."""
        import fcntl

        with (self.folder / ".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _own_key(self) -> Ed25519PrivateKey | None:
        path = self.folder / "key.pem"
        if not path.is_file():
            return None
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        if path.stat().st_mode & 0o077:
            raise _bad_key(path, "one that others on this machine can read", f"chmod 600 {path.name}")
        try:
            key = load_pem_private_key(path.read_bytes(), None)
        except (OSError, ValueError, TypeError) as error:
            raise _bad_key(path, "something else", "Put the key back from your copy.") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise _bad_key(path, type(key).__name__, "Use an Ed25519 key.")
        return key


def _public(path: Path) -> Ed25519PublicKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise _bad_key(path, "something else", "Export it with `openssl pkey -pubout`.") from error
    if not isinstance(key, Ed25519PublicKey):
        raise _bad_key(path, type(key).__name__, "Use an Ed25519 key.")
    return key


def _bad_key(path: Path, got: str, next_step: str) -> PolicyError:
    return PolicyError(f"consent/{path.name}", "must be an Ed25519 key in PEM of its owner's alone", got=got,
                       next_step=next_step)  # fmt: skip
