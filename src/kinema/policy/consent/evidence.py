"""What consent is proved by, kept encrypted for as long as it may be asked for, and no longer.

consent/evidence/HASH.locked   a contract or a recording, under the SHA-256 that its receipts hold

Its header names the receipts that lean on it and the last day of the last of them; it names nobody. So many days after
that day (`evidence_days` in policy.yaml) it is read no more, and `prune` removes it. A revocation does not shorten
that: what was made before it was made by this consent. What is kept, read and removed is first written to the registry.

Not covered: copies elsewhere, such as backups of the folder; they stay as locked as this is while the keys are secret.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import mkstemp
from typing import BinaryIO, Final

from kinema.errors import PolicyError, ProvenanceError, UsageError
from kinema.policy.consent.audit import Audit, evidence_event, in_registry
from kinema.policy.consent.receipt import Receipt
from kinema.provenance.keys import open_keyring, read_keyring
from kinema.provenance.keys.ceremony import begin
from kinema.provenance.locked_file import header_of, lock, unlocked
from kinema.provenance.private_file import alone, folder_for, new_file, on_disk

FORMAT: Final = "kinema.evidence/1"
_END: Final = ".locked"


@dataclass(frozen=True)
class Kept:
    """One piece of evidence, as its proved header describes it."""

    sha256: str
    receipts: tuple[str, ...]
    """Ids of those that lean on it."""
    until: date
    """Last day of the last of their terms."""


@dataclass(frozen=True)
class Pruned:
    """What `prune` did."""

    removed: tuple[Kept, ...]
    unproved: tuple[str, ...]
    """Files that are not as they were written: when they are due, nobody can tell."""


@dataclass(frozen=True)
class EvidenceStore:
    """Evidence in one folder, locked by the keyring's secret."""

    folder: Path
    keys: Path
    """The keyring's folder."""
    days: int
    """Kept so long after the last term."""
    audit: Audit = in_registry

    def keep(self, file: Path, receipt: Receipt, today: date) -> Kept:
        """Keep a copy of `file` for this receipt, locked by the newest secret; also again, after that was changed.

        Raises `PolicyError` if it is not what the receipt was granted on, or would not be kept any more.
        """
        with alone(folder_for(self.folder)):
            path = self._path(receipt.evidence)
            before = self._proved(path) if path.is_file() else None
            kept = Kept(
                sha256=receipt.evidence,
                receipts=tuple(dict.fromkeys((*(before.receipts if before else ()), receipt.id))),
                until=max(receipt.valid_until, before.until if before else date.min),
            )
            self._refuse_past(kept, today)
            self._write(file, kept, path)
        return kept

    def read(self, receipt_id: str, output: Path, today: date) -> Kept:
        """Write the evidence of a receipt to a new file of its owner alone. Raises `PolicyError` where none is kept, or
        not any more; then and for one that is damaged there is no `output`."""
        kept = next((one for one in self._all() if receipt_id in one.receipts), None)
        if kept is None:
            raise PolicyError("the evidence", "must be of a receipt that it is kept for", got=repr(receipt_id),
                              next_step="`kinema consent keep` keeps it; past its time it was removed.")  # fmt: skip
        self._refuse_past(kept, today)
        self.audit(evidence_event("evidence_read", receipt_id))
        try:
            with new_file(output) as target:
                self._copy(kept, target)
        except FileExistsError as error:
            raise UsageError("--output", "must be a new file", got=f"{output}, which is there",
                             next_step="Choose another.") from error  # fmt: skip
        except BaseException:
            output.unlink(missing_ok=True)
            raise
        return kept

    def prune(self, today: date) -> Pruned:
        """Remove what is past its time, and what a keeping that was cut short left. The rest stays."""
        if not self.folder.is_dir():
            return Pruned((), ())
        removed, unproved = [], []
        with alone(self.folder):
            for partial in self.folder.glob("*.partial"):
                partial.unlink()
            for path in self._paths():
                try:
                    kept = self._proved(path)
                except ProvenanceError:
                    unproved.append(path.name)
                    continue
                if self._past(kept, today):
                    for receipt in kept.receipts:
                        self.audit(evidence_event("evidence_removed", receipt))
                    with on_disk(path):
                        path.unlink()
                    removed.append(kept)
        return Pruned(tuple(removed), tuple(unproved))

    # --- files -------------------------------------------------------------------------------------------------

    def _path(self, sha256: str) -> Path:
        return self.folder / f"{sha256}{_END}"

    def _paths(self) -> list[Path]:
        return sorted(self.folder.glob(f"*{_END}"))

    def _all(self) -> Iterator[Kept]:
        """Those that can be proved: one that is damaged keeps nobody from reading another."""
        for path in self._paths():
            with suppress(ProvenanceError):
                yield self._proved(path)

    def _write(self, file: Path, kept: Kept, path: Path) -> None:
        keyring = open_keyring(self.keys).keyring
        begin(keyring, "evidence")
        generation, secret = next(iter(keyring.evidence().items()))
        header = {"schema": FORMAT, "key": generation, "sha256": kept.sha256, "receipts": list(kept.receipts),
                  "until": kept.until.isoformat()}  # fmt: skip
        with on_disk(path):
            handle, name = mkstemp(suffix=".partial", dir=self.folder)  # 0600
            partial = Path(name)
            try:
                with os.fdopen(handle, "wb") as target, file.open("rb") as source:
                    hashed = lock(source, target, secret, header)
                if hashed != kept.sha256:
                    raise PolicyError("the evidence", "must be the file that the receipt was granted on",
                                      got=f"one whose SHA-256 begins {hashed[:12]}, not {kept.sha256[:12]}",
                                      next_step="Name that file: no letter of it may be changed.")  # fmt: skip
                self.audit(evidence_event("evidence_kept", kept.receipts[-1]))
                partial.replace(path)
            finally:
                partial.unlink(missing_ok=True)

    def _proved(self, path: Path) -> Kept:
        """What the header says; its first chunk proves it. Raises `ProvenanceError`."""
        with on_disk(path), path.open("rb") as file:
            said = header_of(file)
            next(unlocked(file, self._secret(said, path)))
        try:
            kept = Kept(
                str(said["sha256"]), tuple(map(str, said["receipts"])), date.fromisoformat(said["until"])
            )
        except (KeyError, TypeError, ValueError) as error:
            raise _broken(path, f"a header of another kind: {error!r}"[:160]) from error
        if said.get("schema") != FORMAT or self._path(kept.sha256) != path:
            raise _broken(path, "another kind of file, or another name")
        return kept

    def _secret(self, said: dict[str, object], path: Path) -> bytes:
        secrets = read_keyring(self.keys).evidence()
        if (key := str(said.get("key"))) not in secrets:
            raise _broken(path, f"the work of a key {key[:8]!r} that is not in the keyring")
        return secrets[key]

    def _copy(self, kept: Kept, target: BinaryIO) -> None:
        path, hashed = self._path(kept.sha256), hashlib.sha256()
        with on_disk(path), path.open("rb") as file:
            for chunk in unlocked(file, self._secret(header_of(file), path)):
                hashed.update(chunk)
                target.write(chunk)
        if hashed.hexdigest() != kept.sha256:
            raise _broken(path, "another file than its name says")

    # --- time --------------------------------------------------------------------------------------------------

    def _past(self, kept: Kept, today: date) -> bool:
        return today > self.last_day(kept)

    def last_day(self, kept: Kept) -> date:
        """On which it can be read."""
        return kept.until + timedelta(days=self.days)

    def _refuse_past(self, kept: Kept, today: date) -> None:
        if self._past(kept, today):
            raise PolicyError(
                "the evidence", f"is not kept longer than {self.days} days after the last term",
                got=f"a term that ended on {kept.until}, and it is {today}",
                next_step="`kinema consent prune` removes it; evidence_days in policy.yaml says how long it is kept.",
            )  # fmt: skip


def _broken(path: Path, got: str) -> ProvenanceError:
    return ProvenanceError(f"evidence {path.name}", "must be as it was kept", got=got,
                           next_step="Restore it from a copy, or remove it.")  # fmt: skip
