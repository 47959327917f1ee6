"""Dreaming around what is given: after it, before it, between two ends, round in a loop, near it, in parts of it.

A latent frame starts from a picture and a strength. At 0 the picture stays; at 1 nothing but the tokens that are kept
is left of it; between, it is noised that far and drawn again (SDEdit, arXiv 2108.01073). Kept tokens are noised along
at each step (RePaint, 2201.09865).

A frame sees the ones before it, as in `stream`. Where a given frame lies ahead, its memory takes the sink's place,
turned to where it lies, at most a window away: so no frame meets a distance that full attention did not have in
training, and memory does not grow. Frames before the first given one are dreamt backwards, by the same rule mirrored.
In a loop, the first frame lies ahead of the last. Knows no library; the full masked pass with the same sight gives the
same numbers for the same times.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple, Protocol, TypeGuard

from kinema.diffusion.schedule import descend, times
from kinema.diffusion.stream import Stepper, slots


class Start(NamedTuple):
    """What a latent frame starts from."""

    latent: Any
    """B 48 1 h w"""
    strength: float
    """Time to start at: 0 to 1."""
    kept: Any
    """B 1 1 h w: 1 for tokens that stay, 0 for others."""


class Turner(Stepper, Protocol):
    """A stepper whose memories can be moved in time."""

    def turned(self, memory: Any, by: float) -> Any:
        """The memory as it is seen `by` latent frames later than its slot."""
        ...


@dataclass(frozen=True)
class Dreamer:
    """A network, what it is told of every latent frame, and how many steps it takes for one."""

    network: Turner
    condition: Any
    steps: int

    def dream(
        self, starts: Sequence[Start | None], noises: Iterable[Any], *, loop: bool = False
    ) -> Iterator[Any]:
        """Clean latent frames (B 48 1 h w) in order, one for each of `starts`; None starts from noise alone.
        `loop`: the first follows the last."""
        noises = iter(noises)
        first = next((n for n, start in enumerate(starts) if stays(start)), 0)
        early = list(islice(noises, first))
        earlier = self._before(starts[: first + 1], early)
        yield from earlier
        opening = earlier[0] if earlier else None
        yield from self._after(starts, first, noises, opening, loop=loop)

    def _before(self, starts: Sequence[Start | None], noises: Sequence[Any]) -> list[Any]:
        """Frames that lead up to the last of `starts`, which is given: from there backwards."""
        if not noises:
            return []
        given, window = starts[-1], self.network.window
        assert stays(given)
        sink = self._read(given.latent, [None] * window)
        memories = deque([sink], maxlen=window)
        found: list[Any] = []
        for number, (start, noise) in enumerate(zip(starts[-2::-1], noises[::-1], strict=True), 1):
            behind = slots(sink if number >= window else None, memories, window)
            past = [self._mirrored(memory, slot) for slot, memory in enumerate(behind)]
            found.append(self._drawn(start, noise, past))
            memories.append(self._read(found[-1], past))
        return found[::-1]

    def _after(
        self,
        starts: Sequence[Start | None],
        first: int,
        noises: Iterator[Any],
        opening: Any | None,
        *,
        loop: bool,
    ) -> Iterator[Any]:
        """Frames from `first` on. `opening`: the clip's first frame, where that is known by now."""
        window = self.network.window
        memories: deque[Any] = deque(maxlen=window)
        sink, ahead = None, _Ahead(None, 0)
        for number in range(first, len(starts)):
            start = starts[number]
            if not stays(start) and (ahead.memory is None or ahead.place <= number):
                ahead = self._ahead(starts, number, opening if loop else None)
            past = slots(sink if number - first >= window else None, memories, window)
            if not stays(start) and ahead.memory is not None:
                distance = min(ahead.place - number, window)
                past = [self.network.turned(ahead.memory, window + distance), *past[1:]]
            clean = self._drawn(start, next(noises), past)
            memory = self._read(clean, past)
            sink = memory if number == first else sink
            opening = clean if number == 0 else opening
            memories.append(memory)
            yield clean

    def _ahead(self, starts: Sequence[Start | None], number: int, opening: Any | None) -> _Ahead:
        """The next given frame after this one, or the loop's first, read alone; else nothing."""
        nothing = [None] * self.network.window
        for place in range(number + 1, len(starts)):
            start = starts[place]
            if stays(start):
                return _Ahead(self._read(start.latent, nothing), place)
        return _Ahead(None if opening is None else self._read(opening, nothing), len(starts))

    def _mirrored(self, memory: Any | None, slot: int) -> Any | None:
        """What lies in a slot, moved as far ahead of the frame as it would lie behind it."""
        return None if memory is None else self.network.turned(memory, 2 * (self.network.window - slot))

    def _read(self, clean: Any, past: list[Any | None]) -> Any:
        """The memory of a finished frame."""
        return self.network.step(clean, self.condition, 0.0, 0.0, past)[1]

    def _drawn(self, start: Start | None, noise: Any, past: list[Any | None]) -> Any:
        """One latent frame."""
        if stays(start):
            return start.latent

        def held(latent: Any, time: float) -> Any:
            if start is None:
                return latent
            known = (1 - time) * start.latent + time * noise
            return start.kept * known + (1 - start.kept) * latent

        def denoise(noisy: Any, time: float, span: float) -> Any:
            clean, _ = self.network.step(held(noisy, time), self.condition, time, span, past)
            return held(clean, 0.0)

        strength = 1.0 if start is None else start.strength
        noisy = noise if start is None else (1 - strength) * start.latent + strength * noise
        return held(descend(denoise, noisy, times(self.steps, start=strength), jump=True), 0.0)


class _Ahead(NamedTuple):
    """A frame that lies ahead: its memory, read alone, and its place in the clip."""

    memory: Any | None
    place: int


def stays(start: Start | None) -> TypeGuard[Start]:
    """Whether a latent frame is given and nothing of it changes."""
    return start is not None and start.strength == 0
