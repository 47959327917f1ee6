"""Every parser of files that others may have made: what it is fed, how it is called, and how often.

A family's seeds are folders, since some parsers read several files; one file of them is damaged at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import readers
import seeds


@dataclass(frozen=True)
class Family:
    """A parser and its food."""

    make: Callable[[Path], None]
    """Fills a folder with folders of sound files."""
    read: Callable[[Path], None]
    """Reads one such folder. May raise `KinemaError` and nothing else."""
    inputs: int
    """Damaged copies in a default run: two thousand where that is cheap, fewer where each costs milliseconds."""
    floor: float
    """Share of them that must be refused: a parser that refuses nothing was not reached."""
    writes: bool = False
    """Whether it may leave files: databases do."""


FAMILIES = {
    "shot": Family(seeds.shots, readers.shot, 2000, 0.4),
    "picture": Family(seeds.pictures, readers.picture, 2000, 0.2),
    "plate": Family(seeds.plates, readers.plate, 400, 0.2),
    "frame": Family(seeds.frames, readers.frame, 800, 0.3),
    "sphere": Family(seeds.spheres, readers.sphere, 600, 0.2),
    "clip": Family(seeds.clips, readers.clip, 500, 0.1),
    "tape": Family(seeds.tapes, readers.tape, 2000, 0.5),
    "dataset": Family(seeds.datasets, readers.dataset, 600, 0.3),
    "mesh": Family(seeds.meshes, readers.mesh, 600, 0.2),
    "stage": Family(seeds.stages, readers.stage, 200, 0.2),
    "crate": Family(seeds.crates, readers.stage, 24, 0.2),
    "checkpoint": Family(seeds.checkpoints, readers.checkpoint, 400, 0.3),
    "weights": Family(seeds.weights, readers.weights, 600, 0.5),
    "model": Family(seeds.models, readers.model, 600, 0.1),
    "consent": Family(seeds.consents, readers.consent, 2000, 0.5),
    "policy": Family(seeds.policies, readers.policy, 400, 0.3),
    "registry": Family(seeds.registries, readers.registry, 300, 0.1, writes=True),
    "statement": Family(seeds.statements, readers.statement, 2000, 0.3),
    "keyring": Family(seeds.keyrings, readers.keyring, 300, 0.2),
    "take": Family(seeds.takes, readers.take, 1200, 0.2, writes=True),
}
