"""Making, changing and importing keys. What a key ceremony does, as functions that are all or nothing."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kinema.config import read_config
from kinema.errors import ProvenanceError, UsageError
from kinema.provenance.keys.certificate import in_order, issue, read_chain, refuse_unfit
from kinema.provenance.keys.generation import OTHERS, ROLES, Others, Role, add, generations, retire, revoke
from kinema.provenance.keys.hsm import HsmSigner, Slot
from kinema.provenance.keys.keyring import Keyring, read_keyring
from kinema.provenance.keys.signer import from_pkcs12
from kinema.provenance.keys.signing_key import new_key, private_pem
from kinema.provenance.private_file import secret_folder, whole_folder, write_secret

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey


@dataclass(frozen=True)
class Opened:
    """A keyring, and whether this made it."""

    keyring: Keyring
    new: bool


def open_keyring(folder: Path | None = None) -> Opened:
    """The keyring of `folder` (or else of `KINEMA_KEYS`), made with development keys where there is none.

    Raises `ProvenanceError` for a folder that others may enter.
    """
    folder = folder or read_config().keys
    if folder.is_dir() and any((folder / role).is_dir() for role in ROLES):
        return Opened(read_keyring(folder), new=False)
    try:
        return Opened(init(folder), new=True)
    except UsageError:  # another process made it meanwhile
        return Opened(read_keyring(folder), new=False)


def init(folder: Path, now: datetime | None = None) -> Keyring:
    """All roles' first keys. Raises `UsageError` where there are keys."""
    if folder.is_dir():
        secret_folder(folder)
        if any(folder.iterdir()):
            raise _taken(folder)
    try:
        with whole_folder(folder) as filling:
            for role in ROLES:
                add(filling, role, _new(role, now or datetime.now(UTC)))
            for others in OTHERS:
                secret_folder(filling / others)
    except FileExistsError as error:
        raise _taken(folder) from error
    return Keyring(folder)


def begin(keyring: Keyring, role: Role) -> None:
    """The first key of a role that keyrings of earlier versions lack; nothing where there is one."""
    if not (keyring.folder / role).is_dir():
        add(keyring.folder, role, _new(role, datetime.now(UTC)))


def rotate(keyring: Keyring, role: Role, *, compromised: bool = False, now: datetime | None = None) -> Path:
    """A new generation of one role; its folder.

    What the old one signed still verifies, unless it is `compromised`: then it is distrusted from now on. Old
    watermark secrets stay, to find old marks; a compromised one proves nothing any more. Old secrets of evidence stay,
    compromised ones too: what they locked must be opened to be locked anew.
    """
    old = generations(keyring.folder, role)
    new = add(keyring.folder, role, _new(role, now or datetime.now(UTC)))
    return _succeeded(old[0], new, compromised=compromised)


def distrust(keyring: Keyring, role: Role, number: str) -> None:
    """Distrust an older generation, such as `0001`. The one in use is distrusted by `rotate`.

    Raises `UsageError` for one that is not there, or is in use.
    """
    newest, *older = generations(keyring.folder, role)
    found = next((path for path in older if path.name == number), None)
    if found is None:
        raise UsageError(
            "generation",
            f"must be one of {', '.join(path.name for path in older) or 'none'}",
            got=f"{number}, which is in use" if number == newest.name else number,
            next_step="The key in use is distrusted by kinema keys rotate --compromised.",
        )
    revoke(found)


def import_p12(keyring: Keyring, file: bytes, *, anchors: bytes = b"", compromised: bool = False) -> Path:
    """Sign claims with the key of a PKCS#12 file from now on. It stays encrypted: KINEMA_KEY_PASSWORD opens it."""
    _, certificates = from_pkcs12(file, read_config().key_password, anchors)
    refuse_unfit(certificates, datetime.now(UTC))
    old = generations(keyring.folder, "claim")[0]
    files = {"key.p12": file, "chain.pem": certificates.chain, "anchor.pem": certificates.anchor}
    return _succeeded(old, add(keyring.folder, "claim", files), compromised=compromised)


def import_hsm(keyring: Keyring, slot: Slot, *, certificates: bytes = b"", compromised: bool = False) -> Path:
    """Sign claims with a key on a PKCS#11 token from now on.

    `certificates` are PEM of its leaf, the intermediates and the root; without them kinema issues a development
    certificate to the token's public key. Raises `ProvenanceError` if the token does not sign with that key.
    """
    signer, now = HsmSigner(slot, read_config().hsm_pin), datetime.now(UTC)
    public = signer.public_key
    if certificates:
        pool = read_chain(certificates)
        leaf = next((one for one in pool if one.public_key() == public), None)
        if leaf is None:
            raise ProvenanceError(
                "certificates",
                "must have one of the token's key",
                got=f"{len(pool)} of other keys",
                next_step="Name the certificate that was issued to this key.",
            )
        made = in_order(pool, leaf)
    else:
        made = issue(public, now)
    refuse_unfit(made, now)
    _refuse_silent(signer, public)
    old = generations(keyring.folder, "claim")[0]
    files = {"hsm.json": slot.to_json(), "chain.pem": made.chain, "anchor.pem": made.anchor}
    return _succeeded(old, add(keyring.folder, "claim", files), compromised=compromised)


def trust(keyring: Keyring, certificates: bytes, name: str, others: Others) -> Path:
    """Trust another root too: of a time-stamping authority (`stamps`), of another maker (`makers`).

    Raises `ProvenanceError`, `UsageError`.
    """
    read_chain(certificates)
    folder = keyring.folder / others
    secret_folder(folder)
    target = folder / f"{Path(name).stem}.pem"
    try:
        write_secret(target, certificates)
    except FileExistsError as error:
        raise UsageError(
            str(target), "must not be there yet", got="a file", next_step="Remove it, or rename yours."
        ) from error
    return target


def _refuse_silent(signer: HsmSigner, public: EllipticCurvePublicKey) -> None:
    """Raise `ProvenanceError` if the token's private key is not that of its public key."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    message = b"kinema: can this key sign?"
    made = signer.sign(message)
    r, s = (int.from_bytes(half, "big") for half in (made[: len(made) // 2], made[len(made) // 2 :]))
    digest = {"ES256": hashes.SHA256, "ES384": hashes.SHA384, "ES512": hashes.SHA512}[signer.algorithm]()
    try:
        public.verify(encode_dss_signature(r, s), message, ECDSA(digest))
    except InvalidSignature as error:
        raise ProvenanceError(
            "hardware key",
            "must have a private and a public key of one label",
            got="two that do not belong together",
            next_step="Label the pair alike on the token, and nothing else so.",
        ) from error


def _succeeded(old: Path, new: Path, *, compromised: bool) -> Path:
    """The old generation keeps what verifies: nothing that a reader needs goes when a new key comes."""
    if compromised:
        revoke(old)
    else:
        retire(old)
    return new


def _new(role: Role, now: datetime) -> dict[str, bytes]:
    """Files of a new generation."""
    if role == "claim":
        from cryptography.hazmat.primitives.asymmetric import ec

        key = ec.generate_private_key(ec.SECP256R1())
        made = issue(key.public_key(), now)
        return {"key.pem": private_pem(key), "chain.pem": made.chain, "anchor.pem": made.anchor}
    if role in ("watermark", "evidence"):
        return {"secret": secrets.token_bytes(32)}
    return new_key()


def _taken(folder: Path) -> UsageError:
    return UsageError(
        str(folder),
        "must be empty",
        got="a folder with files",
        next_step="Change keys with kinema keys rotate, or name another folder in KINEMA_KEYS.",
    )
