"""The one tree of errors. Outside input ends here, never in a bare traceback.

    KinemaError
    ├── ShotError          what was asked is malformed or impossible      exit 2
    ├── UsageError         the command or the call is wrong               exit 2
    ├── PolicyError        a rule, a receipt or a licence forbids it      exit 2
    ├── SimulationError    the world could not be computed honestly       exit 4
    ├── RenderError        the pixels could not be drawn                  exit 4
    ├── TrainingError      a network could not be learned or loaded       exit 4
    ├── MediaError         a file could not be written or read            exit 4
    ├── ProvenanceError    a mark, manifest or registry that fails        exit 4
    └── MachineError       something this machine lacks; see `doctor`     exit 5

Every message has four parts: **name** (which quantity), **rule** (what must hold), **got** (what was
found) and **next step** (what the user can do).
"""

from __future__ import annotations

from typing import Final


class KinemaError(Exception):
    """Base of all errors kinema raises on purpose."""

    exit_code: int = 4

    def __init__(self, name: str, rule: str, *, got: object, next_step: str) -> None:
        self.name: Final = name
        self.rule: Final = rule
        self.got: Final = got
        self.next_step: Final = next_step
        super().__init__(f"{name} {rule} (got {got}). {next_step}")


class ShotError(KinemaError):
    """A shot, prompt or scene file that cannot be accepted. `name` is the path of the field."""

    exit_code = 2


class UsageError(KinemaError):
    """A command line or a call that contradicts itself."""

    exit_code = 2


class PolicyError(KinemaError):
    """A rule, a consent receipt or a licence does not allow it; or a rule cannot be read, which is the same."""

    exit_code = 2


class SimulationError(KinemaError):
    """The engine produced something that is not physics: a gain of energy, a NaN, a lost shard."""


class RenderError(KinemaError):
    """A frame could not be drawn."""


class TrainingError(KinemaError):
    """A network could not be learned, or its weights are not what they should be."""


class MediaError(KinemaError):
    """A clip, image or take on disk could not be written or read."""


class ProvenanceError(KinemaError):
    """A mark, manifest or registry that cannot be made or read."""


class MachineError(KinemaError):
    """This machine lacks something. `kinema doctor` says what to do."""

    exit_code = 5
