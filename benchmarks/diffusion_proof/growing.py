"""The exponent of a growth: the slope of logarithm over logarithm, by least squares."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def exponent(amounts: Sequence[float], costs: Sequence[float]) -> float:
    """p of costs ~ amounts^p; 1 is linear, 0 does not grow."""
    return float(np.polyfit(np.log(amounts), np.log(costs), 1)[0])
