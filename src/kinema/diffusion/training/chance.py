"""What is random in a step: choices are drawn on the CPU, so that every device makes the same; noise on the device,
since millions of numbers drawn elsewhere would take longer than the step they are for."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def normal(shape: Sequence[int], generator: torch.Generator, device: torch.device) -> Tensor:
    """Standard normal, on the device, from a seed that `generator` gives: the same again on the same kind of device."""
    seed = int(torch.randint(2**62, (), generator=generator))
    return torch.randn(tuple(shape), generator=torch.Generator(device).manual_seed(seed), device=device)
