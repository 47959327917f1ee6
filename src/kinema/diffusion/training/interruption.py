"""Ctrl-C and SIGTERM end a stint after the step under way, so that nothing trained is lost."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interruption:
    """Whether somebody asked for the end."""

    def __init__(self) -> None:
        self.asked = False


@contextmanager
def deferred() -> Iterator[Interruption]:
    """Signals are only noted inside, and on leaving raise `KeyboardInterrupt`. A second one ends at once. Outside the
    main thread, where Python delivers no signals, nothing changes."""
    interruption = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield interruption
        return
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in signals}

    def note(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the handler's signature
        if interruption.asked:
            raise KeyboardInterrupt
        interruption.asked = True

    for number in signals:
        signal.signal(number, note)
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if interruption.asked:
        raise KeyboardInterrupt
