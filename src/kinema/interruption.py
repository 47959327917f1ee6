"""Ctrl-C and SIGTERM where an exception out of nowhere would hurt: they wait for the next place that can bear one.

Python raises from a signal handler between any two instructions of the main thread: inside a kernel that is being
recorded, a module that another thread waits to import, a queue whose lock is then never given back. Work with threads
or foreign callbacks is therefore done under `deferred`, and stops where it says `stop_if_asked`.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_notices: list[bytes] = []


def say_when_waiting(text: str) -> None:
    """Write this line to the standard error stream whenever a signal begins to wait: a frame may take seconds."""
    _notices[:] = [text.encode() + b"\n"]


class Interruption:
    """Whether somebody asked for the end, and who is to hear of it."""

    def __init__(self) -> None:
        self.asked: int | None = None
        """The signal."""
        self._before: dict[int, Callable[[int, FrameType | None], Any] | int | None] = {}

    def listen(self) -> None:
        """Note signals from now on. Those that are ignored stay ignored."""
        before = {number: signal.getsignal(number) for number in _SIGNALS}
        self._before = {
            number: handler for number, handler in before.items() if handler not in (signal.SIG_IGN, None)
        }
        for number in self._before:
            signal.signal(number, self._note)

    def deliver(self) -> None:
        """Give the signals back to whom they belong, and the one that came with them."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}
        asked, self.asked = self.asked, None
        if asked is not None:
            signal.raise_signal(asked)

    def _note(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - the handler's signature
        again, self.asked = self.asked is not None, number
        if again:  # whoever asks twice does not want to wait
            self.deliver()
            return
        for notice in _notices:
            with suppress(OSError):
                os.write(2, notice)  # not print: the stream may be in the middle of a line of its own


_listening: list[Interruption] = []


@contextmanager
def deferred() -> Iterator[Interruption]:
    """Signals are only noted inside, and delivered by `stop_if_asked` and on leaving. A second one is delivered at
    once. Outside the main thread, where Python delivers no signals, and in another `deferred`, nothing changes."""
    if threading.current_thread() is not threading.main_thread():
        yield Interruption()
        return
    if _listening:
        yield _listening[-1]
        return
    interruption = Interruption()
    interruption.listen()
    _listening.append(interruption)
    try:
        yield interruption
    finally:
        _listening.remove(interruption)
        interruption.deliver()


def stop_if_asked() -> None:
    """Deliver a signal that waits: nothing is half-done here. Nothing happens where no `deferred` is."""
    if _listening and _listening[-1].asked is not None:
        _listening[-1].deliver()
