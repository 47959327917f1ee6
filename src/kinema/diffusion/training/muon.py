"""Muon for matrices, AdamW for the rest, as one optimiser with one learning rate.

Muon (Jordan et al. 2024, kellerjordan.github.io/posts/muon) replaces the momentum of a matrix by its nearest
semi-orthogonal one, found by a quintic Newton-Schulz iteration. Moonlight (arXiv 2502.16982) scales it by
0.2 sqrt(max(rows, columns)), which makes its step as large as AdamW's. Convolutions are matrices of out x rest.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import torch
from torch import Tensor, nn

from kinema.diffusion.training.precision import has_bfloat16

_QUINTIC: Final = (3.4445, -4.7750, 2.0315)
MOMENTUM: Final = 0.95
BETAS: Final = (0.9, 0.95)


def orthogonalised(matrix: Tensor, *, iterations: int = 5) -> Tensor:
    """Its singular values all brought near 1 (0.7 to 1.2), in bfloat16 where there is one, as its author does: the
    direction needs no more, and on narrow networks this is a third of a step's time."""
    a, b, c = _QUINTIC
    x = matrix.bfloat16() if has_bfloat16(matrix.device) else matrix
    tall = x.shape[0] > x.shape[1]
    x = x.T if tall else x
    x = x / (x.norm() + 1e-7)
    for _ in range(iterations):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    return (x.T if tall else x).float()


class Muon(torch.optim.Optimizer):
    """Parameters of two and more axes, seen as matrices."""

    def __init__(self, parameters: Iterable[nn.Parameter], *, lr: float, weight_decay: float) -> None:
        super().__init__(parameters, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]  # noqa: ARG002 - torch's signature
        """One step."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                if not state:
                    state["momentum"] = torch.zeros_like(parameter)
                momentum = state["momentum"]
                momentum.lerp_(parameter.grad, 1 - MOMENTUM)
                nesterov = torch.lerp(parameter.grad, momentum, MOMENTUM).flatten(1)
                change = orthogonalised(nesterov) * (0.2 * max(nesterov.shape) ** 0.5)
                parameter.mul_(1 - group["lr"] * group["weight_decay"])
                parameter.sub_(change.view_as(parameter), alpha=group["lr"])


def optimisers_for(model: nn.Module, *, lr: float, weight_decay: float) -> list[torch.optim.Optimizer]:
    """Muon and AdamW. Tables of embeddings and the ends of a network (`enter`, `leave`) are no inner matrices."""
    matrices, rest = [], []
    for name, parameter in model.named_parameters():
        outer = any(part in ("enter", "leave", "table") for part in name.split("."))
        (rest if parameter.ndim < 2 or outer else matrices).append(parameter)
    both: list[torch.optim.Optimizer] = []
    if matrices:
        both.append(Muon(matrices, lr=lr, weight_decay=weight_decay))
    if rest:
        both.append(torch.optim.AdamW(rest, lr=lr, betas=BETAS, weight_decay=0.0))
    return both
