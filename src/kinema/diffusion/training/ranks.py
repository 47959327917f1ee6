"""Processes of one run: one, or as many as torchrun starts. Gradients are averaged by hand: there is one place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import distributed, nn


@dataclass(frozen=True)
class Ranks:
    """Which process this is, of how many."""

    rank: int
    count: int

    @classmethod
    def found(cls, device: torch.device) -> Ranks:
        """Join the group if torchrun started this process."""
        if not distributed.is_available() or not distributed.is_torchelastic_launched():
            return cls(0, 1)
        if not distributed.is_initialized():
            distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
        return cls(distributed.get_rank(), distributed.get_world_size())

    @property
    def first(self) -> bool:
        """Who writes checkpoints and journals."""
        return self.rank == 0

    def device(self, asked: torch.device) -> torch.device:
        """Of this process: on a machine of several GPUs each takes its own."""
        if self.count == 1 or asked.type != "cuda":
            return asked
        return torch.device("cuda", distributed.get_node_local_rank())  # type: ignore[attr-defined]

    @contextmanager
    def first_alone(self) -> Iterator[None]:
        """What the first process does before the others do it, such as writing files that they then find."""
        if self.count > 1 and not self.first:
            distributed.barrier()
        yield
        if self.count > 1 and self.first:
            distributed.barrier()

    def average_gradients(self, model: nn.Module) -> None:
        """Over processes. Parameters are equal at the start, since all draw them from the same seed."""
        if self.count == 1:
            return
        for parameter in model.parameters():
            if parameter.grad is not None:
                distributed.all_reduce(parameter.grad)
                parameter.grad /= self.count
