"""How fast a run is, and what share of the machine's measured peak its arithmetic comes to."""

from __future__ import annotations

import time

import torch


class Speedometer:
    """Laps of a training loop."""

    def __init__(self, work: float, device: torch.device, precision: str) -> None:
        """`work`: floating-point operations a step."""
        self._work, self._device = work, device
        self._peak = peak(device, torch.bfloat16 if precision == "bfloat16" else torch.float32)
        self._last = time.monotonic()

    def lap(self) -> dict[str, float]:
        """Seconds of the step, and model-FLOP utilisation: its arithmetic over the peak's."""
        now = time.monotonic()
        seconds, self._last = now - self._last, now
        return {"seconds": seconds, "utilisation": self._work / seconds / self._peak}


def peak(device: torch.device, dtype: torch.dtype) -> float:
    """Floating-point operations a second of a square matrix product, the best of five."""
    side = 8192 if device.type == "cuda" else 1024
    a = torch.ones(side, side, device=device, dtype=dtype)
    best = float("inf")
    for _ in range(5):
        started = time.monotonic()
        product = a @ a
        product[0, 0].item()  # waits for the device
        best = min(best, time.monotonic() - started)
    return 2 * side**3 / best
