"""`Keyring`: what signs and what verifies, asked by role. It keeps no secret: each is read when it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from kinema.config import read_config
from kinema.errors import ProvenanceError
from kinema.provenance.keys.certificate import DEVELOPMENT, read_chain, refuse_expired
from kinema.provenance.keys.derive import derived
from kinema.provenance.keys.generation import Others, generations, revoked
from kinema.provenance.keys.hsm import HsmSigner, Slot
from kinema.provenance.keys.signer import ClaimSigner, from_pem, from_pkcs12
from kinema.provenance.keys.signing_key import SigningKey
from kinema.provenance.private_file import Secret, read_secret, secret_folder

Standing = Literal["ours", "ours, revoked", "another's"]


@dataclass(frozen=True)
class Keyring:
    """Keys of one installation, in one folder. Roles have separate keys: one that leaks speaks for itself alone."""

    folder: Path

    @property
    def claim(self) -> ClaimSigner:
        """Signs manifests. Raises `ProvenanceError` if its certificate is not valid now, or it cannot be opened."""
        newest = generations(self.folder, "claim")[0]
        chain = read_secret(newest / "chain.pem")
        refuse_expired(read_chain(chain)[0], datetime.now(UTC))
        if (newest / "hsm.json").is_file():
            slot = Slot.from_json(read_secret(newest / "hsm.json"))
            return HsmSigner(slot, read_config().hsm_pin, chain)
        if (newest / "key.p12").is_file():
            anchor = read_secret(newest / "anchor.pem")
            file = read_secret(newest / "key.p12")
            return from_pkcs12(file, read_config().key_password, chain + anchor)[0]
        return from_pem(read_secret(newest / "key.pem"), chain)

    @property
    def checkpoint(self) -> SigningKey:
        """Signs tree heads of the transparency log."""
        return self._signing("checkpoint")

    @property
    def consent(self) -> SigningKey:
        """Signs receipts of consent."""
        return self._signing("consent")

    def _signing(self, role: Literal["checkpoint", "consent"]) -> SigningKey:
        return SigningKey(tuple(generations(self.folder, role)), tuple(revoked(self.folder, role)))

    def watermark(self, tenant: str = "") -> Secret:
        """32 bytes that key this tenant's watermarks."""
        return self.watermarks(tenant)[0]

    def watermarks(self, tenant: str = "") -> tuple[Secret, ...]:
        """Of all generations, newest first: old clips carry the old ones."""
        secrets = (read_secret(path / "secret") for path in generations(self.folder, "watermark"))
        return tuple(Secret(derived(secret, f"kinema.watermark/1\0{tenant}", 32)) for secret in secrets)

    def evidence(self) -> dict[str, Secret]:
        """32 bytes each, by generation, the one in use first: what locks evidence of consent. Distrusted ones are there
        too, since what they locked must be opened to be locked anew."""
        paths = (*generations(self.folder, "evidence"), *revoked(self.folder, "evidence"))
        return {path.name[:4]: read_secret(path / "secret") for path in paths}

    @property
    def anchors(self) -> str:
        """PEM of all roots that are trusted: our own, and those of other makers."""
        return self.own_anchors + self._roots("makers")

    @property
    def own_anchors(self) -> str:
        """PEM of the roots of this keyring's claim keys, old ones too, and of time-stamping authorities."""
        own = (read_secret(path / "anchor.pem") for path in generations(self.folder, "claim"))
        return b"\n".join(own).decode("ascii", "replace") + self._roots("stamps")

    def _roots(self, others: Others) -> str:
        files = sorted((self.folder / others).glob("*.pem"))
        return "".join(f"\n{path.read_text('ascii', errors='replace')}" for path in files)

    @property
    def development(self) -> bool:
        """Whether the claim certificate in use is of kinema's development authority."""
        leaf = read_chain(read_secret(generations(self.folder, "claim")[0] / "chain.pem"))[0]
        return DEVELOPMENT in leaf.issuer.rfc4514_string()

    def standing(self, serial: int) -> Standing:
        """Whose the certificate with this serial number is, of a chain that verified."""
        if any(serial == serial_of(path) for path in generations(self.folder, "claim")):
            return "ours"
        if any(serial == serial_of(path) for path in revoked(self.folder, "claim")):
            return "ours, revoked"
        return "another's"


def read_keyring(folder: Path) -> Keyring:
    """The keyring in `folder`. Raises `ProvenanceError` if there is none, or others may enter the folder."""
    if not folder.is_dir():
        raise ProvenanceError(
            "keys",
            f"must be in {folder}",
            got="no such folder",
            next_step="Make keys (kinema keys init), or name their folder in KINEMA_KEYS.",
        )
    secret_folder(folder)
    return Keyring(folder)


def serial_of(generation: Path) -> int:
    """Serial number of a claim generation's certificate."""
    return read_chain(read_secret(generation / "chain.pem"))[0].serial_number
