"""Claim keys that never leave their hardware: PKCS#11 2.40, as HSMs, smart cards and SoftHSM speak it.

The one file that knows python-pkcs11, of the extra `hsm`. A session is opened for each signature and closed after
it: a token that is pulled out, or a process that forks, breaks nothing that is kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from kinema.errors import MachineError, ProvenanceError
from kinema.provenance.keys.signer import Algorithm, algorithm_of

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey


@dataclass(frozen=True, kw_only=True)
class Slot:
    """Where a key is: no secret."""

    module: str
    """Path of the maker's PKCS#11 library."""
    token: str
    """Label of the token."""
    key: str
    """Label of the key pair."""

    def to_json(self) -> bytes:
        """For `hsm.json`."""
        return json.dumps(asdict(self), indent=2).encode() + b"\n"

    @classmethod
    def from_json(cls, text: bytes) -> Slot:
        """Raises `ProvenanceError`."""
        try:
            return cls(**json.loads(text))
        except (ValueError, TypeError) as error:
            raise _refused(f"hsm.json: {type(error).__name__}") from error


@dataclass(frozen=True)
class HsmSigner:
    """An elliptic key pair on a token."""

    slot: Slot
    pin: str | None = field(repr=False)
    chain: bytes = b""

    @property
    def public_key(self) -> EllipticCurvePublicKey:
        """As the token states it: its certificate is issued to this."""
        from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
        from cryptography.hazmat.primitives.serialization import load_der_public_key
        from pkcs11 import KeyType, ObjectClass
        from pkcs11.util.ec import encode_ec_public_key

        with self._session() as session:
            found = session.get_key(
                object_class=ObjectClass.PUBLIC_KEY, key_type=KeyType.EC, label=self.slot.key
            )
            key = load_der_public_key(encode_ec_public_key(found))
        assert isinstance(key, EllipticCurvePublicKey)
        return key

    @property
    def algorithm(self) -> Algorithm:
        """By the curve."""
        return algorithm_of(self.public_key)

    def sign(self, message: bytes) -> bytes:
        """See `ClaimSigner`. PKCS#11 gives r ‖ s as it is wanted."""
        import hashlib

        from pkcs11 import KeyType, Mechanism, ObjectClass

        digest = {"ES256": hashlib.sha256, "ES384": hashlib.sha384, "ES512": hashlib.sha512}[self.algorithm]
        with self._session() as session:
            key = session.get_key(
                object_class=ObjectClass.PRIVATE_KEY, key_type=KeyType.EC, label=self.slot.key
            )
            # Hashed here: CKM_ECDSA is on every token, CKM_ECDSA_SHA256 only on newer ones.
            return key.sign(digest(message).digest(), mechanism=Mechanism.ECDSA)

    @contextmanager
    def _session(self) -> Iterator[Any]:
        """An open session; every failure of the token's is a `ProvenanceError` that does not tell the PIN."""
        if find_spec("pkcs11") is None:
            raise MachineError(
                "hardware keys",
                "need python-pkcs11",
                got="no such package",
                next_step="pip install 'kinema[hsm]'",
            )
        import pkcs11

        try:
            token = pkcs11.lib(self.slot.module).get_token(token_label=self.slot.token)
            with token.open(user_pin=self.pin) as session:
                yield session
        except (pkcs11.PKCS11Error, RuntimeError) as error:
            raise _refused(type(error).__name__) from error


def _refused(got: str) -> ProvenanceError:
    return ProvenanceError(
        "hardware key",
        "must be on its token, and open with KINEMA_HSM_PIN",
        got=got,
        next_step="Look with the token's own tool, such as pkcs11-tool --list-objects --login.",
    )
