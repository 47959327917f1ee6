"""The take folder on disk: what lies where, whose it is, and which frames are already drawn.

glass.take/
  take.json        what was asked and with what it was made: versions, seeds, hashes
  shot.yaml        the shot, whole
  tape.kt          what happened
  clip.mp4         what is delivered (clip.mov for ProRes)
  thumbnail.png, contact.png
  report.json, report.html
  meter.json
  assets/          mesh and HDRI files of the shot, if it has any
  passes/          one multi-part OpenEXR a frame, on request
  drawn/           frames of a take under way; gone when it is complete
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from kinema.errors import MediaError, UsageError
from kinema.shot.files import dump_shot
from kinema.shot.shot import Shot

FORMAT = "kinema.take/1"
PACKAGES = (
    "kinema",
    "numpy",
    "rapier3d",
    "mujoco",
    "mitsuba",
    "drjit",
    "pyoidn",
    "numba",
    "av",
    "opencolorio",
    "openvino",
)


class TakeFolder:
    """Paths of one take, and its `take.json`."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.record = self.path / "take.json"
        self.shot = self.path / "shot.yaml"
        self.tape = self.path / "tape.kt"
        self.thumbnail = self.path / "thumbnail.png"
        self.contact_sheet = self.path / "contact.png"
        self.report = self.path / "report.json"
        self.page = self.path / "report.html"
        self.meter = self.path / "meter.json"
        self.passes = self.path / "passes"
        self.drawn = self.path / "drawn"
        self.assets = self.path / "assets"

    def clip(self, container: str) -> Path:
        """The delivered clip: `mp4` or `mov`."""
        return self.path / f"clip.{container}"

    def read_record(self) -> dict[str, Any]:
        """take.json, or {} if there is none yet. Raises `MediaError` for a damaged one."""
        if not self.record.is_file():
            return {}
        try:
            record = json.loads(self.record.read_text("utf-8"))
            if not isinstance(record, dict):
                raise ValueError(f"a {type(record).__name__}")
        except (OSError, ValueError, RecursionError) as error:
            raise MediaError(
                str(self.record),
                "must be the record of a take",
                got=str(error)[:120],
                next_step="Restore it, or remove the take.",
            ) from error
        return record

    @property
    def clip_id(self) -> str:
        """Of the clip, as it was signed and registered; empty if the take has none yet. Raises `MediaError`."""
        record = self.read_record()
        origin = record.get("origin") if record.get("complete") else {}
        id_ = origin.get("id") if isinstance(origin, dict) else None
        if record.get("complete") and not (isinstance(id_, str) and re.fullmatch("[0-9a-f]{16}", id_)):
            raise MediaError(
                str(self.record),
                "must say the id of a finished clip",
                got=repr(id_)[:60],
                next_step="Restore it, or trace the clip: kinema trace.",
            )
        return id_ or ""

    def write_record(self, **changes: Any) -> dict[str, Any]:
        """Update take.json atomically."""
        record = {"schema": FORMAT, **self.read_record(), **changes}
        write_atomically(self.record, json.dumps(record, indent=2) + "\n")
        return record

    @contextmanager
    def opened(
        self, shot: Shot, asked: dict[str, Any], *, overwrite: bool, resume: bool
    ) -> Iterator[dict[str, Any]]:
        """Claim the folder for this shot and job; yields its record.

        An empty folder is taken; one that holds the same job is resumed; any other is refused, or emptied
        with `overwrite`. Without `resume`, what is there of the same job is thrown away too. One process at
        a time.
        """
        text = dump_shot(shot)
        key = hashlib.sha256(json.dumps([text, asked, versions()], sort_keys=True).encode()).hexdigest()
        if self.path.exists() and not self.path.is_dir():
            raise UsageError(str(self.path), "must be a folder", got="a file", next_step="Choose another -o.")
        record = self.read_record()
        if self.path.is_dir() and any(self.path.iterdir()) and record.get("key") != key:
            if not record:
                raise UsageError(
                    str(self.path),
                    "must be empty or a take",
                    got="other files",
                    next_step="Choose another -o.",
                )
            if not overwrite:
                raise UsageError(
                    str(self.path),
                    "holds a take of another shot, job or version",
                    got=f"a take of {record.get('title') or 'an untitled shot'!r}",
                    next_step="Choose another -o, or say --overwrite.",
                )
            shutil.rmtree(self.path)
        elif not resume and record:
            shutil.rmtree(self.path)
        self.path.mkdir(parents=True, exist_ok=True)
        with self._lock():
            write_atomically(self.shot, text)
            fresh = {
                "key": key,
                "title": shot.title,
                "complete": False,
                "asked": asked,
                "versions": versions(),
            }
            yield self.read_record() or self.write_record(**fresh)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """The kernel drops the lock when the process dies, however it dies."""
        import fcntl

        with (self.path / ".lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise UsageError(
                    str(self.path),
                    "must not be in use",
                    got="another process making it",
                    next_step="Wait for it, or choose another -o.",
                ) from error
            yield

    def keep_assets(self, shot: Shot, assets: str | Path) -> None:
        """Copy the files that the shot names, so that the take can be moved and drawn again. Absolute paths stay."""
        for name in sorted(shot.files):
            source, target = Path(assets) / name, self.assets / name
            if not Path(name).is_absolute() and source.is_file() and source.resolve() != target.resolve():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)

    def sweep(self) -> None:
        """Remove what only an unfinished take needs."""
        shutil.rmtree(self.drawn, ignore_errors=True)
        for partial in self.path.glob("*.partial*"):
            partial.unlink(missing_ok=True)


def write_atomically(path: Path, content: str | bytes) -> None:
    """All of it or nothing: written beside, then renamed over."""
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(content.encode() if isinstance(content, str) else content)
    partial.replace(path)


def versions() -> dict[str, str]:
    """Versions of what can change a pixel or a pose."""

    def of(package: str) -> str:
        try:
            return version(package)
        except PackageNotFoundError:
            return "absent"

    return {package: of(package) for package in PACKAGES}
