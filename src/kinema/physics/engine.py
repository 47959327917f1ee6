"""The door to the engines: one protocol, three implementations, one contract suite."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from kinema.errors import UsageError
from kinema.physics.tape import Tape
from kinema.physics.world import World

Progress = Callable[[int, int], None]
"""Called with samples done and samples in all."""


def silent(_done: int, _total: int) -> None:
    """A progress that says nothing."""


class Engine(Protocol):
    """Steps a world through its clock."""

    @property
    def name(self) -> str:
        """Name and version, for the record."""
        ...

    def simulate(self, world: World, progress: Progress = silent) -> Tape:
        """What happens. Raises `SimulationError` if the ledger gains energy or a state is not finite."""
        ...


def engine_named(name: str) -> Engine:
    """`rapier` (default), `mujoco` (referee) or `analytic` (closed forms only)."""
    if name == "rapier":
        from kinema.physics.rapier import Rapier

        return Rapier()
    if name == "mujoco":
        from kinema.physics.mujoco import MuJoCo

        return MuJoCo()
    if name == "analytic":
        from kinema.physics.analytic import Analytic

        return Analytic()
    raise UsageError(
        "engine", "must be rapier, mujoco or analytic", got=repr(name), next_step="Choose one of them."
    )
