"""The transformer's blocks, compiled: for training and for painting on a GPU, where eager steps are thousands of
kernels of some microseconds and the card waits for the next one to be launched (6 to 8 % of its matmul peak)."""

from __future__ import annotations

from typing import Final

from kinema.diffusion.model.block import Block
from kinema.diffusion.model.transformer import Transformer

SHAPES: Final = 64
"""Kernels that are kept: sizes of clips, times who sees whom, times with and without slopes. torch's own bound is 8."""


def compile_blocks(transformer: Transformer, *, backend: str = "inductor") -> None:
    """Compile the call of each block, in place: modules, and names in their state, stay as they are. All blocks share
    one kernel a shape. Shapes are fixed: a step's bits then depend on its own shape, and not on those that came before
    it, so a run that goes on makes the same weights. What cannot be compiled, or too many shapes, is an error."""
    import torch._dynamo

    torch._dynamo.config.recompile_limit = max(torch._dynamo.config.recompile_limit, SHAPES)
    for block in transformer.blocks:
        assert isinstance(block, Block)
        block.compile(backend=backend, dynamic=False, fullgraph=True)
