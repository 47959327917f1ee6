"""Loss as a law of parameters and tokens: L(N, D) = E + A / N^a + B / D^b (Hoffmann et al., arXiv 2203.15556, section
3.3): fitted to logarithms under a Huber loss, from a grid of starts, the best kept."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from jaxtyping import Float
from scipy.optimize import least_squares
from scipy.special import logsumexp

HUBER = 1e-3
"""Residual of a logarithm from which it counts linearly, as in the paper."""
Points = Float[np.ndarray, " point"]


@dataclass(frozen=True, kw_only=True)
class Law:
    """E, A, a, B, b."""

    floor: float
    """Loss of infinite size and data: what the conditions leave open."""
    of_parameters: float
    parameter_power: float
    of_tokens: float
    token_power: float
    error: float
    """Root mean square of the relative residuals."""

    def loss(self, parameters: Points | float, tokens: Points | float) -> Points | float:
        """Predicted."""
        few = self.of_parameters * parameters**-self.parameter_power
        return self.floor + few + self.of_tokens * tokens**-self.token_power

    def best_size(self, flops: float) -> float:
        """Parameters that make the most of so many operations, at six a parameter and token (section 3.3, eq. 4)."""
        a, b = self.parameter_power, self.token_power
        ratio = a * self.of_parameters / (b * self.of_tokens)
        return float(ratio ** (1 / (a + b)) * (flops / 6) ** (b / (a + b)))


def fitted(parameters: Points, tokens: Points, losses: Points) -> Law:
    """The law of least error."""
    n, d, wanted = np.log(parameters), np.log(tokens), np.log(losses)

    def residuals(x: Float[np.ndarray, "5"]) -> Points:
        few, short = x[0] - x[1] * n, x[2] - x[3] * d
        return logsumexp([few, short, np.full_like(n, x[4])], axis=0) - wanted

    best = min(
        (
            least_squares(residuals, start, loss="huber", f_scale=HUBER, bounds=(LEAST, MOST))
            for start in product((0.0, 5.0), (0.3, 0.8), (0.0, 5.0), (0.3, 0.8), (-3.0, -1.0))
        ),
        key=lambda found: found.cost,
    )
    few, a, short, b, floor = best.x
    error = float(np.sqrt(np.mean(residuals(best.x) ** 2)))
    return Law(
        floor=float(np.exp(floor)),
        of_parameters=float(np.exp(few)),
        parameter_power=float(a),
        of_tokens=float(np.exp(short)),
        token_power=float(b),
        error=error,
    )


LEAST = (-10.0, 0.01, -10.0, 0.01, -10.0)
MOST = (30.0, 3.0, 30.0, 3.0, 2.0)
"""Of log A, a, log B, b, log E."""
