"""One OpenVINO graph as a function of numpy arrays, and how it is compiled."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

Precision = Literal["float32", "fastest"]
Array = np.ndarray


class Graph:
    """A compiled graph as a function."""

    def __init__(self, compiled: Any) -> None:
        self._compiled = compiled
        self.shapes = [tuple(port.shape) for port in compiled.outputs]

    def __call__(self, *inputs: Array) -> list[Array]:
        """Outputs, copied: the graph reuses its own."""
        return self.each([inputs])[0]

    def each(self, parts: Sequence[Sequence[Array]]) -> list[list[Array]]:
        """Outputs of parts that know nothing of one another: as many at once as the graph was compiled for."""
        found: list[list[Array]] = [[] for _ in parts]

        def keep(request: Any, part: int) -> None:
            found[part] = [np.array(tensor.data) for tensor in request.output_tensors]

        self._queue.set_callback(keep)
        for part, inputs in enumerate(parts):
            self._queue.start_async(dict(enumerate(inputs)), part)
        self._queue.wait_all()
        return found

    @cached_property
    def _queue(self) -> Any:
        import openvino

        return openvino.AsyncInferQueue(self._compiled)


def core_with(cache: Path | None) -> Any:
    """OpenVINO's core. `cache`: where compiled graphs are kept; None = nowhere."""
    import openvino

    core = openvino.Core()
    if cache is not None:
        core.set_property({"CACHE_DIR": str(cache / "openvino")})
    return core


def options_for(core: Any, precision: Precision, threads: int, *, parts: bool) -> dict[str, Any]:
    """How to compile a graph. `threads`: 0 = all. `parts`: it will be asked for `each` of several."""
    bfloat16 = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    hint = "bf16" if precision == "fastest" and bfloat16 else "f32"
    limit = {"INFERENCE_NUM_THREADS": threads} if threads else {}
    # Two parts at once, half of the cores each: the same on free cores, but beside other work a quarter fewer
    # CPU-seconds (129 ms a frame for 169), for threads that share one small convolution spin while one of them waits.
    streams = {"NUM_STREAMS": 2} if parts and threads != 1 else {}
    return {"INFERENCE_PRECISION_HINT": hint, "PERFORMANCE_HINT": "LATENCY", **streams, **limit}
