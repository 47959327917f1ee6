"""What a keyring holds, for its owner to look at. No secret is read for it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from kinema.provenance.keys.certificate import read_chain
from kinema.provenance.keys.generation import OTHERS, generations, revoked
from kinema.provenance.keys.keyring import Keyring
from kinema.provenance.private_file import read_secret

SOON = 60
"""Days before the end of a certificate from which its owner is told."""


@dataclass(frozen=True)
class Claim:
    """One generation of the claim key."""

    generation: str
    state: Literal["signs", "verifies", "distrusted"]
    kind: Literal["file", "PKCS#12", "hardware", "certificate"]
    """What signs; `certificate` where nothing is left that does."""
    subject: str
    serial: str
    until: datetime


@dataclass(frozen=True)
class Summary:
    """A keyring at one moment."""

    folder: str
    claims: tuple[Claim, ...]
    others: tuple[tuple[str, str, int], ...]
    """Role, id of the key in use, number of generations."""
    watermarks: int
    """Generations."""
    evidence: int
    """Likewise; none in keyrings of earlier versions."""
    trusted: tuple[str, ...]
    """Files of others' roots."""
    days: int
    """Until the certificate in use ends."""

    @property
    def soon(self) -> bool:
        """Whether it is time to rotate."""
        return self.days < SOON

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        plain = asdict(self)
        for claim in plain["claims"]:
            claim["until"] = claim["until"].isoformat()
        return plain


def summary_of(keyring: Keyring) -> Summary:
    """Raises `ProvenanceError` for keys that cannot be read."""
    newest, *older = generations(keyring.folder, "claim")
    claims = [_claim(newest, "signs"), *(_claim(path, "verifies") for path in older)]
    claims += [_claim(path, "distrusted") for path in revoked(keyring.folder, "claim")]
    return Summary(
        folder=str(keyring.folder),
        claims=tuple(claims),
        others=tuple(
            (name, key.key_id, len(key.publics))
            for name, key in (("checkpoint", keyring.checkpoint), ("consent", keyring.consent))
        ),
        watermarks=len(generations(keyring.folder, "watermark")),
        evidence=len(generations(keyring.folder, "evidence"))
        if (keyring.folder / "evidence").is_dir()
        else 0,
        trusted=tuple(
            str(path) for others in OTHERS for path in sorted((keyring.folder / others).glob("*.pem"))
        ),
        days=(claims[0].until - datetime.now(UTC)).days,
    )


def _claim(path: Path, state: Literal["signs", "verifies", "distrusted"]) -> Claim:
    leaf = read_chain(read_secret(path / "chain.pem"))[0]
    return Claim(
        generation=path.name,
        state=state,
        kind=_kind(path),
        subject=leaf.subject.rfc4514_string(),
        serial=f"{leaf.serial_number:x}",
        until=leaf.not_valid_after_utc,
    )


def _kind(path: Path) -> Literal["file", "PKCS#12", "hardware", "certificate"]:
    if (path / "key.pem").is_file():
        return "file"
    if (path / "key.p12").is_file():
        return "PKCS#12"
    return "hardware" if (path / "hsm.json").is_file() else "certificate"
