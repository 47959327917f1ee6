"""The folder of keys: one folder a role, one a generation in it, the highest number in use.

claim/0001/       chain.pem, anchor.pem, and one of key.pem, key.p12, hsm.json
checkpoint/0001/  public.pem, key.pem       Ed25519: tree heads of the transparency log
consent/0001/     public.pem, key.pem       Ed25519: receipts of consent
watermark/0001/   secret                    32 bytes
evidence/0001/    secret                    32 bytes: locks what receipts of consent were granted on
stamps/*.pem      roots of time-stamping authorities
makers/*.pem      roots of other makers whose signatures are trusted too

A generation appears whole, by a rename, and is never changed. `0001.revoked` is one that is distrusted. What can
sign is taken out of a generation when a newer one is there; what verifies stays.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, Literal, get_args

from kinema.errors import ProvenanceError
from kinema.provenance.private_file import on_disk, whole_folder, write_secret

Role = Literal["claim", "checkpoint", "consent", "watermark", "evidence"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
Others = Literal["stamps", "makers"]
OTHERS: Final[tuple[Others, ...]] = get_args(Others)
_SIGNS: Final = ("key.pem", "key.p12", "hsm.json")
_NUMBER: Final = re.compile(r"\d{4}")


def generations(folder: Path, role: Role) -> list[Path]:
    """Those that are trusted, newest first. Raises `ProvenanceError` if there is none."""
    found = sorted(_numbered(folder / role), reverse=True)
    if not found:
        raise ProvenanceError(
            f"{role} key",
            f"must be in {folder}",
            got="none",
            next_step="Make keys (kinema keys init), or name their folder in KINEMA_KEYS.",
        )
    return found


def revoked(folder: Path, role: Role) -> list[Path]:
    """Those that are distrusted, newest first."""
    return sorted((folder / role).glob("????.revoked"), reverse=True)


def add(folder: Path, role: Role, files: dict[str, bytes]) -> Path:
    """A new generation with these files; its folder. Raises `ProvenanceError` if another process adds one too."""
    taken = [path.name[:4] for path in (*_numbered(folder / role), *revoked(folder, role))]
    target = folder / role / f"{int(max(taken, default='0000')) + 1:04d}"
    try:
        with whole_folder(target) as filling:
            for name, content in files.items():
                write_secret(filling / name, content)
    except FileExistsError as error:
        raise ProvenanceError(
            f"{role} key",
            "must be made by one process at a time",
            got=f"{target.name} made meanwhile by another",
            next_step="Look at what it made: kinema keys show",
        ) from error
    return target


def retire(generation: Path) -> None:
    """Take out what can sign: a key that signs nothing more can only leak."""
    with on_disk(generation):
        for name in _SIGNS:
            (generation / name).unlink(missing_ok=True)


def revoke(generation: Path) -> None:
    """Distrust: what this generation signed no longer verifies."""
    retire(generation)
    with on_disk(generation):
        generation.rename(generation.with_name(f"{generation.name}.revoked"))


def _numbered(role: Path) -> list[Path]:
    return [path for path in role.glob("????") if _NUMBER.fullmatch(path.name)] if role.is_dir() else []
