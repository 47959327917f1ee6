"""Painting without end: one latent frame after another, each seeing a few before it and the first; memory is constant.

Knows no library: arrays are torch's or numpy's, whichever the network takes. The full masked pass gives the same
numbers for the same times.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from kinema.diffusion.schedule import descend


class Stepper(Protocol):
    """A transformer with its context already read, one latent frame at a time."""

    @property
    def window(self) -> int:
        """Latent frames that one sees, itself included, besides the first."""
        ...

    def step(
        self, noisy: Any, condition: Any, time: float, span: float, past: list[Any | None]
    ) -> tuple[Any, Any]:
        """(clean, memory of this frame). `past`: memories in slots 0 to window - 1, the sink first; None = empty."""
        ...


def stream(
    network: Stepper,
    conditions: Iterable[Any],
    noises: Iterable[Any],
    visits: tuple[float, ...],
    *,
    jump: bool,
) -> Iterator[Any]:
    """Clean latent frames (B 48 1 h w), one for each of `conditions`. Where some are given: see `dream`."""
    memories: deque[Any] = deque(maxlen=network.window)
    sink = None
    unread: Any = None  # the last frame is read when the next one asks: nobody sees the clip's last
    for number, (condition, noise) in enumerate(zip(conditions, noises, strict=False)):
        if unread is not None:
            clean, before, past = unread
            memory = network.step(clean, before, 0.0, 0.0, past)[1]
            sink = memory if number == 1 else sink
            memories.append(memory)
        past = slots(sink if number >= network.window else None, memories, network.window)

        def denoise(
            noisy: Any, time: float, span: float, condition: Any = condition, past: Any = past
        ) -> Any:
            return network.step(noisy, condition, time, span, past)[0]

        clean = descend(denoise, noise, visits, jump=jump)
        unread = clean, condition, past
        yield clean


def slots(sink: Any | None, memories: Iterable[Any], window: int) -> list[Any | None]:
    """Slot 0 the sink, then the window - 1 frames before this one, the nearest last."""
    near = list(memories)[-(window - 1) :] if window > 1 else []
    return [sink, *([None] * (window - 1 - len(near))), *near]
