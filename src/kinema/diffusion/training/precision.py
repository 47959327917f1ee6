"""Whether half floats pay: only where the processor has instructions for them.

Emulated, a bfloat16 product is fifty to two hundred times slower than a float32 one (AVX2 only: 0.3 of 61 GFLOP/s, a
convolution 0.9 of 45), which looks like a run that hangs.
"""

from __future__ import annotations

from functools import lru_cache

import torch

from kinema.diffusion.training.recipe import Precision


@lru_cache
def has_bfloat16(device: torch.device) -> bool:
    """GPUs, and CPUs with 512-bit vectors: oneDNN's bfloat16 kernels start there."""
    return device.type != "cpu" or "AVX512" in torch.backends.cpu.get_cpu_capability()


def fitting(asked: Precision, device: torch.device) -> Precision:
    """The recipe's precision, or float32 where the device has no other."""
    return asked if has_bfloat16(device) else "float32"
