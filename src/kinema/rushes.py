"""Where drawn frames wait until a clip is complete: nowhere, or on disk, so that a take that was killed goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy as np

from kinema.diffusion.looks import painted_looks
from kinema.diffusion.open_weights.options import is_open
from kinema.errors import MediaError, UsageError
from kinema.folder import TakeFolder, write_atomically
from kinema.job import Job
from kinema.media.cryptomatte import mattes_of
from kinema.media.exr import Slate, read_colour, write_exr
from kinema.physics.tape import Tape
from kinema.render.frame import Frame
from kinema.shot.shot import Shot
from kinema.verify.drawn import FrameFacts


class Rushes(Protocol):
    """Where drawn frames wait until the clip is complete."""

    def kept(self, wanted: range) -> range:
        """The leading part of `wanted` that need not be drawn again."""
        ...

    def read(self, index: int) -> tuple[np.ndarray, FrameFacts]:
        """Half-float colour `(row, column, 3)` and facts of a kept frame."""
        ...

    def keep(self, frame: Frame, facts: FrameFacts) -> np.ndarray:
        """Keep a drawn frame, whole or not at all; the colour `(row, column, 3)` that `read` would give for it."""
        ...


class NoRushes:
    """Drafts are quicker drawn again than kept."""

    def kept(self, wanted: range) -> range:
        """Nothing."""
        return wanted[:0]

    def read(self, index: int) -> tuple[np.ndarray, FrameFacts]:
        """Never called: nothing is kept."""
        raise UsageError("frame", "must have been kept", got=index, next_step="Draw it.")

    def keep(self, frame: Frame, facts: FrameFacts) -> np.ndarray:  # noqa: ARG002 - the protocol's signature
        """Forget it."""
        return frame.colour


class Folder:
    """One OpenEXR and one JSON per frame; the JSON is written last, so a frame with it is whole."""

    def __init__(self, path: Path, tape: Tape, *, passes: bool, rate: Any) -> None:
        self._path, self._tape, self._passes, self._rate = path, tape, passes, rate
        path.mkdir(exist_ok=True)

    def _files(self, index: int) -> tuple[Path, Path]:
        return self._path / f"{index:06d}.exr", self._path / f"{index:06d}.json"

    def kept(self, wanted: range) -> range:
        """Up to the first gap: what comes after it was never drawn."""
        for n, index in enumerate(wanted):
            if not all(file.is_file() for file in self._files(index)):
                return wanted[:n]
        return wanted

    def read(self, index: int) -> tuple[np.ndarray, FrameFacts]:
        """Back from disk, the same bits."""
        picture, facts = self._files(index)
        try:
            stated = FrameFacts.model_validate_json(facts.read_bytes())
        except (OSError, ValueError) as error:
            raise MediaError(
                str(facts), "must be facts of a frame", got="something else", next_step="Remove it."
            ) from error
        return read_colour(picture), stated

    def keep(self, frame: Frame, facts: FrameFacts) -> np.ndarray:
        """Both files, each renamed into place. Half floats, as a resumed take will read them."""
        colour = np.clip(frame.colour, 0, 65504).astype(np.float16)
        picture, facts_file = self._files(frame.index)
        slate = Slate(frame=frame.index, rate=self._rate, ev100=frame.ev100)
        geometry = self._tape.geometry
        if self._passes:
            mattes = mattes_of(frame.passes.piece, geometry.piece_body, geometry.bodies)
            write_exr(picture, colour, slate, frame.passes, mattes)
        else:
            write_exr(picture, colour, slate)
        write_atomically(facts_file, facts.model_dump_json())
        return colour


def rushes_for(take: TakeFolder, tape: Tape, shot: Shot, job: Job) -> Rushes:
    """Kept on disk if asked for, or if drawing is slow enough that losing it would hurt."""
    if job.passes:
        return Folder(take.passes, tape, passes=True, rate=shot.timing.fps)
    if job.quality == "final" and not is_open(shot.look) and shot.look not in painted_looks():
        return Folder(take.drawn, tape, passes=False, rate=shot.timing.fps)
    return NoRushes()
