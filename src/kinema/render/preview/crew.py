"""Threads that share the rows of a picture."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

import numpy as np
from jaxtyping import Int


class Crew:
    """A fixed number of threads that run kernels side by side.

    Kernels drop the interpreter's lock, so plain threads do what numba's `parallel=True` does: with a third of the
    compile time, and without OpenMP's idle threads spinning on the cores that encode the picture.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads - 1, "preview") if threads > 1 else None

    def each(self, kernel: Callable[..., Any], items: Int[np.ndarray, " item"], *args: Any) -> None:
        """Run `kernel(own items, *args)` on every thread at once. Items must not touch each other's results."""
        if self._pool is None:
            kernel(items, *args)
            return
        share = -(-len(items) // self._threads)
        parts = [items[i * share : (i + 1) * share] for i in range(self._threads)]
        others = [self._pool.submit(kernel, part, *args) for part in parts[1:]]
        kernel(parts[0], *args)
        for other in others:
            other.result()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown()
